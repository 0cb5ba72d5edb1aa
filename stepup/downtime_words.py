"""What the downtime list says, in lines for the terminal and the PDF, in cells for the CSV, in values for programs."""

from typing import Any
from zoneinfo import ZoneInfo

from monitoring import texts
from notifications import phones
from notifications.models import Site
from protocols import dosing, wording
from stepup.downtime import DowntimeList, Line

NOT_WRITTEN = "not written down, ask"
SPACE = "   notes: " + "_" * 66


def page(made: DowntimeList) -> list[str]:
    """The list as plain text, a block a patient, with room to write."""
    blocks = [text for line in made.lines for text in _block(made.site, line)]
    return [*head(made), "", *calls(made), "", *blocks]


def head(made: DowntimeList) -> list[str]:
    """Whose list, when it was made (on the site's clock and in UTC), until when it is good, and how many are on it."""
    zone = ZoneInfo(made.site.time_zone)
    count = "1 patient" if len(made.lines) == 1 else f"{len(made.lines)} patients"
    return [
        f"DOWNTIME LIST   {made.site.name}",
        f"made {made.made_at:%Y-%m-%d %H:%M} UTC, {made.made_at.astimezone(zone):%a %d %b %Y %H:%M %Z};"
        f" good until {made.good_until.astimezone(zone):%H:%M %Z}; {count}",
    ]


def calls(made: DowntimeList) -> list[str]:
    """The chain to ring, each with a number; an empty rung says so. Then the desk."""
    chain = [
        f"on call {line.rung}: {line.name or 'NOBODY'}{', ' + phones.for_reading(line.phone) if line.phone else ''}"
        for line in made.on_call
    ]
    desk = f"desk {phones.for_reading(made.site.oncall_number)}; emergency {made.site.emergency_number}"
    return [*(chain or ["on call: NOBODY"]), desk]


def _block(site: Site, line: Line) -> list[str]:
    return [heading(line), *(f"   {said}" for said in facts(site, line)), f"   {case(line)}", SPACE, ""]


def heading(line: Line) -> str:
    """Who this is, by name, date of birth and identifier."""
    patient = line.patient
    born, speaks = f"{patient.born_on:%d %b %Y}", wording.name(patient.language)
    return f"{patient.name}, born {born}, {patient.identifier}, speaks {speaks}"


def case(line: Line) -> str:
    """The open case, or that there is none."""
    return f"OPEN CASE {line.case.code}: {line.case.headline}" if line.case else "no case open"


def facts(site: Site, line: Line) -> list[str]:
    """Everything needed to go on by telephone, in the order in which it is needed."""
    patient, zone = line.patient, ZoneInfo(site.time_zone)
    heard = f"{line.reading.sent} at {texts.site_time(site, line.reading.at)}" if line.reading else "none yet"
    masked = ", masked by a medicine" if line.reading and line.reading.masked else ""
    pocket = f"pocket order {dosing.format_mg(line.pocket_mg)}" if line.pocket_mg else "no pocket order"
    coming = ", ".join(f"{at.astimezone(zone):%a %H:%M}" for at in line.next_checkins) or "none"
    return [
        f"phone {phones.for_reading(patient.phone)}; caregiver {patient.caregiver_name}"
        f" {phones.for_reading(patient.caregiver_phone)}; allergies: {patient.allergies or 'none recorded'}",
        _dose(line, zone),
        f"next dose planned: {_next_dose(line, zone)}",
        f"last temperature {heard}{masked}; medicines reported: {_medicines(line, zone)}; {pocket};"
        f" next check-ins {coming}",
        *_stay(line, zone),
        f"emergency department to send to: {patient.emergency_department or NOT_WRITTEN}",
    ]


def _medicines(line: Line, zone: ZoneInfo) -> str:
    said = [f"{one.value} {one.at.astimezone(zone):%a %H:%M}" for one in line.medicines]
    return ", ".join(said) or "none"


def _stay(line: Line, zone: ZoneInfo) -> list[str]:
    stay = line.stay
    if stay is None:
        return []
    since = f"{stay.admitted_at.astimezone(zone):%a %d %b %H:%M %Z}"
    return [f"IN HOSPITAL since {since}: {stay.where}, {phones.for_reading(stay.phone)}"]


def _dose(line: Line, zone: ZoneInfo) -> str:
    watch = line.watch
    if watch.given_at is None or watch.ends_at is None:
        return watch.drug
    ended = watch.closed_at is not None
    return (
        f"{watch.drug}, {watch.step.replace('_', ' ')}, given"
        f" {watch.given_at.astimezone(zone):%a %d %b %H:%M %Z} ({line.hours} h ago);"
        f" {'no longer watched; hours ended' if ended else 'watched until'}"
        f" {watch.ends_at.astimezone(zone):%a %d %b %H:%M %Z}"
    )


def _next_dose(line: Line, zone: ZoneInfo) -> str:
    planned = line.next_dose
    if planned is None:
        return "none"
    held = "".join(f"; HELD: {why}" for why in planned.held_because)
    if planned.at is not None:
        return f"{planned.name}, {planned.at.astimezone(zone):%a %d %b %Y %H:%M %Z}{held}"
    return (
        f"{planned.name}, {planned.on:%a %d %b %Y}{held}"
        if planned.on
        else f"{planned.name}, date: ask{held}"
    )


def table(made: DowntimeList) -> list[list[str]]:
    """The list as rows of cells under a row of names: times as ISO 8601 in UTC, one patient a row."""
    rows = [
        row | {"emergency_department": row["emergency_department"] or NOT_WRITTEN}
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
