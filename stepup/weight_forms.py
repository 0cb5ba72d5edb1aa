"""The forms of a weighing: what the scale showed, and whether doses are calculated from it."""

from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from monitoring.forms import WardForm
from protocols import dosing
from protocols.errors import Refusal
from stepup import moments, weights
from stepup.models import Weight

USE, KEEP = "use", "keep"
TYPED = ("kg", "on", "by", "how")


class WeightForm(WardForm):
    """A weight in kilograms, with its day, who read it and how."""

    refusals: ClassVar[dict[str, str]] = {
        "implausible-weight": "kg",
        "weighed-on": "on",
        "older-weight": "on",
    }

    kg = forms.DecimalField(
        label="Weight in kg",
        max_digits=6,
        decimal_places=1,
        localize=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text="Actual body weight in kilograms, like 70.5. Never in pounds.",
        error_messages={
            "required": "Type the weight in kg, like 70.5.",
            "invalid": "That is not a weight: type it in kg, like 70.5.",
            "max_decimal_places": "Type the weight in kg with one decimal at most, like 70.5.",
        },
    )
    on = moments.DayField(label="Weighed on")
    by = forms.CharField(
        label="Weighed by", max_length=120, error_messages={"required": "Type who weighed the patient."}
    )
    how = forms.ChoiceField(
        label="Weighed how",
        choices=[("", "choose"), *Weight.Method.choices],
        error_messages={"required": "Choose how the patient was weighed."},
    )
    use = forms.ChoiceField(choices=[(USE, "use it"), (KEEP, "keep the old one")], required=False)
    compared_old = forms.IntegerField(required=False, widget=forms.HiddenInput)
    compared_kg = forms.DecimalField(required=False, widget=forms.HiddenInput)

    def clean_kg(self) -> Decimal:
        """A weight a person can have; 700 and pounds are caught here."""
        kg: Decimal = self.cleaned_data["kg"]
        try:
            return dosing.plausible_weight(kg)
        except Refusal as refusal:
            raise ValidationError(refusal.sentence) from refusal

    @property
    def typed(self) -> list[forms.BoundField]:
        """The four fields a person filled in, to be carried beside the two buttons."""
        return [self[name] for name in TYPED]

    def weighing(self) -> weights.Weighing:
        """What was typed, as the operation takes it."""
        typed: dict[str, Any] = {name: self.cleaned_data[name] for name in TYPED}
        return weights.Weighing(**typed)

    def choice(self) -> weights.Choice | None:
        """Use it or keep the old one, with what was compared; None when nothing was chosen yet."""
        typed = self.cleaned_data
        if not typed["use"] or typed["compared_old"] is None or typed["compared_kg"] is None:
            return None
        return weights.Choice(typed["use"] == USE, typed["compared_old"], typed["compared_kg"])


class AnswerForm(WardForm):
    """The second clinician's answer: one of two buttons."""

    use = forms.ChoiceField(
        choices=[(USE, "use it"), (KEEP, "keep the old one")],
        error_messages={"required": "Press one of the two buttons."},
    )
