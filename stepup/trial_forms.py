"""The form in which somebody says that a backup was read back, or the service tried under faults."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from monitoring.forms import WardForm
from stepup import moments, trials


class TrialForm(WardForm):
    """What was tried, when, how it went, and what was done."""

    refusals: ClassVar[dict[str, str]] = {"not-yet": "on", "kept": "on"}

    kind = forms.ChoiceField(
        label=_("What was tried"),
        choices=list(trials.KINDS.items()),
        error_messages={"required": _("Choose what was tried.")},
    )
    on = moments.DayField(label=_("Day"))
    how = forms.ChoiceField(
        label=_("How it went"),
        choices=[(trials.WORKED, _("it worked")), (trials.FAILED, _("it did not work"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Say how it went.")},
    )
    words = forms.CharField(
        label=_("What was done"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Which backup, how long it took, what was missing."),
        error_messages={"required": _("Say in a few words what was done.")},
    )

    def said(self) -> dict[str, Any]:
        """The trial, as `trials.record` takes it."""
        given = self.cleaned_data
        return {
            "kind": given["kind"], "on": given["on"], "worked": given["how"] == trials.WORKED, "words": given["words"],
        }  # fmt: skip
