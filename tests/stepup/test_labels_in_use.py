"""The labels in the service itself: signed, chosen, given, watched, and asked about at the end of their schedule."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from monitoring.models import Patient, Reaction
from notifications import clock
from notifications.models import Role, Site
from protocols import library
from protocols.errors import Refusal
from stepup import courses, next_dose
from stepup.models import Dose
from tests import makers
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
DAY = timedelta(days=1)


@pytest.fixture
def site(monkeypatch) -> Site:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    site = makers.a_site()
    makers.on_call(site)
    return site


@pytest.fixture
def patient(site) -> Patient:
    return makers.a_patient(site)


def signed_in(site: Site, role: str) -> Client:
    return makers.signed_in(makers.a_clinician(site, role))


@pytest.mark.parametrize("label", library.known_labels(), ids=lambda label: label.id)
def test_every_label_can_be_read_and_signed_with_a_pathway_of_its_jurisdiction(site, label) -> None:
    pathway = f"outpatient-{label.jurisdiction.lower()}"
    shown = signed_in(site, Role.PHARMACIST).get(reverse("protocol", args=[label.id, pathway]))
    page = shown.content.decode()
    assert shown.status_code == 200
    for reading in label.readings:
        assert reading.topic[1:] in page
    assert makers.an_approved_protocol(site, label.id).is_approved


@pytest.mark.parametrize("regimen", ["weekly", "biweekly"])
def test_each_of_several_regimens_can_be_chosen(site, patient, regimen: str) -> None:
    makers.an_approved_protocol(site, "talquetamab-us-2023-08")
    form = signed_in(site, Role.NURSE).get(reverse("enrol")).content.decode()
    assert f'<option value="{regimen}">' in form
    course = makers.a_course(patient, label="talquetamab-us-2023-08", regimen=regimen)
    assert [dose.step for dose in courses.plan(course)[:3]][1] == "step_up_dose_2"
    with pytest.raises(Refusal, match="choose weekly or biweekly"):
        makers.a_course(makers.a_patient(site), label="talquetamab-us-2023-08")


def test_another_medicine_comes_first_and_is_watched_like_a_step_up_dose(patient) -> None:
    course = makers.a_course(patient, label="glofitamab-us-2023")
    first = next_dose.decide(course, now=NOON)
    assert (first.decision, first.step) == ("give", "obinutuzumab")
    dose = makers.a_dose(course)
    assert dose.watch.checkins.count() == 26
    assert next_dose.decide(course, now=NOON + 7 * DAY).step == "step_up_dose_1"
    assert next_dose.decide(course, now=NOON + 6 * DAY).decision == "ask"


def test_hours_without_symptoms_hold_the_next_dose(patient) -> None:
    course = makers.a_course(patient, label="glofitamab-us-2023")
    makers.a_dose(course)
    makers.a_dose(course, given_at=NOON + 7 * DAY)
    nurse = makers.a_clinician(patient.site)
    next_at = NOON + 14 * DAY
    reaction = Reaction.objects.create(
        patient=patient, kind="crs", grade=1, noted_at=NOON + 8 * DAY, noted_by=nurse,
        over_at=next_at - timedelta(hours=71), over_by=nurse,
    )  # fmt: skip
    assert next_dose.decide(course, now=next_at).decision == "hold"
    reaction.over_at = next_at - timedelta(hours=72)
    reaction.save(update_fields=["over_at"])
    makers.ready(course, now=next_at)
    assert next_dose.decide(course, now=next_at).decision == "give"


def test_a_schedule_that_has_ended_is_shown_and_asks(site, patient) -> None:
    course = makers.a_course(patient, label="mosunetuzumab-eu-2022")
    nurse = makers.a_clinician(site)
    days = [0, 7, 14, 21, *range(42, 148, 21)]
    steps = ["step_up_dose_1", "step_up_dose_2", "first_full_dose", "cycle_2", *["cycle_3_on"] * 6]
    for step, day in zip(steps, days, strict=True):
        given_at = NOON + (day - 147) * DAY
        Dose.objects.create(
            course=course, step=step, given_at=given_at, given_on=given_at.date(), given_mg=1, sum="",
            recorded_by=nurse, recorded_at=given_at, confirmed_by=makers.a_clinician(site),
            confirmed_at=given_at,
        )  # fmt: skip
    answer = next_dose.decide(course, now=NOON + 21 * DAY)
    assert (answer.decision, "no dose after" in answer.because) == ("ask", True)
    assert courses.plan(course) == ()
    client = signed_in(site, Role.NURSE)
    assert (
        "no dose after those that were given"
        in client.get(reverse("patient", args=[patient.pk])).content.decode()
    )
    assert client.get(reverse("record-dose", args=[course.pk])).status_code == 200
