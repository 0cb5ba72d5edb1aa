"""What the plain commands share: text or one JSON document out, one line of refusal, no database."""

import json
import re
import sys
from abc import ABC, abstractmethod
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from protocols import dosing, library
from protocols.errors import Refusal
from protocols.model import Label

WRONG_INPUT = 2


class PlainCommand(BaseCommand, ABC):
    """A command that reads rules and prints. Bad input ends with status 2 and one line saying what to type.

    A subclass describes its `arguments`, and its `answer` returns the lines for people and the JSON document.
    """

    requires_system_checks: list[str] = []
    requires_migrations_checks = False
    example = ""

    @abstractmethod
    def arguments(self, parser: CommandParser) -> None:
        """Add the command's own arguments."""

    @abstractmethod
    def answer(self, options: dict[str, Any]) -> tuple[list[str], Any]:
        """The lines for people, and the same for machines."""

    def add_arguments(self, parser: CommandParser) -> None:
        """The command's own arguments, and --json."""
        self.arguments(parser)
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the answer, or raise CommandError with status 2."""
        try:
            lines, document = self.answer(options)
        except Refusal as refusal:
            raise CommandError(refusal.sentence, returncode=WRONG_INPUT) from refusal
        if options["json"]:
            self.stdout.write(json.dumps(document, indent=2, ensure_ascii=False))
        else:
            self.stdout.write("\n".join(lines))

    def run_from_argv(self, argv: list[str]) -> None:
        """Run as a program: whatever was typed wrongly is answered in one line, without a usage text."""
        try:
            options = vars(self.create_parser(argv[0], argv[1]).parse_args(argv[2:]))
            self.execute(*options.pop("args", ()), **options)
        except CommandError as error:
            sentence = " ".join(str(error).removeprefix("Error: ").split())
            hint = (
                ""
                if isinstance(error.__cause__, Refusal)
                else f". Type for example: manage.py {self.example}"
            )
            self.stderr.write(f"{argv[1]}: {sentence}{hint}")
            sys.exit(WRONG_INPUT)


def label_of(protocol_id: str) -> Label:
    """The label of a typed id: a label's own, or a protocol's `LABEL+PATHWAY`."""
    if "+" in protocol_id:
        return library.protocol_of(protocol_id).label
    return library.label(protocol_id)


def a_date(typed: str) -> date:
    """A date as typed, `2026-03-02`. Raises Refusal saying what to type."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", typed):
            return date.fromisoformat(typed)
    except ValueError:
        pass
    raise Refusal("impossible-date", f"{typed!r} is not a date: type year-month-day, like 2026-03-02.")


def a_count(typed: str, *, of: str, like: int) -> int:
    """A whole number as typed. Raises Refusal saying what to type."""
    if not re.fullmatch(r"-?\d{1,9}", typed):
        raise Refusal("not-a-number", f"{typed!r} is not a number of {of}: type a whole number, like {like}.")
    return int(typed)


def a_weight(typed: str | None) -> Decimal | None:
    """A weight in kg as typed, or None when none was. Raises Refusal saying what to type."""
    return None if typed is None else dosing.read_weight(typed)


def heading(label: Label) -> str:
    """The drug, the brand and the revision, as every listing begins."""
    return f"{label.name} ({label.brand}), {label.jurisdiction}, revision {label.revision}"


def day(value: date | None) -> str:
    """A date a person reads without counting: `Mon 02 Mar 2026`."""
    return "ask" if value is None else value.strftime("%a %d %b %Y")
