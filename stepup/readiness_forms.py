"""The form of one thing on the readiness list: a tick and its fact, or why not."""

from datetime import date
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from monitoring.forms import WardForm
from notifications.models import Clinician
from protocols.errors import Refusal
from stepup import moments, readiness

NOTHING = ""
LABELS = {"name": _("Name"), "answer": _("Answer")}


class HeadForm(forms.Form):
    """For which dose the page was made, and the newest statement it showed."""

    step = forms.CharField(max_length=60, widget=forms.HiddenInput)
    dose_number = forms.IntegerField(min_value=1, max_value=10_000, widget=forms.HiddenInput)
    seen = forms.IntegerField(min_value=0, max_value=2**62, widget=forms.HiddenInput)


class ItemForm(WardForm):
    """What is said of one item now. Left as it is, it says nothing."""

    refusals: ClassVar[dict[str, str]] = {
        "no-minutes": "minutes",
        "no-date": "on",
        "no-name": "said",
        "no-answer": "said",
        "too-long": "minutes",
        "too-old": "on",
        "future-date": "on",
        "reason": "reason",
        "may-not-waive": "instead",
    }

    met = forms.BooleanField(label=_("Met"), required=False)
    said = forms.CharField(max_length=120, required=False)
    minutes = forms.IntegerField(
        label=_("Minutes"),
        min_value=0,
        max_value=readiness.LONGEST_MINUTES,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"invalid": _("Type whole minutes, like 20.")},
    )
    on = moments.DayField(label=_("On which day"), required=False)
    instead = forms.ChoiceField(label=_("Instead"), required=False)
    reason = forms.CharField(label=_("Why"), max_length=300, required=False)

    def __init__(self, *args: Any, item: readiness.Item, by: Clinician, today: date, **kwargs: Any) -> None:
        super().__init__(*args, prefix=item.rule.id, **kwargs)
        self.item, self.by, self.today = item, by, today
        wanted = {readiness.FACTS[want] for want in item.rule.wants}
        unused = {"said", "minutes", "on"} - wanted | ({"met"} if item.rule.derived else set())
        for name in unused:
            del self.fields[name]
        if "said" in self.fields:
            self.fields["said"].label = next(LABELS[want] for want in item.rule.wants if want in LABELS)
        if item.rule.one_of:
            choices_of = [(NOTHING, _("not agreed yet")), *((one, one) for one in item.rule.one_of)]
            self.fields["said"] = forms.ChoiceField(label=_("Answer"), choices=choices_of, required=False)
        for name in ("said", "minutes", "on", "instead", "reason"):
            if name in self.fields:
                self.fields[name].goes_with = True  # type: ignore[attr-defined] # never alone, so not "may stay empty"
        choices = [(NOTHING, _("nothing else"))]
        if not item.rule.derived:
            choices.append((readiness.OPEN, _("not met")))
        self.may_waive = readiness.may_waive(item.rule, by)
        if self.may_waive:
            choices.append((readiness.WAIVED, _("waived by me")))
        field: Any = self.fields["instead"]
        field.choices = choices
        field.error_messages["invalid_choice"] = self.who_waives
        self.has_instead = len(choices) > 1

    @property
    def who_waives(self) -> str:
        """Whom to ask for a waiver, for somebody who may not give one."""
        return readiness.who_waives(self.item.rule)

    @property
    def is_open(self) -> bool:
        """Whether the rarer part of the form is shown unfolded: something was typed there, or is wrong."""
        said = self.is_bound and (self["instead"].value() or self["reason"].value())
        return bool(said or {"instead", "reason"} & self.errors.keys())

    @property
    def is_touched(self) -> bool:
        """Whether anything was typed here, or is wrong: then it is never folded away."""
        return self.is_bound and (bool(self.errors) or self.has_changed())

    def clean(self) -> dict[str, Any]:
        """What was said must make sense by itself; what somebody else said meanwhile is found when it is kept."""
        data = self.cleaned_data
        if data.get("met") and data.get("instead"):
            self.add_error("instead", _("It is either met or not: take one of the two back."))
        elif not data.get("met") and not data.get("instead") and self._typed():
            self.add_error(
                "met" if "met" in self.fields else "instead", _("Say what this is: met, not met or waived.")
            )
        elif (said := self.statement()) is not None and not self.errors:
            try:
                readiness.check(self.item.rule, said, by=self.by, today=self.today)
            except Refusal as refusal:
                self.refuse(refusal)
        return data

    def _typed(self) -> bool:
        """Whether a fact or a reason was typed; the date does not count, it is filled in with today."""
        return any(self.cleaned_data.get(name) not in (None, "") for name in ("said", "minutes", "reason"))

    def statement(self) -> readiness.Said | None:
        """What was said, or nothing."""
        data = self.cleaned_data
        state = readiness.MET if data.get("met") else data.get("instead")
        if not state:
            return None
        return readiness.Said(
            item=self.item.rule.id,
            state=state,
            minutes=data.get("minutes"),
            on=data.get("on"),
            said=data.get("said", ""),
            reason=data.get("reason", ""),
        )
