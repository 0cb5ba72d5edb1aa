"""The form in which somebody from outside the team says why they open a record."""

from typing import ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from monitoring.forms import WardForm
from stepup.models import OutsideLook

CHOSEN = [choice for choice in OutsideLook.Reason.choices if choice[0] != OutsideLook.Reason.EMERGENCY]


class LookForm(WardForm):
    """One reason of a short list, in words of one's own."""

    refusals: ClassVar[dict[str, str]] = {"words": "words"}

    reason = forms.ChoiceField(label=_("Why you open it"), choices=CHOSEN)
    words = forms.CharField(
        label=_("In your own words"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say why, in a few words.")},
    )
