"""The forms of enrolment, doses, orders and shifts. Each keeps what was typed and names the field and the fix."""

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from monitoring import languages
from monitoring.forms import WardForm
from notifications import daynames, phones
from notifications.models import Clinician, Site
from protocols.errors import Refusal
from protocols.model import Label
from stepup import approvals, course_forms, fields, moments
from stepup.models import Weight

COMMON_ZONES = [
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
]


class PhoneField(forms.CharField):
    """A telephone number as people type it, kept as E.164."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}))
        super().__init__(max_length=30, **kwargs)

    def clean(self, value: Any) -> Any:
        """The number in E.164, or a sentence saying how to write it."""
        typed = super().clean(value)
        try:
            return phones.e164(typed) if typed else ""
        except Refusal as refusal:
            raise ValidationError(refusal.sentence) from refusal


class PatientForm(WardForm):
    """Who the patient is, whose phone speaks for them, and who is beside them."""

    refusals: ClassVar[dict[str, str]] = {
        "same-phone": "caregiver_phone",
        "phone-in-use": "phone",
        "phone": "phone",
        "language": "language",
        "time-zone": "time_zone",
        "born-on": "born_on",
        "identifier": "identifier",
    }

    identifier = forms.CharField(
        label=_("Hospital identifier"),
        max_length=40,
        error_messages={"required": _("Type the hospital's own number.")},
    )
    name = forms.CharField(
        label=_("Full name"), max_length=120, error_messages={"required": _("Type the patient's full name.")}
    )
    born_on = moments.DayField(label=_("Date of birth"))
    phone = PhoneField(
        label=_("Patient's mobile phone"),
        help_text=_("Their own: check-ins go here. Like +1 215 555 0142."),
        error_messages={"required": _("Type the number of the patient's own mobile phone.")},
    )
    language = forms.ChoiceField(label=_("Language of texts"))
    time_zone = forms.ChoiceField(
        label=_("Time zone where the patient stays"), help_text=_("Never guessed from the phone.")
    )
    caregiver_name = forms.CharField(
        label=_("Caregiver's name"),
        max_length=120,
        help_text=_("Somebody who stays with the patient, because confusion cannot report itself."),
        error_messages={"required": _("Type the caregiver's name.")},
    )
    caregiver_phone = PhoneField(
        label=_("Caregiver's phone"),
        help_text=_("A different phone from the patient's."),
        error_messages={"required": _("Type the number of the caregiver's own phone.")},
    )
    allergies = forms.CharField(
        label=_("Allergies"),
        max_length=300,
        required=False,
        help_text=_("As on the chart. Shown on the emergency page."),
    )
    emergency_department = forms.CharField(
        label=_("Emergency department to send them to"),
        max_length=200,
        required=False,
        help_text=_(
            "Its name, where it is and its telephone, as agreed with them. Printed on the downtime list."
        ),
    )

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        not_here = _("%(language)s, texts not approved here")
        self._field("language").choices = [
            (one.code, one.name if one.is_approved else not_here % {"language": one.name})
            for one in languages.of_site(site)
        ]
        first = list(dict.fromkeys([site.time_zone, *COMMON_ZONES]))
        rest = sorted(available_timezones() - set(first))
        self._field("time_zone").choices = [
            ("Common", [(z, z) for z in first]),
            ("All", [(z, z) for z in rest]),
        ]
        self._field("time_zone").initial = site.time_zone

    def _field(self, name: str) -> Any:
        return self.fields[name]


class CourseForm(WardForm):
    """Which approved protocol, from which day, at which weight."""

    refusals: ClassVar[dict[str, str]] = {
        "implausible-weight": "weight_kg",
        "weighed-on": "weighed_on",
        "which-regimen": "regimen",
        "unknown-regimen": "regimen",
        "not-approved": "protocol",
        "uncovered": "uncovered_why",
    }

    protocol = forms.ChoiceField(
        label=_("Protocol"), error_messages={"required": _("Choose an approved protocol.")}
    )
    regimen = forms.ChoiceField(
        label=_("Schedule"), required=False, help_text=_("Only where the label has more than one.")
    )
    start_on = moments.DayField(label=_("Day of the first dose"))
    weight_kg = fields.KilogramField()
    weighed_on = moments.DayField(label=_("Weighed on"))
    weighed_by = forms.CharField(
        label=_("Weighed by"), max_length=120, error_messages={"required": _("Type who weighed the patient.")}
    )
    weighed_how = forms.ChoiceField(
        label=_("Weighed how"), required=False, choices=[("", _("not recorded")), *Weight.Method.choices]
    )
    uncovered_why = course_forms.in_words(
        _("Why it is opened with hours nobody covers"),
        _("Kept with your name. Filling the on-call list is better."),
    )

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = {str(row.pk): row for row in approvals.approved(site)}
        labels = {pk: approvals.content(row).label for pk, row in self.rows.items()}
        several = {
            regimen.id: regimen.title
            for label in labels.values()
            if len(label.regimens) > 1
            for regimen in label.regimens
        }
        self._field("protocol").choices = [
            ("", _("choose")),
            *((pk, _protocol_words(labels[pk], row.pathway_id)) for pk, row in self.rows.items()),
        ]
        self._field("regimen").choices = [("", "the only one"), *several.items()]
        if not several:
            del self.fields["regimen"]

    def refuse(self, refusal: Refusal) -> None:
        """Hours that nobody covers make their reason one that cannot stay empty."""
        self.fields["uncovered_why"].required = refusal.code == "uncovered"
        super().refuse(refusal)

    @property
    def is_uncovered(self) -> bool:
        """Whether hours of the watch were found that nobody covers, so that the page asks why."""
        return self.is_bound and bool(self["uncovered_why"].errors or self["uncovered_why"].value())

    def _field(self, name: str) -> Any:
        return self.fields[name]


def _protocol_words(label: Label, pathway_id: str) -> str:
    return f"{label.name} ({label.brand}), {label.jurisdiction} label {label.revision}, {pathway_id}"


class DoseForm(WardForm):
    """When a dose was given; and, only where it was not as planned, what was given and why."""

    refusals: ClassVar[dict[str, str]] = {
        "not-the-next-dose": "deviation",
        "future-dose": "at",
        "before-the-last": "at",
        "old-dose": "on",
        "unknown-step": "step",
    }

    on = moments.DayField(label=_("Given on"))
    at = moments.ClockField(
        label=_("Given at"), help_text=_("24-hour clock, the time the injection was finished.")
    )
    which = moments.which_field()
    step = forms.ChoiceField(label=_("Dose given"), help_text=_("From the plan."))
    given_mg = fields.MilligramField.given()
    deviation = forms.CharField(
        label=_("Why it was not given as planned"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Only if the dose, the amount or the day differs from the plan."),
    )

    def __init__(self, *args: Any, zone: str, steps: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone
        field: Any = self.fields["step"]
        field.choices = steps
        self.twice = False

    def clean(self) -> dict[str, Any]:
        """Adds `given_at`, the one moment in UTC that was meant."""
        data = self.cleaned_data
        if "on" in data and "at" in data:
            try:
                data["given_at"] = moments.picked(data["on"], data["at"], data.get("which", ""), self.zone)
            except ValidationError as problem:
                self.twice = problem.code == "twice"
                self.add_error("which" if self.twice else "at", problem)
        return data


class IdentityForm(WardForm):
    """Two identifiers, said aloud and ticked beside the final button."""

    name_checked = forms.BooleanField(
        label=_("Name"), error_messages={"required": _("Ask for the name and tick it.")}
    )
    born_checked = forms.BooleanField(
        label=_("Date of birth"), error_messages={"required": _("Ask for the date of birth and tick it.")}
    )

    def __init__(self, *args: Any, name: str, born_on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name_checked"].label = _("The name is %(name)s") % {"name": name}
        self.fields["born_checked"].label = _("The date of birth is %(born_on)s") % {
            "born_on": daynames.written(born_on)
        }


class ConfirmForm(WardForm):
    """The second checker's own figure."""

    refusals: ClassVar[dict[str, str]] = {"figures-differ": "figure_mg", "same-person": "figure_mg"}

    figure_mg = fields.MilligramField(
        label=_("Your own figure, in mg"),
        missing=_("Type the figure you worked out, in mg."),
        help_text=_(
            "Work it out yourself from the order and the weight. The first figure is not shown on purpose."
        ),
    )


class StopForm(WardForm):
    """Why a course is stopped for good."""

    refusals: ClassVar[dict[str, str]] = {"reason": "reason"}

    reason = forms.CharField(
        label=_("Why the course is stopped"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say why the course is stopped.")},
    )


class PocketForm(WardForm):
    """A prescriber's order for one patient's pocket dexamethasone."""

    refusals: ClassVar[dict[str, str]] = {
        "dose": "dose_mg",
        "expiry": "expires_on",
        "not-a-prescriber": "dose_mg",
    }

    dose_mg = forms.DecimalField(
        label=_("Dexamethasone by mouth, in mg, once"),
        max_digits=6,
        decimal_places=2,
        min_value=Decimal("0.01"),
        localize=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text=_("Your dose for this patient: the service proposes none."),
        error_messages={
            "required": _("Type the dose in mg."),
            "invalid": _("That is not an amount: type it in mg, like 20."),
            "min_value": _("Type an amount above 0 mg."),
        },
    )
    expires_on = moments.DayField(label=_("Valid through"), help_text=_("The order ends with this day."))


class ShiftForm(WardForm):
    """Who answers on which rung, from when to when, in the site's own time."""

    refusals: ClassVar[dict[str, str]] = {
        "no-phone": "clinician",
        "ends-first": "ends_at",
        "past-shift": "ends_on",
        "long-shift": "ends_on",
        "overlap": "rung",
    }

    clinician = forms.ChoiceField(label=_("Who"), error_messages={"required": _("Choose who is on call.")})
    rung = forms.IntegerField(
        label=_("Rung"),
        min_value=1,
        max_value=9,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        help_text=_("1 is called first."),
        error_messages={
            "required": _("Type the rung: 1 is called first."),
            "invalid": _("Type the rung as a number: 1 is called first."),
            "min_value": _("The first rung is 1."),
            "max_value": _("There are at most 9 rungs."),
        },
    )
    starts_on = moments.DayField(label=_("From, date"))
    starts_at = moments.ClockField(label=_("From, time"))
    ends_on = moments.DayField(label=_("To, date"))
    ends_at = moments.ClockField(label=_("To, time"))

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.site = site
        self.people = {
            str(one.pk): one for one in Clinician.objects.filter(site=site, is_active=True).exclude(phone="")
        }
        field: Any = self.fields["clinician"]
        names = sorted((one.name, pk, one.get_role_display()) for pk, one in self.people.items())
        field.choices = [("", _("choose")), *((pk, f"{name}, {role}") for name, pk, role in names)]

    def clean(self) -> dict[str, Any]:
        """Adds `start` and `end` as moments in UTC. An hour that comes twice is refused: move the shift by one."""
        data = self.cleaned_data
        for name, on, at in (("start", "starts_on", "starts_at"), ("end", "ends_on", "ends_at")):
            if on in data and at in data:
                try:
                    data[name] = moments.picked(data[on], data[at], "", self.site.time_zone)
                except ValidationError as problem:
                    twice = "That time comes twice this night. Choose an hour earlier or later."
                    self.add_error(at, twice if problem.code == "twice" else problem)
        return data


def steps_of(label: Label, regimen_id: str) -> list[tuple[str, str]]:
    """Every dose of a regimen, for choosing."""
    regimen = next(one for one in label.regimens if one.id == regimen_id)
    return [(dose.id, dose.name) for dose in regimen.doses]
