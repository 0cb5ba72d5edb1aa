"""The form of a swap: hours of one's own, or part of them, for a colleague, and perhaps hours of theirs in return."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from monitoring.forms import WardForm
from notifications import oncall, swaps
from notifications.models import Clinician
from stepup import moments, own_shifts, rota_forms

HOUR = timedelta(hours=1)
OWN, THEIRS = "", "back_"
ANYONE = "anyone"
EDGES = ("starts", "ends")


@dataclass(frozen=True)
class Choice:
    """Hours that can be swapped, whole or in part.

    `begun`: only what is still to come, so from when has to be said. `goes_on`: it was read only so far, so until
    when has to be said.
    """

    stint: oncall.Stint
    begun: bool
    goes_on: bool

    @property
    def zone(self) -> str:
        """The site's time zone."""
        return str(self.stint.clinician.site.time_zone)

    def words(self, *, named: bool) -> str:
        """As a list of choices says it."""
        one = self.stint
        facts = {
            "rung": one.rung,
            "since": rota_forms.said(one.starts_at, self.zone),
            "until": rota_forms.said(one.ends_at, self.zone),
        }
        if self.begun and self.goes_on:
            said = gettext("rung %(rung)s, now and for the next four weeks") % facts
        elif self.begun:
            said = gettext("rung %(rung)s, now to %(until)s") % facts
        elif self.goes_on:
            said = gettext("rung %(rung)s, from %(since)s on") % facts
        else:
            said = gettext("rung %(rung)s, %(since)s to %(until)s") % facts
        return f"{one.clinician.name}: {said}" if named else said

    def initial(self, prefix: str) -> dict[str, Any]:
        """The whole of it, on the site's clock; of what has begun, from the next full hour on."""
        one = self.stint
        since = one.starts_at
        if self.begun:
            since = min(since.replace(minute=0, second=0, microsecond=0) + HOUR, one.ends_at)
        found = rota_forms.span_initial(since, one.ends_at, self.zone)
        if self.goes_on:
            found |= {"ends_on": None, "ends_at": ""}
        return {prefix + name: value for name, value in found.items()}


def choices(stints: Iterable[oncall.Stint], now: datetime) -> dict[str, Choice]:
    """Hours to choose from, by a value that stays the same while they do: a rung has one person at a time."""
    found = [
        Choice(one, begun=one.starts_at <= now, goes_on=one.ends_at >= now + own_shifts.SHOWN)
        for one in stints
    ]
    return {
        f"{one.stint.rung}.{'now' if one.begun else f'{one.stint.starts_at:%Y%m%d%H%M}'}": one
        for one in found
    }


def _edge(field: type[forms.Field], label: Any) -> Any:
    return field(label=label, required=False)


class SwapForm(WardForm):
    """One's own hours, or part of them, for a colleague, and perhaps hours of theirs in return."""

    refusals: ClassVar[dict[str, str]] = {
        "same-person": "to", "no-phone": "to", "away": "to", "role": "to", "rung-role": "to", "not-theirs": "back",
        "nobody": "to", "asked-already": "to", "begun": "starts_at", "ends-first": "ends_at", "past-shift": "ends_at",
    }  # fmt: skip

    given = forms.ChoiceField(
        label=_("Your hours"), error_messages={"required": _("Choose the hours you offer.")}
    )
    starts_on = _edge(moments.DayField, _("From, date"))
    starts_at = _edge(moments.ClockField, _("From, time"))
    ends_on = _edge(moments.DayField, _("To, date"))
    ends_at = _edge(moments.ClockField, _("To, time"))
    to = forms.ChoiceField(label=_("Offered to"), error_messages={"required": _("Choose a colleague.")})
    back = forms.ChoiceField(label=_("For these hours of theirs"), required=False)
    back_starts_on = _edge(moments.DayField, _("From, date"))
    back_starts_at = _edge(moments.ClockField, _("From, time"))
    back_ends_on = _edge(moments.DayField, _("To, date"))
    back_ends_at = _edge(moments.ClockField, _("To, time"))

    def __init__(
        self,
        *args: Any,
        people: dict[str, Clinician],
        mine: dict[str, Choice],
        theirs: dict[str, Choice],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.people, self.mine, self.theirs = people, mine, theirs
        fields: Any = self.fields
        fields["given"].choices = [
            ("", _("choose")),
            *((value, one.words(named=False)) for value, one in mine.items()),
        ]
        first, *named = rota_forms.choices(people)
        fields["to"].choices = [first, (ANYONE, _("whoever may stand on this rung")), *named]
        fields["back"].choices = [
            ("", _("nothing in return")),
            *((value, one.words(named=True)) for value, one in theirs.items()),
        ]

    @property
    def parts_theirs(self) -> bool:
        """Whether the fields for part of the colleague's hours have something in them."""
        return any(self[f"back_{edge}_{what}"].value() for edge in EDGES for what in ("on", "at"))

    def clean(self) -> dict[str, Any]:
        """Adds `hours` and `hours_back`: the whole of what was chosen where nothing else was typed."""
        data = self.cleaned_data
        given, back = self.mine.get(data.get("given", "")), self.theirs.get(data.get("back", ""))
        data["hours"] = self._hours(given, OWN) if given else None
        data["hours_back"] = self._hours(back, THEIRS) if back else None
        if back is None and "back" not in self.errors and self.parts_theirs:
            self.add_error("back", _("Choose whose hours these are part of, or leave the times empty."))
        if back is not None and data.get("to") == ANYONE:
            self.add_error("back", _("Hours in return are asked of one colleague: choose whom."))
        return data

    def _hours(self, choice: Choice, prefix: str) -> swaps.Hours | None:
        since, until = (self._moment(choice, prefix, edge) for edge in EDGES)
        return swaps.Hours(choice.stint.rung, since, until) if since and until else None

    def _moment(self, choice: Choice, prefix: str, edge: str) -> datetime | None:
        """When the part begins or ends: as typed, within the hours chosen, or their own edge."""
        on, at = (self.cleaned_data.get(f"{prefix}{edge}_{what}") for what in ("on", "at"))
        if any(f"{prefix}{edge}_{what}" in self.errors for what in ("on", "at")):
            return None
        try:
            return _within(choice, edge, on, at)
        except ValidationError as problem:
            self.add_error(f"{prefix}{edge}_at", rota_forms.TWICE if problem.code == "twice" else problem)
            return None


def _within(choice: Choice, edge: str, on: date | None, at: time | None) -> datetime:
    """The one moment of these hours that was typed. Of an hour that comes twice, an edge of theirs is that edge."""
    one, zone = choice.stint, choice.zone
    own = one.starts_at if edge == "starts" else one.ends_at
    if on is None and at is None:
        if edge == "starts" and choice.begun:
            raise ValidationError(gettext("They have begun: say from when on you mean."))
        if edge == "ends" and choice.goes_on:
            raise ValidationError(gettext("They have no end in these four weeks: say until when."))
        return own
    if on is None or at is None:
        raise ValidationError(gettext("Give both the date and the time, or neither."))
    if _shown(own, zone) == (on, at):
        return own
    shown = moments.possible(on, at, zone)
    inside = [moment for moment in shown if one.starts_at <= moment <= one.ends_at]
    if len(inside) == 1:
        return inside[0]
    if not shown or inside:
        return moments.picked(on, at, "", zone)  # which says what is wrong with it
    raise ValidationError(
        gettext("That is outside of these hours: they are from %(since)s to %(until)s.")
        % {"since": rota_forms.said(one.starts_at, zone), "until": rota_forms.said(one.ends_at, zone)}
    )


def _shown(at: datetime, zone: str) -> tuple[date, time]:
    """What the clock of the site shows then, to the minute."""
    local = at.astimezone(ZoneInfo(zone))
    return local.date(), local.time().replace(second=0, microsecond=0)
