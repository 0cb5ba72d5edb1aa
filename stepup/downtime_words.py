"""What the downtime list says, in lines for the terminal and the PDF, in cells for the CSV, in values for programs."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from monitoring import texts
from notifications import daynames, phones
from notifications.models import Site
from protocols import dosing, wording
from stepup.downtime import DowntimeList, Line, NextPlanned

NOT_WRITTEN = gettext_lazy("not written down, ask")
TIME, SHORT, CLOCK = "%a %d %b %Y %H:%M %Z", "%a %d %b %H:%M %Z", "%a %H:%M"
LINE = "_" * 66


def page(made: DowntimeList) -> list[str]:
    """The list as plain text, a block a patient, with room to write."""
    blocks = [text for line in made.lines for text in _block(made.site, line)]
    return [*head(made), "", *calls(made), "", *blocks]


def head(made: DowntimeList) -> list[str]:
    """Whose list, when it was made (on the site's clock and in UTC), until when it is good, and how many are on it."""
    zone, count = made.site.time_zone, len(made.lines)
    said = {
        "utc": f"{made.made_at:%Y-%m-%d %H:%M}", "at": daynames.on_clock(made.made_at, zone, TIME),
        "until": daynames.on_clock(made.good_until, zone, "%H:%M %Z"), "count": count,
    }  # fmt: skip
    when = ngettext(
        "made %(utc)s UTC, %(at)s; good until %(until)s; %(count)s patient",
        "made %(utc)s UTC, %(at)s; good until %(until)s; %(count)s patients",
        count,
    )
    return [_("DOWNTIME LIST   %(site)s") % {"site": made.site.name}, when % said]


def calls(made: DowntimeList) -> list[str]:
    """The chain to ring, each with a number; an empty rung says so. Then the desk."""
    chain = []
    for line in made.on_call:
        who = ", ".join(
            filter(None, (line.name or _("NOBODY"), line.phone and phones.for_reading(line.phone)))
        )
        chain.append(_("on call %(rung)s: %(who)s") % {"rung": line.rung, "who": who})
    desk = _("desk %(desk)s; emergency %(emergency)s") % {
        "desk": phones.for_reading(made.site.oncall_number), "emergency": made.site.emergency_number,
    }  # fmt: skip
    return [*(chain or [_("on call: NOBODY")]), desk]


def _block(site: Site, line: Line) -> list[str]:
    return [
        heading(line),
        *(f"   {said}" for said in facts(site, line)),
        f"   {case(line)}",
        f"   {_('notes:')} {LINE}",
        "",
    ]


def heading(line: Line) -> str:
    """Who this is, by name, date of birth and identifier."""
    patient = line.patient
    return _("%(name)s, born %(born)s, %(identifier)s, speaks %(language)s") % {
        "name": patient.name, "born": daynames.written(patient.born_on, "%d %b %Y"),
        "identifier": patient.identifier, "language": wording.name(patient.language),
    }  # fmt: skip


def case(line: Line) -> str:
    """The open case, or that there is none."""
    if not line.case:
        return _("no case open")
    return _("OPEN CASE %(code)s: %(headline)s") % {"code": line.case.code, "headline": line.case.headline}


def facts(site: Site, line: Line) -> list[str]:
    """Everything needed to go on by telephone, in the order in which it is needed."""
    patient, zone = line.patient, site.time_zone
    reach = _("phone %(phone)s; caregiver %(caregiver)s %(caregiver_phone)s; allergies: %(allergies)s") % {
        "phone": phones.for_reading(patient.phone), "caregiver": patient.caregiver_name,
        "caregiver_phone": phones.for_reading(patient.caregiver_phone),
        "allergies": patient.allergies or _("none recorded"),
    }  # fmt: skip
    pocket = _("pocket order %(mg)s") % {"mg": dosing.format_mg(line.pocket_mg)} if line.pocket_mg else ""
    coming = ", ".join(daynames.on_clock(at, zone, CLOCK) for at in line.next_checkins)
    heard = [
        _heard(site, line),
        _("medicines reported: %(said)s") % {"said": _medicines(line, zone)},
        pocket or _("no pocket order"),
        _("next check-ins %(times)s") % {"times": coming or _("none")},
    ]
    return [
        reach,
        _dose(line, zone),
        _("next dose planned: %(dose)s") % {"dose": _next_dose(line, zone)},
        "; ".join(heard),
        *_stay(line, zone),
        _("emergency department to send to: %(where)s")
        % {"where": patient.emergency_department or NOT_WRITTEN},
    ]


def _heard(site: Site, line: Line) -> str:
    if line.reading is None:
        return _("last temperature none yet")
    said = {"sent": line.reading.sent, "at": texts.site_time(site, line.reading.at)}
    if line.reading.masked:
        return _("last temperature %(sent)s at %(at)s, masked by a medicine") % said
    return _("last temperature %(sent)s at %(at)s") % said


def _medicines(line: Line, zone: str) -> str:
    said = [f"{one.value} {daynames.on_clock(one.at, zone, CLOCK)}" for one in line.medicines]
    return ", ".join(said) or _("none")


def _stay(line: Line, zone: str) -> list[str]:
    stay = line.stay
    if stay is None:
        return []
    return [
        _("IN HOSPITAL since %(since)s: %(where)s, %(phone)s")
        % {
            "since": daynames.on_clock(stay.admitted_at, zone, SHORT), "where": stay.where,
            "phone": phones.for_reading(stay.phone),
        }
    ]  # fmt: skip


def _dose(line: Line, zone: str) -> str:
    watch = line.watch
    if watch.given_at is None or watch.ends_at is None:
        return watch.drug
    said = {
        "drug": watch.drug, "step": watch.step.replace("_", " "), "hours": line.hours,
        "given": daynames.on_clock(watch.given_at, zone, SHORT),
        "ends": daynames.on_clock(watch.ends_at, zone, SHORT),
    }  # fmt: skip
    if watch.closed_at is not None:
        return (
            _(
                "%(drug)s, %(step)s, given %(given)s (%(hours)s h ago); no longer watched; hours ended %(ends)s"
            )
            % said
        )
    return _("%(drug)s, %(step)s, given %(given)s (%(hours)s h ago); watched until %(ends)s") % said


def _next_dose(line: Line, zone: str) -> str:
    planned = line.next_dose
    if planned is None:
        return _("none")
    return "; ".join(
        [_planned(planned, zone), *(_("HELD: %(why)s") % {"why": why} for why in planned.held_because)]
    )


def _planned(planned: NextPlanned, zone: str) -> str:
    if planned.at is not None:
        return f"{planned.name}, {daynames.on_clock(planned.at, zone, TIME)}"
    if planned.on:
        return f"{planned.name}, {daynames.written(planned.on)}"
    return _("%(dose)s, date: ask") % {"dose": planned.name}


def table(made: DowntimeList) -> list[list[str]]:
    """The list as rows of cells under a row of names: times as ISO 8601 in UTC, one patient a row."""
    rows = [
        row | {"emergency_department": row["emergency_department"] or str(NOT_WRITTEN)}
        for row in map(_as_json, made.lines)
    ]
    until = {"made_at": made.made_at.isoformat(), "good_until": made.good_until.isoformat()}
    ring = {"on_call": "; ".join(calls(made))}
    flat = [{name: _cell(value) for name, value in (row | until | ring).items()} for row in rows]
    names = list(flat[0]) if flat else [*until, *ring]
    return [names, *([row[name] for name in names] for row in flat)]


def _cell(value: Any) -> str:
    """A value as one cell. What a spreadsheet would take for a formula is kept as words."""
    if isinstance(value, dict):
        value = ", ".join(str(part) for part in value.values() if part)
    elif isinstance(value, list):
        value = "; ".join(map(str, value))
    elif isinstance(value, bool):
        value = "yes" if value else "no"
    said = "" if value is None else str(value)
    return f"'{said}" if said[:1] in {"=", "+", "-", "@", "\t", "\r"} else said


def document(made: DowntimeList) -> dict[str, Any]:
    return {
        "site": made.site.slug,
        "made_at": made.made_at.isoformat(),
        "good_until": made.good_until.isoformat(),
        "on_call": [{"rung": line.rung, "name": line.name, "phone": line.phone} for line in made.on_call],
        "patients": [_as_json(line) for line in made.lines],
    }


def _as_json(line: Line) -> dict[str, Any]:
    patient, watch = line.patient, line.watch
    return {
        "identifier": patient.identifier,
        "name": patient.name,
        "born_on": patient.born_on.isoformat(),
        "language": patient.language,
        "phone": patient.phone,
        "caregiver": {"name": patient.caregiver_name, "phone": patient.caregiver_phone},
        "allergies": patient.allergies,
        "emergency_department": patient.emergency_department or None,
        "drug": watch.drug,
        "step": watch.step,
        "given_at": watch.given_at.isoformat() if watch.given_at else None,
        "hours_since_dose": line.hours,
        "watch_ends_at": watch.ends_at.isoformat() if watch.ends_at else None,
        "watched": watch.ends_at is not None and watch.closed_at is None,
        "last_temperature": line.reading.sent if line.reading else None,
        "masked": bool(line.reading and line.reading.masked),
        "medicines": [f"{one.value} {one.at.isoformat()}" for one in line.medicines],
        "open_case": line.case.code if line.case else None,
        "next_checkins": [at.isoformat() for at in line.next_checkins],
        "next_dose": _next_as_json(line),
    }


def _next_as_json(line: Line) -> dict[str, Any] | None:
    planned = line.next_dose
    if planned is None:
        return None
    return {
        "name": planned.name,
        "on": planned.on.isoformat() if planned.on else None,
        "at": planned.at.isoformat() if planned.at else None,
        "held_because": list(planned.held_because),
    }
