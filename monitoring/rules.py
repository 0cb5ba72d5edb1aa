"""The minutes and hours a watch runs on, frozen from the pathway when it opens."""

from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from protocols.ladder import Rung
from protocols.pathway import Pathway


@dataclass(frozen=True)
class WatchRules:
    """Minutes unless the name says hours. The defaults serve a case outside any watch; they are proposals of ours."""

    again: int = 20
    caregiver: int = 30
    voice: int = 45
    person: int = 60
    clarify: int = 15
    reach: int = 15
    resolve: int = 120
    tell_patient: int = 10
    concern_every: int = 60
    per_rung: dict[str, int] = field(default_factory=lambda: {"emergency": 5, "urgent": 15})
    ladder: tuple[Rung, ...] = ()

    @classmethod
    def of(cls, pathway: Pathway) -> "WatchRules":
        """The rules of a signed pathway."""
        silence = pathway.silence
        return cls(
            again=silence.again_minutes,
            caregiver=silence.caregiver_minutes,
            voice=silence.voice_minutes,
            person=silence.person_minutes,
            clarify=pathway.clarify_minutes,
            reach=pathway.reach_minutes,
            resolve=pathway.resolve_minutes,
            tell_patient=pathway.tell_patient_minutes,
            concern_every=int(pathway.concern_every_hours * 60),
            per_rung={urgency: int(minutes) for urgency, minutes in pathway.minutes_per_rung.items()},
            ladder=pathway.ladder,
        )

    @classmethod
    def thaw(cls, frozen: dict[str, Any]) -> "WatchRules":
        """The rules as a watch or a case keeps them."""
        rungs = (Rung(**{**row, "calls": tuple(row["calls"])}) for row in frozen.get("ladder", ()))
        return cls(**{**frozen, "ladder": tuple(rungs)})

    def freeze(self) -> dict[str, Any]:
        """What a watch or a case keeps."""
        return asdict(self)

    def rung_time(self, urgency: str) -> timedelta:
        """How long it lasts until somebody is looked for again where nobody stands on any rung."""
        return timedelta(minutes=self.per_rung[urgency])


DEFAULT = WatchRules()
