"""Days and moments as screens write them: `Mon 02 Mar 2026 10:12 EST`, with the names of days and months translated.

What is stored or logged uses strftime instead, and stays English.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils.translation import pgettext

DAY = "%a %d %b %Y"


def written(at: date | None, style: str = DAY) -> str:
    """`at` in the style of strftime, empty where there is none. A moment is written on the clock it is on: bring it to
    the reader's zone first.
    """
    if at is None:
        return ""
    named = style.replace("%a", _weekday(at)).replace("%b", _month(at))
    return at.strftime(named)


def on_clock(at: datetime, zone: str, style: str) -> str:
    """A moment on the clock of `zone`."""
    return written(at.astimezone(ZoneInfo(zone)), style)


def _weekday(at: date) -> str:
    names = (
        pgettext("short weekday", "Mon"), pgettext("short weekday", "Tue"), pgettext("short weekday", "Wed"),
        pgettext("short weekday", "Thu"), pgettext("short weekday", "Fri"), pgettext("short weekday", "Sat"),
        pgettext("short weekday", "Sun"),
    )  # fmt: skip
    return names[at.weekday()]


def _month(at: date) -> str:
    names = (
        pgettext("short month", "Jan"), pgettext("short month", "Feb"), pgettext("short month", "Mar"),
        pgettext("short month", "Apr"), pgettext("short month", "May"), pgettext("short month", "Jun"),
        pgettext("short month", "Jul"), pgettext("short month", "Aug"), pgettext("short month", "Sep"),
        pgettext("short month", "Oct"), pgettext("short month", "Nov"), pgettext("short month", "Dec"),
    )  # fmt: skip
    return names[at.month - 1]
