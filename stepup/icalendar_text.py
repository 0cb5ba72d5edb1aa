"""Events as an iCalendar text (RFC 5545): moments in UTC, so that no reader needs our time zones."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

from icalendar import Calendar
from icalendar import Event as Component

from stepup.feeds import Event

AGAIN = timedelta(hours=1)  # how often a reader is asked to look


def write(events: Iterable[Event], *, name: str, base_url: str) -> bytes:
    """The whole calendar. `base_url` is this service's own address, which paths and ids are made whole with."""
    calendar = Calendar()
    calendar.add("prodid", "-//StepUp//Calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for event in sorted(events, key=lambda one: one.uid):
        calendar.add_component(_component(event, base_url))
    return bytes(calendar.to_ical())


def _component(event: Event, base_url: str) -> Component:
    made = Component()
    made.add("uid", f"{event.uid}@{urlsplit(base_url).hostname or 'stepup.invalid'}")
    made.add("dtstamp", _utc(event.stamp))
    made.add("dtstart", _utc(event.start))
    if event.end is not None:
        made.add("dtend", _utc(event.end))
    made.add("summary", event.title)
    made.add("url", base_url + event.path)
    made.add("sequence", event.sequence)
    status = "CANCELLED" if event.is_cancelled else "TENTATIVE" if event.is_tentative else "CONFIRMED"
    made.add("status", status)
    made.add("transp", "TRANSPARENT")
    return made


def _utc(at: datetime | date) -> datetime | date:
    return at.astimezone(UTC).replace(microsecond=0) if isinstance(at, datetime) else at
