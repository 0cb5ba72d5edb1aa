"""The forms behind a phrase: the words proposed, and why one is refused or withdrawn."""

from typing import ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from monitoring.forms import WardForm
from protocols import learning


class EndForm(WardForm):
    """Why a phrase is refused, or no longer used."""

    refusals: ClassVar[dict[str, str]] = {"reason": "why"}

    why = forms.CharField(
        label=_("Why"),
        max_length=300,
        help_text=_("Kept with the phrase. Replies with these words go to a person."),
        error_messages={"required": _("Say in a few words why.")},
    )


class ProposeForm(WardForm):
    """Words of one reply that mean no harm."""

    refusals: ClassVar[dict[str, str]] = dict.fromkeys(learning.CODES, "words")

    words = forms.CharField(
        label=_("Words that mean no harm"),
        max_length=120,
        help_text=_(
            "As they stand in the reply, in one piece. Another person approves them before they count."
        ),
        error_messages={"required": _("Copy the harmless words from the reply.")},
    )


class ApproveRulesForm(WardForm):
    """That what the rules change was read, and why lost pages are right."""

    refusals: ClassVar[dict[str, str]] = {"reason": "why"}

    why = forms.CharField(
        label=_("Why, if pages would be lost"),
        max_length=300,
        required=False,
        help_text=_("Needed only where a reply that paged would page nobody."),
    )
