"""Forms of the reports: how far back they look, and what a review of a rule found."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from monitoring.forms import WardForm
from notifications.models import Clinician

SPANS = {
    "7": _("the last 7 days"),
    "30": _("the last 30 days"),
    "90": _("the last 90 days"),
    "365": _("the last 365 days"),
}


class ReviewForm(WardForm):
    """What somebody found who weighed a rule's alarms, and who owns the rule from now on."""

    refusals: ClassVar[dict[str, str]] = {"rule": "rule", "owner": "owner", "words": "words"}

    rule = forms.ChoiceField(label=_("Rule"), error_messages={"required": _("Choose a rule.")})
    owner = forms.TypedChoiceField(
        label=_("Who owns it from now on"),
        coerce=int,
        error_messages={"required": _("Choose who owns the rule.")},
    )
    words = forms.CharField(
        label=_("What the review found"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_(
            "It changes nothing by itself: rules change with a release, harmless words are learned as phrases."
        ),
        error_messages={"required": _("Say in a few words what the review found.")},
    )

    def __init__(self, *args: Any, rules: Sequence[str], owners: Iterable[Clinician], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rule: Any = self.fields["rule"]
        owner: Any = self.fields["owner"]
        rule.choices = [("", "Choose"), *((one, one) for one in rules)]
        owner.choices = [
            ("", "Choose"),
            *((one.pk, f"{one.name}, {one.get_role_display()}") for one in owners),
        ]
