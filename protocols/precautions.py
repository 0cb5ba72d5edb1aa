"""What the label wants before and after a dose, each in one line: premedication and observation.

`number` says which dose of its phase it is; where nobody knows, every row that may speak of it is shown.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from protocols.model import Agent, Label, Observation, Premedication, names, numbered
from protocols.regimens import Dose


@dataclass(frozen=True)
class Around:
    """What goes before and after the doses of these names, which share both."""

    names: str
    before: str
    after: str


def around(label: Label) -> tuple[Around, ...]:
    """Before and after every dose of every regimen, once for those that share both."""
    shared: dict[tuple[str, str], dict[str, None]] = {}
    for regimen in label.regimens:
        for dose in regimen.doses:
            both = before(label, dose), after(label, dose, regimen=regimen.id)
            shared.setdefault(both, {})[dose.name] = None
    return tuple(Around(", ".join(named), *both) for both, named in shared.items())


def required(label: Label, dose_id: str) -> bool:
    """True if the label wants premedication before every dose of that id."""
    return any(dose_id in group.before and not group.only_when for group in label.premedication)


def before(label: Label, dose: Dose, number: int | None = None) -> str:
    """What goes before this dose."""
    medicine = getattr(dose, "medicine", "")
    if medicine:
        return label.ask(
            f"what goes before {medicine} stands in its own label and has not been read here", medicine
        )
    said = [
        _which(group.before, dose.id, number) + _group(label, group)
        for group in label.premedication
        if names(group.before, dose.id, number)
    ]
    if said:
        return "; ".join(said)
    again = dict.fromkeys(reason for group in label.premedication for reason in group.again_when)
    table = label.table("premedication")
    unless = f"not required before this dose, except when {' or '.join(again)}" if again else ""
    if table.read == "yes":
        return unless or "none printed for this dose"
    return "; ".join(filter(None, (unless, label.ask(table.missing))))


def after(label: Label, dose: Dose, *, regimen: str | None = None, number: int | None = None) -> str:
    """Where and how long the label wants the patient after this dose."""
    rows = [row for row in label.observations if row.serves(regimen, dose.id, number)]
    said = [
        _which(row.doses, dose.id, number) + (label.ask(row.missing) if row.missing else row.text)
        for row in rows
    ]
    table = label.table("observation")
    if not rows:
        said = ["none printed for this dose" if table.read == "yes" else label.ask(table.missing)]
    return "; ".join(
        [*said, *(f"{_reaction(row)}: {row.text}" for row in label.observations if row.after_reaction)]
    )


def after_reaction(label: Label, kind: str, grade: int) -> str:
    """What the label adds to the observation of the dose after such a reaction; empty where it adds nothing."""
    rows = (row for row in label.observations if row.after_reaction == kind and grade in row.after_grades)
    return "; ".join(row.text for row in rows)


def _reaction(row: Observation) -> str:
    *lower, highest = map(str, row.after_grades)
    grades = f"{', '.join(lower)} or {highest}" if lower else highest
    kind = row.after_reaction.upper() if row.after_reaction in {"crs", "icans"} else row.after_reaction
    return f"after {kind} of grade {grades}"


def _which(named: Iterable[str], dose_id: str, number: int | None) -> str:
    """`dose 3 to 6 of it: ` where a row speaks of some doses of a phase only and nobody knows which this one is."""
    if number is not None:
        return ""
    for known, first, last in map(numbered, named):
        if known == dose_id and (first, last) != (1, None):
            until = " on" if last is None else "" if last == first else f" to {last}"
            return f"dose {first}{until} of it: "
    return ""


def _group(label: Label, group: Premedication) -> str:
    agents = "; ".join(map(_agent, group.agents))
    said = f"{group.timing}: {agents}" if group.timing and agents else group.timing or agents
    missing = label.ask(group.missing) if group.missing else ""
    only = f"only when {group.only_when}" if group.only_when else ""
    own = f"({label.cite(group.sources)})" if label.own(group.sources) else ""
    return "; ".join(filter(None, (said, group.rule, only, missing, own)))


def _agent(agent: Agent) -> str:
    """`dexamethasone 16 mg, oral or intravenous (corticosteroid)`, as far as each part was read."""
    medicine = " ".join(filter(None, (agent.example or agent.drug_class, agent.dose)))
    said = ", ".join(filter(None, (medicine, agent.route, agent.timing, agent.missing)))
    return f"{said} ({agent.drug_class})" if agent.example else said
