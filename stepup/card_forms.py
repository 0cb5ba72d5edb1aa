"""The forms that print an emergency card and replace it."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from monitoring.forms import WardForm
from monitoring.models import Patient
from protocols import wording
from stepup import cards


class PrintForm(WardForm):
    """In which language a card is printed."""

    refusals: ClassVar[dict[str, str]] = {"language": "language"}

    language = forms.ChoiceField(
        label=_("Language of the card"),
        help_text=_("The language the emergency department reads, not the patient's."),
        error_messages={
            "required": _("Choose a language."),
            "invalid_choice": _("Choose a language that is ready."),
        },
    )

    def __init__(self, data: Any, *, patient: Patient) -> None:
        super().__init__(data)
        language: Any = self.fields["language"]
        language.choices = [(code, wording.name(code)) for code in cards.languages(patient)]


class ReplaceForm(WardForm):
    """Why a card is replaced; `code` is the one the clinician has before them."""

    refusals: ClassVar[dict[str, str]] = {"reason": "reason"}

    code = forms.CharField(widget=forms.HiddenInput, required=False, max_length=12)
    reason = forms.CharField(
        label=_("Why it is replaced"),
        max_length=cards.LONGEST_REASON,
        help_text=_("Like: lost on the bus."),
        error_messages={"required": _("Say why the card is replaced, like: lost on the bus.")},
    )
