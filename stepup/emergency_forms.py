"""The two forms of the emergency page, in the language it is shown in."""

from typing import Any

from django import forms

from monitoring.forms import WardForm


class BirthForm(WardForm):
    """The second fact, and where to call back."""

    born_on = forms.DateField(
        input_formats=["%m/%d/%Y", "%Y-%m-%d", "%m-%d-%Y", "%m.%d.%Y"],
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "placeholder": ""}),
    )
    callback = forms.CharField(
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )

    def __init__(self, data: Any, *, words: dict[str, str]) -> None:
        super().__init__(data)
        born, callback = self.fields["born_on"], self.fields["callback"]
        born.label, born.help_text = words["born"], words["born_hint"]
        born.error_messages = {"required": words["born_wrong"], "invalid": words["born_wrong"]}
        callback.label, callback.help_text = words["callback"], words["callback_hint"]
        # The field's template says in English that a field may stay empty; here the hint says it.
        callback.goes_with = True  # type: ignore[attr-defined]


class CodeForm(WardForm):
    """The short code from the card."""

    code = forms.CharField(
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )

    def __init__(self, data: Any, *, words: dict[str, str]) -> None:
        super().__init__(data)
        self.fields["code"].label = words["code"]
        self.fields["code"].error_messages = dict.fromkeys(("required", "max_length"), words["code_wrong"])
