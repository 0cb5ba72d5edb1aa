"""How a line of the log is written: what failed and where, never the words or numbers it failed on.

For people a line of words; for a machine that gathers logs one JSON object a line (LOG_FORMAT=json, the default in
production).
"""

import json
import logging
import re
import traceback
from datetime import UTC, datetime
from types import TracebackType

Failure = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

# Whoever has the address of a calendar can read it; of a page, can take its case; of a card, has half of what opens a
# patient's facts. The provider's addresses name one call or text each.
SECRET_ADDRESS = re.compile(r"(/calendar/|/t/|/e/|/webhooks/twilio/(?:status|voice)/)[^/\s\"]+")
# The service's own lines have none; a library's may. `%2B` is how an address writes a plus sign.
PHONE = re.compile(r"(\+|%2B)\d{7,15}")


def _discreet(line: str) -> str:
    return PHONE.sub(r"\1...", SECRET_ADDRESS.sub(r"\1...", line))


class Discreet(logging.Formatter):
    """Writes an exception's kind and its lines of code without its message.

    A message may quote a patient's text (`int('...')`) or a telephone number (a unique constraint names the value),
    and a log is read by more people than a chart.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line without the secret of any address in it, and without a telephone number."""
        return _discreet(super().format(record))

    def formatException(self, ei: Failure) -> str:  # noqa: N802 - the library's name
        """The frames and the kind of every exception in the chain, oldest cause first."""
        said, failure = [], ei[1]
        while failure is not None:
            frames = "".join(traceback.format_tb(failure.__traceback__))
            said.append(f"{frames}{type(failure).__module__}.{type(failure).__qualname__}")
            failure = failure.__cause__ or (None if failure.__suppress_context__ else failure.__context__)
        return "\nthen:\n".join(reversed(said))


class Structured(Discreet):
    """One JSON object a line: when (UTC), how grave, who says it, what, in which process; and where it failed."""

    def format(self, record: logging.LogRecord) -> str:
        """The object. `failure` holds every frame and kind of an exception, so that a line stays a line."""
        facts: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
            "thread": record.threadName,
        }
        if record.exc_info:
            facts["failure"] = self.formatException(record.exc_info).splitlines()
        return _discreet(json.dumps(facts, ensure_ascii=False))
