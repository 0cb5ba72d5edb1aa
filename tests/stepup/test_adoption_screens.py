"""The screens of gradual adoption: what each person is shown, and what a refusal keeps."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from notifications import clock
from notifications.models import AuditEntry, Role
from protocols.staging import Stage
from stepup import adoption, beyond
from stepup.models import StageOverride
from tests import makers
from tests.refused import keeps, says
from tests.stepup.adopting import put

pytestmark = [pytest.mark.database, pytest.mark.django_db]
DAY = timedelta(days=1)
PAGE = reverse("adoption")


@pytest.fixture
def course(site):
    now = clock.now()
    makers.on_call(site, since=now)
    return makers.a_course(makers.a_patient(site, now=now), now=now)


def shown(site, role: str = Role.NURSE) -> str:
    return makers.signed_in(makers.a_clinician(site, role)).get(PAGE).content.decode()


def test_a_site_without_a_stage_says_that_nothing_is_refused(site) -> None:
    page = shown(site)
    assert "No stage was set." in page
    assert '<form method="post" action="/adoption/' not in page, "a nurse decides nothing here"


def test_a_stage_is_set_with_its_numbers_and_not_opened_before_they_are_met(site, people) -> None:
    lead, other = makers.signed_in(people["lead"]), makers.signed_in(people["other"])
    typed = {
        "stage": "maintenance",
        "least_days": "",
        "most_late_cases": "0",
        "why": "our board",
        "seen": "0",
    }
    answer = lead.post(reverse("adoption-numbers"), typed)
    says(answer, "Give at least one number to reach: doses, patients or days.")
    keeps(answer, typed)
    page = lead.post(reverse("adoption-numbers"), typed | {"least_days": "10"}, follow=True).content.decode()
    assert "at least 10" in page
    assert "at most 0" in page
    assert "Numbers set: maintenance doses only" in page
    says(other.post(reverse("adoption-open"), {"seen": "1"}), "Not yet: 0 of 10 days since this stage began")


def test_the_next_stage_is_opened_on_the_page(site, people) -> None:
    put(site, people["prescriber"], at=clock.now() - 20 * DAY)
    lead = makers.signed_in(people["lead"])
    assert "The numbers are met." in lead.get(PAGE).content.decode()
    page = lead.post(reverse("adoption-open"), {"seen": "1"}, follow=True).content.decode()
    assert "Opened. Given at home from now on: later steps and maintenance doses." in page
    assert "20 of 10 days since this stage began" in page
    says(lead.post(reverse("adoption-open"), {"seen": "1"}), "Meanwhile decided by Dr lead: stage opened.")
    again = lead.post(reverse("adoption-open"), {"seen": "1"}).content.decode()
    assert 'name="seen" value="2"' in again, "whoever reads what stands now may decide from it"
    typed = {"to": "maintenance", "back_why": "", "seen": "2"}
    says(lead.post(reverse("adoption-back"), typed), "Say why the site goes back.")
    typed["back_why"] = "two bad nights"
    page = lead.post(reverse("adoption-back"), typed, follow=True).content.decode()
    assert "Gone back: maintenance doses only" in page
    assert "two bad nights" in page


def test_whoever_set_the_numbers_is_refused_the_opening(site, people) -> None:
    put(site, people["lead"], at=clock.now() - 20 * DAY)
    answer = makers.signed_in(people["lead"]).post(reverse("adoption-open"), {"seen": "1"})
    says(answer, "You set these numbers: another person opens the stage.")


@pytest.mark.parametrize("typed", ["ten", "-1", "1.5", "99999999999999999999", "0"])
def test_a_number_that_is_none_is_said_at_its_field(site, people, typed) -> None:
    form = {"stage": "maintenance", "least_given": typed, "why": "x", "seen": "0"}
    answer = makers.signed_in(people["lead"]).post(reverse("adoption-numbers"), form)
    says(answer, "Type a whole number from 1 to 10,000, or leave it empty.")
    keeps(answer, form)


def test_the_course_s_page_says_what_the_stage_means_and_a_prescriber_overrides_it(course, people) -> None:
    put(course.site, people["lead"], at=clock.now())
    record = reverse("patient", args=[course.patient_id])
    page = makers.signed_in(people["nurse"]).get(record).content.decode()
    assert "This dose is beyond it." in page
    assert "Hold: no dose now" in page
    path = reverse("override-stage", args=[course.pk])
    assert path not in page, "a nurse overrides nothing"
    prescriber = makers.signed_in(people["prescriber"])
    assert path in prescriber.get(record).content.decode()
    typed = {"step": "step_up_dose_1", "reason": ""}
    assert 'value="step_up_dose_1" selected' in prescriber.get(path).content.decode()
    answer = prescriber.post(path, typed)
    says(answer, "Say why this dose is given at home beyond the stage.")
    keeps(answer, typed)
    page = prescriber.post(path, typed | {"reason": "lives next door"}, follow=True).content.decode()
    assert "Overridden for this one dose" in page
    assert "lives next door" in page
    assert "Hold: no dose now" not in page
    assert StageOverride.objects.get().by == people["prescriber"]


def test_the_page_lists_whose_next_dose_is_beyond_the_stage(course, people) -> None:
    site, name = course.site, course.patient.name
    other = makers.a_course(makers.a_patient(site, now=clock.now()), now=clock.now())
    put(site, people["lead"], at=clock.now())
    page = shown(site)
    assert "2 courses, the soonest dose first" in page
    assert name in page
    assert "Step-up dose 1" in page
    assert name not in shown(site, Role.ADMIN), "who sees no patient is told of none"
    read = AuditEntry.objects.filter(act="read the doses beyond the stage")
    assert set(read.values_list("subject", flat=True)) == {str(course.patient), str(other.patient)}
    said = {"step": "step_up_dose_1", "reason": "lives next door", "now": clock.now()}
    adoption.override(course.pk, by=people["prescriber"], **said)
    page = shown(site)
    assert f"let go home by {people['prescriber'].name}: lives next door" in page
    assert "not given at home" in page


def test_nobody_is_listed_where_the_dose_is_given_in_hospital_or_no_stage_was_set(course, people) -> None:
    assert "Next doses beyond this stage" not in shown(course.site)
    put(course.site, people["lead"], at=clock.now(), stage=Stage.ALL)
    assert "None: every course" in shown(course.site)


def test_many_courses_beyond_the_stage_take_as_many_queries_as_one(
    course, people, django_assert_num_queries
) -> None:
    site, now = course.site, clock.now()
    put(site, people["lead"], at=now)
    said = {"step": "step_up_dose_1", "reason": "lives next door", "now": now}
    adoption.override(course.pk, by=people["prescriber"], **said)
    with CaptureQueriesContext(connection) as few:
        assert len(beyond.of(site, now=now)) == 1
    for _ in range(3):
        one = makers.a_course(makers.a_patient(site, now=now), now=now)
        adoption.override(one.pk, by=people["prescriber"], **said)
    with django_assert_num_queries(len(few)):
        assert len(beyond.of(site, now=now)) == 4


def test_a_move_beyond_the_stage_is_refused_beside_its_date(course, people) -> None:
    now = clock.now()
    put(course.site, people["lead"], at=now, stage=Stage.LATER)
    typed = {"on": str(now.date() + 2 * DAY), "at": "10:00", "seen": "0.0"}
    answer = makers.signed_in(people["nurse"]).post(reverse("move-dose", args=[course.pk]), typed)
    says(answer, "is beyond what this site gives at home: later steps and maintenance doses")
    keeps(answer, typed)


def test_a_screen_without_a_stage_needs_no_override(course, people) -> None:
    page = makers.signed_in(people["prescriber"]).get(reverse("override-stage", args=[course.pk]))
    assert "nothing is refused, and nothing needs an override" in page.content.decode()
