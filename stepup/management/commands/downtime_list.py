"""`manage.py downtime_list`: everybody watched or with a case, to be printed before an outage. Reads the database."""

from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import CommandParser

from monitoring import texts
from notifications import clock, phones
from notifications.models import Site
from protocols import dosing
from protocols.errors import Refusal
from stepup import downtime
from stepup.downtime import DowntimeList, Line
from stepup.management.plain import PlainCommand

SPACE = "   notes: " + "_" * 66


class Command(PlainCommand):
    help = "The printable list for an outage: who is watched or has a case, and whom to call (touches the database)."
    example = "downtime_list --site riverbend-demo"

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--site", help="the site's short name; needed when there are several")

    def answer(self, options: dict[str, Any]) -> tuple[list[str], Any]:
        made = downtime.make(_site(options["site"]), now=clock.now())
        return _page(made), _document(made)


def _site(slug: str | None) -> Site:
    sites = {site.slug: site for site in Site.objects.order_by("slug")}
    if slug is None and len(sites) == 1:
        return next(iter(sites.values()))
    if not sites:
        raise Refusal("no-site", "There is no site yet: type manage.py demo for a made-up one.")
    if slug is None or slug not in sites:
        raise Refusal("which-site", f"Name the site with --site. Known: {', '.join(sites)}.")
    return sites[slug]


def _page(made: DowntimeList) -> list[str]:
    """The list as plain text, a block a patient, with room to write."""
    zone = ZoneInfo(made.site.time_zone)
    head = [
        f"DOWNTIME LIST   {made.site.name}",
        f"made {made.made_at:%Y-%m-%d %H:%M} UTC, {made.made_at.astimezone(zone):%a %d %b %Y %H:%M %Z};"
        f" good until {made.good_until.astimezone(zone):%H:%M %Z}; {len(made.lines)} patients",
        "",
    ]
    calls = [f"on call {line.rung}: {line.name}, {phones.for_reading(line.phone)}" for line in made.on_call]
    blocks = [text for line in made.lines for text in _block(made.site, line)]
    return [*head, *(calls or ["on call: NOBODY"]), "", *blocks]


def _block(site: Site, line: Line) -> list[str]:
    patient, zone = line.patient, ZoneInfo(site.time_zone)
    case = f"   OPEN CASE {line.case.code}: {line.case.headline}" if line.case else "   no case open"
    heard = f"{line.reading.sent} at {texts.site_time(site, line.reading.at)}" if line.reading else "none yet"
    masked = ", masked by a medicine" if line.reading and line.reading.masked else ""
    pocket = f"pocket order {dosing.format_mg(line.pocket_mg)}" if line.pocket_mg else "no pocket order"
    coming = ", ".join(f"{at.astimezone(zone):%a %H:%M}" for at in line.next_checkins) or "none"
    return [
        f"{patient.name}   born {patient.born_on:%d %b %Y}   {patient.identifier}   {patient.language}",
        f"   phone {phones.for_reading(patient.phone)}; caregiver {patient.caregiver_name}"
        f" {phones.for_reading(patient.caregiver_phone)}; allergies: {patient.allergies or 'none recorded'}",
        f"   {_dose(line, zone)}",
        f"   next dose planned: {_next_dose(line, zone)}",
        f"   last temperature {heard}{masked}; {pocket}; next check-ins {coming}",
        case,
        SPACE,
        "",
    ]


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


def _document(made: DowntimeList) -> dict[str, Any]:
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
        "drug": watch.drug,
        "step": watch.step,
        "given_at": watch.given_at.isoformat() if watch.given_at else None,
        "hours_since_dose": line.hours,
        "watch_ends_at": watch.ends_at.isoformat() if watch.ends_at else None,
        "watched": watch.ends_at is not None and watch.closed_at is None,
        "last_temperature": line.reading.sent if line.reading else None,
        "masked": bool(line.reading and line.reading.masked),
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
