"""A reply in its place: who wrote, about whom, in which watch, to which open question."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from monitoring.models import CheckIn, ClinicianText, Patient, Reply, Watch
from monitoring.rules import DEFAULT, WatchRules

NO_SENDER = "(not told)"
"""Stands for the sender of a text that does not say who sent it. Nobody can be answered there."""


class Said(NamedTuple):
    """As much of a finding as bears on what is said after it. `sender` is empty where it came of a silence."""

    at: datetime
    sender: str | None
    fired: list[str]
    read_back: str | None


@dataclass(frozen=True)
class Heard:
    """One reply about one patient, with all that the answer to it depends on.

    `stands` holds the names of `background.STANDS`; `said` is what was found in the hours that count, oldest first.
    """

    reply: Reply
    patient: Patient
    who: str
    watch: Watch | None
    checkin: CheckIn | None
    now: datetime
    quiet: ClinicianText | None
    stands: frozenset[str]
    said: tuple[Said, ...]

    @property
    def rules(self) -> WatchRules:
        """The minutes of the open watch, or the defaults outside one."""
        return WatchRules.thaw(self.watch.rules) if self.watch else DEFAULT
