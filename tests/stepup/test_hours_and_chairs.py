"""The unit's hours and chairs: entered from one date on, and what a move is told about them."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from notifications import clock
from notifications.models import AuditEntry, Role, Site
from protocols.errors import Refusal
from stepup import appointments, closures, courses, diary, unit
from stepup.models import Course, UnitHours
from tests import makers
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TODAY = NOON.date()
WORKDAYS = dict.fromkeys(range(5), (time(8), time(16)))
THURSDAY = NOON + 3 * DAY


def hours(site: Site, places: int = 1, *, from_on: date = TODAY, **facts: object) -> UnitHours:
    given = {"week": WORKDAYS, "minutes": 60, "by_step": {}, **facts}
    return unit.set_hours(
        site, from_on=from_on, places=places, by=makers.a_clinician(site), now=NOON, **given
    )


@pytest.fixture
def course() -> Course:
    """Teclistamab, step-up dose 1 given on Monday at noon; step-up dose 2 is planned for Thursday."""
    site = makers.a_site()
    makers.on_call(site)
    return given(site)


def given(site: Site) -> Course:
    course = makers.a_course(makers.a_patient(site))
    makers.a_dose(course)
    return course


def codes(course: Course, at: datetime) -> list[str]:
    return [one.code for one in appointments.preview(course, at=at, now=NOON + HOUR).objections]


def move(course: Course, at: datetime, **said: str) -> object:
    return appointments.move(
        course.pk, at=at, seen_before=appointments.seen(course), reason="patient",
        by=makers.a_clinician(course.site), now=NOON + HOUR, **said,
    )  # fmt: skip


def test_without_hours_nothing_is_checked_and_weekends_are_closed(course) -> None:
    assert codes(course, THURSDAY + 11 * HOUR) == []
    assert closures.among(course.site, [date(2027, 3, 6), date(2027, 3, 5)]) == {date(2027, 3, 6): "Saturday"}


def test_a_time_outside_the_hours_asks_for_a_reason(course) -> None:
    hours(course.site)
    assert codes(course, THURSDAY) == []
    assert codes(course, THURSDAY + 3 * HOUR) == [], "15:00 to 16:00"
    assert codes(course, THURSDAY + 3.5 * HOUR) == ["outside-hours"]
    with pytest.raises(Refusal) as refusal:
        move(course, THURSDAY + 5 * HOUR)
    assert refusal.value.code == "reason-words"
    assert move(course, THURSDAY + 5 * HOUR, words="the nurse stays").objections == "outside-hours"


def test_a_chair_somebody_has_asks_for_a_reason_and_one_s_own_does_not(course) -> None:
    hours(course.site)
    other = given(course.site)
    move(course, THURSDAY, words="they share a day")
    assert "chairs-full" in codes(other, THURSDAY + HOUR / 2)
    assert codes(other, THURSDAY + HOUR) == []
    assert codes(course, THURSDAY + HOUR / 2) == [], "the chair it leaves is its own"


def test_a_dose_given_that_day_had_its_chair(course) -> None:
    hours(course.site)
    second = makers.a_course(makers.a_patient(course.site))
    assert "chairs-full" in [
        one.code for one in unit.against(second, step="step_up_dose_1", at=NOON, on=TODAY)
    ]


def test_without_minutes_doses_of_a_day_are_counted_against_chairs(course) -> None:
    hours(course.site, minutes=None)
    given(course.site)
    shown = unit.against(course, step="step_up_dose_2", at=THURSDAY, on=THURSDAY.date())
    assert [one.code for one in shown] == ["chairs-full"]
    assert "no longer fit" in shown[0].sentence


def test_a_dose_with_a_length_of_its_own_needs_its_chair_longer(course) -> None:
    hours(course.site, by_step={(makers.TECLISTAMAB, "step_up_dose_2"): 300})
    assert codes(course, THURSDAY) == ["outside-hours"]


def test_hours_on_saturday_make_it_a_usual_day_and_a_closed_day_stays_closed(course) -> None:
    saturday = date(2027, 3, 6)
    hours(course.site, week={**WORKDAYS, 5: (time(9), time(13))})
    assert closures.among(course.site, [saturday]) == {}
    by = makers.a_clinician(course.site)
    closures.add(course.site, on=saturday, name="Fair", by=by, today=TODAY, now=NOON)
    assert closures.among(course.site, [saturday]) == {saturday: "closed: Fair"}


def test_a_weekday_without_hours_is_no_usual_day_and_is_said_once(course) -> None:
    hours(course.site, week={0: (time(8), time(16))})
    assert codes(course, THURSDAY) == ["closed-day"]


def test_hours_hold_from_their_day_on_and_the_newer_of_two_counts(course) -> None:
    hours(course.site, 1)
    hours(course.site, 3, from_on=date(2027, 3, 8))
    hours(course.site, 4, from_on=date(2027, 3, 8))
    now = unit.of(course.site)
    assert [now.on(day).chairs for day in (date(2027, 3, 7), date(2027, 3, 8))] == [1, 4]
    assert not now.on(date(2027, 2, 28)).known


def test_another_sites_hours_and_doses_are_not_ours(course) -> None:
    hours(course.site)
    elsewhere = makers.a_site()
    hours(elsewhere, week={3: (time(20), time(21))})
    given(elsewhere)
    assert codes(course, THURSDAY) == []


def test_opening_hours_are_wall_clock_before_and_after_the_clocks_change(course) -> None:
    hours(course.site)
    before, after = unit.of(course.site).on(date(2027, 3, 12)), unit.of(course.site).on(date(2027, 3, 15))
    assert before.opens_at == datetime(2027, 3, 12, 13, tzinfo=UTC)
    assert after.opens_at == datetime(2027, 3, 15, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"from_on": date(2027, 2, 28)}, "past-day"),
        ({"week": {}}, "never-open"),
        ({"places": 0}, "no-chair"),
        ({"week": {0: (time(9), time(9))}}, "closes-first"),
    ],
)
def test_hours_that_cannot_be_are_refused(course, facts, code) -> None:
    with pytest.raises(Refusal) as refusal:
        hours(course.site, **facts)
    assert refusal.value.code == code
    assert not UnitHours.objects.exists()


# the diary


def test_the_diary_holds_what_each_course_s_own_plan_holds(course) -> None:
    other = given(course.site)
    move(other, THURSDAY + HOUR)
    found = diary.of(course.site, until=date(2028, 1, 1)).entries
    for one in (course, other):
        own = [entry for entry in found if entry.course.pk == one.pk]
        planned = [(entry.step, entry.on) for entry in own if not entry.is_given]
        assert planned == [(dose.step, dose.on) for dose in courses.plan(one)]
        assert [entry.number for entry in own] == list(range(1, len(own) + 1))
    assert [entry.at for entry in found if entry.number == 2] == [None, THURSDAY + HOUR]


def test_the_diary_names_the_oldest_course_first_wherever_its_row_lies(course) -> None:
    other = given(course.site)
    for state in (
        Course.State.STOPPED,
        Course.State.ACTIVE,
    ):  # written anew, behind the other, in every index too
        Course.objects.filter(pk=course.pk).update(state=state)
    found = diary.of(course.site, until=date(2028, 1, 1)).entries
    assert list(dict.fromkeys(entry.course.pk for entry in found)) == [course.pk, other.pk]


def test_a_dose_without_a_date_is_named_and_not_lost(course) -> None:
    unread = makers.a_course(makers.a_patient(course.site), label="elranatamab-us-2025-07")
    makers.a_dose(unread)
    undated = diary.of(course.site, until=date(2028, 1, 1)).undated
    planned = courses.plan(unread)
    assert (unread.pk in [one.pk for one, _ in undated]) is (planned[0].on is None)


def test_reading_the_whole_unit_costs_as_many_queries_for_many_courses_as_for_few(course) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            diary.of(course.site, until=date(2027, 4, 1))
        return len(queries)

    move(course, THURSDAY)
    few = asked()
    for _ in range(11):
        move(given(course.site), THURSDAY + HOUR)
    assert asked() == few


# the screen


def typed(**more: str) -> dict[str, str]:
    today = clock.now().date() + DAY
    return {
        "from_on": str(today), "places": "3", "minutes": "45", "opens_0": "08:00", "closes_0": "1630", **more,
    }  # fmt: skip


@pytest.fixture
def nurse(client):
    who = makers.a_clinician(makers.a_site(), Role.NURSE)
    client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
    return who


def test_a_nurse_enters_hours_and_they_are_in_the_ledger(client, nurse) -> None:
    makers.an_approved_protocol(nurse.site)
    answer = client.post(reverse("unit-hours"), typed(step_1="120"), follow=True)
    page = answer.content.decode().replace("\u00a0", " ")
    assert "These hours and chairs hold from" in page
    assert "Monday 08:00 to 16:30" in page
    row = UnitHours.objects.get(site=nurse.site)
    assert (row.chairs, row.minutes, row.times.get().minutes) == (3, 45, 120)
    assert AuditEntry.objects.get(act="set hours and chairs").by == nurse


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"closes_0": ""}, "Give both times of Monday, or neither if it is closed."),
        ({"closes_0": "07:00"}, "Monday closes before it opens"),
        ({"opens_0": "", "closes_0": ""}, "Give the hours of at least one weekday."),
        ({"places": "0"}, "Type a whole number from 1 to 500."),
        ({"minutes": "two"}, "Type a whole number from 5 to 1,440."),
        ({"from_on": "2020-01-01"}, "Hours cannot change for days that are over."),
    ],
)
def test_what_is_wrong_is_named_and_what_was_typed_is_kept(client, nurse, wrong, sentence) -> None:
    answer = client.post(reverse("unit-hours"), typed(**wrong))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert f'value="{typed(**wrong)["from_on"]}"' in page
    assert not UnitHours.objects.exists()


def test_the_screen_shows_only_the_reader_s_own_site(client, nurse) -> None:
    hours(makers.a_site(), 77)
    assert "Nobody has entered hours or chairs" in client.get(reverse("unit-hours")).content.decode()
