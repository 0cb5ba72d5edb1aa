"""What a shift chose to see of the board. It narrows what is quiet; a case is never asked for its leave to be shown."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext, gettext_lazy

# Hours since the dose, from and to; where the lines are drawn is for looking only.
HOURS = {
    "first": (0, 24, gettext_lazy("in the first 24 hours after the dose")),
    "second": (24, 72, gettext_lazy("24 to 72 hours after the dose")),
    "later": (72, None, gettext_lazy("more than 72 hours after the dose")),
}
SHOW = {"watched": gettext_lazy("only patients being watched"), "cases": gettext_lazy("only open cases")}
LONGEST = 120


@dataclass(frozen=True)
class Facts:
    """What a filter asks of a row without a case: the drug and the hours of its watch, and who has to do with it."""

    drug: str
    hours: float | None
    people: tuple[str, ...]


@dataclass(frozen=True)
class Filter:
    """One drug, one span of hours since the dose, one clinician, and only the watched or only cases; empty is all."""

    drug: str = ""
    show: str = ""
    hours: str = ""
    nurse: str = ""

    @classmethod
    def read(cls, asked: Mapping[str, str]) -> "Filter":
        """As the address asks; what nobody offered is left out."""
        show, hours = asked.get("show", ""), asked.get("hours", "")
        return cls(
            drug=asked.get("drug", "")[:LONGEST],
            show=show if show in SHOW else "",
            hours=hours if hours in HOURS else "",
            nurse=asked.get("nurse", "")[:LONGEST],
        )

    def words(self) -> str:
        """The filter as a sentence; empty when everything is shown."""
        parts = (
            gettext("only %(drug)s") % {"drug": self.drug} if self.drug else "",
            gettext("only patients %(hours)s") % {"hours": HOURS[self.hours][2]} if self.hours else "",
            gettext("only what %(nurse)s has") % {"nurse": self.nurse} if self.nurse else "",
            str(SHOW.get(self.show, "")),
        )
        chosen = gettext(" and ").join(part for part in parts if part)
        return (
            gettext("Showing %(chosen)s. Open cases are always shown.") % {"chosen": chosen} if chosen else ""
        )

    def keeps(self, facts: Facts) -> bool:
        """Whether a row without a case stays."""
        if self.show == "cases" or (self.show == "watched" and facts.hours is None):
            return False
        if self.drug and facts.drug != self.drug:
            return False
        if self.nurse and self.nurse not in facts.people:
            return False
        return not self.hours or self._within(facts.hours)

    def _within(self, hours: float | None) -> bool:
        least, most, _ = HOURS[self.hours]
        return hours is not None and hours >= least and (most is None or hours < most)


ALL = Filter()
