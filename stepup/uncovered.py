"""How many watches, under way and planned, run into hours that nobody covers in the weeks the on-call list shows."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from notifications.models import Site
from stepup import week

WEEKS = 3  # two weeks from any day touch three


@dataclass(frozen=True)
class Touched:
    """One week: watches under way now (counted in the first week alone) and planned ones that would not be covered."""

    monday: date
    under_way: int
    planned: int


def weeks(site: Site, *, now: datetime) -> tuple[Touched, ...]:
    """Every week of the next two that has such a watch; judged by what the page of that week itself shows."""
    today = now.astimezone(ZoneInfo(site.time_zone)).date()
    found: list[Touched] = []
    for number in range(WEEKS):
        shown = week.of(site, on=today + timedelta(weeks=number), now=now)
        codes = [line.against.code for line in shown.first]
        under_way = codes.count("watch-now") if number == 0 else 0
        if under_way or "watch" in codes:
            found.append(Touched(shown.monday, under_way, codes.count("watch")))
    return tuple(found)
