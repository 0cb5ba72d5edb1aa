"""The forms by which a named person approves the texts of one language, and withdraws that."""

from typing import Any, ClassVar, Protocol

from django import forms
from django.utils.translation import gettext_lazy as _

from monitoring import languages
from monitoring.forms import WardForm
from monitoring.models.approving import READ_BY_ALL


class Standing(Protocol):
    """What is approved: the words of a language, by their fingerprint."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...


class WithdrawalForm(WardForm):
    """Why an approval counts no more."""

    refusals: ClassVar[dict[str, str]] = {"why": "why", "not-approved": "why"}

    why = forms.CharField(
        label=_("What is wrong with these texts"),
        max_length=languages.LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say what is wrong: whoever decides about the patients reads it.")},
    )


class ApprovalForm(WardForm):
    """That every text was read, by somebody who reads the language."""

    refusals: ClassVar[dict[str, str]] = {"reads-language": "reads_language"}

    reads_language = forms.BooleanField()
    read_all = forms.BooleanField(
        label=_("I have read every text on this page, and what the answers mean"),
        error_messages={"required": _("Read every text first, then say so here.")},
    )
    note = forms.CharField(
        label=_("Note"),
        max_length=languages.LONGEST_NOTE,
        required=False,
        help_text=_("Like who else read it, or the translator's certificate."),
    )
    fingerprint = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def __init__(self, *args: Any, standing: Standing, **kwargs: Any) -> None:
        super().__init__(*args, initial={"fingerprint": standing.fingerprint}, **kwargs)
        if standing.code == READ_BY_ALL:
            del self.fields["reads_language"]
            return
        said = self.fields["reads_language"]
        said.label = _("I read %(standing)s well enough to judge these texts") % {"standing": standing.name}
        said.error_messages["required"] = (
            f"Say that you read {standing.name}. If you do not, a colleague who does approves this."
        )
