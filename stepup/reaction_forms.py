"""The form of a reaction that was seen outside a case."""

from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from monitoring.forms import WardForm
from monitoring.grading import Seen
from monitoring.models import Reaction
from protocols import counts


class StrikeForm(WardForm):
    """Why a reaction that stands in the record was never one of this patient."""

    refusals: ClassVar[dict[str, str]] = {"why": "why"}

    why = forms.CharField(
        label=_("How you know that it was recorded by mistake"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("It stays visible, struck through, with your reason."),
        error_messages={"required": _("Say how you know that it was recorded by mistake.")},
    )


class ReactionForm(WardForm):
    """Which reaction, how bad, since when; a low blood count with its value as reported."""

    refusals: ClassVar[dict[str, str]] = {
        "which": "what",
        "count": "value",
        "no-count": "value",
        "not-yet": "on",
    }

    kind = forms.ChoiceField(
        label=_("Reaction"),
        choices=[(key, words[0].upper() + words[1:]) for key, words in Reaction.Kind.choices],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose which reaction it is.")},
    )
    count = forms.ChoiceField(
        label=_("Which count is low"),
        choices=[("", _("no blood count")), *((key, f"{key}, {unit}") for key, unit in counts.UNITS.items())],
        required=False,
    )
    value = forms.DecimalField(
        label=_("Its value as reported"),
        max_digits=7,
        decimal_places=2,
        min_value=Decimal(0),
        required=False,
        localize=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={
            "invalid": _("That is not a value: type the number alone, like 0.4, in the unit shown."),
            "min_value": _("A count is never below 0."),
        },
    )
    what = forms.CharField(
        label=_("In words"),
        max_length=160,
        required=False,
        help_text=_("Which one, where; needed for a reaction of another kind."),
    )
    grade = forms.ChoiceField(
        label=_("Grade, as you grade it"),
        choices=[(str(grade), f"grade {grade}") for grade in range(1, 5)],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose the grade.")},
    )
    on = forms.DateField(
        label=_("Seen on"),
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"required": _("Type the day it was seen.")},
    )

    def seen(self) -> Seen:
        """What was typed, for the operation that keeps it."""
        typed: dict[str, Any] = self.cleaned_data
        return Seen(**{**typed, "grade": int(typed["grade"])})
