"""The forms of a course under way: moving its next dose, and the site's closed days."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from monitoring.forms import WardForm
from stepup import moments
from stepup.models import Appointment


def in_words(label: str, help_text: str, *, required: bool = False) -> forms.CharField:
    """A few words of somebody's own."""
    return forms.CharField(
        label=label,
        max_length=300,
        required=required,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=help_text,
    )


class MoveForm(WardForm):
    """The new date and time of the next dose, and why. `shown` is the moment whose changes were looked at."""

    refusals: ClassVar[dict[str, str]] = {
        "too-soon": "on",
        "past-time": "on",
        "too-far": "on",
        "reason": "reason",
        "reason-words": "words",
        "uncovered": "override",
    }

    on = moments.DayField(label="New date")
    at = moments.ClockField(label="New time", help_text="24-hour clock, when the injection is planned.")
    which = moments.which_field()
    reason = forms.ChoiceField(
        label="Why the dose is moved",
        choices=[
            ("", "choose"),
            *((key, words[0].upper() + words[1:]) for key, words in Appointment.Reason.choices),
        ],
        error_messages={"required": "Choose why the dose is moved."},
    )
    words = in_words("In your own words", "Needed where something stands against the date.")
    override = in_words(
        "Why it is planned with hours nobody covers",
        "Kept with your name. Filling the on-call list is better.",
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=60)
    shown = forms.CharField(widget=forms.HiddenInput, required=False, max_length=60)

    def __init__(self, *args: Any, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone
        self.twice = False
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

    on = moments.DayField(label="Closed on")
    name = forms.CharField(
        label="What the day is called",
        max_length=60,
        help_text="Like Thanksgiving.",
        error_messages={"required": "Say what the day is called, like Thanksgiving."},
    )
