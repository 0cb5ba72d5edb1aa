"""The form of what a patient measures with at home."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from monitoring import kits
from monitoring.forms import WardForm
from monitoring.models import HomeKit

YES_NO = [("yes", "Yes"), ("no", "No")]
PART = "Type both values and the day, or leave all three empty."


def _yes_or_no(label: str) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=YES_NO,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose yes or no.")},
    )


class KitForm(WardForm):
    """Which devices there are, and the blood pressure before the doses; `seen` is the row it was filled from."""

    refusals: ClassVar[dict[str, str]] = {
        "thermometer": "thermometer",
        "pressure": "upper",
        "not-yet": "on",
    }

    thermometer = forms.ChoiceField(
        label=_("Thermometer"),
        choices=[(key, words[0].upper() + words[1:]) for key, words in HomeKit.Thermometer.choices],
        widget=forms.RadioSelect,
        help_text=_("Where it measures. One that is not for the mouth can read low in a fever."),
        error_messages={"required": _("Choose what kind of thermometer there is.")},
    )
    cuff = _yes_or_no("A blood-pressure cuff at home")
    oximeter = _yes_or_no("An oxygen clip (oximeter) at home")
    upper = forms.IntegerField(label=_("Usual blood pressure, upper value in mmHg"), required=False)
    lower = forms.IntegerField(label=_("Lower value in mmHg"), required=False)
    on = forms.DateField(
        label=_("Measured on"), widget=forms.DateInput(attrs={"type": "date"}), required=False
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)

    @classmethod
    def of(cls, data: Any, kit: HomeKit | None) -> "KitForm":
        """The form, filled with what is known where something is."""
        filled: dict[str, Any] = {"seen": kit.pk if kit else 0}
        if kit is not None:
            filled |= {
                "thermometer": kit.thermometer,
                "cuff": "yes" if kit.has_cuff else "no",
                "oximeter": "yes" if kit.has_oximeter else "no",
                "upper": kit.usual_upper,
                "lower": kit.usual_lower,
                "on": kit.usual_on,
            }
        return cls(data, initial=filled)

    def clean(self) -> dict[str, Any]:
        """A pressure is whole, or there is none."""
        typed = self.cleaned_data
        given = [typed.get(name) is not None for name in ("upper", "lower", "on")]
        if any(given) and not all(given) and not self.errors:
            self.add_error("upper", PART)
        return typed

    def look_again(self, kit: HomeKit | None) -> None:
        """After a conflict the clinician has read what a colleague recorded; saving again is meant."""
        self.data = {**dict(self.data.items()), "seen": kit.pk if kit else 0}

    def kit(self) -> kits.Kit:
        """What was typed."""
        typed = self.cleaned_data
        has_usual = typed["upper"] is not None
        usual = kits.Pressure(typed["upper"], typed["lower"], typed["on"]) if has_usual else None
        return kits.Kit(typed["thermometer"], typed["cuff"] == "yes", typed["oximeter"] == "yes", usual)
