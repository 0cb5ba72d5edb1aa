"""The forms of a course under way: its next dose moved or left out, holds, intervals, reviews; and closed days."""

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from monitoring.forms import WardForm
from stepup import moments
from stepup.models import Appointment

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise


def in_words(
    label: "_StrOrPromise", help_text: "_StrOrPromise", *, missing: "_StrOrPromise" = ""
) -> forms.CharField:
    """A few words of somebody's own; required where `missing` says what to type."""
    return forms.CharField(
        label=label,
        max_length=300,
        required=bool(missing),
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=help_text,
        error_messages={"required": missing} if missing else {},
    )


class MoveForm(WardForm):
    """The new date and time of the next dose, and why. `shown` is the moment whose changes were looked at."""

    refusals: ClassVar[dict[str, str]] = {
        "too-soon": "on",
        "past-time": "on",
        "too-far": "on",
        "beyond-stage": "on",
        "not-later": "on",
        "reason": "reason",
        "reason-words": "words",
        "uncovered": "override",
    }

    on = moments.DayField(label=_("New date"))
    at = moments.ClockField(label=_("New time"), help_text=_("24-hour clock, when the injection is planned."))
    which = moments.which_field()
    reason = forms.ChoiceField(
        label=_("Why the dose is moved"),
        choices=[
            ("", _("choose")),
            *((key, words[0].upper() + words[1:]) for key, words in Appointment.Reason.choices),
        ],
        error_messages={"required": _("Choose the reason.")},
    )
    words = in_words(_("In your own words"), _("Needed where something stands against the date."))
    override = in_words(
        _("Why it is planned with hours nobody covers"),
        _("Kept with your name. Filling the on-call list is better."),
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=60)
    shown = forms.CharField(widget=forms.HiddenInput, required=False, max_length=60)

    def __init__(self, *args: Any, zone: str, skip: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone
        self.twice = False
        if skip:
            self.fields["on"].label, self.fields["at"].label = _("Date of the dose after it"), _("Its time")
            self.fields["reason"].label = _("Why a dose is left out")
        self.fields["reason"].required = "sure" in self.data  # to look at a date, no reason is needed yet

    def clean(self) -> dict[str, Any]:
        """Adds `planned_at`, the one moment in UTC that was meant."""
        data = self.cleaned_data
        self.fields["reason"].required = True
        if "on" in data and "at" in data:
            try:
                data["planned_at"] = moments.picked(data["on"], data["at"], data.get("which", ""), self.zone)
            except ValidationError as problem:
                self.twice = problem.code == "twice"
                self.add_error("which" if self.twice else "at", problem)
        return data

    def expects(self, *, words: bool, override: bool) -> None:
        """Say on the screen which of the two a person cannot leave empty; the operation is what refuses."""
        self.fields["words"].required, self.fields["override"].required = words, override


class ClosedDayForm(WardForm):
    """A day on which the site gives no planned doses."""

    refusals: ClassVar[dict[str, str]] = {"no-name": "name", "past-day": "on", "closed-already": "on"}

    on = moments.DayField(label=_("Closed on"))
    name = forms.CharField(
        label=_("What the day is called"),
        max_length=60,
        help_text=_("Like Thanksgiving."),
        error_messages={"required": _("Say what the day is called, like Thanksgiving.")},
    )


class HoldForm(WardForm):
    """Why no dose may be given."""

    refusals: ClassVar[dict[str, str]] = {"reason": "reason", "held-already": "reason"}

    reason = in_words(
        _("Why no dose may be given"),
        _("Shown to everybody who asks for the next dose."),
        missing=_("Say why no dose may be given."),
    )


class LiftForm(WardForm):
    """Why doses may go on."""

    refusals: ClassVar[dict[str, str]] = {"why": "why"}

    why = in_words(
        _("Why doses may go on"), _("What was found, and when."), missing=_("Say why doses may go on.")
    )


class IntervalForm(WardForm):
    """The response a longer interval rests on. `phase` is the interval that was on the screen."""

    refusals: ClassVar[dict[str, str]] = {"response": "response"}

    response = in_words(
        _("The response, and since when"),
        _("As you assessed it. It is kept with your name."),
        missing=_("Say which response was found, and since when."),
    )
    phase = forms.CharField(widget=forms.HiddenInput, required=False, max_length=60)


class ReviewForm(WardForm):
    """Benefit and risk, as a prescriber weighed them."""

    refusals: ClassVar[dict[str, str]] = {"words": "words"}

    words = in_words(
        _("What was weighed, and what came of it"),
        _("Shown to whoever records the next dose."),
        missing=_("Say what was weighed and what came of it."),
    )
