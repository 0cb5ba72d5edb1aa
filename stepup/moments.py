"""A date and a clock time at the site, as typed, made into one moment in UTC.

On the night the clocks go forward an hour is missing and cannot be picked; on the night they go back one hour
happens twice, and the person who was there says which of the two it was.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError

FIRST, SECOND = "first", "second"
YEARS = range(1800, 2200)  # at the ends of the calendar a day is no moment in every zone
CLOCK = re.compile(r"([01]?\d|2[0-3])[:.h]?([0-5]\d)")


def possible(on: date, at: time, zone: str) -> list[datetime]:
    """The moments (UTC) at which the clocks of `zone` show this: usually one, none or two on a change of clocks."""
    shown = datetime.combine(on, at)
    moments = [shown.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1)]
    real = [m for m in moments if m.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == shown]
    return sorted(set(real))


def end_of_minute(at: datetime) -> datetime:
    """When the minute that a clock showed was over: what was typed as 10:05 is not before what happened at 10:05:20."""
    return at.replace(second=0, microsecond=0) + timedelta(minutes=1)


class ClockField(forms.Field):
    """A time of day on a 24-hour clock: `14:05`, and also `1405` or `9:05`."""

    default_error_messages = {
        "required": "Type the time on a 24-hour clock, like 14:05.",
        "unclear": "%(typed)s is not a time: type it on a 24-hour clock, like 14:05.",
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Any:
        """The time, or a sentence saying how to write one."""
        typed = str(value or "").strip()[:8]
        if not typed:
            return None
        found = CLOCK.fullmatch(typed)
        if found is None:
            raise ValidationError(self.error_messages["unclear"], "unclear", {"typed": typed})
        return time(int(found[1]), int(found[2]))


class DayField(forms.DateField):
    """A date in YEARS, picked or typed as `2026-03-02`."""

    default_error_messages = {
        "required": "Give the date, like 2026-03-02.",
        "invalid": "That date does not exist: type it like 2026-03-02.",
        "far": "Check the year: type the date like 2026-03-02.",
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> date | None:
        """The date, or a sentence saying how to write one."""
        on = super().to_python(value)
        if on is not None and on.year not in YEARS:
            raise ValidationError(self.error_messages["far"], "far")
        return on


def which_field() -> forms.ChoiceField:
    """The choice between the two hours of the night the clocks go back; shown only when it is needed."""
    return forms.ChoiceField(
        label="That time came twice this night: which one was it?",
        choices=[(FIRST, "the first, before the clocks went back"), (SECOND, "the second, after")],
        widget=forms.RadioSelect,
        required=False,
    )


def picked(on: date, at: time, which: str, zone: str) -> datetime:
    """The one moment meant, in UTC. ValidationError coded `missing` or `twice` when there is not exactly one."""
    moments = possible(on, at, zone)
    if not moments:
        raise ValidationError(
            f"The clocks went forward that night and never showed {at:%H:%M}. Type the time they did show.",
            "missing",
        )
    if len(moments) == 1:
        return moments[0]
    if which not in {FIRST, SECOND}:
        names = " or ".join(f"{m.astimezone(ZoneInfo(zone)):%H:%M %Z}" for m in moments)
        raise ValidationError(
            f"The clocks went back and showed {at:%H:%M} twice: say which, {names}.", "twice"
        )
    return moments[0] if which == FIRST else moments[1]
