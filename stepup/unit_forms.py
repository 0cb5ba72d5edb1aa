"""The form of the unit's hours, chairs, and how long a dose holds a chair."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from monitoring.forms import WardForm
from stepup import moments
from stepup.unit import Week

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

DAYS = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))


def _whole(
    label: "_StrOrPromise", hint: "_StrOrPromise", *, least: int, most: int, required: bool = False
) -> forms.IntegerField:
    said = _("Type a whole number from %(least)s to %(most)s.") % {"least": least, "most": f"{most:,}"}
    return forms.IntegerField(
        label=label,
        min_value=least,
        max_value=most,
        required=required,
        help_text=hint,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), said),
    )


class HoursForm(WardForm):
    """What holds from one date on. A weekday with neither time is closed."""

    refusals: ClassVar[dict[str, str]] = {"past-day": "from_on", "no-chair": "places"}

    from_on = moments.DayField(label=_("From"))
    places = _whole(_("Number of chairs"), "", least=1, most=500, required=True)
    minutes = _whole(
        _("Minutes a dose holds a chair"),
        _("Your own figure: none is published. Left empty, doses of a day are only counted against chairs."),
        least=5,
        most=1440,
    )

    def __init__(self, *args: Any, steps: Sequence[tuple[str, str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.steps = steps
        for n, name in enumerate(DAYS):
            self.fields[f"opens_{n}"] = moments.ClockField(
                label=_("%(name)s, opens") % {"name": name}, required=False
            )
            self.fields[f"closes_{n}"] = moments.ClockField(
                label=_("%(name)s, closes") % {"name": name}, required=False
            )
        for n, (*_key, words) in enumerate(steps):
            self.fields[f"step_{n}"] = _whole(words, "", least=5, most=1440)

    def clean(self) -> dict[str, Any]:
        """Adds `week`; a day with one time of the two, or that closes before it opens, is pointed at."""
        data = self.cleaned_data
        week: dict[int, Any] = {}
        for n, name in enumerate(DAYS):
            opens, closes = data.get(f"opens_{n}"), data.get(f"closes_{n}")
            if f"opens_{n}" in self.errors or f"closes_{n}" in self.errors or opens is closes is None:
                continue
            if opens is None or closes is None:
                wrong = "opens" if opens is None else "closes"
                self.add_error(
                    f"{wrong}_{n}",
                    _("Give both times of %(name)s, or neither if it is closed.") % {"name": name},
                )
            elif closes <= opens:
                self.add_error(
                    f"closes_{n}",
                    _("%(name)s closes before it opens: give a later time.") % {"name": name},
                )
            else:
                week[n] = (opens, closes)
        return {**data, "week": week}

    @property
    def week(self) -> Week:
        """The hours of each weekday that has any."""
        found: Week = self.cleaned_data["week"]
        return found

    @property
    def by_step(self) -> dict[tuple[str, str], int]:
        """The doses with a time of their own."""
        typed = [
            (label, step, self.cleaned_data.get(f"step_{n}"))
            for n, (label, step, *_words) in enumerate(self.steps)
        ]
        return {(label, step): minutes for label, step, minutes in typed if minutes is not None}

    def day_pairs(self) -> list[tuple[BoundField, BoundField]]:
        """Both times of each weekday, for the page."""
        return [(self[f"opens_{n}"], self[f"closes_{n}"]) for n in range(len(DAYS))]

    def step_fields(self) -> list[BoundField]:
        """The time of each dose, for the page."""
        return [self[f"step_{n}"] for n in range(len(self.steps))]
