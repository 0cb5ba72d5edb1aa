"""The forms of a stay in hospital: the admission, the daily answer, the discharge, and one recorded by mistake."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from monitoring.admissions import Ward
from monitoring.forms import WardForm
from stepup import moments
from stepup.course_forms import in_words
from stepup.forms import PhoneField


class _WardForm(WardForm):
    """The ward that watches, with a telephone that somebody answers there."""

    refusals: ClassVar[dict[str, str]] = {"hospital": "hospital", "ward": "ward", "phone": "phone"}

    hospital = forms.CharField(
        label=_("Hospital"), max_length=120, error_messages={"required": _("Name the hospital.")}
    )
    ward = forms.CharField(
        label=_("Ward"),
        max_length=120,
        help_text=_("Or the part of the emergency department."),
        error_messages={"required": _("Name the ward: that is who watches now.")},
    )
    phone = PhoneField(
        label=_("Telephone of the ward"),
        help_text=_("The one somebody answers day and night. Like +1 215 555 0142."),
        error_messages={"required": _("Type the telephone of the ward: it is rung every day.")},
    )

    def where(self) -> Ward:
        """The ward as it was typed."""
        given = self.cleaned_data
        return Ward(given["hospital"], given["ward"], given["phone"])


class _MomentForm(WardForm):
    """When something happened, on the clocks of the site; `moment` is what was meant."""

    on = moments.DayField(label=_("Date"))
    at = moments.ClockField(label=_("Time"), help_text=_("24-hour clock."))
    which = moments.which_field()

    def __init__(self, *args: Any, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone, self.twice = zone, False

    def clean(self) -> dict[str, Any]:
        """Adds `moment`, in UTC."""
        given = self.cleaned_data
        if {"on", "at"} <= given.keys():
            try:
                given["moment"] = moments.picked(given["on"], given["at"], given.get("which", ""), self.zone)
            except ValidationError as problem:
                self.twice = problem.code == "twice"
                self.add_error("which" if self.twice else "at", problem)
        return given


class AdmitForm(_MomentForm, _WardForm):
    """That a patient is in hospital: where, since when and why."""

    refusals: ClassVar[dict[str, str]] = {
        **_WardForm.refusals,
        "reason": "reason",
        "future": "at",
        "too-old": "on",
        "before-discharge": "on",
    }

    reason = in_words(
        _("Why the patient is in hospital"),
        _("As you were told, and by whom."),
        missing=_("Say why the patient is in hospital."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].label, self.fields["at"].label = _("In hospital since"), _("Time")


class StillInForm(_WardForm):
    """That the ward was rung and the patient is still there; with the ward, which may be another by now."""


class DischargeForm(_MomentForm):
    """That a patient left hospital, when, and to whom."""

    refusals: ClassVar[dict[str, str]] = {
        "words": "words",
        "future": "at",
        "before-admission": "at",
    }

    words = in_words(
        _("Where the patient went, and who is with them"),
        _("Like: home, with her son."),
        missing=_("Say where the patient went and who is with them."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].label, self.fields["at"].label = _("Left hospital on"), _("Time")


class MistakeForm(WardForm):
    """How a stay came to be recorded that never was."""

    refusals: ClassVar[dict[str, str]] = {"why": "why"}

    why = in_words(
        _("How it came about, and how you know that the patient is at home"),
        _("The entry stays, with this beside it."),
        missing=_("Say how it came about, and how you know that the patient is at home."),
    )
