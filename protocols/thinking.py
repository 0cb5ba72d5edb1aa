"""Whether an answer to "what is today's date?" holds today's date. A prompt for a person, never a score."""

import re
from collections.abc import Iterable
from datetime import date

WEEKDAYS = (
    ("monday", "mon", "lunes", "週一", "星期一", "禮拜一"),
    ("tuesday", "tue", "tues", "martes", "週二", "星期二", "禮拜二"),
    ("wednesday", "wed", "weds", "miercoles", "週三", "星期三", "禮拜三"),
    ("thursday", "thu", "thur", "thurs", "jueves", "週四", "星期四", "禮拜四"),
    ("friday", "fri", "viernes", "週五", "星期五", "禮拜五"),
    ("saturday", "sat", "sabado", "週六", "星期六", "禮拜六"),
    ("sunday", "sun", "domingo", "週日", "星期日", "禮拜日", "星期天", "禮拜天"),
)
MONTHS = (
    ("january", "jan", "enero"), ("february", "feb", "febrero"), ("march", "mar", "marzo"), ("april", "apr", "abril"),
    ("may", "mayo"), ("june", "jun", "junio"), ("july", "jul", "julio"), ("august", "aug", "agosto"),
    ("september", "sep", "sept", "septiembre", "setiembre"), ("october", "oct", "octubre"),
    ("november", "nov", "noviembre"), ("december", "dec", "diciembre"),
)  # fmt: skip
FEWEST_WORDS = 3
"""Words beside the date that make a sentence. A proposal of ours."""


def dates_in(normal: str) -> tuple[set[int], set[int], set[int]]:
    """Weekdays (Monday 0), months and days of the month that a folded text names."""
    joined = re.sub(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])", "", normal)
    words = set(re.findall(r"[^\W\d_]+", joined))
    in_full = {place for place, names in enumerate(WEEKDAYS) if _names(_full(names), words, joined)}
    weekdays = in_full or {place for place, names in enumerate(WEEKDAYS) if _names(names, words, joined)}
    months = {place for place, names in enumerate(MONTHS, start=1) if _names(names, words, "")}
    days = {int(day) for day in re.findall(r"(?<![\d/.-])(\d{1,2})(?:st|nd|rd|th)?(?![\d/.:])", joined)}
    for year, month, day in re.findall(r"(\d{4})-(\d{1,2})-(\d{1,2})", joined):
        months, days = months | {int(month)}, (days | {int(day)}) - {int(year)}
    for first, second in re.findall(r"(?<!\d)(\d{1,2})/(\d{1,2})(?!\d)", joined):
        months, days = months | {int(first), int(second)}, days | {int(first), int(second)}
    for month, day in re.findall(r"(\d{1,2})\s*月\s*(\d{1,2})", joined):
        months, days = months | {int(month)}, days | {int(day)}
    return weekdays, months, {day for day in days if 1 <= day <= 31}


def _full(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names that are no other word: `sun` may shine and `sat` may be a verb."""
    return tuple(name for name in names if len(name) > 5 or not name.isascii())


def _names(names: Iterable[str], words: set[str], joined: str) -> bool:
    return any(name in words or (not name.isascii() and name in joined) for name in names)


def compare(normal: str, today: date | None) -> str:
    """`missing`, `wrong`, `right`, or `uncompared` where today's date is not given.

    Right means that everything named fits: the weekday if one is named, and the month and day if they are. At least
    a weekday, or a month with a day, must be named.
    """
    weekdays, months, days = dates_in(normal)
    if not weekdays and not (months and days):
        return "missing"
    if today is None:
        return "uncompared"
    weekday_fits = weekdays <= {today.weekday()}
    date_fits = (not months or today.month in months) and (not days or today.day in days or not months)
    return "right" if weekday_fits and date_fits else "wrong"


def has_sentence(normal: str) -> bool:
    """Whether there are words beside the date."""
    named = {name for names in (*WEEKDAYS, *MONTHS) for name in names}
    words = [word for word in re.findall(r"[^\W\d_]+", normal) if word not in named]
    return len(words) >= FEWEST_WORDS
