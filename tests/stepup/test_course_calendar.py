"""The course on a calendar and the plan of a dose that is overdue."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from stepup import charts, corrections, course_calendar, holds, plans
from stepup.models import Course
from tests import makers
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def course() -> Course:
    site = makers.a_site()
    makers.on_call(site)
    return makers.a_course(makers.a_patient(site))


def words(calendar, on: date) -> list[str]:
    days = [day for month in calendar.months for week in month.weeks for day in week if day.in_month]
    return [mark.words for day in days if day.on == on for mark in day.marks]


# Overdue


def test_an_overdue_dose_is_planned_as_the_label_would_give_it_today(course) -> None:
    makers.a_dose(course)
    on_time, late = NOON + 2 * DAY, NOON + 9 * DAY
    assert plans.overdue(course, now=on_time) is None
    assert plans.of(course, now=on_time)[0].step == "step_up_dose_2"
    was = plans.overdue(course, now=late)
    assert (was.step, was.on) == ("step_up_dose_2", date(2027, 3, 4))
    today = plans.of(course, now=late)
    assert (today[0].step, today[0].on) == ("step_up_dose_1", date(2027, 3, 10)), "the step-up starts again"


def test_the_chart_marks_what_is_overdue(course) -> None:
    makers.a_dose(course)
    chart = charts.of(course, reader=course.opened_by, now=NOON + 9 * DAY)
    assert (chart.overdue.on, chart.plan[0].on) == (date(2027, 3, 4), date(2027, 3, 10))


def test_a_first_dose_that_is_late_is_planned_for_today(course) -> None:
    assert plans.of(course, now=NOON + 3 * DAY)[0].on == date(2027, 3, 4)


# The calendar


def test_doses_windows_watches_and_holds_are_said_in_words_on_their_days(course) -> None:
    makers.a_dose(course)
    holds.place(course.pk, reason="infection", by=makers.a_clinician(course.site), now=NOON + DAY)
    shown = course_calendar.of(course, now=NOON + DAY)
    assert words(shown, date(2027, 3, 1)) == ["Step-up dose 1 given 12:00 EST, here", "watched"]
    assert "held" in words(shown, date(2027, 3, 2))
    assert "Step-up dose 2 planned" in words(shown, date(2027, 3, 4))
    assert "earliest day for Step-up dose 2" in words(shown, date(2027, 3, 3))
    assert "latest day for Step-up dose 2" in words(shown, plans.of(course, now=NOON)[0].latest_on)
    later = plans.of(course, now=NOON + DAY)[1]
    kept = "First treatment dose, if what comes before it is kept"
    assert f"earliest day for {kept}" in words(shown, later.earliest_on)
    assert f"latest day for {kept}" in words(shown, later.latest_on)
    [saturday] = [d for w in shown.months[0].weeks for d in w if d.on == date(2027, 3, 6)]
    assert saturday.closed == "Saturday"


def test_a_struck_dose_stays_on_the_calendar_as_struck(course) -> None:
    dose = makers.a_dose(course)
    corrections.correct(
        dose.pk, corrections.Facts(dose.step, NOON - 24 * HOUR, Decimal("4.2")), reason="a day earlier",
        by=makers.a_clinician(course.site), now=NOON,
    )  # fmt: skip
    shown = course_calendar.of(course, now=NOON)
    assert "struck: Step-up dose 1 12:00 EST" in words(shown, date(2027, 3, 1))
    assert [row.kind for row in shown.rows[:3]] == ["given", "struck", "planned"]
    assert [row.is_next for row in shown.rows].count(True) == 1


def test_the_whole_course_is_every_month_from_the_first_dose_to_the_last_planned(course) -> None:
    makers.a_dose(course)
    shown = course_calendar.of(course, now=NOON, whole=True)
    assert (shown.months[0].first, shown.months[-1].first) == (date(2027, 3, 1), date(2027, 4, 1))
    later = course_calendar.of(course, now=NOON, first=date(2027, 6, 1))
    assert (later.earlier, later.later) == (date(2027, 3, 1), None)


@pytest.mark.parametrize("query", ["", "?whole=1", "?from=2027-01", "?from=nonsense", "?from=9999-99"])
def test_the_door_shows_it_whatever_is_asked(course, query) -> None:
    client = Client()
    client.force_login(makers.a_clinician(course.site), backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get(reverse("course-calendar", args=[course.pk]) + query)
    assert answer.status_code == 200
    assert course.patient.name not in answer.content.decode().split("</title>")[0]
