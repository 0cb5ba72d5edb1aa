"""The worksheet of CRS and ICANS: every criterion with what can be found, and the grade beside each finding."""

from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from monitoring.assessments import Worksheet
from monitoring.forms import WardForm, WardRenderer
from protocols import astct, temperatures
from protocols.astct import CrsSeen, IcansSeen, Question

BOTH, CRS, ICANS = "both", "crs", "icans"
NOTHING = "nothing"
YES_NO = [("yes", "yes"), ("no", "no")]
ATTRIBUTION = [("no", "no, or not settled"), ("yes", "yes, and I name it")]
HUNDREDTH = Decimal("0.01")
# Which field of the form a missing answer of each kind belongs to; any other has the name of its answer.
FIELDS = {
    ("crs", "celsius"): "temperature",
    **{(kind, "other_cause"): f"{kind}_other" for kind in (CRS, ICANS)},
    **{(kind, "cause"): f"{kind}_cause" for kind in (CRS, ICANS)},
}


class WorksheetRenderer(WardRenderer):
    """Every field is laid out as one to answer: what may stay open, the scale says."""

    field_template_name = "stepup/worksheet_field.html"


class TemperatureField(forms.DecimalField):
    """A body temperature as it was read, in either unit: the number says which it is. Cleaned to degrees Celsius."""

    def __init__(self, fever: astct.Fever) -> None:
        super().__init__(
            label=fever.title,
            required=False,
            max_digits=4,
            decimal_places=1,
            localize=False,
            widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            help_text=_("As it was read, like 38.6 or 101.4; the highest, not the last."),
            error_messages={"invalid": _("That is not a temperature: type it like 38.6 or 101.4.")},
        )

    def clean(self, value: Any) -> Any:
        """Degrees Celsius; a number that is no body temperature in either unit is refused."""
        typed: Decimal | None = super().clean(str(value or "").strip().replace(",", "."))
        if typed is None:
            return None
        unit = temperatures.fits(typed)
        if not unit:
            raise ValidationError(
                _("%(typed)s is no body temperature in °C or °F: type it like 38.6 or 101.4.")
                % {"typed": typed}
            )
        return typed if unit == "C" else ((typed - 32) * 5 / 9).quantize(HUNDREDTH)


def _choices(label: str, choices: list[tuple[str, str]], hint: str = "") -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, choices=choices, widget=forms.RadioSelect, required=False, help_text=hint,
    )  # fmt: skip


def _criterion(question: Question) -> forms.ChoiceField:
    """Every finding of a criterion, with the grade it sets by itself."""
    rows = [(row.id, f"{row.says} (grade {row.grade})" if row.grade else row.says) for row in question.rows]
    return _choices(question.title, rows, question.hint)


def _cause() -> forms.CharField:
    return forms.CharField(
        label=_("What explains all of it"), max_length=160, required=False,
        help_text=_("Only where something else does."),
    )  # fmt: skip


def _point(point: astct.Point) -> str:
    return f"point_{point.id}"


class AssessForm(WardForm):
    """What was found. Nothing is required field by field: the scale says what a whole grade still wants."""

    default_renderer = WorksheetRenderer
    refusals: ClassVar[dict[str, str]] = {"why": "why", "nothing": "what"}

    what = forms.ChoiceField(
        label=_("What do you assess?"),
        choices=[(BOTH, _("CRS and ICANS")), (CRS, _("CRS alone")), (ICANS, _("ICANS alone"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what you assess.")},
    )
    why = forms.CharField(
        label=_("Why the grade is lower now"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    crs_over = _choices("Is CRS over?", YES_NO, "Until it is recorded as over, no dose is offered.")
    icans_over = _choices("Is ICANS over?", YES_NO, "Until it is recorded as over, no dose is offered.")
    shown = forms.CharField(required=False, widget=forms.HiddenInput)
    seen = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.scale = astct.load()
        scale = self.scale
        self.fields["temperature"] = TemperatureField(scale.fever)
        self.fields["treated"] = forms.MultipleChoiceField(
            label=scale.treated.title,
            choices=[*((row.id, row.says) for row in scale.treated.rows), (NOTHING, _("nothing of these"))],
            widget=forms.CheckboxSelectMultiple,
            required=False,
            help_text=scale.treated.hint,
        )
        for question in (*scale.crs, scale.ice.how, *scale.icans):
            self.fields[question.id] = _criterion(question)
        for point in scale.ice.points:
            self.fields[_point(point)] = _choices(
                point.says.capitalize(), [("yes", "right"), ("no", "not right")]
            )
        self.fields["own_language"] = _choices("Asked in the patient's own language?", YES_NO)
        for kind, name in ((CRS, "CRS"), (ICANS, "ICANS")):
            self.fields[f"{kind}_other"] = _choices(
                f"Does something else explain all of this ({name})?", ATTRIBUTION
            )
            self.fields[f"{kind}_cause"] = _cause()

    def clean_treated(self) -> tuple[str, ...] | None:
        """What was given; empty where nothing was, None where nobody said."""
        ticked = self.cleaned_data["treated"]
        if NOTHING in ticked and len(ticked) > 1:
            raise ValidationError(_("You ticked a medicine and nothing: leave one of them out."))
        return tuple(one for one in ticked if one != NOTHING) if ticked else None

    def worksheet(self) -> Worksheet:
        """What was typed, for the scale to judge."""
        what = self.cleaned_data.get("what")
        return Worksheet(
            crs=self._crs() if what in {BOTH, CRS} else None,
            icans=self._icans() if what in {BOTH, ICANS} else None,
        )

    def points(self) -> dict[str, bool]:
        """Each point of the ICE score that was asked, and whether it was right."""
        asked = {point.id: self.cleaned_data.get(_point(point)) for point in self.scale.ice.points}
        return {name: answer == "yes" for name, answer in asked.items() if answer}

    def over(self) -> dict[str, bool]:
        """By kind what was said of its end."""
        said = {kind: self.cleaned_data.get(f"{kind}_over") for kind in (CRS, ICANS)}
        return {kind: answer == "yes" for kind, answer in said.items() if answer}

    def lacks(self, kind: str, name: str, sentence: str) -> None:
        """Put what is missing beside its field."""
        place = FIELDS.get((kind, name), name)
        self.add_error(place if place in self.fields else f"point_{name}", sentence)

    def _crs(self) -> CrsSeen:
        given = self.cleaned_data
        return CrsSeen(
            other_cause=self._said("crs_other"),
            cause=given.get("crs_cause", ""),
            celsius=given.get("temperature"),
            treated=given.get("treated"),
            **{name: given.get(name) or None for name in astct.CRS_QUESTIONS},
        )

    def _icans(self) -> IcansSeen:
        given = self.cleaned_data
        return IcansSeen(
            other_cause=self._said("icans_other"),
            cause=given.get("icans_cause", ""),
            ice=given.get("ice") or None,
            points=self.points() if given.get("ice") == astct.ASKED else {},
            own_language=self._said("own_language") if given.get("ice") == astct.ASKED else None,
            **{name: given.get(name) or None for name in astct.ICANS_QUESTIONS},
        )

    def _said(self, name: str) -> bool | None:
        return {"yes": True, "no": False}.get(self.cleaned_data.get(name) or "")

    @property
    def crs_fields(self) -> list[forms.BoundField]:
        """The part about CRS, in the order in which it is asked."""
        return [
            self[name] for name in ("temperature", "treated", *astct.CRS_QUESTIONS, "crs_other", "crs_cause")
        ]

    @property
    def point_fields(self) -> list[forms.BoundField]:
        """The ten points."""
        return [self[_point(point)] for point in self.scale.ice.points]

    @property
    def icans_fields(self) -> list[forms.BoundField]:
        """The part about ICANS after the score."""
        return [self[name] for name in (*astct.ICANS_QUESTIONS, "icans_other", "icans_cause")]


class ReadingForm(WardForm):
    """A second clinician's word on a grade that is to be lowered."""

    refusals: ClassVar[dict[str, str]] = {"words": "words"}

    agrees = forms.ChoiceField(
        label=_("Do you agree that the grade is lowered?"),
        choices=[
            ("yes", _("yes, I have seen the patient or the findings")),
            ("no", _("no, the graver grade stands")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Say whether you agree.")},
    )
    words = forms.CharField(
        label=_("In your own words"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Needed where you do not agree."),
    )
