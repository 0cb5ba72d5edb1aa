"""Forms of a draft: its values in real fields, part by part, each saved with its reason and its source."""

from collections.abc import Mapping, Sequence
from datetime import date, time
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from monitoring.forms import WardForm
from protocols import drafting, parsing
from protocols.pathway import STEP_UP
from protocols.regimens import Given
from stepup import fields, moments
from stepup.draft_parts import Part
from stepup.drafts import Wanted

EVERY_STEP_UP = (STEP_UP, "doses watched as step-up doses")
LARGEST = 100_000
WAIVERS = ("nurse", "pharmacist", "prescriber")
WANTS = {"minutes": "minutes", "date": "a day", "name": "a name", "answer": "an answer"}


class BeginForm(WardForm):
    """What a draft begins as, and what the site calls it."""

    refusals: ClassVar[dict[str, str]] = {"name": "name", "draft-open": "name", "not-approved": "base"}

    base = forms.ChoiceField(label=_("Begin as"))
    name = forms.CharField(
        label=_("Short name"),
        max_length=20,
        help_text=_(
            "Small letters, digits and hyphens, like home-weekdays. The same name makes its next version."
        ),
        error_messages={"required": _("Type a short name, like home-weekdays.")},
    )
    title = forms.CharField(
        label=_("Title"),
        max_length=80,
        error_messages={"required": _("Type the title people will read.")},
    )

    def __init__(self, *args: Any, bases: Sequence[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["base"]
        field.choices = bases


class WhyForm(WardForm):
    """What every change carries: the reason, where it comes from, and how far its author had read."""

    refusals: ClassVar[dict[str, str]] = {"why": "why"}

    why = forms.CharField(
        label=_("Why"),
        max_length=300,
        error_messages={"required": _("Say why in a few words.")},
    )
    source = forms.CharField(
        label=_("Source"),
        max_length=200,
        required=False,
        help_text=_("A document people can find. Left empty, it reads: decided by the site."),
    )
    seen = forms.IntegerField(min_value=0, max_value=2**31, widget=forms.HiddenInput)


class ValuesForm(WhyForm):
    """Numbers, amounts, ticks and texts of one part."""

    def __init__(self, *args: Any, part: Part, pathway: Mapping[str, Any], doses: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.values = part.values
        for value in part.values:
            field = _field(value, doses, drafting.get(pathway, value))
            field.label = _sentence(drafting.called(value))
            self.fields[_key(value)] = field
        self.order_fields([*map(_key, part.values), "why", "source", "seen"])

    def wanted(self) -> list[Wanted]:
        """The values as they should stand."""
        return [Wanted(value, _plain(value, self.cleaned_data[_key(value)])) for value in self.values]


def _key(value: str) -> str:
    return value.replace(".", "_")


def _sentence(words: str) -> str:
    return words[0].upper() + words[1:]


def _field(value: str, doses: Sequence[tuple[str, str]], now: Any) -> Any:
    if value in drafting.NUMBERS:
        return whole(initial=now)
    if value in drafting.AMOUNTS:
        return amount(initial=now, required=value != "weight_change_percent")
    if value == "pocket_dexamethasone":
        return forms.BooleanField(required=False, initial=now)
    if value in {"later_doses", "in_hospital"}:
        every = [EVERY_STEP_UP] if value == "in_hospital" else []
        return several(first(now, [*every, *doses]), initial=now)
    rows = 12 if value == "proposals" else 3
    return forms.CharField(
        max_length=6000,
        required=False,
        initial="\n".join(now) if isinstance(now, list) else now,
        widget=forms.Textarea(attrs={"rows": rows}),
        help_text=_("One on each line, the value's name first.") if value == "proposals" else "",
    )


def first(now: Any, choices: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The choices with those that stand first, in their own order, so that saving unchanged changes nothing."""
    standing = [now] if isinstance(now, str) else list(now or ())
    words = dict(choices)
    return [
        *((one, words.get(one, one)) for one in standing),
        *(choice for choice in choices if choice[0] not in standing),
    ]


def _plain(value: str, typed: Any) -> Any:
    """What was typed as the content holds it."""
    if isinstance(typed, Decimal):
        return parsing.plain(typed)
    if value == "proposals":
        return [line.strip() for line in typed.splitlines() if line.strip()]
    return (typed or None) if value == "in_hospital" else typed


def whole(**more: Any) -> forms.IntegerField:
    """A whole number."""
    return forms.IntegerField(
        min_value=0,
        max_value=LARGEST,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={
            "required": _("Type a whole number, like 24."),
            "invalid": _("Type a whole number, like 24."),
        },
        **more,
    )


def amount(**more: Any) -> forms.DecimalField:
    """An exact number."""
    return forms.DecimalField(
        min_value=0,
        max_digits=9,
        decimal_places=4,
        localize=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={
            "required": _("Type a number, like 0.3."),
            "invalid": _("Type a number with a point, like 0.3."),
        },
        **more,
    )


def several(choices: Any, **more: Any) -> forms.MultipleChoiceField:
    """Ticks."""
    return forms.MultipleChoiceField(
        choices=list(choices), required=False, widget=forms.CheckboxSelectMultiple, **more
    )


class ItemForm(WhyForm):
    """One thing that must be true before a dose: its wording, how long it is good, before which doses it is asked."""

    off = forms.BooleanField(label=_("Take this off the list"), required=False)
    name = forms.CharField(label=_("In a few words"), max_length=40)
    asks = forms.CharField(
        label=_("What must be true"), max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )
    because = forms.CharField(label=_("Why it is asked"), max_length=300)
    lasts = forms.ChoiceField(
        label=_("Good for"),
        choices=[("course", _("the course")), ("dose", _("one dose"))],
    )
    good_days = whole(label=_("At most so many days"), required=False)
    wants = several(WANTS.items(), label=_("Facts wanted with it"))
    at_most_minutes = whole(label=_("At most so many minutes"), required=False)
    waived_by = several(((role, role) for role in WAIVERS), label=_("Who may waive it"))
    before = forms.MultipleChoiceField(
        label=_("Asked before"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Nothing ticked: before every dose."),
    )

    def __init__(
        self,
        *args: Any,
        item: str,
        pathway: Mapping[str, Any],
        doses: Sequence[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        self.was: Mapping[str, Any] = drafting.get(pathway, f"readiness.{item}") or {}
        start = {**self.was, "because": self.was.get("why", ""), "lasts": self.was.get("lasts", "dose")}
        start["waived_by"] = self.was.get("waived_by", ["prescriber"])
        kwargs["initial"] = {key: value for key, value in start.items() if key != "why"} | kwargs.get(
            "initial", {}
        )
        super().__init__(*args, **kwargs)
        self.item = item
        lists: dict[str, Sequence[tuple[str, str]]] = {
            "before": [EVERY_STEP_UP, *doses],
            "waived_by": [(role, role) for role in WAIVERS],
            "wants": list(WANTS.items()),
        }
        for name, choices in lists.items():
            field: Any = self.fields[name]
            field.choices = first(start.get(name), choices)
        self.taken = {row["id"] for row in pathway["readiness"]}
        if self.was.get("derived"):
            for name in ("wants", "at_most_minutes"):
                del self.fields[name]
        if not self.was:
            del self.fields["off"]
        self.order_fields([name for name in self.fields if name not in WhyForm.base_fields])

    def wanted(self) -> list[Wanted]:
        """The item as it should stand, or that it should not."""
        data = self.cleaned_data
        item = self.item or self._new_id(data["name"])
        if data.get("off"):
            return [Wanted(f"readiness.{item}", None)]
        row: dict[str, Any] = {**self.was, "id": item, "why": data["because"]}
        row |= {"name": data["name"], "asks": data["asks"]}
        for key, usual in (("lasts", "dose"), ("waived_by", ["prescriber"])):
            if data[key] != usual or key in self.was:
                row[key] = data[key]
        for key in ("good_days", "wants", "at_most_minutes", "before"):
            if key not in data:
                continue
            row.pop(key, None)
            if data[key] not in (None, [], ""):
                row[key] = data[key]
        if not self.was:
            row |= {"sources": [], "missing": drafting.OURS}
        return [Wanted(f"readiness.{item}", row)]

    def _new_id(self, name: str) -> str:
        slug = "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in name.casefold()).strip(
            "-"
        )
        slug = slug[:30] or "item"
        return slug if slug not in self.taken else f"{slug}-own"


class CompareForm(WardForm):
    """Which two versions are held side by side."""

    old = forms.ChoiceField(label=_("This version"))
    new = forms.ChoiceField(label=_("Against this one"))

    def __init__(self, *args: Any, versions: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("old", "new"):
            field: Any = self.fields[name]
            field.choices = versions


class TryForm(WardForm):
    """A made-up patient to try a draft on."""

    refusals: ClassVar[dict[str, str]] = {"impossible-days": "days_late", "unknown-step": "given"}

    start_on = moments.DayField(label=_("Day of the first dose"))
    weight_kg = fields.KilogramField()
    regimen = forms.ChoiceField(label=_("Schedule"))
    given = forms.CharField(
        label=_("Doses so far"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One on each line: the dose, then its date, like step_up_dose_1 2027-03-01."),
    )
    days_late = whole(label=_("Days late with the next one"), initial=0)
    at = moments.ClockField(label=_("Time given"))

    def __init__(
        self, *args: Any, regimens: Sequence[tuple[str, str]], doses: Sequence[str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["regimen"]
        field.choices = regimens
        self.doses = doses

    def clean_given(self) -> tuple[Given, ...]:
        """Each line a known dose and a date."""
        given = []
        for line in self.cleaned_data["given"].splitlines():
            if not line.strip():
                continue
            step, _gap, day = line.strip().partition(" ")
            try:
                on = date.fromisoformat(day.strip())
            except ValueError:
                raise forms.ValidationError(
                    _("%(line)s has no date like 2027-03-01.") % {"line": f"{line.strip()!r}"}
                ) from None
            if step not in self.doses:
                raise forms.ValidationError(
                    _("%(step)s is no dose here. Known: %(doses)s.")
                    % {"step": f"{step!r}", "doses": ", ".join(self.doses)}
                )
            given.append(Given(step, on))
        return tuple(given)

    @property
    def time_given(self) -> time:
        found: time = self.cleaned_data["at"]
        return found
