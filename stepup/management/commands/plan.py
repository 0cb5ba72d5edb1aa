"""`manage.py plan`: the dated plan of a course, as the label says it. Touches no database."""

from typing import Any

from django.core.management.base import CommandParser

from protocols import planning
from protocols.planning import PlannedDose
from stepup.management.plain import PlainCommand, a_count, a_date, a_weight, day, heading, label_of


class Command(PlainCommand):
    help = "Print the dated plan of a course: every dose with its window, its sum and its source."
    example = "plan teclistamab-us-2025-03 --start 2026-03-02 --weight 70"

    def arguments(self, parser: CommandParser) -> None:
        """The protocol, the date of Day 1, and what the doses depend on."""
        parser.add_argument("id", help="label, or label+pathway, like teclistamab-us-2025-03")
        parser.add_argument(
            "--start", required=True, help="date of Day 1 at the treating site, like 2026-03-02"
        )
        parser.add_argument("--regimen", help="needed when the label has several")
        parser.add_argument("--weight", help="in kg, like 70.5")
        parser.add_argument("--weeks", default="8", help="how far to plan, 1 to 104; 8 unless said")

    def answer(self, options: dict[str, Any]) -> tuple[list[str], list[dict[str, Any]]]:
        """One block per dose; in JSON a list of doses."""
        label = label_of(options["id"])
        doses = planning.plan(
            label,
            a_date(options["start"]),
            regimen=options["regimen"],
            weight_kg=a_weight(options["weight"]),
            weeks=a_count(options["weeks"], of="weeks", like=8),
        )
        lines = [f"{heading(label)}, {doses[0].regimen}", ""]
        for dose in doses:
            lines += _block(dose)
        return lines, [{"label": label.id, **dose.as_dict()} for dose in doses]


def _block(dose: PlannedDose) -> list[str]:
    """One dose for a person: when, how much, and what goes around it."""
    window = f"{day(dose.earliest_on)} to {day(dose.latest_on)}"
    lines = [
        f"{day(dose.on)}  {dose.name} ({dose.day})",
        f"    DOSE {dose.sum}",
        f"    window       {window}",
        f"    before       {dose.premedication}",
        f"    after        {dose.observation}",
        f"    volume       {dose.volume}",
        *([f"    infusion     {dose.infusion}"] if dose.infusion else []),
        f"    source       {dose.source}",
    ]
    lines += [f"    note         {note}" for note in dose.notes]
    lines += [f"    {name:<12} {missing}" for name, missing in dose.asks if missing != dose.sum]
    return [*lines, ""]
