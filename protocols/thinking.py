"""Whether an answer to "what is today's date?" holds today's date. A prompt for a person, never a score."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
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

ALSO_WORDS = frozenset({"may", "march", "mar", "jan", "dec", "sep", "sept", "april", "june", "august"})
"""Months that are other words or names as well: without a day beside them they name no date."""

_CJK_DIGITS = {sign: place for place, sign in enumerate("〇一二三四五六七八九")}
_CJK = "〇一二三四五六七八九十廿卅"
_MONTH_NAMES = "|".join(sorted((name for names in MONTHS for name in names), key=len, reverse=True))
_DAY = r"(?<![\d/.:-])(\d{1,2})(?:st|nd|rd|th|o)?(?![\d/:]|\.\d)"
_AFTER_MONTH = re.compile(rf"\b({_MONTH_NAMES})\b[\s.,]*(?:the\s+)?{_DAY}")
_BEFORE_MONTH = re.compile(rf"{_DAY}[\s.,]+(?:of\s+|de\s+|day\s+of\s+)?\b({_MONTH_NAMES})\b")
_MONTH_ALONE = re.compile(rf"\b({_MONTH_NAMES})\b")
_ISO = re.compile(r"(?<!\d)\d{4}-(\d{1,2})-(\d{1,2})(?!\d)")
_WITH_SLASHES = re.compile(
    r"(?<![\d/.])(\d{1,2})(?:/(\d{1,2})(?:/(\d{4}|\d{2}))?|([.-])(\d{1,2})\4(\d{4}|\d{2}))(?![\d/])"
)
_IN_CHINESE = re.compile(rf"(\d{{1,2}}|[{_CJK}]{{1,3}})\s*月\s*(\d{{1,2}}|[{_CJK}]{{1,3}})?")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_BESIDE_WEEKDAY = re.compile(
    r"\b(?:{})\b[\s,]*(?:the\s+)?(\d{{1,2}})(?:(?:st|nd|rd|th)\b|(?=\s*(?:$|[.,;])))".format(
        "|".join(name for names in WEEKDAYS for name in names if name.isascii())
    )
)


@dataclass(frozen=True)
class Named:
    """What a text names: weekdays (Monday 0), ways to read each date as (month, day), lone months and days, years."""

    weekdays: frozenset[int]
    dates: tuple[frozenset[tuple[int, int]], ...]
    months: frozenset[int]
    days: frozenset[int]
    years: frozenset[int]

    def fits(self, today: date) -> bool:
        """Whether everything that is named is today's."""
        return (
            self.weekdays <= {today.weekday()}
            and all((today.month, today.day) in ways for ways in self.dates)
            and self.months <= {today.month}
            and self.days <= {today.day}
            and (not self.years or today.year in self.years)
        )


def named_in(folded: str) -> Named:
    """The weekdays and dates of a folded text. A day counts only beside its month or weekday, never any number."""
    joined = re.sub(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])", "", folded)
    words = set(re.findall(r"[^\W\d_]+", joined))
    in_full = {place for place, names in enumerate(WEEKDAYS) if _names(_full(names), words, joined)}
    weekdays = in_full or {place for place, names in enumerate(WEEKDAYS) if _names(names, words, joined)}
    for name in (name for names in WEEKDAYS for name in names if not name.isascii()):
        joined = joined.replace(name, " ")
    years = {int(year) for year in _YEAR.findall(joined)}
    years |= {2000 + int(year) for _, _, year in _in_figures(joined) if len(year) == 2}
    dates = tuple(_dates(joined))
    days = set() if dates else {int(day) for day in _BESIDE_WEEKDAY.findall(joined)}
    months = set() if dates else set(_lone_months(joined))
    return Named(frozenset(weekdays), dates, frozenset(months), frozenset(days), frozenset(years))


def _dates(joined: str) -> Iterator[frozenset[tuple[int, int]]]:
    """Every month with a day, each with the ways to read it (`3/11` is two)."""
    after = _AFTER_MONTH.findall(joined)
    for name, day in after or [(name, day) for day, name in _BEFORE_MONTH.findall(joined)]:
        yield frozenset({(_month(name), int(day))})
    for month, day in _ISO.findall(joined):
        yield frozenset({(int(month), int(day))})
    for first, second, _ in _in_figures(joined):
        ways = {(first, second), (second, first)}
        if possible := frozenset(way for way in ways if 1 <= way[0] <= 12 and 1 <= way[1] <= 31):
            yield possible
    for month, day in dict.fromkeys(_IN_CHINESE.findall(joined)):
        if day:
            yield frozenset({(_chinese(month), _chinese(day))})


def _in_figures(joined: str) -> Iterator[tuple[int, int, str]]:
    """Dates like 3/11, 11/3/26 and 3.11.2026 (with points or dashes only whole), each with its year if it has one."""
    for first, second, year, _, other, year_behind in _WITH_SLASHES.findall(_ISO.sub(" ", joined)):
        yield int(first), int(second or other), year or year_behind


def _lone_months(joined: str) -> Iterator[int]:
    yield from (_month(name) for name in _MONTH_ALONE.findall(joined) if name not in ALSO_WORDS)
    yield from (_chinese(month) for month, day in set(_IN_CHINESE.findall(joined)) if not day)


def _month(name: str) -> int:
    return next(place for place, names in enumerate(MONTHS, start=1) if name in names)


def _chinese(written: str) -> int:
    """A number below 100 in figures or in Chinese (`十一`, `廿三`, `三十`)."""
    if written.isdigit() and written.isascii():
        return int(written)
    value = 0
    for sign in written.replace("廿", "二十").replace("卅", "三十"):
        value = max(value, 1) * 10 if sign == "十" else value + _CJK_DIGITS[sign]
    return value


def _full(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names that are no other word: `sun` may shine and `sat` may be a verb."""
    return tuple(name for name in names if len(name) > 5 or not name.isascii())


def _names(names: Iterable[str], words: set[str], joined: str) -> bool:
    return any(name in words or (not name.isascii() and name in joined) for name in names)


def compare(folded: str, today: date | None) -> str:
    """`missing`, `wrong`, `right`, or `uncompared` where today's date is not given.

    Right means that everything named fits: weekday, month, day and year, each if it is named. At least a weekday, or a
    month with a day, must be named.
    """
    named = named_in(folded)
    if not named.weekdays and not named.dates:
        return "missing"
    if today is None:
        return "uncompared"
    return "right" if named.fits(today) else "wrong"


def has_sentence(normal: str) -> bool:
    """Whether there are words beside the date."""
    named = {name for names in (*WEEKDAYS, *MONTHS) for name in names}
    words = [word for word in re.findall(r"[^\W\d_]+", normal) if word not in named]
    return len(words) >= FEWEST_WORDS
