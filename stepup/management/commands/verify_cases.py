"""`manage.py verify_cases`: walk the history of every case and name the first link that does not hold."""

import sys
from typing import Any

from django.core.management.base import CommandParser

from monitoring import chains
from monitoring.chains import Walked
from monitoring.models import Escalation
from protocols.errors import Refusal
from stepup.management.plain import PlainCommand, a_count

BROKEN = 1


class Command(PlainCommand):
    help = (
        "Walk the chain over each case's history and name the first broken link of each (reads the database, writes "
        "nothing, prints nobody's words). Status 0: whole; 1: something was changed, put in or taken out; 2: it could "
        "not be done."
    )
    example = "verify_cases --case 12"
    broken = False

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--case", help="one case by its number in the address; every case unless given")

    def answer(self, options: dict[str, Any]) -> tuple[list[str], Any]:
        walked = chains.walk(_case(options["case"]))
        self.broken = bool(walked.broken)
        return _lines(walked), _document(walked)

    def handle(self, *args: Any, **options: Any) -> None:
        """Print, and end with status 1 where a link does not hold."""
        super().handle(*args, **options)
        if self.broken:
            sys.exit(BROKEN)


def _case(typed: str | None) -> Escalation | None:
    if typed is None:
        return None
    case = Escalation.objects.filter(pk=a_count(typed, of="cases", like=12)).first()
    if case is None:
        raise Refusal("which-case", f"There is no case {typed}.")
    return case


def _lines(walked: Walked) -> list[str]:
    found = [f"case {one.case} (code {one.code}): line {one.line} {one.why}" for one in walked.broken]
    head = f"{walked.lines} lines of {walked.cases} cases: " + (
        "every link holds." if not found else f"{len(found)} broken, the first link of each below."
    )
    return [head, *found]


def _document(walked: Walked) -> dict[str, Any]:
    return {
        "cases": walked.cases,
        "lines": walked.lines,
        "broken": [
            {"case": one.case, "code": one.code, "line": one.line, "why": one.why} for one in walked.broken
        ],
    }
