"""The forms of a weighing: what the scale showed, and whether doses are calculated from it."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from monitoring.forms import WardForm
from stepup import fields, moments, weights
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

    kg = fields.KilogramField()
    on = moments.DayField(label=_("Weighed on"))
    by = forms.CharField(
        label=_("Weighed by"), max_length=120, error_messages={"required": _("Type who weighed the patient.")}
    )
    how = forms.ChoiceField(
        label=_("Weighed how"),
        choices=[("", _("choose")), *Weight.Method.choices],
        error_messages={"required": _("Choose how the patient was weighed.")},
    )
    use = forms.ChoiceField(choices=[(USE, _("use it")), (KEEP, _("keep the old one"))], required=False)
    compared_old = forms.IntegerField(required=False, widget=forms.HiddenInput)
    compared_kg = forms.DecimalField(required=False, widget=forms.HiddenInput)

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
        choices=[(USE, _("use it")), (KEEP, _("keep the old one"))],
        error_messages={"required": _("Press one of the two buttons.")},
    )
