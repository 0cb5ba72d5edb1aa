"""A dose that was recorded late, or wrongly, and what the patient's phone and the chart make of it."""

from datetime import timedelta
from decimal import Decimal

import pytest

from monitoring import watches
from monitoring.models import CheckIn
from notifications import clock
from stepup import arranged, corrections, courses, next_dose, plans, reported
from tests import makers
from tests.story import Clinic

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
HOUR = timedelta(hours=1)


@pytest.fixture
def clinic(provider) -> Clinic:
    return Clinic(provider)


def test_a_dose_of_another_hospital_is_recorded_on_wednesday_and_its_watch_begins_then(clinic) -> None:
    """Given there on Monday at ten, told here two days later: asked at once, the gap is shown, Thursday is next."""
    monday = clinic.at("Mon 10:00").now
    clinic.at("Wed 09:00")
    dose = reported.record(
        clinic.course.pk, step="step_up_dose_1", given_at=monday, given_mg=Decimal("4.2"),
        report=reported.Report("elsewhere", "their nurse by telephone", "she came to us today", "General Hospital"),
        by=makers.a_clinician(clinic.site), now=clock.now(),
    ).dose  # fmt: skip
    courses.confirm_dose(
        dose.pk, by=makers.a_clinician(clinic.site, "pharmacist"), figure_mg=Decimal("4.2"), now=clock.now()
    )
    clinic.settle()
    watch = watches.current(clinic.patient)
    assert watch.given_at == monday
    assert watch.checkins.filter(state="missed").exists()
    answered = watch.checkins.filter(state="answered").get()
    assert answered.question_at is not None, "asked at once, and the patient, who is well, has answered"
    assert any("Your check-ins start now" in text for text in clinic.phone_of("patient"))
    planned = plans.of(clinic.course, now=clock.now())[0]
    assert (planned.step, planned.on.isoweekday()) == ("step_up_dose_2", 4)


def test_a_time_corrected_in_the_night_moves_the_next_check_in(clinic) -> None:
    """Recorded as given at ten; it had been two in the morning, so hour sixteen is at six in the evening."""
    clinic.at("Mon 10:00").gives()
    clinic.at("Mon 14:30")
    dose = arranged.last_dose(clinic.course)
    corrections.correct(
        dose.pk, corrections.Facts(dose.step, dose.given_at - 8 * HOUR, dose.given_mg), reason="read off the pump",
        by=makers.a_clinician(clinic.site), now=clock.now(),
    )  # fmt: skip
    clinic.settle()
    watch = watches.current(clinic.patient)
    assert watch.given_at == dose.given_at - 8 * HOUR
    coming = CheckIn.objects.filter(watch=watch, state="waiting").earliest("due_at")
    assert coming.due_at == dose.given_at + 8 * HOUR, "sixteen hours after the dose, at six in the evening"
    asked = CheckIn.objects.filter(watch=watch, state="answered").count()
    clinic.at("Mon 18:01")
    assert CheckIn.objects.filter(watch=watch, state="answered").count() == asked + 1
    assert next_dose.decide(clinic.course, now=clock.now()).decision == "wait"
