"""The afternoon before a dose: what must be true is said, found or waived, and only then is the answer give."""

from decimal import Decimal

import pytest

from monitoring import practice
from notifications import clock
from stepup import courses, next_dose, readiness, weights
from stepup.models import Course
from stepup.readiness import MET, OPEN, Said
from stepup.weights import Weighing
from tests import makers
from tests.story import Clinic

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
FIRST = "step_up_dose_1"


@pytest.fixture
def clinic(provider) -> Clinic:
    """A patient with an open course, of whom nothing is stated yet."""
    clinic = Clinic(provider)
    clinic.course = _fresh(clinic)
    return clinic


def _fresh(clinic: Clinic) -> Course:
    clinic.patient = makers.a_patient(clinic.site, now=clinic.now)
    return makers.a_course(clinic.patient, now=clinic.now, is_ready=False)


def states(clinic: Clinic, *said: Said) -> None:
    listed = readiness.of(clinic.course, step=FIRST, now=clock.now())
    readiness.state(
        clinic.course.pk, said, step=FIRST, dose_number=listed.dose_number, seen=listed.seen,
        by=clinic.course.opened_by, now=clock.now(),
    )  # fmt: skip


def still_open(clinic: Clinic) -> tuple[str, ...]:
    return next_dose.decide(clinic.course, now=clock.now()).not_ready


def test_a_dose_is_given_once_the_phone_answered_and_the_nurse_said_the_rest(clinic) -> None:
    clinic.at("Mon 10:00")
    rules = readiness.of(clinic.course, step=FIRST, now=clock.now()).open
    stated = [
        makers.a_statement(item.rule.id, clinic.course, now=clock.now())
        for item in rules
        if not item.rule.derived
    ]
    states(clinic, *stated)
    assert still_open(clinic) == ("phone proven",)

    practice.send(clinic.patient, by=clinic.course.opened_by, now=clock.now())
    clinic.settle()
    assert "practice" in clinic.phone_of("patient")[-1]
    clinic.at("Mon 10:05").hears("98.4")
    assert clinic.next_dose == "give"

    states(clinic, Said("caregiver", OPEN, reason="her husband is away until Wednesday"))
    assert still_open(clinic) == ("caregiver tonight",)
    states(clinic, Said("caregiver", MET, said="her sister"))
    clinic.at("Mon 11:00").gives()
    assert clinic.course.doses.get().deviation == ""


def test_a_fever_in_answer_to_the_practice_text_pages_somebody(clinic) -> None:
    clinic.at("Mon 10:00")
    practice.send(clinic.patient, by=clinic.course.opened_by, now=clock.now())
    clinic.settle()
    clinic.at("Mon 10:05").hears("101.3")
    assert clinic.pages == ["Dr A"]
    assert clinic.next_dose == "hold"


def test_who_lost_weight_gets_the_new_sum_once_a_colleague_has_looked(clinic) -> None:
    makers.ready(clinic.course, now=clock.now())
    clinic.at("Mon 10:00").gives()
    clinic.at("Thu 10:00")
    makers.ready(clinic.course, now=clock.now())
    assert clinic.next_dose == "give"

    today = courses.local_date(clinic.patient, clock.now())
    nurse = clinic.course.opened_by
    scale = Weighing(Decimal(60), today, "the nurse", "chair")
    weight = weights.record(clinic.course.pk, scale, by=nurse, now=clock.now())
    assert clinic.next_dose == "hold"
    weights.answer(weight.pk, use=True, by=makers.a_clinician(clinic.site, "pharmacist"), now=clock.now())
    assert clinic.next_dose == "give"
    clinic.at("Thu 10:05").gives()
    sums = [(dose.step, dose.sum) for dose in clinic.course.doses.order_by("given_at")]
    assert sums == [
        ("step_up_dose_1", "0.06 mg/kg x 70 kg = 4.2 mg"),
        ("step_up_dose_2", "0.3 mg/kg x 60 kg = 18 mg"),
    ]
