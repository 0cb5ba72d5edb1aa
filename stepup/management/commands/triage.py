"""`manage.py triage`: replays replies through the rules and prints one JSON object a line. Touches no database."""

import csv
import io
import json
import sys
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from protocols import rulebook, triage
from protocols.errors import Refusal
from protocols.triage import Context
from stepup.management.plain import PlainCommand

COLUMNS = ("id", "asked", "reply", "language", "drug", "step", "hour", "in_watch", "sender", "known")
WATCH = ("yes", "no", "closed")
SENDERS = ("patient", "caregiver", "unregistered", "shared", "clinician")


class Command(PlainCommand):
    help = (
        "Replay replies through the rules of triage. The CSV has a line of column names, of which only reply is "
        f"needed: {', '.join(COLUMNS)}. in_watch is {', '.join(WATCH)}; sender is {', '.join(SENDERS)}."
    )
    example = "triage replies.csv, or the same on standard input"

    def arguments(self, parser: CommandParser) -> None:
        """The file, or standard input."""
        parser.add_argument("file", nargs="?", help="a CSV file in UTF-8; standard input unless given")

    def answer(self, options: dict[str, Any]) -> tuple[list[str], list[dict[str, Any]]]:
        """One JSON object per reply, in the order of the file; with --json all of them as one list."""
        rows = list(_rows(_text(options["file"])))
        if not rows:
            raise Refusal("no-rows", "There are column names and no reply: add a line for each reply.")
        found = [_assessed(number, row) for number, row in enumerate(rows, start=1)]
        return [json.dumps(one, ensure_ascii=False) for one in found], found


def _text(name: str | None) -> str:
    """What the file or standard input holds. Refuses what cannot be read as UTF-8 text."""
    try:
        content = Path(name).read_bytes() if name else sys.stdin.buffer.read()
        return content.decode("utf-8-sig")
    except OSError as error:
        raise Refusal("no-file", f"{name} cannot be read ({error.strerror}): name a CSV file.") from error
    except UnicodeDecodeError as error:
        raise Refusal("not-text", "This is not UTF-8 text: save the table as CSV UTF-8.") from error


def _rows(text: str) -> Iterator[dict[str, str]]:
    """The rows as dictionaries. Refuses a table without a reply column, and a row with more cells or no reply."""
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        names = [name.strip().casefold() for name in reader.fieldnames or ()]
        if "reply" not in names or len(set(names)) != len(names):
            raise Refusal(
                "no-reply-column", f"Begin the CSV with the column names, like: {','.join(COLUMNS)}"
            )
        reader.fieldnames = names
        for row in reader:
            if None in row or row["reply"] is None:
                raise Refusal(
                    "row", f"Line {reader.line_num} does not fit the {len(names)} columns: quote its commas."
                )
            yield {name: cell or "" for name, cell in row.items()}
    except csv.Error as error:
        raise Refusal("not-csv", f"Line {reader.line_num} is not CSV ({error}): check its quotes.") from error


def _assessed(number: int, row: dict[str, str]) -> dict[str, Any]:
    finding = triage.assess(row["reply"], _context(number, row)).as_dict()
    return {"id": row.get("id") or str(number), **finding}


def _context(number: int, row: dict[str, str]) -> Context:
    """The context of one row; an empty or missing cell keeps the default."""
    cells = {name: value.strip() for name, value in row.items() if value.strip()}
    return Context(
        asked=_asked(cells.get("asked"), number),
        language=cells.get("language", "en"),
        in_watch=_one_of(WATCH, cells, "in_watch", "yes", number),
        sender=_one_of(SENDERS, cells, "sender", "patient", number),
        drug=cells.get("drug", ""),
        step=cells.get("step", ""),
        hour=_hour(cells.get("hour"), number),
        known=cells.get("known", ""),
    )


def _asked(typed: str | None, number: int) -> str | None:
    """The question's id as typed. Refuses one that no question has: read as none, it would change what a yes means."""
    book = rulebook.load()
    if typed is not None and book.question(typed) is None:
        known = ", ".join(dict.fromkeys(one.id for one in book.questions.values()))
        raise Refusal("asked", f"Row {number}: asked is {typed!r}; write {known}, or leave it empty.")
    return typed


def _one_of(allowed: tuple[str, ...], cells: dict[str, str], name: str, default: str, number: int) -> str:
    value = cells.get(name, default).casefold()
    if value not in allowed:
        raise Refusal(name, f"Row {number}: {name} is {value!r}; write {', '.join(allowed)}.")
    return value


def _hour(typed: str | None, number: int) -> Decimal | None:
    try:
        hour = None if typed is None else Decimal(typed)
    except InvalidOperation:
        hour = Decimal("NaN")
    if hour is not None and not hour.is_finite():
        raise Refusal("hour", f"Row {number}: hour is {typed!r}; write hours since the dose, like 26.5.")
    return hour
