"""A site's on-call list as tests arrange it: nurses, daily turns from Tuesday noon on, and who answers."""

from datetime import date, datetime, time, timedelta

from notifications import oncall, rotations
from notifications.models import Clinician, Role, Rotation, Site
from tests import makers
from tests.makers import NOON

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
START = NOON + DAY  # Tuesday 2 March, 12:00 at the site


def nurse(site: Site, name: str = "Nurse N", role: Role = Role.NURSE) -> Clinician:
    return makers.a_clinician(site, role, name=name, phone=makers.a_phone())


def a_plan(*people: Clinician, **facts: object) -> rotations.Plan:
    """Daily turns from Tuesday noon on."""
    defaults: dict[str, object] = {
        "rung": 1, "layer": 1, "name": "nurses", "people": people, "starts_on": date(2027, 3, 2),
        "hand_over": time(12), "turn_hours": 24, "since": START,
    }  # fmt: skip
    return rotations.Plan(**(defaults | facts))  # type: ignore[arg-type]


def begin(site: Site, *people: Clinician, **facts: object) -> Rotation:
    lead = makers.a_clinician(site, Role.LEAD)
    return rotations.begin(site, a_plan(*people, **facts), by=lead, now=NOON)


def names(site: Site, moment: datetime, rung: int = 1) -> list[str]:
    return [one.name for one in oncall.who(site, rung, now=moment)]


def a_day_each(site: Site, start: datetime) -> list[Clinician]:
    """Nurse N alone on the first rung for 24 hours, and Nurse M for the 24 hours after."""
    found = [nurse(site, name) for name in ("Nurse N", "Nurse M")]
    for n, person in enumerate(found):
        oncall.add_shift(site, person, 1, starts_at=start + n * DAY, ends_at=start + (n + 1) * DAY)
    return found
