"""Addresses of calendar feeds made behind every rule's back."""

from stepup.models import CalendarAddress, CalendarFetch, CalendarRevocation
from tests.makers import NOON
from tests.stepup.lies import Clinic


def a_calendar_address(clinic: Clinic, **facts: object) -> CalendarAddress:
    row = {
        "site": clinic.site,
        "is_unit": True,
        "digest": "0" * 64,
        "made_by": clinic.prescriber,
        "made_at": NOON,
    }
    return CalendarAddress.objects.create(**(row | facts))


def a_calendar_revocation(clinic: Clinic, *, reason: str = "lost") -> None:
    CalendarRevocation.objects.create(
        address=a_calendar_address(clinic), by=clinic.prescriber, at=NOON, reason=reason
    )


def a_calendar_fetch(clinic: Clinic, **facts: object) -> None:
    row = {"address": a_calendar_address(clinic), "last_at": NOON, "hour_at": NOON, "in_hour": 1}
    CalendarFetch.objects.create(**(row | facts))
