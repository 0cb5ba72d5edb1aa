"""Supportive care that a label wants after treatment: it goes on when a course is stopped, and asks where unread."""

from datetime import date, timedelta

import pytest

from notifications.models import Clinician, Role, Site
from stepup import care, care_entries, care_rules, courses
from stepup.care_entries import Result
from stepup.models import Course
from tests import makers
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
DAY = timedelta(days=1)
STOPPED = NOON + 10 * DAY
HEPATITIS = "hepatitis_b_later"
WANTS_IT = "teclistamab-eu-2022"


@pytest.fixture
def pharmacist(site) -> Clinician:
    return makers.a_clinician(site, Role.PHARMACIST)


def stopped(site: Site, *, label: str = WANTS_IT, given: bool = True) -> Course:
    """A course stopped ten days after its first dose."""
    course = makers.a_course(makers.a_patient(site), label=label)
    if given:
        makers.a_dose(course)
    courses.stop(course.pk, by=course.opened_by, reason="progression", now=STOPPED)
    return Course.objects.get(pk=course.pk)


def asked(site: Site, *, now=STOPPED) -> list[str]:
    listed = care.worklist(site, now=now)
    assert {line.item.id for line in (*listed.overdue, *listed.coming)} <= {HEPATITIS}
    return [line.item.id for line in listed.asks]


def test_it_asks_on_the_work_list_until_the_printed_months_are_over(site) -> None:
    course = stopped(site)
    assert asked(site) == [HEPATITIS]
    assert asked(site, now=STOPPED + 184 * DAY) == [HEPATITIS]
    assert asked(site, now=STOPPED + 185 * DAY) == [], "six months after the stop"
    sheet = care.of(course, now=STOPPED)
    assert {line.item.id for line in sheet.lines if line.state != "none"} == {HEPATITIS}
    assert "at least 6 months after treatment, to Sat 11 Sep 2027" in sheet.line(HEPATITIS).due.because


def test_with_the_site_s_own_rule_it_falls_due_and_is_recorded(site, pharmacist) -> None:
    course = stopped(site)
    care_rules.set_rule(
        site, HEPATITIS, every_days=30, option="", words="", source="our hepatologist", seen=0, by=pharmacist,
        now=STOPPED,
    )  # fmt: skip
    [line] = care.worklist(site, now=STOPPED).overdue
    assert (line.course, line.item.id, line.due.on) == (course, HEPATITIS, NOON.date())
    care_entries.record(
        course.pk, HEPATITIS, on=STOPPED.date(), result=Result(), seen=0, by=pharmacist, now=STOPPED
    )  # fmt: skip
    [line] = care.worklist(site, now=STOPPED).coming
    assert line.due.on == date(2027, 4, 10)


@pytest.mark.parametrize(
    ("label", "given"), [(makers.TECLISTAMAB, True), (WANTS_IT, False)], ids=["nothing printed", "no dose given"]
)  # fmt: skip
def test_nothing_falls_due_where(site, label, given) -> None:
    stopped(site, label=label, given=given)
    assert asked(site) == []


def test_a_new_course_or_the_end_of_the_enrolment_takes_it_over(site) -> None:
    course, left = stopped(site), stopped(site)
    again = makers.a_course(course.patient, label=WANTS_IT, now=STOPPED)
    listed = care.worklist(site, now=STOPPED)
    assert {line.course for line in listed.asks if line.item.id == HEPATITIS} == {again, left}
    left.patient.watches.update(closed_at=STOPPED, closed_why="a test without its hours")
    courses.end_enrolment(left.patient_id, by=left.opened_by, reason="moved away", now=STOPPED)
    listed = care.worklist(site, now=STOPPED)
    assert {line.course for line in listed.asks if line.item.id == HEPATITIS} == {again}
