"""The forms of staying or moving: which version to look at, and the answer with its reason."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from monitoring.forms import WardForm
from stepup.course_forms import in_words


class OtherVersionForm(WardForm):
    """Which other protocol of the site to hold beside the one the course runs on."""

    to = forms.ChoiceField(
        label=_("Another protocol of this drug and regimen"),
        help_text=_("Approved at this site. Nothing changes yet: first you see what would."),
        error_messages={
            "required": _("Choose the protocol to look at."),
            "invalid_choice": _("Choose one of the approved protocols in the list."),
        },
    )

    def __init__(self, *args: Any, versions: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [("", _("choose")), *versions]  # type: ignore[attr-defined]


class AnswerForm(WardForm):
    """Stay or move, and why. `seen` names what was on the screen."""

    refusals: ClassVar[dict[str, str]] = {"why": "why"}

    why = in_words(
        _("Why it stays or moves"),
        _("Kept with your name in the course's history."),
        missing=_("Say why in a few words."),
    )
    answer = forms.ChoiceField(
        choices=[("move", _("move")), ("stay", _("stay"))],
        error_messages={
            "required": _("Press one of the two buttons."),
            "invalid_choice": _("Press one of the two buttons."),
        },
    )
    to = forms.IntegerField()
    seen = forms.CharField(max_length=80, required=False)
