"""Fields that several forms share, so that a value is asked for and refused in the same words everywhere."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from protocols import dosing
from protocols.errors import Refusal

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise


class MilligramField(forms.DecimalField):
    """An amount in mg as it was given or worked out: above zero, every digit that was typed."""

    def __init__(
        self, *, label: "_StrOrPromise", missing: "_StrOrPromise", help_text: "_StrOrPromise" = ""
    ) -> None:
        super().__init__(
            label=label,
            max_digits=9,
            decimal_places=4,
            min_value=Decimal("0.0001"),
            localize=False,
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            help_text=help_text,
            error_messages={
                "required": missing,
                "invalid": _("That is not an amount: type it in mg, like 4.2."),
                "min_value": _("Type an amount above 0 mg."),
            },
        )

    @classmethod
    def given(cls) -> "MilligramField":
        """How much was given."""
        return cls(label=_("Amount given in mg"), missing=_("Type the amount that was given, in mg."))


class KilogramField(forms.DecimalField):
    """A weight a person can have, in kilograms with one decimal at most; 700 and pounds are caught here."""

    default_error_messages = {
        "required": _("Type the weight in kg, like 70.5."),
        "invalid": _("That is not a weight: type it in kg, like 70.5."),
        "max_decimal_places": _("Type the weight in kg with one decimal at most, like 70.5."),
    }

    def __init__(self) -> None:
        super().__init__(
            label=_("Weight in kg"),
            max_digits=6,
            decimal_places=1,
            localize=False,
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            help_text=_("Actual body weight in kilograms, like 70.5. Never in pounds."),
            error_messages=self.default_error_messages,
        )

    def clean(self, value: Any) -> Any:
        """The weight as an exact decimal, or a sentence saying what to type."""
        weight: Decimal | None = super().clean(value)
        if weight is None:
            return None
        try:
            return dosing.plausible_weight(weight)
        except Refusal as refusal:
            raise ValidationError(refusal.sentence) from refusal
