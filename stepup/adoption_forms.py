"""The forms of gradual adoption: the stage and its numbers, going back, and one dose let beyond the stage."""

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from monitoring.forms import WardForm
from protocols.staging import ORDER, Stage
from stepup import course_forms, progress

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

LARGEST = 10_000
LABELS = {
    "least_given": _("Doses given at home whose watch has ended, at least"),
    "least_patients": _("Patients among them, at least"),
    "least_days": _("Days since this stage began, at least"),
    "most_late_cases": _("Cases that nobody had when the patient was to be told, at most"),
    "most_grave_reactions": _("Reactions of grade 3 or 4 after a dose at home, at most"),
}


def _number(label: "_StrOrPromise", *, least: int) -> forms.IntegerField:
    said = _("Type a whole number from %(least)s to %(most)s, or leave it empty.") % {
        "least": least,
        "most": f"{LARGEST:,}",
    }
    return forms.IntegerField(
        label=label,
        min_value=least,
        max_value=LARGEST,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), said),
    )


class SeenForm(WardForm):
    """A decision about the stage, made from the newest one that was on the screen."""

    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


class NumbersForm(SeenForm):
    """Which doses go home, while nobody has said so yet; and the numbers that open the next stage."""

    refusals: ClassVar[dict[str, str]] = {"no-number": "least_given", "why": "why"}

    stage = forms.ChoiceField(
        label=_("Doses given at home"), error_messages={"required": _("Choose which doses go home.")}
    )
    why = course_forms.in_words(
        _("Why these doses and numbers"),
        _("Kept with your name. None is published: they are your programme's own."),
        missing=_("Say why these are the right doses and numbers for your site."),
    )

    def __init__(self, *args: Any, stands: Stage | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stands = stands
        field: Any = self.fields["stage"]
        field.choices = [("", _("choose")), *((stage.value, stage.words) for stage in ORDER)]
        if stands is not None:
            del self.fields["stage"]
        for name in progress.WORDS:
            self.fields[name] = _number(LABELS[name], least=0 if name.startswith("most_") else 1)
        self.order_fields(["stage", *progress.WORDS, "why", "seen"])

    @property
    def chosen(self) -> Stage:
        """The stage that was chosen, or the one that stands."""
        return self.stands or Stage(self.cleaned_data["stage"])

    @property
    def numbers(self) -> dict[str, int | None]:
        """What was typed; None for what stayed empty."""
        return {name: self.cleaned_data.get(name) for name in progress.WORDS}

    def number_fields(self) -> list[forms.BoundField]:
        """The numbers, for the page."""
        return [self[name] for name in progress.WORDS]


class BackForm(SeenForm):
    """To which earlier stage a site goes back, and why."""

    refusals: ClassVar[dict[str, str]] = {"not-back": "to", "why": "back_why"}

    to = forms.ChoiceField(label=_("Back to"), error_messages={"required": _("Choose a stage.")})
    back_why = course_forms.in_words(
        _("Why the site goes back"),
        _("Kept with your name and shown in the history."),
        missing=_("Say why the site goes back."),
    )

    def __init__(self, *args: Any, stands: Stage, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["to"]
        earlier = [stage for stage in ORDER if stage.is_before(stands)]
        field.choices = [("", _("choose")), *((stage.value, stage.words) for stage in earlier)]


class StageOverrideForm(WardForm):
    """Which dose goes home beyond the stage, and why."""

    refusals: ClassVar[dict[str, str]] = {
        "reason": "reason",
        "not-beyond": "step",
        "overridden-already": "step",
        "unknown-step": "step",
    }

    step = forms.ChoiceField(label=_("Dose"), error_messages={"required": _("Choose the dose.")})
    reason = course_forms.in_words(
        _("Why this dose is given at home beyond the stage"),
        _("Kept with your name. It counts for this one dose only."),
        missing=_("Say why this dose is given at home beyond the stage."),
    )

    def __init__(self, *args: Any, steps: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["step"]
        field.choices = [("", _("choose")), *steps]
