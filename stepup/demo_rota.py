"""Who is on call in the demo: a ladder of three rungs, on which people take weekly turns."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from notifications import rotations
from notifications.models import Clinician, GivenHours, Role, Site
from protocols import chairs

HAND_OVER = time(8)
LADDER = [
    ("first responder", Role.RESPONDER, ["rosa", "ravi"]),
    ("second responder", Role.RESPONDER, ["ravi", "rosa"]),
    ("prescriber", Role.PRESCRIBER, ["paul"]),
]


def begin(site: Site, staff: dict[str, Clinician], *, zone: str, now: datetime) -> None:
    """Weekly turns since three days ago: two who change places on the first rungs, and a prescriber behind them."""
    starts_on = now.astimezone(ZoneInfo(zone)).date() - timedelta(days=3)
    starts_at = chairs.moment(starts_on, HAND_OVER, zone, last=False)
    for rung, (name, role, usernames) in enumerate(LADDER, start=1):
        rotations.set_rung(site, rung, title=name, role=role, by=staff["lena"], now=starts_at)
        plan = rotations.Plan(
            rung=rung, layer=1, name=name, people=[staff[one] for one in usernames], starts_on=starts_on,
            hand_over=HAND_OVER, turn_hours=7 * 24, since=starts_at,
        )  # fmt: skip
        rotations.begin(site, plan, by=staff["lena"], now=starts_at)
    GivenHours.objects.filter(site=site).update(settled_at=starts_at)  # they have had these turns for long
