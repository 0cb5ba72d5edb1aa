"""Acting on many due rows so that one bad row costs only itself."""

import logging
from collections.abc import Callable, Iterable

from django.db import InterfaceError, OperationalError, connection

logger = logging.getLogger(__name__)


def each(rows: Iterable[int], act: Callable[[int], int]) -> int:
    """Act on every row and return how many were acted on; a row that fails is logged and tried again next time.

    Only a database that is really away ends the turn: then no other row could be acted on either.
    """
    done = 0
    for pk in rows:
        try:
            done += act(pk)
        except (InterfaceError, OperationalError):
            if not connection.is_usable():
                raise
            logger.exception("Row %s waits for the next turn.", pk)
        except Exception:
            logger.exception("Row %s could not be acted on; the others go on.", pk)
    return done
