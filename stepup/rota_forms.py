"""The forms of the on-call list: any hour, a rotation, a rung, an override and time off."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from monitoring.forms import WardForm
from notifications import daynames, roles, rotations
from notifications.models import Clinician, Role, Rotation, Site
from protocols import chairs
from protocols.rotas import EVERY_DAY, Hours
from stepup import moments, rota_import

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
UNITS = {"hours": 1, "days": 24, "weeks": 168}
TWICE = "That time comes twice this night. Choose an hour earlier or later."


def _number(label: str, most: int, hint: str = "", **kwargs: Any) -> forms.IntegerField:
    said = f"Type a whole number from 1 to {most}."
    return forms.IntegerField(
        label=label,
        min_value=1,
        max_value=most,
        help_text=hint,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), said),
        **kwargs,
    )


def able(site: Site) -> dict[str, Clinician]:
    """Everybody of a site whom a page would reach and who may take a case, by the value of their choice."""
    people = Clinician.objects.filter(site=site, is_active=True).exclude(phone="").order_by("name")
    return {str(one.pk): one for one in people if roles.may(one, "work on a case")}


def choices(people: dict[str, Clinician], empty: str = "choose") -> list[tuple[str, str]]:
    """The people to choose from, each with their role."""
    return [("", empty), *((pk, f"{one.name}, {one.get_role_display()}") for pk, one in people.items())]


class SiteForm(WardForm):
    """What is typed on the clock of a site."""

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.site = site


class SpanForm(SiteForm):
    """From a date and time to another, on the site's clock."""

    starts_on = moments.DayField(label=_("From, date"))
    starts_at = moments.ClockField(label=_("From, time"))
    ends_on = moments.DayField(label=_("To, date"))
    ends_at = moments.ClockField(label=_("To, time"))

    def clean(self) -> dict[str, Any]:
        """Adds `start` and `end` as moments in UTC."""
        data = self.cleaned_data
        for name, on, at in (("start", "starts_on", "starts_at"), ("end", "ends_on", "ends_at")):
            data[name] = _picked(self, on, at)
        return data


def _picked(form: WardForm, on: str, at: str) -> datetime | None:
    data = form.cleaned_data
    if data.get(on) is None or data.get(at) is None:
        return None
    try:
        return moments.picked(data[on], data[at], "", form.site.time_zone)  # type: ignore[attr-defined]
    except ValidationError as problem:
        form.add_error(at, TWICE if problem.code == "twice" else problem)
        return None


def span_initial(starts_at: datetime, ends_at: datetime, zone: str) -> dict[str, Any]:
    """What a span form begins with: these moments on the site's clock."""
    first, last = starts_at.astimezone(ZoneInfo(zone)), ends_at.astimezone(ZoneInfo(zone))
    return {
        "starts_on": first.date(),
        "starts_at": f"{first:%H:%M}",
        "ends_on": last.date(),
        "ends_at": f"{last:%H:%M}",
    }


def said(at: datetime, zone: str) -> str:
    """A moment on the site's clock, as a choice says it."""
    return daynames.on_clock(at, zone, "%a %d %b %H:%M %Z")


class HourForm(SiteForm):
    """Any hour about which somebody asks who is on call."""

    on = moments.DayField(label=_("Day"))
    at = moments.ClockField(label=_("Time"))

    def clean(self) -> dict[str, Any]:
        """Adds `moments`, in UTC: both of an hour that comes twice; of one the clocks leave out, when they change."""
        data = self.cleaned_data
        if data.get("on") is not None and data.get("at") is not None:
            on, at, zone = data["on"], data["at"], self.site.time_zone
            data["moments"] = moments.possible(on, at, zone) or [chairs.moment(on, at, zone, last=False)]
        return data


class OverrideForm(SpanForm):
    """Somebody on a rung for a span, whatever else the list says."""

    refusals: ClassVar[dict[str, str]] = {
        "no-phone": "clinician", "role": "clinician", "rung-role": "clinician", "other-site": "clinician",
        "away": "clinician", "ends-first": "ends_at", "past-shift": "ends_on", "long-shift": "ends_on",
        "overlap": "rung", "why": "why",
    }  # fmt: skip
    field_order = (
        "clinician",
        "rung",
        "starts_on",
        "starts_at",
        "ends_on",
        "ends_at",
        "why",
    )

    clinician = forms.ChoiceField(label=_("Who"), error_messages={"required": _("Choose who is on call.")})
    rung = _number("Rung", 9, "1 is called first.")
    why = forms.CharField(
        label=_("Why"),
        max_length=200,
        help_text=_("No patient's name."),
        error_messages={"required": _("Say why somebody else is on call then.")},
    )

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, site=site, **kwargs)
        self.people = able(site)
        field: Any = self.fields["clinician"]
        field.choices = choices(self.people)


class TimeOffForm(SpanForm):
    """When somebody is not called."""

    refusals: ClassVar[dict[str, str]] = {
        "ends-first": "ends_at", "past-shift": "ends_on", "long-shift": "ends_on", "not-yours": "clinician",
    }  # fmt: skip
    field_order = ("clinician", "starts_on", "starts_at", "ends_on", "ends_at")

    clinician = forms.ChoiceField(
        label=_("Who"), error_messages={"required": _("Choose whose time off it is.")}
    )

    def __init__(self, *args: Any, site: Site, people: Iterable[Clinician], **kwargs: Any) -> None:
        super().__init__(*args, site=site, **kwargs)
        self.people = {str(one.pk): one for one in people}
        field: Any = self.fields["clinician"]
        field.choices = [(pk, one.name) for pk, one in self.people.items()]


class RungForm(WardForm):
    """What a rung is called here, and whose place it is."""

    refusals: ClassVar[dict[str, str]] = {"rung-role": "role"}

    rung = _number("Rung", 9, "1 is called first.")
    title = forms.CharField(
        label=_("What it is called here"),
        max_length=60,
        help_text=_("For example: nurse at night."),
        error_messages={"required": _("Say what this rung is called here.")},
    )
    role = forms.ChoiceField(
        label=_("Whose place it is"),
        required=False,
        choices=[
            ("", _("anybody who takes cases")),
            *((r, r.label) for r in (Role.NURSE, Role.PRESCRIBER, Role.RESPONDER)),
        ],
    )


class RotationForm(WardForm):
    """Who takes turns on a rung, how long each turn is, and for which part of the week."""

    refusals: ClassVar[dict[str, str]] = {
        "past-rotation": "from_on", "far-rotation": "starts_on", "long-turn": "turn", "overlap": "layer",
        "nobody": "person_1", "no-phone": "person_1", "role": "person_1", "rung-role": "rung",
        "rotation-over": "from_on",
    }  # fmt: skip

    name = forms.CharField(
        label=_("Name"),
        max_length=60,
        help_text=_("For example: nurses, weekday nights."),
        error_messages={"required": _("Give the rotation a name.")},
    )
    rung = _number("Rung", 9, "1 is called first.")
    layer = _number(
        "Layer", 9, "Usually 1. A rotation for part of the week goes on layer 1, the usual one below it on 2."
    )
    turn = _number("Each turn lasts", 366)
    unit = forms.ChoiceField(
        label=_("of"), choices=[("weeks", _("weeks")), ("days", _("days")), ("hours", _("hours"))]
    )
    starts_on = moments.DayField(label=_("First turn begins on"))
    hand_over = moments.ClockField(label=_("Hand-over at"), help_text=_("On the site's clock, every time."))
    weekdays = forms.MultipleChoiceField(
        label=_("Only on these days"),
        required=False,
        choices=[(str(n), name) for n, name in enumerate(DAYS)],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked is the whole week. A night belongs to the day on which it begins."),
    )
    opens = moments.ClockField(label=_("From"), required=False)
    closes = moments.ClockField(
        label=_("To"), required=False, help_text=_("Earlier than From, or the same, is on the next day.")
    )
    from_on = moments.DayField(
        label=_("In force from, date"),
        required=False,
        help_text=_("Left empty: from the first turn, or from now."),
    )
    from_at = moments.ClockField(label=_("In force from, time"), required=False)

    def __init__(self, *args: Any, site: Site, now: datetime, places: int = 0, **kwargs: Any) -> None:
        """With as many places as may take turns, and no fewer than the rotation to be changed has."""
        super().__init__(*args, **kwargs)
        self.site, self.now, self.people = site, now, able(site)
        self.places = range(1, max(places, rotations.MOST_PEOPLE) + 1)
        for n in self.places:
            label = "Takes the first turn" if n == 1 else f"Then, {n}"
            field = forms.ChoiceField(label=label, required=n == 1, choices=choices(self.people, "nobody"))
            field.error_messages["required"] = "Choose who takes the first turn."
            self.fields[f"person_{n}"] = field

    def clean(self) -> dict[str, Any]:
        """Adds `hours` and `since`; points at half-given hours and at a half-given moment."""
        data = self.cleaned_data
        opens, closes = data.get("opens"), data.get("closes")
        if (opens is None) != (closes is None):
            self.add_error(
                "closes" if closes is None else "opens", _("Give both times, or neither for whole days.")
            )
        data["since"] = self._since(data)
        return data

    def _since(self, data: dict[str, Any]) -> datetime | None:
        if (data.get("from_on") is None) != (data.get("from_at") is None):
            self.add_error("from_at", _("Give both the date and the time, or neither."))
            return None
        if data.get("from_on") is not None:
            return _picked(self, "from_on", "from_at")
        if data.get("starts_on") is None or data.get("hand_over") is None:
            return None
        first = chairs.moment(data["starts_on"], data["hand_over"], self.site.time_zone, last=False)
        return max(first, self.now)

    def plan(self) -> rotations.Plan:
        """What was typed, as the operation takes it."""
        data = self.cleaned_data
        chosen = [data.get(f"person_{n}") for n in self.places]
        return rotations.Plan(
            rung=data["rung"],
            layer=data["layer"],
            name=data["name"],
            people=[self.people[pk] for pk in chosen if pk],
            starts_on=data["starts_on"],
            hand_over=data["hand_over"],
            turn_hours=data["turn"] * UNITS[data["unit"]],
            since=data["since"],
            hours=_hours(data),
        )

    def place_fields(self) -> list[BoundField]:
        """The places in order, for the page."""
        return [self[f"person_{n}"] for n in self.places]


class EndForm(SiteForm):
    """The moment at which a rotation ends."""

    refusals: ClassVar[dict[str, str]] = {"past-rotation": "at"}
    prefix = "end"

    on = moments.DayField(label=_("Ends on"))
    at = moments.ClockField(label=_("Ends at"))

    def clean(self) -> dict[str, Any]:
        """Adds `moment`, in UTC."""
        self.cleaned_data["moment"] = _picked(self, "on", "at")
        return self.cleaned_data


def _hours(data: dict[str, Any]) -> Hours | None:
    days = frozenset(int(n) for n in data["weekdays"])
    if data["opens"] is None:
        if not days:
            return None
        return Hours(days, data["hand_over"], data["hand_over"])
    return Hours(days or EVERY_DAY, data["opens"], data["closes"])


def rotation_initial(row: Rotation) -> dict[str, Any]:
    """What the form begins with when a rotation is to be replaced by a changed one."""
    unit = next(name for name in ("weeks", "days", "hours") if row.turn_hours % UNITS[name] == 0)
    people = {f"person_{turn.place}": str(turn.clinician_id) for turn in row.turns.all()}
    return {
        "name": row.name,
        "rung": row.rung,
        "layer": row.layer,
        "turn": row.turn_hours // UNITS[unit],
        "unit": unit,
        "starts_on": row.starts_on,
        "hand_over": f"{row.hand_over:%H:%M}",
        "weekdays": [str(n) for n in row.weekdays],
        "opens": f"{row.opens:%H:%M}" if row.opens else "",
        "closes": f"{row.closes:%H:%M}" if row.closes else "",
        **people,
    }


class ImportForm(WardForm):
    """A file of one rung; or its text, sent again once it was seen."""

    rung = _number("Rung", 9, "1 is called first.")
    file = forms.FileField(label=_("The file, ending in .ics"), required=False)
    file.goes_with = True  # type: ignore[attr-defined] # seen once, its text is sent again in its place
    text = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)
    accept = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].goes_with = True  # type: ignore[attr-defined] # with `text`: one of the two is there

    def clean(self) -> dict[str, Any]:
        """Makes `text` what the file says; a file that is no text is left for the reader to refuse."""
        data = self.cleaned_data
        file = data.get("file")
        if file is not None:
            data["text"] = file.read(rota_import.MOST_BYTES + 1).decode("utf-8-sig", errors="replace")
        if not data.get("text"):
            self.add_error("file", _("Choose the file that the other system made."))
        return data
