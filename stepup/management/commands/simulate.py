"""`manage.py simulate`: a virtual ward on a virtual clock, on a database of its own that is thrown away."""

import sys
from typing import Any

from django.core.management.base import CommandParser

from protocols.errors import Refusal
from stepup.management.plain import PlainCommand, a_count
from stepup.simulate import clinics, figures, report
from stepup.simulate.ward import Plan

BROKEN = 1
MOST_PATIENTS, MOST_DAYS = 10_000, 90


class Command(PlainCommand):
    help = (
        "Live through days of a virtual ward by the service's own operations, and report load, pages, time to a person"
        ", people needed, every broken invariant and whoever was left unanswered (exit status 1 if any). Never touches"
        " the site's database."
    )
    example = "simulate --patients 200 --days 10 --seed 1"

    def arguments(self, parser: CommandParser) -> None:
        """How many, for how long, and what goes wrong."""
        parser.add_argument("--patients", default="200", help="how many (200)")
        parser.add_argument("--days", default="10", help="for how many days (10)")
        parser.add_argument("--seed", default="1", help="a number; the same one gives the same report (1)")
        parser.add_argument(
            "--faults", default="usual", help=f"at the provider: {', '.join(figures.FAULTS)} (usual)"
        )
        parser.add_argument(
            "--starting",
            default="20",
            help="how many of a hundred begin the step-up; the others are further on (20)",
        )

    def answer(self, options: dict[str, Any]) -> tuple[list[str], Any]:
        """The report; the exit status is remembered for the end."""
        plan = _plan(options)
        found = clinics.live(plan)
        self.is_broken = bool(found.broken or found.unanswered)
        return report.lines(plan, found), report.document(found)

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the report; exit with status 1 if an invariant was broken or somebody left unanswered."""
        super().handle(*args, **options)
        if self.is_broken:
            sys.exit(BROKEN)


def _plan(options: dict[str, Any]) -> Plan:
    patients = a_count(options["patients"], of="patients", like=200)
    days = a_count(options["days"], of="days", like=10)
    starting = a_count(options["starting"], of="patients in a hundred", like=20)
    if not 1 <= patients <= MOST_PATIENTS or not 1 <= days <= MOST_DAYS or not 0 <= starting <= 100:
        raise Refusal(
            "too-many",
            f"Type 1 to {MOST_PATIENTS} patients, 1 to {MOST_DAYS} days and 0 to 100 for --starting.",
        )
    if options["faults"] not in figures.FAULTS:
        raise Refusal("faults", f"Type one of {', '.join(figures.FAULTS)} for --faults.")
    seed = a_count(options["seed"], of="a seed", like=1)
    return Plan(patients, days, seed, options["faults"], starting / 100)
