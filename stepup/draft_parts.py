"""The parts a draft is changed in, each on one page of its own."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from protocols import drafting
from protocols.errors import Refusal


@dataclass(frozen=True)
class Part:
    """What is edited on one page."""

    id: str
    title: str
    values: tuple[str, ...]


PARTS = {
    part.id: part
    for part in (
        Part("hours", "Hours of watching", ("watch_hours", "later_watch_hours", "concern_every_hours")),
        Part("rhythm", "Check-ins after a step-up dose", ("rhythm",)),
        Part("later", "Check-ins after later doses", ("later_rhythm",)),
        Part("doses", "Which doses are later doses, and which in hospital", ("later_doses", "in_hospital")),
        Part(
            "silence",
            "When nobody answers",
            tuple(value for value in drafting.NUMBERS if value[:7] == "silence"),
        ),
        Part(
            "calling",
            "Calling people",
            tuple(value for value in drafting.NUMBERS if "minutes" in value and value[:7] != "silence"),
        ),
        Part("ladder", "The ladder: who is called, in which order", ("ladder",)),
        Part("limits", "Fever, weight and pocket dexamethasone", (*drafting.AMOUNTS, "pocket_dexamethasone")),
        Part("proposals", "What nobody has published", ("note", "proposals")),
    )
}


def part(name: str) -> Part:
    """The part of that name; refused where there is none."""
    if name not in PARTS:
        raise Refusal("unknown-part", _("A draft has no such part."))
    return PARTS[name]
