"""How much each is on call, as a page says it: weeks back and ahead, pages, and who has more than an equal share."""

from datetime import timedelta

import pytest
from django.urls import reverse

from monitoring.models import Page
from notifications import clock, oncall
from notifications.models import Role
from stepup import duty
from tests import makers
from tests.stepup.test_on_call_screens import words
from tests.stepup.wards import Ward

pytestmark = [pytest.mark.database, pytest.mark.django_db]
HOUR, WEEK = timedelta(hours=1), timedelta(weeks=1)


@pytest.fixture
def site():
    return makers.a_site()


def nurse(site, name: str):
    return makers.a_clinician(site, name=name, phone=makers.a_phone())


def put(site, who, *weeks: int, rung: int = 1, now) -> None:
    """Whole weeks from now; those below none are behind."""
    for week in weeks:
        span = {"starts_at": now + week * WEEK, "ends_at": now + (week + 1) * WEEK}
        oncall.add_shift(site, who, rung, **span)


def test_weeks_back_and_ahead_stand_beside_each_other(site) -> None:
    now = clock.now()
    first, second, third = (nurse(site, f"Nurse {n}") for n in "NMO")
    put(site, first, -13, -12, -1, 0, 1, 11, 12, now=now)
    put(site, second, -2, now=now)
    put(site, third, -14, 13, now=now)
    lines = duty.lines(site, now=now)
    assert [(one.clinician.name, one.was.hours, one.will_be.hours) for one in lines] == [
        ("Nurse M", WEEK, 0 * WEEK),
        ("Nurse N", 2 * WEEK, 3 * WEEK),
    ]
    assert lines[1].will_be.longest == 2 * WEEK
    assert [one.over for one in lines] == [None, 2 * WEEK]


def test_the_page_says_who_has_more_than_a_share_and_who_shares_with_nobody(site) -> None:
    now = clock.now()
    first, second, third = (nurse(site, f"Nurse {n}") for n in "NMO")
    put(site, first, 0, 1, 2, 3, now=now)
    put(site, second, -1, now=now)
    put(site, third, 0, rung=2, now=now)
    answer = makers.signed_in(makers.a_clinician(site, Role.RESPONDER)).get(reverse("on-call-duty"))
    said = words(answer)
    assert "Nurse N nurse 252 h more than an equal share 0 0 0 0 672" in said
    assert "Nurse O nurse alone on rung 2" in said
    assert "Nurse M nurse 168 7 " in said


def test_a_site_without_a_list_says_so(site) -> None:
    lead = makers.signed_in(makers.a_clinician(site, Role.LEAD))
    assert "Nobody was on call in these weeks" in words(lead.get(reverse("on-call-duty")))


def test_pages_are_counted_for_whom_they_called_and_at_this_site_alone() -> None:
    ward, other = Ward("Hereford"), Ward("Thereton")
    now = clock.now()
    lines = {one.clinician.pk: one for one in duty.lines(ward.site, now=now)}
    counted = {pk: one.pages for pk, one in lines.items() if one.pages}
    paged = Page.objects.filter(escalation__site=ward.site).values_list("clinician", flat=True)
    assert counted == {pk: list(paged).count(pk) for pk in set(paged)} != {}
    assert other.responder.pk not in lines
    page = Page.objects.filter(escalation__site=ward.site).first()
    night = clock.now().replace(hour=7, minute=30) - timedelta(days=1)  # 02:30 or 03:30 at the site
    Page.objects.filter(pk=page.pk).update(at=night)
    [line] = [one for one in duty.lines(ward.site, now=now) if one.clinician == page.clinician]
    assert line.pages_at_night >= 1
    Page.objects.filter(escalation__site=ward.site).update(at=now - duty.SPAN - HOUR)
    assert not any(one.pages for one in duty.lines(ward.site, now=now))
