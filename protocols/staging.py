"""Gradual adoption: how far a programme has come with doses at home, and which doses each stage lets go there.

The stages are ours. One published programme began in the same order: the first cycle in hospital, home afterwards
(Greater Paris hospital-at-home, Blood 2024;144 Supplement 1:2286). It is an example, and no default.
"""

from enum import Enum

from protocols.pathway import Protocol


class Stage(Enum):
    """Which doses go home. Each stage lets through what the one before it does, and more."""

    MAINTENANCE = "maintenance"
    LATER = "later"
    ALL = "all"

    @property
    def words(self) -> str:
        """The stage as a nurse reads it."""
        return WORDS[self]

    @property
    def next(self) -> "Stage | None":
        """The stage after this one, or None at the last."""
        return ORDER[ORDER.index(self) + 1] if self is not ORDER[-1] else None

    def is_before(self, other: "Stage") -> bool:
        """Whether this stage lets fewer doses go home than the other."""
        return ORDER.index(self) < ORDER.index(other)


class Place(Enum):
    """Where a dose stands in a course."""

    OTHER_MEDICINE = "another medicine before the first step"
    FIRST_STEP = "first step"
    LATER_STEP = "later step"
    MAINTENANCE = "maintenance"


ORDER = (Stage.MAINTENANCE, Stage.LATER, Stage.ALL)
WORDS = {
    Stage.MAINTENANCE: "maintenance doses only",
    Stage.LATER: "later steps and maintenance doses",
    Stage.ALL: "every dose",
}
OPENED_BY = {
    Place.OTHER_MEDICINE: Stage.ALL,
    Place.FIRST_STEP: Stage.ALL,
    Place.LATER_STEP: Stage.LATER,
    Place.MAINTENANCE: Stage.MAINTENANCE,
}


def place(protocol: Protocol, regimen_id: str, step: str) -> Place:
    """Where a dose stands in the course: steps are counted from the medicine's own first one.

    Maintenance is a phase after the step-up that the signed pathway watches as a later dose; a phase it still watches
    like a step is a later step. A dose the regimen does not have counts as a first step: doubt stays in hospital.
    """
    regimen = next(one for one in protocol.label.regimens if one.id == regimen_id)
    if regimen.phase(step) is not None:
        return Place.MAINTENANCE if step in protocol.pathway.later_doses else Place.LATER_STEP
    other = [one.id for one in regimen.steps if one.medicine]
    if step in other:
        return Place.OTHER_MEDICINE
    own = [one.id for one in regimen.steps if not one.medicine]
    return Place.LATER_STEP if step in own[1:] else Place.FIRST_STEP


def goes_home(stage: Stage, where: Place) -> bool:
    """Whether the stage lets a dose at that place go home."""
    return not stage.is_before(OPENED_BY[where])


def is_beyond(protocol: Protocol, regimen_id: str, step: str, stage: Stage) -> bool:
    """Whether the protocol gives this dose at home while the stage does not let it go there."""
    return protocol.pathway.gives_at_home(step) and not goes_home(stage, place(protocol, regimen_id, step))
