"""`manage.py resume`: which dose the label allows, so many days after the last one. Touches no database."""

from typing import Any

from django.core.management.base import CommandParser

from protocols import delays
from protocols.decisions import Decision
from protocols.delays import TableRow
from protocols.errors import Refusal
from protocols.model import Label
from stepup.management.plain import PlainCommand, a_count, a_weight, heading, label_of


class Command(PlainCommand):
    help = "Print what may be given so many days after a dose, or the label's whole decision table."
    example = "resume teclistamab-us-2025-03 --last step_up_dose_1 --days 8 --weight 70"

    def arguments(self, parser: CommandParser) -> None:
        """The protocol, and either one question or the whole table."""
        parser.add_argument("id", help="label, or label+pathway, like teclistamab-us-2025-03")
        parser.add_argument(
            "--last", help="the last dose given: a step or a phase, like step_up_dose_1 or weekly"
        )
        parser.add_argument("--days", help="whole calendar days since that dose, like 8")
        parser.add_argument("--phase", help="the interval the patient is on now, like biweekly")
        parser.add_argument("--regimen", help="needed where the label's regimens differ")
        parser.add_argument("--weight", help="in kg, like 70.5")
        parser.add_argument("--table", action="store_true", help="every row of the decision table")

    def answer(self, options: dict[str, Any]) -> tuple[list[str], Any]:
        """One decision, or with --table a list of rows."""
        label = label_of(options["id"])
        if options["table"]:
            return _table(label, options)
        if options["last"] is None or options["days"] is None:
            raise Refusal(
                "which-dose", "Type the last dose and the days since: --last step_up_dose_1 --days 8."
            )
        asked = {name: options[name] for name in ("last", "phase", "regimen")}
        days = a_count(options["days"], of="days", like=8)
        decision = delays.resume(label, days=days, weight_kg=a_weight(options["weight"]), **asked)
        lines = [heading(label), f"{days} days after {options['last']}", "", *_block(decision)]
        return lines, {"label": label.id, **asked, "days": days, **decision.as_dict()}


def _table(label: Label, options: dict[str, Any]) -> tuple[list[str], list[dict[str, Any]]]:
    if options["last"] is not None or options["days"] is not None:
        raise Refusal("table-or-dose", "Type either --table, or --last and --days.")
    if options["phase"] is not None:
        raise Refusal("table-or-phase", "Leave --phase out: the table has a row for every phase.")
    rows = delays.table(label, regimen=options["regimen"], weight_kg=a_weight(options["weight"]))
    return [heading(label), "", *map(_line, rows)], [{"label": label.id, **row.as_dict()} for row in rows]


def _line(row: TableRow) -> str:
    """One row of the table: last dose, phase, regimen, days; then the answer, premedication, review, why, source."""
    days = f"{row.from_day}+" if row.to_day is None else f"{row.from_day}-{row.to_day}"
    answer = row.answer
    then = (
        answer.decision if answer.action is None else f"{answer.action}: give {answer.step}, {answer.amount}"
    )
    premedicate = f" PREMEDICATE {answer.premedicate}" if answer.premedicate != "unspecified" else ""
    review = " REVIEW" if answer.review else ""
    unless = f" ({answer.unless})" if answer.unless else ""
    where = f"{row.regimen:<28} {row.last:<22} {row.phase:<14} {days:>8}"
    return f"{where}  {then}{premedicate}{review}{unless} | {answer.because} | {answer.source}"


def _block(decision: Decision) -> list[str]:
    """The decision for a person: what, why, what comes with it."""
    lines = [f"{decision.decision.upper()}  {decision.because}"]
    if decision.step:
        lines.append(f"    DOSE {decision.amount} ({decision.step}, {decision.action})")
        lines.append(f"    premedicate  {decision.premedicate}")
    if decision.following:
        lines.append(f"    following    {decision.following}")
    if decision.unless:
        lines.append(f"    but          {decision.unless}")
    lines += [f"    near         {side}" for side in decision.near]
    return [*lines, f"    source       {decision.source or 'none was read'}"]
