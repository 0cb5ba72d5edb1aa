"""Forms of a label row that a site read itself, one a kind: whole for the first person, decisive for the second."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from monitoring.forms import WardForm
from protocols import counts, parsing
from protocols.model import REACTION_KINDS, Label
from stepup.draft_forms import amount, several, whole

AGENT = ("drug_class", "example", "dose", "route")
COMPANY = [("", "nothing else is printed"), *((one, one) for one in counts.COMPANY)]
PREMEDICATE = [("unspecified", "the row does not say"), ("yes", "yes"), ("no", "no")]


class EntryForm(WardForm):
    """The fields of one kind. `again` leaves only what the second person types."""

    about: ClassVar[tuple[str, ...]] = ()  # what the second person is told
    once: ClassVar[tuple[str, ...]] = ()  # what only the first person types

    def __init__(self, *args: Any, label: Label, again: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label, self.again = label, again
        self.fit()
        if again:
            for name in (*self.about, *self.once):
                del self.fields[name]

    def fit(self) -> None:
        """Put in the choices that depend on the label."""

    def choose(self, name: str, choices: Sequence[tuple[str, str]]) -> None:
        field: Any = self.fields[name]
        field.choices = choices

    def row(self) -> dict[str, Any]:
        """What was typed, as a label file holds it."""
        return {
            name: _plain(value) for name, value in self.cleaned_data.items() if value not in (None, "", [])
        }


def _plain(value: Any) -> Any:
    return parsing.plain(value) if isinstance(value, Decimal) else value


def doses(label: Label) -> list[tuple[str, str]]:
    """Every dose of the label by its id, once."""
    named: dict[str, str] = {}
    for regimen in label.regimens:
        for dose in regimen.doses:
            named.setdefault(dose.id, dose.name)
    return list(named.items())


def _placed(label: Label, *, steps_only: bool) -> list[tuple[str, str]]:
    return [
        (f"{regimen.id}:{dose.id}", f"{dose.name}, {regimen.title}"[:100])
        for regimen in label.regimens
        for dose in (regimen.steps[1:] if steps_only else regimen.doses)
    ]


class RestartForm(EntryForm):
    """A row of the restart table."""

    about = ("after", "regimens")
    once = ("printed", "why")

    after = forms.ChoiceField(label=_("Last dose given"))
    regimens = several((), label=_("Only in these schedules"))
    from_day = whole(label=_("From day"))
    to_day = whole(
        label=_("To day, included"),
        required=False,
        help_text=_("Empty where the row has no end."),
    )
    then = forms.ChoiceField(label=_("What the label says"))
    premedicate = forms.ChoiceField(label=_("With premedication"), choices=PREMEDICATE)
    review = forms.BooleanField(label=_("With a recorded review of benefit and risk"), required=False)
    printed = forms.CharField(label=_("The row as printed"), max_length=200)
    why = forms.CharField(
        label=_("Reason, where the label gives none"),
        max_length=200,
        required=False,
        help_text=_("Needed for: wait."),
    )

    def fit(self) -> None:
        steps = {step.id: step.name for regimen in self.label.regimens for step in regimen.steps}
        self.choose("after", doses(self.label))
        self.choose("regimens", [(regimen.id, regimen.title) for regimen in self.label.regimens])
        if len(self.label.regimens) == 1:
            self.fields["regimens"].widget = forms.MultipleHiddenInput()
        self.choose(
            "then",
            [
                ("wait", "wait"),
                ("proceed_next", "go on with the next dose"),
                ("continue_same", "continue at the same interval"),
                *((f"repeat_dose:{step}", f"repeat {name}") for step, name in steps.items()),
                *((f"restart_from:{step}", f"start again from {name}") for step, name in steps.items()),
            ],
        )

    def clean(self) -> dict[str, Any]:
        first, last = self.cleaned_data.get("from_day"), self.cleaned_data.get("to_day")
        if first is not None and last is not None and last < first:
            self.add_error("to_day", _("The last day comes after the first."))
        return self.cleaned_data

    def row(self) -> dict[str, Any]:
        row = super().row()
        first, last = row.pop("from_day"), row.pop("to_day", None)
        row["days"] = f"{first}+" if last is None else f"{first}-{last}"
        if "after" in row:
            row["after"] = [row["after"]]
        return row


class DispensingForm(EntryForm):
    """A row of the dispensing volumes."""

    about = ("doses", "regimens")

    doses = several((), label=_("Doses"))
    regimens = several((), label=_("Only in these schedules"))
    strength = amount(label=_("Strength, mg per mL"))
    vial_millilitres = amount(label=_("mL in one vial"))
    from_kg = amount(
        label=_("Weight from, in kg"),
        required=False,
        help_text=_("Empty for a flat dose."),
    )
    to_kg = amount(label=_("Weight to, in kg, included"), required=False)
    mg = amount(label=_("Dose, in mg"))
    millilitres = amount(label=_("Volume, in mL"))
    vials = whole(label=_("Vials"))

    def fit(self) -> None:
        self.choose("doses", doses(self.label))
        self.fields["doses"].required = True
        self.fields["doses"].error_messages["required"] = "Tick the doses this row is printed for."
        self.choose("regimens", [(regimen.id, regimen.title) for regimen in self.label.regimens])
        if len(self.label.regimens) == 1:
            self.fields["regimens"].widget = forms.MultipleHiddenInput()


class ReactionForm(EntryForm):
    """A row after a reaction."""

    about = ("kind", "occurrence")
    once = ("text", "premedicate", "observe")

    kind = forms.ChoiceField(label=_("Reaction"), choices=[(kind, kind) for kind in REACTION_KINDS])
    occurrence = forms.ChoiceField(
        label=_("Which time"),
        choices=[
            ("any", _("any")),
            ("first", _("the first time")),
            ("recurrent", _("when it comes back")),
        ],
    )
    grades = several(((str(grade), f"grade {grade}") for grade in range(1, 5)), label=_("Grades"))
    text = forms.CharField(label=_("What the label says"), max_length=300)
    then = forms.ChoiceField(
        label=_("The next dose"),
        choices=[
            ("give", _("may be given once it is over")),
            ("stop", _("is never given: discontinue")),
        ],
    )
    clear_hours = whole(label=_("Over for at least so many hours"), required=False)
    premedicate = forms.ChoiceField(label=_("With premedication"), choices=PREMEDICATE)
    observe = forms.CharField(label=_("Observation after it"), max_length=200, required=False)

    def fit(self) -> None:
        self.fields["grades"].required = True
        self.fields["grades"].error_messages["required"] = "Tick the grades of this row."

    def row(self) -> dict[str, Any]:
        row = super().row()
        return row | {"grades": [int(grade) for grade in row["grades"]]}


class CountForm(EntryForm):
    """A row of a low blood count: below which value a dose is withheld, and from which on it is given again."""

    about = ("count",)
    once = ("text",)

    count = forms.ChoiceField(
        label=_("Count"),
        choices=[(name, f"{name}, {unit}") for name, unit in counts.UNITS.items()],
    )
    below = amount(label=_("Withheld below"))
    at_least = amount(
        label=_("From, included"),
        required=False,
        help_text=_("Empty where the row covers every lower value."),
    )
    only_with = forms.ChoiceField(label=_("Only together with"), choices=COMPANY, required=False)
    until = amount(label=_("Given again at, or above"))
    and_without = forms.ChoiceField(label=_("And without"), choices=COMPANY, required=False)
    text = forms.CharField(label=_("What the label says"), max_length=300)


class _OneDose(EntryForm):
    about = ("dose",)
    steps_only: ClassVar[bool] = False

    dose = forms.ChoiceField(label=_("Dose"))

    def fit(self) -> None:
        self.choose("dose", _placed(self.label, steps_only=self.steps_only))

    def row(self) -> dict[str, Any]:
        row = super().row()
        if "dose" in row:
            row["regimen"], _colon, row["dose"] = row["dose"].partition(":")
        return row


class AmountForm(_OneDose):
    """The amount of a dose."""

    amount = amount(label=_("Amount"))
    unit = forms.ChoiceField(label=_("Unit"), choices=[("mg", _("mg")), ("mg/kg", _("mg/kg"))])


class WindowForm(_OneDose):
    """The days in which a step may follow the dose before it."""

    steps_only = True

    min_days = whole(label=_("From day"), required=False)
    usual_min_days = whole(label=_("Usually from day"), required=False)
    usual_max_days = whole(label=_("Usually to day"), required=False)
    max_days = whole(label=_("To day"), help_text=_("Days that were read already stay as they are."))


class PremedicationForm(EntryForm):
    """What is given before a dose, and when."""

    about = ("before",)

    before = several((), label=_("Before these doses"))
    timing = forms.CharField(label=_("When"), max_length=120, help_text=_("As printed."))
    agents = forms.CharField(
        label=_("Medicines"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One on each line, in four parts with semicolons: class; medicine; dose; route."),
    )

    def fit(self) -> None:
        self.choose("before", doses(self.label))
        self.fields["before"].required = True
        self.fields["before"].error_messages["required"] = "Tick the doses this row is printed for."

    def clean_agents(self) -> list[dict[str, str]]:
        """Each line as a medicine with all four parts."""
        agents = []
        for line in filter(None, map(str.strip, self.cleaned_data["agents"].splitlines())):
            parts = [part.strip() for part in line.split(";")]
            if len(parts) != len(AGENT) or not all(parts):
                raise forms.ValidationError(
                    _("%(line)s needs four parts: class; medicine; dose; route.") % {"line": f"{line!r}"}
                )
            agents.append(dict(zip(AGENT, parts, strict=True)))
        return agents


class SourceForm(WardForm):
    """Where the row is printed."""

    document = forms.CharField(label=_("Document"), max_length=120)
    revised = forms.CharField(
        label=_("Its revision date"),
        max_length=40,
        help_text=_("As printed, like 7/2025."),
    )
    section = forms.CharField(label=_("Section or table"), max_length=60)
    page = forms.CharField(label=_("Page"), max_length=20)


class TakeBackForm(WardForm):
    """Why a row is taken out again."""

    refusals: ClassVar[dict[str, str]] = {"reason": "reason"}

    reason = forms.CharField(label=_("Why it is taken back"), max_length=300)


class LeaveOutForm(WardForm):
    """Why a row of an earlier version is left out, and how many changes whoever decides had read."""

    refusals: ClassVar[dict[str, str]] = {"why": "why"}

    why = forms.CharField(
        label=_("Why it is left out"),
        max_length=300,
        error_messages={"required": _("Say why in a few words.")},
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


FORMS: dict[str, type[EntryForm]] = {
    "restart": RestartForm,
    "dispensing": DispensingForm,
    "reaction": ReactionForm,
    "count": CountForm,
    "amount": AmountForm,
    "window": WindowForm,
    "premedication": PremedicationForm,
}
