"""Suggested dates: the preview of a move objects to none of them, and the page names what is in the way."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifications import clock
from notifications.models import Role, Shift
from protocols.errors import Refusal
from stepup import appointments, closures, courses, slots, suggestions, unit
from stepup.models import Course
from tests import makers
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NOW = NOON + HOUR
TODAY = NOON.date()
WORKDAYS = dict.fromkeys(range(5), (time(8), time(16)))


@pytest.fixture
def course() -> Course:
    """Teclistamab, step-up dose 1 given on Monday at noon; step-up dose 2 from Wednesday noon to Monday."""
    site = makers.a_site()
    makers.on_call(site, days=60)
    course = makers.a_course(makers.a_patient(site))
    makers.a_dose(course)
    return course


def hours(course: Course, places: int = 1, minutes: int | None = 60) -> None:
    unit.set_hours(
        course.site, from_on=TODAY, week=WORKDAYS, places=places, minutes=minutes, by_step={},
        by=makers.a_clinician(course.site), now=NOON,
    )  # fmt: skip


def found(course: Course, now: datetime = NOW) -> suggestions.Suggestion:
    return suggestions.of(course, now=now)


def in_the_way(course: Course, now: datetime = NOW) -> dict[date, list[str]]:
    return {day.on: [one.code for one in day.against] for day in found(course, now).found.days}


def test_the_window_is_looked_at_and_the_label_s_own_reasons_stand_in_the_way(course) -> None:
    hours(course)
    assert in_the_way(course) == {
        date(2027, 3, 3): [],
        date(2027, 3, 4): [],
        date(2027, 3, 5): [],
        date(2027, 3, 6): ["label", "closed-day"],
        date(2027, 3, 7): ["label", "closed-day"],
        date(2027, 3, 8): ["label"],
    }
    assert found(course).found.slots[0] == NOON + 2 * DAY, (
        "48 hours after the last dose, not when the unit opens"
    )


def test_nothing_that_is_suggested_meets_an_objection_and_what_is_not_does(course) -> None:
    """Over a full week: another's chair, a closed day, a list that ends in the middle of a watch."""
    hours(course)
    other = makers.a_course(makers.a_patient(course.site))
    makers.a_dose(other)
    appointments.move(
        other.pk, at=NOON + 3 * DAY, seen_before=appointments.seen(other), reason="patient", words="x",
        by=makers.a_clinician(course.site), now=NOW,
    )  # fmt: skip
    closures.add(course.site, on=date(2027, 3, 3), name="Fair", by=other.opened_by, today=TODAY, now=NOON)
    Shift.objects.filter(site=course.site, rung=1).update(period=(NOON - DAY, NOON + 11 * DAY + HOUR))
    suggested = set(found(course).found.slots)
    assert suggested
    assert min(suggested) == NOON + 3 * DAY - 4 * HOUR
    assert max(suggested) == NOON + 4 * DAY + HOUR
    looked = [NOON + 2 * DAY + n * 2 * HOUR for n in range(6 * 12)]
    for at in [*sorted(suggested)[::3], max(suggested), *looked]:
        shown = appointments.preview(course, at=at, now=NOW)
        assert (not shown.objections and not shown.gaps) == (at in suggested), at


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.integers(1, 2), st.sampled_from([None, 45, 240]), st.integers(4, 14), st.integers(0, 5))
def test_whatever_the_unit_looks_like_the_preview_agrees(course, places, minutes, covered, closed) -> None:
    hours(course, places, minutes)
    Shift.objects.filter(site=course.site, rung=1).update(period=(NOON - DAY, NOON + covered * DAY + HOUR))
    shut = date(2027, 3, 3) + closed * DAY
    if not course.site.closed_days.filter(on=shut).exists():
        closures.add(course.site, on=shut, name="Fair", by=course.opened_by, today=TODAY, now=NOON)
    suggested = found(course).found
    for at in suggested.slots[:: max(1, len(suggested.slots) // 3)]:
        shown = appointments.preview(course, at=at, now=NOW)
        assert (shown.objections, shown.gaps) == ((), ())
    if not suggested.slots:
        for n in range(12):
            shown_at = NOON + 2 * DAY + n * 12 * HOUR
            shown = appointments.preview(course, at=shown_at, now=NOW)
            assert shown.objections or shown.gaps


def test_when_none_do_the_rule_in_the_way_is_named(course) -> None:
    hours(course)
    Shift.objects.filter(site=course.site, rung=1).update(period=(NOON - DAY, NOON + 8 * DAY))
    shown = found(course).found
    assert shown.slots == ()
    assert shown.sentence == (
        "No date satisfies every rule. Possible would be Wed 03 Mar 2027 12:00 EST with somebody on call for its whole"
        " watch."
    )


def test_without_entered_hours_the_time_of_the_last_dose_is_taken(course) -> None:
    assert found(course).found.slots == (NOON + 2 * DAY, NOON + 3 * DAY, NOON + 4 * DAY)
    assert not found(course).unit_known


def test_a_first_dose_has_two_weeks_and_no_time_that_has_passed(course) -> None:
    first = makers.a_course(makers.a_patient(course.site))
    hours(first)
    shown = found(first).found
    assert (shown.days[0].on, shown.days[-1].on) == (TODAY, TODAY + 13 * DAY)
    assert min(shown.slots) == NOON + HOUR + HOUR / 60


def test_a_window_that_is_over_is_answered_for_the_coming_week(course) -> None:
    shown = found(course, NOON + 9 * DAY)
    assert shown.looked_at == "its window is over: the coming week"
    assert all("label" in ways for ways in in_the_way(course, NOON + 9 * DAY).values())


def test_nothing_is_suggested_after_a_stop(course) -> None:
    courses.stop(course.pk, by=makers.a_clinician(course.site), reason="changed plan", now=NOW)
    course.refresh_from_db()
    with pytest.raises(Refusal) as refusal:
        found(course)
    assert refusal.value.code == "course-stopped"
    assert "refused" in slots.of(course, now=NOW)


def test_an_hour_that_comes_twice_is_sent_as_the_one_it_is() -> None:
    first = datetime(2027, 11, 7, 5, 30, tzinfo=UTC)
    assert [slots.slot(at, "America/New_York").which for at in (first, first + HOUR, first + 2 * HOUR)] == [
        "first",
        "second",
        "",
    ]


def test_many_days_and_patients_take_as_many_queries_as_few(
    course, monkeypatch, django_assert_num_queries
) -> None:
    hours(course)
    makers.a_dose(makers.a_course(makers.a_patient(course.site)))
    monkeypatch.setattr(suggestions, "MOST", 2)
    with CaptureQueriesContext(connection) as few:
        assert len(found(course).found.days) == 2
    monkeypatch.undo()
    for _ in range(3):
        makers.a_dose(makers.a_course(makers.a_patient(course.site)))
    with django_assert_num_queries(len(few)):
        assert len(found(course).found.days) == 6


# the screen


def test_a_suggestion_is_a_button_that_shows_what_changes(client) -> None:
    site = makers.a_site()
    now = clock.now()
    makers.on_call(site, since=now, days=60)
    course = makers.a_course(makers.a_patient(site, now=now), now=now)
    nurse = makers.a_clinician(site, Role.NURSE)
    client.force_login(nurse, backend="django.contrib.auth.backends.ModelBackend")
    path = reverse("move-dose", args=[course.pk])
    page = client.get(path).content.decode()
    assert "Dates that satisfy every rule" in page
    assert "neither is checked" in page
    suggestion = slots.of(course, now=now)
    row = next(row for row in suggestion["days"] if row.offered)
    sent = {"on": row.offered[0].on, "at": row.offered[0].at, "which": "", "seen": suggestion["seen"]}
    assert all(f'name="{name}" value="{value}"' in page for name, value in sent.items())
    shown = client.post(path, sent)
    assert shown.status_code == 200
    assert "What changes on" in shown.content.decode()
    assert not course.appointments.exists(), "nothing is saved by looking"
