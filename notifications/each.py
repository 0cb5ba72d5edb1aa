"""Acting on many due rows so that one bad row costs only itself."""

import logging
from collections.abc import Callable, Iterable

from django.db import InterfaceError, OperationalError, connection

logger = logging.getLogger(__name__)


def database_is_away(error: Exception) -> bool:
    """Whether this error asks for another connection: nothing else could be done by this one either.

    A lock that was not given in time or a deadlock does not: the connection is whole, and the next row another one.
    """
    if not isinstance(error, (InterfaceError, OperationalError)):
        return False
    return not connection.is_usable() or connection.close_at == 0.0  # 0.0: marked to be opened anew


def each(rows: Iterable[int], act: Callable[[int], int]) -> int:
    """Act on every row and return how many were acted on; a row that fails is logged and tried again next time.

    Only a database that is really away ends the turn: then no other row could be acted on either.
    """
    done = 0
    for pk in rows:
        try:
            done += act(pk)
        except Exception as error:
            if database_is_away(error):
                raise
            logger.exception("Row %s could not be acted on; the others go on.", pk)
    return done
