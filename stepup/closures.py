"""Days on which a site gives no planned doses: weekends, and the closed days it has named."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from notifications import audit
from notifications.models import Clinician, Site
from protocols.errors import Refusal
from stepup import unit
from stepup.models import ClosedDay


def among(site: Site, days: Iterable[date | None]) -> dict[date, str]:
    """Those of the days on which no doses are given, each with its name: closed days, and weekdays without hours.

    Where the unit's hours were not entered, the weekdays without hours are the weekend.
    """
    wanted = {day for day in days if day is not None}
    closed = dict(ClosedDay.objects.filter(site=site, on__in=wanted).values_list("on", "name"))
    hours = unit.of(site)
    shut = {day: f"{day:%A}" for day in wanted if not hours.works(day)}
    return shut | {day: f"closed: {name}" for day, name in closed.items()}


def coming(site: Site, *, today: date) -> list[ClosedDay]:
    """The closed days from today on, soonest first."""
    return list(ClosedDay.objects.filter(site=site, on__gte=today).select_related("added_by"))


def add(site: Site, *, on: date, name: str, by: Clinician, today: date, now: datetime) -> ClosedDay:
    """Name a day on which the site is closed. Doses planned for it stay where they are and are marked."""
    if not name.strip():
        raise Refusal("no-name", _("Say what the day is called, like Thanksgiving."))
    if on < today:
        raise Refusal("past-day", _("That day is over. Choose one that is still to come."))
    try:
        with transaction.atomic():
            day = ClosedDay.objects.create(site=site, on=on, name=name.strip(), added_by=by, added_at=now)
            audit.record("added a closed day", f"closed day:{day.pk}", site=site, by=by, now=now, on=str(on))
    except IntegrityError as clash:
        raise Refusal("closed-already", _("That day is on the list already.")) from clash
    return day


@transaction.atomic
def remove(day_id: int, *, by: Clinician, now: datetime) -> str:
    """Take a closed day off the list, and say which it was."""
    day = ClosedDay.objects.select_for_update().select_related("site").get(pk=day_id)
    audit.record(
        "removed a closed day", f"closed day:{day.pk}", site=day.site, by=by, now=now, on=str(day.on)
    )
    day.delete()
    return f"{day.on:%a %d %b %Y} ({day.name}) is a working day again."
