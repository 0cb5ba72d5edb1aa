"""How times, amounts, temperatures and telephone numbers are written on every screen."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from notifications import daynames, phones
from protocols import dosing, wording

register = template.Library()

DAY_AND_TIME = "%a %d %b %Y|%H:%M %Z"
NB = "\N{NO-BREAK SPACE}"
MINUTE = timedelta(minutes=1)
AMOUNT = re.compile(r"\d (?:mg|kg|mL|mcg)\b(?:/kg\b)?")


@register.filter
def when(at: datetime | None, zone: str) -> SafeString | str:
    """`Mon 02 Mar 2026 10:12 EST` on the clock of `zone`, with the moment in UTC for machines."""
    return "" if at is None else _stamped(at, zone, DAY_AND_TIME, get_language())


@register.filter
def at_clock(at: datetime | None, zone: str) -> SafeString | str:
    """`10:12 EST` alone, for moments whose day is not in doubt."""
    return "" if at is None else _stamped(at, zone, "%H:%M %Z", get_language())


@register.filter
def day_clock(at: datetime | None, zone: str) -> SafeString | str:
    """`Mon 10:12 EST`: the weekday and the time, for the few days around now."""
    return "" if at is None else _stamped(at, zone, "%a %H:%M %Z", get_language())


@lru_cache(maxsize=4096)  # a board shows the same moments again every few seconds
def _stamped(at: datetime, zone: str, style: str, language: str | None) -> SafeString:
    """The day on one line and the time on one line; between the two a line may break. Each language has its own."""
    shown = daynames.on_clock(at, zone, style).replace(" ", NB).replace("|", " ")
    return format_html('<time datetime="{}">{}</time>', f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", shown)


@register.filter
def day(on: date | None) -> str:
    """`Mon 02 Mar 2026`, kept on one line."""
    return "" if on is None else daynames.written(on).replace(" ", NB)


@register.filter
def born(on: date | None) -> str:
    """A date of birth, `14 Mar 1958`: its weekday helps nobody."""
    return "" if on is None else daynames.written(on, "%d %b %Y").replace(" ", NB)


@register.filter
def language(code: str) -> str:
    """A language by its English name."""
    return wording.name(code)


@register.filter
def since(at: datetime | None, now: datetime) -> str:
    """How long ago, in words: `just now`, `12 min ago`, `3 h 05 min ago`, `2 days ago`."""
    if at is None:
        return ""
    length = now - at
    return _("just now") if length < MINUTE else _("%(span)s ago").replace(" ", NB) % {"span": span(length)}


@register.filter
def until(at: datetime | None, now: datetime) -> str:
    """How long from now, in words: `in 12 min`; `now` at the moment itself and `12 min late` after it."""
    if at is None:
        return ""
    if at > now:
        return _("in %(span)s").replace(" ", NB) % {"span": span(at - now)}
    late = now - at
    return _("now") if late < MINUTE else _("%(span)s late").replace(" ", NB) % {"span": span(late)}


@register.filter
def span(length: timedelta) -> str:
    """A length of time as people say it, never longer than two units."""
    minutes = int(length.total_seconds()) // 60
    hours, days = minutes // 60, minutes // (60 * 24)
    if minutes < 1:
        return _("under 1 min").replace(" ", NB)
    if hours < 1:
        return f"{minutes}{NB}min"
    if days < 2:
        return (
            f"{hours}{NB}h{NB}{minutes % 60:02d}{NB}min" if hours < 10 and minutes % 60 else f"{hours}{NB}h"
        )
    return _("%(days)s days").replace(" ", NB) % {"days": days}


@register.filter
def whole_hours(length: timedelta) -> int:
    """A length of time in hours, rounded."""
    return round(length / timedelta(hours=1))


@register.filter
def took(length: timedelta | None) -> str:
    """How long a step took, `40 s`, `4 min 10 s`, `2 h 5 min`; or that it has not been."""
    if length is None:
        return _("not yet")
    seconds = int(length.total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    minutes, rest = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


@register.filter
def hours_after(hours: Decimal) -> str:
    """Elapsed hours since a dose, `4 h 05 min`; never rounded up. A corrected dose may have come after a question."""
    minutes = abs(int(round(hours * 60, 3)))
    said = f"{minutes // 60}{NB}h{NB}{minutes % 60:02d}{NB}min"
    return _("%(hours)s before") % {"hours": said} if hours < 0 and minutes else said


@register.filter
def mg(amount: Decimal | None) -> str:
    """`4.2 mg` on one line: no trailing zero, a leading one, a comma from 1,000."""
    return "" if amount is None else dosing.format_mg(amount).replace(" ", NB)


@register.filter
def unbroken(words: str) -> str:
    """The words with spaces that never break a line, for an amount and its unit."""
    return words.replace(" ", NB)


@register.filter
def whole_amounts(words: str) -> str:
    """A sum or a sentence in which no number is parted from its unit at the end of a line."""
    return AMOUNT.sub(lambda found: found[0].replace(" ", NB), words)


@register.filter
def phone(number: str) -> str:
    """A telephone number as it is read: (215) 555-0142."""
    return phones.for_reading(number).replace(" ", NB)


@register.filter
def dial(number: str) -> str:
    """The number as a link target for `tel:`."""
    return "".join(sign for sign in number if sign in "+0123456789")


@register.filter
def step_words(step: str) -> str:
    """A step or phase id as the ward says it: `step_up_dose_2` is `step-up dose 2`."""
    return step.replace("step_up", "step-up").replace("_", " ")


@register.filter
def shown_weight(weight: Decimal) -> str:
    """`70 kg`, `70.5 kg`; kilograms only."""
    return dosing.format_mg(weight).replace("mg", "kg").replace(" ", NB)


@register.filter
def beside(cells: Sequence[str], columns: Sequence[str]) -> list[tuple[str, str]]:
    """Each cell of a row with its column's name, for tables that become cards on a phone."""
    return list(zip(columns, cells, strict=True))
