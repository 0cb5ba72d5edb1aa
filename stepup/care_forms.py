"""The forms of supportive care. Each keeps what was typed and names the field and the fix."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from monitoring.forms import WardForm
from notifications.models import Clinician, Role
from protocols import care_answers
from protocols.supportive import Item
from stepup import care_entries, moments
from stepup.models import CareEntry

WORDS = forms.Textarea(attrs={"rows": 2})
SEEN_LIMIT = 2**62


def _seen() -> forms.IntegerField:
    """The newest row the page showed."""
    return forms.IntegerField(min_value=0, max_value=SEEN_LIMIT, widget=forms.HiddenInput)


class DoneForm(WardForm):
    """That an item was done, and its result as read. A result may stay empty; it is then shown as not recorded."""

    refusals: ClassVar[dict[str, str]] = {
        "future-date": "on",
        "before-birth": "on",
        "no-reader": "read_by",
        "no-unit": "unit",
        "no-value": "value",
        "below-zero": "value",
    }

    on = moments.DayField(label=_("Done on"))
    result = forms.CharField(
        label=_("Result, exactly as you read it"),
        max_length=300,
        required=False,
        widget=WORDS,
        help_text=_("Nothing is filled in or judged. Left empty, it shows as no result recorded."),
    )
    value = forms.DecimalField(
        max_digits=12,
        decimal_places=4,
        required=False,
        localize=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"invalid": _("Type the number alone, like 0.8.")},
    )
    unit = forms.CharField(
        label=_("Its unit, as on the report"), max_length=20, required=False, widget=forms.TextInput
    )
    read_by = forms.CharField(label=_("Who read the result"), max_length=120, required=False)
    words = forms.CharField(label=_("Note"), max_length=300, required=False)
    seen = _seen()

    def __init__(self, *args: Any, item: Item, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if item.kind == "prophylaxis":
            self.fields["on"].label = _("Given or started on")
        self.fields["read_by"].goes_with = True  # type: ignore[attr-defined] # with a result
        if item.threshold is None:
            del self.fields["value"], self.fields["unit"]
            return
        measure = item.threshold.measure
        self.fields["value"].label = _("%(measure)s, the number alone") % {
            "measure": measure[0].upper() + measure[1:]
        }
        self.fields["value"].help_text = _(
            "So that a person is asked below %(below)s %(unit)s. Another unit is never converted."
        ) % {"below": item.threshold.below, "unit": item.threshold.unit}
        self.fields["unit"].goes_with = True  # type: ignore[attr-defined]

    @property
    def result_typed(self) -> care_entries.Result:
        """The result as it was typed."""
        data = self.cleaned_data
        return care_entries.Result(data["result"], data["read_by"], data.get("value"), data.get("unit", ""))


class AnswerForm(WardForm):
    """That an item is not needed, or what was decided for this patient."""

    refusals: ClassVar[dict[str, str]] = {
        "reason": "words",
        "until-when": "again_on",
        "again-passed": "again_on",
        "again-too-far": "again_on",
        "nothing-open": "kind",
        "prescriber-reads": "kind",
    }

    kind = forms.ChoiceField(
        label=_("What is said"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of the two.")},
    )
    words = forms.CharField(
        label=_("What and why"),
        max_length=300,
        widget=WORDS,
        error_messages={"required": _("Say in a few words what was decided and why.")},
    )
    again_on = moments.DayField(label=_("Looked at again on"), required=False)
    seen = _seen()

    def __init__(self, *args: Any, item: Item, by: Clinician, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        again = care_answers.comes_again(item)
        self.fields["again_on"].help_text = (
            _("This comes again, so a day is needed, within a year.")
            if again
            else _("Left empty, it holds for the whole course.")
        )
        self.fields["again_on"].goes_with = again  # type: ignore[attr-defined]
        choices = [(str(CareEntry.Kind.NOT_NEEDED), "Not needed for this patient")]
        if care_answers.is_open(item) and (not item.crs_caution or by.role == Role.PRESCRIBER):
            choices.append((str(CareEntry.Kind.DECIDED), "Decided for this patient"))
        field: Any = self.fields["kind"]
        field.choices = choices


class TakeBackForm(WardForm):
    """Why an entry is struck."""

    refusals: ClassVar[dict[str, str]] = {"reason": "words"}

    words = forms.CharField(
        label=_("Why it is taken back"),
        max_length=300,
        widget=WORDS,
        help_text=_("The entry stays visible, struck through."),
        error_messages={"required": _("Say in a few words why it is taken back.")},
    )


class RuleForm(WardForm):
    """What this site does about an item, and what it takes that from."""

    refusals: ClassVar[dict[str, str]] = {
        "interval": "every_days",
        "no-interval": "every_days",
        "unknown-option": "option",
        "says-nothing": "words",
        "source": "source",
    }

    every_days = forms.IntegerField(
        label=_("Every how many days"),
        min_value=1,
        max_value=care_answers.LONGEST_DAYS,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={
            "invalid": _("Type whole days, like 28."),
            "min_value": _("Type 1 day or more."),
            "max_value": _("Type %(limit_value)s days at most."),
        },
    )
    option = forms.ChoiceField(label=_("Which published rule"), required=False)
    words = forms.CharField(label=_("In the site's own words"), max_length=300, required=False, widget=WORDS)
    source = forms.CharField(
        label=_("What the site takes this from"),
        max_length=300,
        help_text=_("Like a guideline with its date, or the minutes of a meeting."),
        error_messages={"required": _("Say what the site takes this from.")},
    )
    seen = _seen()

    def __init__(self, *args: Any, item: Item, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not care_answers.takes_interval(item):
            del self.fields["every_days"]
        if not item.options:
            del self.fields["option"]
            return
        field: Any = self.fields["option"]
        field.choices = [("", "none of them"), *((one.id, f"{one.who}: {one.rule}") for one in item.options)]
        field.widget = forms.RadioSelect(choices=field.choices)


class WithdrawForm(WardForm):
    """Why the site's own rule is withdrawn."""

    refusals: ClassVar[dict[str, str]] = {"reason": "words"}

    words = forms.CharField(
        label=_("Why the rule is withdrawn"),
        max_length=300,
        error_messages={"required": _("Say in a few words why the rule is withdrawn.")},
    )
    seen = _seen()
