"""The forms of the record of doses: one known from a report, one that was recorded wrongly, a watch without a dose."""

from datetime import datetime, time
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from monitoring.forms import WardForm
from stepup import fields, moments, reported
from stepup.corrections import Facts
from stepup.models import DoseCorrection, DoseReport

LAST_MINUTE = time(23, 59)


def _in_words(label: str, help_text: str, missing: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=help_text,
        error_messages={"required": missing},
    )


class _GivenForm(WardForm):
    """Which dose was given, when and how much."""

    step = forms.ChoiceField(
        label=_("Dose given"), error_messages={"required": _("Choose which dose it was.")}
    )
    on = moments.DayField(label=_("Given on"), help_text=_("The date at the place where it was given."))
    at = moments.ClockField(label=_("Given at"), help_text=_("24-hour clock."))
    which = moments.which_field()
    given_mg = fields.MilligramField.given()

    def __init__(self, *args: Any, zone: str, steps: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone, self.twice = zone, False
        field: Any = self.fields["step"]
        field.choices = [("", _("choose")), *steps]

    def clean(self) -> dict[str, Any]:
        """Adds `given_at`, the one moment in UTC that was meant."""
        data = self.cleaned_data
        if data.get("on") and data.get("at"):
            try:
                data["given_at"] = moments.picked(data["on"], data["at"], data.get("which", ""), self.zone)
            except ValidationError as problem:
                self.twice = problem.code == "twice"
                self.add_error("which" if self.twice else "at", problem)
        return data


class ReportForm(_GivenForm):
    """A dose given elsewhere or in the past, on somebody's word."""

    refusals: ClassVar[dict[str, str]] = {
        "future-dose": "at",
        "old-dose": "on",
        "same-day": "besides",
        "no-hospital": "hospital",
        "no-source": "told_by",
        "reason": "reason",
        "unknown-step": "step",
        "implausible-weight": "weight_kg",
    }

    place = forms.ChoiceField(
        label=_("Where it was given"),
        choices=DoseReport.Place.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose where it was given.")},
    )
    hospital = forms.CharField(label=_("Which hospital or practice"), max_length=120, required=False)
    told_by = forms.CharField(
        label=_("Who reported it"),
        max_length=120,
        help_text=_("A name and how: their nurse by telephone, the patient, our own paper record."),
        error_messages={"required": _("Say who reported this dose.")},
    )
    document = forms.CharField(
        label=_("Document that shows it"),
        max_length=200,
        required=False,
        help_text=_("Like the discharge letter and its date. Empty if there is none."),
    )
    weight_kg = fields.KilogramField()
    reason = _in_words(
        "Why it is recorded only now", "Kept with your name.", "Say why it is recorded only now."
    )
    besides = forms.BooleanField(
        label=_("It was another dose, besides the one recorded for that day"), required=False
    )

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        self.fields["at"].required = False
        self.fields["at"].help_text = _(
            "24-hour clock. Empty if only the day is known: its last minute then stands."
        )
        self.fields["weight_kg"].required = False
        self.fields["weight_kg"].label = _("Weight on that day in kg")
        self.fields["weight_kg"].help_text = _("Leave it empty if nobody knows it: then no sum is shown.")
        self.order_fields(["place", "hospital", "on", "at", "which", "step", "given_mg", "weight_kg"])

    def clean(self) -> dict[str, Any]:
        """Adds `given_at`; where the time is not known, the latest it can have been."""
        data = super().clean()
        if data.get("on") and data.get("at") is None and "at" not in self.errors:
            last = datetime.combine(data["on"], LAST_MINUTE, ZoneInfo(self.zone))
            today = self.now.astimezone(ZoneInfo(self.zone)).date()
            data["given_at"] = min(last, self.now) if data["on"] == today else last
        return data

    def report(self) -> reported.Report:
        """On whose word the dose is recorded."""
        given = self.cleaned_data
        told = {
            name: given[name] for name in ("place", "hospital", "told_by", "document", "reason", "weight_kg")
        }
        return reported.Report(**told, time_known=given.get("at") is not None)


class CorrectionForm(_GivenForm):
    """What is wrong with a dose as recorded, and how it really was."""

    refusals: ClassVar[dict[str, str]] = {
        "reason": "reason",
        "nothing-changed": "kind",
        "kind": "kind",
        "future-dose": "at",
        "same-moment": "at",
        "old-dose": "on",
        "unknown-step": "step",
    }

    kind = forms.ChoiceField(
        label=_("What is wrong"),
        choices=[
            (DoseCorrection.Kind.CORRECTED, _("The dose, its time or its amount: it is corrected below")),
            (DoseCorrection.Kind.NEVER_GIVEN, _("It was never given")),
            (
                DoseCorrection.Kind.WRONG_PATIENT,
                _("It was given to another patient, and entered here by mistake"),
            ),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what is wrong.")},
    )
    reason = _in_words(
        "What happened, and how you know",
        "Stands beside the struck entry, with your name.",
        "Say what was wrong and how you know.",
    )

    def facts(self) -> Facts:
        """The dose as it really was."""
        given = self.cleaned_data
        return Facts(given["step"], given["given_at"], given["given_mg"])


class EndWatchForm(WardForm):
    """Why a watch without a dose is ended."""

    refusals: ClassVar[dict[str, str]] = {"reason": "reason"}

    reason = _in_words(
        "How you know that this patient was given nothing",
        "From now on nobody asks this patient.",
        "Say how you know that nothing was given.",
    )
