"""A course is opened only with somebody on call for its first watch, or for a recorded reason."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from notifications import clock, oncall
from notifications.models import AuditEntry, Role, Site
from protocols.errors import Refusal
from stepup import courses
from stepup.models import Course
from tests import makers
from tests.makers import NOON
from tests.refused import keeps, says

pytestmark = [pytest.mark.database, pytest.mark.django_db]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MIDNIGHT = datetime(2027, 3, 2, 5, 0, tzinfo=UTC)  # where Tuesday 2 March begins in New York
WATCH = 168 * HOUR
END = MIDNIGHT + DAY + WATCH  # of the watch after a dose in the last minute of that Tuesday
WHY = "the pharmacist answers from home"


@pytest.fixture
def site(site) -> Site:
    """Its second place is covered throughout, so that what is missing is missing on the first."""
    makers.a_responder(site, 2, name="Dr Second")
    return site


def opened(site: Site, *, why: str = "", now: datetime = NOON) -> Course:
    """A course whose first dose is planned for Tuesday 2 March."""
    return courses.open_course(
        makers.a_patient(site, now=now), makers.an_approved_protocol(site, now=now), regimen="",
        start_on=MIDNIGHT.date(), weight_kg=Decimal(70), weighed_on=NOON.date(), weighed_by="a nurse",
        by=makers.a_clinician(site), now=now, uncovered_why=why,
    )  # fmt: skip


def on_call(site: Site, since: datetime, until: datetime, *, rung: int = 1) -> None:
    who = makers.a_clinician(site, Role.RESPONDER, phone=makers.a_phone())
    oncall.add_shift(site, who, rung, starts_at=since, ends_at=until)


def test_the_whole_day_of_the_first_dose_and_its_watch_are_covered(site) -> None:
    on_call(site, MIDNIGHT, END)
    course = opened(site, why="  ")
    assert (course.uncovered, course.uncovered_why) == (0, "")
    assert not course.events.filter(what="hours not covered").exists()


@pytest.mark.parametrize(
    ("since", "until", "missing"),
    [
        (MIDNIGHT + HOUR, END, "rung 1 from Tue 02 Mar 2027 00:00 EST to Tue 02 Mar 2027 01:00 EST"),
        (MIDNIGHT, END - HOUR, "rung 1 from Tue 09 Mar 2027 23:00 EST to Wed 10 Mar 2027 00:00 EST"),
    ],
    ids=["the first hour of the day", "the last hour of the watch"],
)
def test_h14_one_hour_without_anybody_refuses_and_says_which(site, since, until, missing) -> None:
    on_call(site, since, until)
    with pytest.raises(Refusal, match="fill the on-call list") as refusal:
        opened(site)
    assert refusal.value.code == "uncovered"
    assert missing in refusal.value.sentence
    assert not Course.objects.exists(), "nothing is kept of a course that was refused"


def test_every_rung_in_use_counts_and_somebody_without_a_phone_does_not(site) -> None:
    on_call(site, MIDNIGHT, END)
    on_call(site, NOON - DAY, MIDNIGHT + DAY, rung=3)
    with pytest.raises(Refusal, match="rung 3 from Wed 03 Mar 2027 00:00 EST"):
        opened(site)
    on_call(site, MIDNIGHT + DAY, END, rung=3)
    opened(site)
    site.clinicians.exclude(phone="").update(phone="")
    with pytest.raises(Refusal, match="on rung 3 from"):
        opened(site)


def test_hours_of_that_day_that_are_over_are_not_asked_for(site) -> None:
    on_call(site, MIDNIGHT + 9 * HOUR, END)
    opened(site, now=MIDNIGHT + 9 * HOUR)


def test_of_many_spans_three_are_named(site) -> None:
    for day in range(8):
        on_call(site, MIDNIGHT + day * DAY, MIDNIGHT + day * DAY + 12 * HOUR)
    with pytest.raises(Refusal, match=", and 5 more spans"):
        opened(site)


def test_a_reason_is_kept_with_the_course_in_its_history_and_in_the_ledger(site) -> None:
    on_call(site, MIDNIGHT, END - HOUR)
    course = opened(site, why=f" {WHY} ")
    assert (course.uncovered, course.uncovered_why) == (1, WHY)
    line = course.events.get(what="hours not covered")
    assert "from Tue 09 Mar 2027 23:00 EST to Wed 10 Mar 2027 00:00 EST" in line.text
    assert WHY in line.text
    assert line.by == course.opened_by
    assert AuditEntry.objects.get(act="opened a course").detail == {"course": course.pk, "uncovered": 1}


def test_a_reason_for_nothing_is_not_kept(site) -> None:
    on_call(site, MIDNIGHT, END)
    assert not opened(site, why=WHY).uncovered_why


def test_the_screen_asks_why_only_when_hours_are_missing_and_shows_the_answer(site) -> None:
    now = clock.now()
    patient, nurse = makers.a_patient(site, now=now), makers.signed_in(makers.a_clinician(site))
    today = str(courses.local_date(patient, now))
    typed = {
        "protocol": str(makers.an_approved_protocol(site, now=now).pk), "start_on": today, "weight_kg": "70",
        "weighed_on": today, "weighed_by": "Nurse Test",
    }  # fmt: skip
    path = reverse("open-course", args=[patient.pk])
    assert "uncovered_why" not in nurse.get(path).content.decode()
    answer = nurse.post(path, typed)
    says(answer, "Nobody is on call on rung 1 from")
    keeps(answer, typed)
    assert 'name="uncovered_why"' in answer.content.decode()
    shown = nurse.post(path, typed | {"uncovered_why": WHY}, follow=True).content.decode()
    assert "Opened with hours of the first dose" in shown
    assert WHY in shown
