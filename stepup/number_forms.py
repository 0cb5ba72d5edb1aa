"""The form in which a code is typed as the patient or the caregiver read it back."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from monitoring import contacts
from monitoring.forms import WardForm


class AskedForm(forms.Form):
    """Which of the two phones the page is about, and whether a code is to be sent."""

    whose = forms.ChoiceField(
        choices=[("patient", _("patient")), ("caregiver", _("caregiver"))], required=False
    )
    send = forms.BooleanField(required=False)

    @property
    def is_caregivers(self) -> bool:
        """The patient's phone where nothing else is said."""
        return self.is_valid() and self.cleaned_data["whose"] == "caregiver"

    @property
    def sends(self) -> bool:
        """Whether the button pressed was the one that sends a code."""
        return self.is_valid() and self.cleaned_data["send"]


class CodeForm(WardForm):
    """The code that was read back."""

    refusals: ClassVar[dict[str, str]] = {"code": "code"}

    code = forms.CharField(
        max_length=8,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text=_("Five figures. Listen for them; never read them out yourself."),
        error_messages={"required": _("Type the five figures that were read to you.")},
    )

    def __init__(self, data: Any, *, phone: contacts.Phone) -> None:
        super().__init__(data)
        self.fields["code"].label = _("The code as %(phone)s reads it to you") % {"phone": phone.name}
