"""Which ladder is called for practice: a signed one, or the on-call list as it is climbed outside a watch."""

from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from monitoring.forms import WardForm
from monitoring.rules import DEFAULT, WatchRules
from notifications.models import Site
from stepup import approvals

CHOOSE = gettext_lazy("Choose one of these ladders.")
LIST = "list"
LIST_NAMED = "Every place of the on-call list"


class DrillForm(WardForm):
    """One ladder. Those that are equal to the last minute are one choice, under the first name."""

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ladders: dict[str, tuple[WatchRules, str]] = {}
        for row in approvals.approved(site):
            pathway = approvals.content(row).pathway
            known = [(one.ladder, one.per_rung) for one, _ in self.ladders.values()]
            rules = WatchRules.of(pathway)
            if (rules.ladder, rules.per_rung) not in known:
                self.ladders[str(row.pk)] = (rules, pathway.title)
        self.ladders[LIST] = (DEFAULT, LIST_NAMED)
        named = [(value, title) for value, (_, title) in self.ladders.items()]
        self.fields["ladder"] = forms.ChoiceField(
            label=gettext("Which ladder"),
            choices=named,
            error_messages=dict.fromkeys(("required", "invalid_choice"), CHOOSE),
        )

    @property
    def chosen(self) -> tuple[WatchRules, str]:
        """The ladder with its minutes, and its name."""
        return self.ladders[self.cleaned_data["ladder"]]
