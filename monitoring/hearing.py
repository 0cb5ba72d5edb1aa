"""A reply in its place: who wrote, about whom, in which watch, to which open question."""

from dataclasses import dataclass
from datetime import datetime

from monitoring.models import CheckIn, ClinicianText, Patient, Reply, Watch
from monitoring.rules import DEFAULT, WatchRules


@dataclass(frozen=True)
class Heard:
    """One reply about one patient, with all that the answer to it depends on.

    `stands` holds the names of `background.STANDS`.
    """

    reply: Reply
    patient: Patient
    who: str
    watch: Watch | None
    checkin: CheckIn | None
    now: datetime
    quiet: ClinicianText | None
    stands: frozenset[str]

    @property
    def rules(self) -> WatchRules:
        """The minutes of the open watch, or the defaults outside one."""
        return WatchRules.thaw(self.watch.rules) if self.watch else DEFAULT
