"""Forms: what was typed is kept, each field has its label, and an error names the field and what to type instead."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.forms.renderers import DjangoTemplates
from django.utils.translation import gettext_lazy as _

from monitoring import escalations
from monitoring.models import Reaction
from notifications.models import Clinician
from protocols.errors import Refusal

NOT_GRADED = ""
# A low blood count has a value and is recorded by itself, from the patient's page.
GRADED_IN_A_CASE = tuple(str(kind) for kind in Reaction.Kind.values if kind != Reaction.Kind.BLOOD_COUNT)


class WardRenderer(DjangoTemplates):
    """Every field of every form is laid out by one template."""

    field_template_name = "monitoring/field.html"


class WardForm(forms.Form):
    """A form that can take a refusal as the error of the field it is about."""

    default_renderer = WardRenderer
    error_css_class = "wrong"
    label_suffix_text = ""
    refusals: ClassVar[dict[str, str]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)

    def refuse(self, refusal: Refusal) -> None:
        """Show a refusal beside the field its code belongs to, or at the head of the form."""
        self.add_error(self.refusals.get(refusal.code), refusal.sentence)


class ReachForm(WardForm):
    """That the patient or caregiver was spoken with."""

    text = forms.CharField(
        label=_("What they said"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("A few words for whoever reads this next. May stay empty."),
    )


class EndCloserForm(WardForm):
    """Why a patient goes back to the usual hours."""

    refusals: ClassVar[dict[str, str]] = {"why": "why"}

    why = forms.CharField(
        label=_("Why the usual hours are enough again"),
        max_length=300,
        error_messages={"required": _("Say in a few words why the usual hours are enough again.")},
    )


class OverForm(WardForm):
    """What a low blood count came back to, beside the button that says it is over; other reactions have no value."""

    back_to = forms.DecimalField(
        max_digits=7,
        decimal_places=2,
        min_value=Decimal(0),
        required=False,
        localize=False,
        error_messages={
            "invalid": _("That is not a value: type the number alone, like 0.9, in the unit shown."),
            "min_value": _("A count is never below 0."),
        },
    )

    @property
    def sentence(self) -> str:
        """What is wrong with the value."""
        return " ".join(str(said) for said in self.errors.get("back_to", ()))


class HandBackForm(WardForm):
    """Why a case goes back to the ladder."""

    reason = forms.CharField(
        label=_("Why you hand it back"),
        max_length=200,
        help_text=_("The case opens again and the first person on the list is called at once."),
        error_messages={"required": _("Say in a few words why you hand the case back.")},
    )


class DeclineForm(WardForm):
    """Why somebody who was called cannot take it."""

    reason = forms.CharField(
        label=_("Why you cannot take it"),
        max_length=200,
        help_text=_("The next person is called at once."),
        error_messages={"required": _("Say in a few words why you cannot take it.")},
    )


class HandOverForm(WardForm):
    """Whom a case is handed over to, and why."""

    refusals: ClassVar[dict[str, str]] = {"to": "to", "offered-already": "to", "reason": "reason"}

    to = forms.TypedChoiceField(
        label=_("To"), coerce=int, error_messages={"required": _("Choose whom you hand the case over to.")}
    )
    reason = forms.CharField(
        label=_("Why you hand it over"),
        max_length=200,
        help_text=_("They are paged now. You have the case until they have accepted."),
        error_messages={"required": _("Say in a few words why you hand the case over.")},
    )

    def __init__(self, *args: Any, people: Iterable[Clinician], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["to"]
        field.choices = [
            ("", "Choose"),
            *((one.pk, f"{one.name}, {one.get_role_display()}") for one in people),
        ]


def _grades(kind: str) -> forms.ChoiceField:
    label = Reaction.Kind(kind).label
    choices = [(NOT_GRADED, "not assessed"), ("0", "looked for, ruled out")]
    choices += [(str(grade), f"grade {grade}") for grade in range(1, 5)]
    return forms.ChoiceField(label=label[0].upper() + label[1:], choices=choices, required=False)


class ResolveForm(WardForm):
    """What came of a case: the outcome, the grades its owner gives, and whether the reaction has ended."""

    refusals = {"outcome": "outcome", "which": "which", "second-reader": "over"}

    outcome = forms.ChoiceField(
        label=_("Outcome"),
        choices=[(key, words[0].upper() + words[1:]) for key, words in escalations.OUTCOMES.items()],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what came of it.")},
    )
    crs = _grades("crs")
    icans = _grades("icans")
    neurotoxicity = _grades("neurotoxicity")
    infection = _grades("infection")
    other = _grades("other")
    which = forms.CharField(
        label=_("Which other reaction"),
        max_length=160,
        required=False,
        help_text=_("Needed where other is graded."),
    )
    over = forms.BooleanField(
        label=_("What I graded is over now"),
        required=False,
        help_text=_("Leave it open while it lasts: no dose is offered until somebody records the end."),
    )
    text = forms.CharField(
        label=_("Why, and what was done"),
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say what was done and why the case can be closed.")},
    )

    def grades(self) -> list[tuple[str, int]]:
        """The grades that were given, as (kind, grade) pairs."""
        given = [(kind, self.cleaned_data[kind]) for kind in GRADED_IN_A_CASE]
        return [(kind, int(grade)) for kind, grade in given if grade != NOT_GRADED]


class TaskForm(WardForm):
    """What came of a task."""

    refusals = {"outcome": "outcome"}

    outcome = forms.CharField(
        label=_("What came of it"),
        max_length=200,
        error_messages={"required": _("Say in a few words what came of it.")},
    )
