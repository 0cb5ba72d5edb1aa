"""How a line of the log is written: what failed and where, never the words or numbers it failed on."""

import logging
import re
import traceback
from types import TracebackType

Failure = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

# Whoever has the address of a calendar can read it; of a page, can take its case.
SECRET_ADDRESS = re.compile(r"(/calendar/|/t/)[^/\s]+")


class Discreet(logging.Formatter):
    """Writes an exception's kind and its lines of code without its message.

    A message may quote a patient's text (`int('...')`) or a telephone number (a unique constraint names the value),
    and a log is read by more people than a chart.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line without the secret of any address in it."""
        return SECRET_ADDRESS.sub(r"\1...", super().format(record))

    def formatException(self, ei: Failure) -> str:  # noqa: N802 - the library's name
        """The frames and the kind of every exception in the chain, oldest cause first."""
        said, failure = [], ei[1]
        while failure is not None:
            frames = "".join(traceback.format_tb(failure.__traceback__))
            said.append(f"{frames}{type(failure).__module__}.{type(failure).__qualname__}")
            failure = failure.__cause__ or (None if failure.__suppress_context__ else failure.__context__)
        return "\nthen:\n".join(reversed(said))
