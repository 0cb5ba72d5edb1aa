"""The afternoon before a dose: what must be true is said, found or waived, and only then is the answer give."""

import pytest

from monitoring import practice
from notifications import clock
from stepup import next_dose, readiness
from stepup.models import Course
from stepup.readiness import MET, OPEN, Said
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
