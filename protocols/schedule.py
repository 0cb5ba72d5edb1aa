"""Where a course stands in its schedule: its doses in order, how many of each, and what follows by itself.

A printed number of doses moves the schedule on. A longer interval that a label ties to a response never does: it is
proposed when what can be counted of its conditions is reached, and a clinician's confirmation opens it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from protocols.regimens import Dose, Given, Phase, Regimen, Step


class Standing(NamedTuple):
    """What was given so far. `counts` by dose is None where it cannot be trusted: a record that does not begin at
    the beginning, or a step-up that was begun again after treatment doses. `since` has the day of the first of each.
    """

    day_one: date
    counts: Mapping[str, int] | None
    since: Mapping[str, date]

    def given(self, dose: Dose) -> int | None:
        """How many of this dose were given, or None where nobody can say."""
        return None if self.counts is None else self.counts.get(dose.id, 0)

    def week(self, on: date) -> int:
        """The week of the course, Day 1 to Day 7 being week 1."""
        return (on - self.day_one).days // 7 + 1

    def and_then(self, dose: Dose, on: date) -> "Standing":
        """The same after one more dose on that day."""
        counts = None if self.counts is None else {**self.counts, dose.id: self.counts.get(dose.id, 0) + 1}
        return Standing(self.day_one, counts, {dose.id: on, **self.since})


def in_order(regimen: Regimen, given: Sequence[Given]) -> list[Given]:
    """The doses by date, and on one date in the order of the schedule, in whatever order they were entered."""
    last = len(regimen.doses)
    return sorted(given, key=lambda dose: (dose.on, regimen.places.get(dose.step, last)))


def standing(regimen: Regimen, history: Sequence[Given]) -> Standing:
    """Where a course with these doses, in order, stands."""
    first = regimen.dose(history[0].step)
    before = first.offset_days if isinstance(first, Step) else 0
    phases = [dose.step for dose in history if regimen.phase(dose.step)]
    known = [dose.step for dose in history]
    again = any(regimen.phase(step) is None for step in known[known.index(phases[0]) :]) if phases else False
    trusted = history[0].step == regimen.steps[0].id and not again
    since = {dose.step: dose.on for dose in reversed(history)}
    return Standing(history[0].on - timedelta(days=before), Counter(known) if trusted else None, since)


def following(regimen: Regimen, dose: Dose, stands: Standing) -> tuple[Dose | None, str]:
    """What the schedule puts after this dose; or None and why a person must say, or None and nothing at its end."""
    given = stands.given(dose)
    if isinstance(dose, Phase) and given is None and dose.doses is not None:
        return (
            None,
            f"how many of the {dose.doses} doses of {words(dose)} were given is not clear from this record",
        )
    upcoming = regimen.after(dose, given)
    if isinstance(upcoming, Phase) and upcoming is not dose and upcoming.entry:
        return None, decision_due(regimen, dose)
    return upcoming, ""


def decision_due(regimen: Regimen, dose: Dose) -> str:
    """What a clinician must say when the printed weeks or doses of a phase have passed."""
    printed = dose.weeks if isinstance(dose, Phase) else ""
    asked = f"{words(dose)} is printed for {printed} only"
    later = regimen.doses[regimen.places[dose.id] + 1 :]
    entry = later[0].entry if later and isinstance(later[0], Phase) else ""
    return f"{asked}; {words(later[0])} needs {entry}" if entry else asked


def passed(phase: Phase, stands: Standing, on: date) -> bool:
    """True if the last week printed for this phase is over on that date."""
    return phase.through_week is not None and stands.week(on) > phase.through_week


def ends_with(regimen: Regimen, dose: Dose, number: int | None) -> bool:
    """True if the schedule has nothing after this dose, being the `number`-th of its kind."""
    return number is not None and regimen.after(dose, number) is None


def unmet(regimen: Regimen, phase: Phase, stands: Standing, on: date) -> str:
    """What can be counted of a phase's conditions and is not reached on that date; empty when nothing is missing."""
    if phase.from_week is not None and stands.week(on) < phase.from_week:
        return f"{words(phase)} begins in week {phase.from_week} at the earliest, and this is week {stands.week(on)}"
    return _too_few_weeks(regimen, phase, stands, on) or _too_few_doses(regimen, phase, stands)


def _too_few_weeks(regimen: Regimen, phase: Phase, stands: Standing, on: date) -> str:
    if phase.after_weeks is None:
        return ""
    before = regimen.phases[regimen.phases.index(phase) - 1]
    needs = f"{words(phase)} needs {phase.after_weeks} weeks of {words(before)}"
    since = stands.since.get(before.id)
    if since is None:
        return f"{needs}, which this record cannot show"
    if on < since + timedelta(weeks=phase.after_weeks):
        return f"{needs}, which began on {since:%d %b %Y}"
    return ""


def _too_few_doses(regimen: Regimen, phase: Phase, stands: Standing) -> str:
    if phase.after_doses is None:
        return ""
    needs = f"{words(phase)} needs {phase.after_doses} full doses before it"
    if stands.counts is None:
        return f"{needs}, which this record cannot show"
    size = phase.amount, phase.unit
    full = sum(number for step, number in stands.counts.items() if _amount(regimen, step) == size)
    return f"{needs}, and {full} were given" if full < phase.after_doses else ""


def proposed(regimen: Regimen, phase: Phase, stands: Standing, on: date) -> str:
    """The longer interval a clinician may confirm from this date on, where what can be counted of it is reached."""
    later = regimen.phases[regimen.phases.index(phase) + 1 :]
    if not later or not later[0].entry or not later[0].counts_something:
        return ""
    if unmet(regimen, later[0], stands, on):
        return ""
    return f"proposed: {words(later[0])}, if a clinician confirms {later[0].entry}"


def words(dose: Dose) -> str:
    """The name of a dose inside a sentence."""
    return dose.name[0].lower() + dose.name[1:]


def _amount(regimen: Regimen, step: str) -> tuple[object, object]:
    dose = regimen.dose(step)
    return (dose.amount, dose.unit) if dose else (None, None)
