"""A dose put off, and what the patient's phone and the chart make of it."""

from datetime import timedelta

import pytest

from monitoring.models import CheckIn, Watch
from notifications import clock
from protocols.errors import Refusal
from stepup import appointments, courses, holds, next_dose, reviews
from tests import makers
from tests.story import Clinic

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def clinic(provider) -> Clinic:
    return Clinic(provider).at("Mon 10:00").gives()


def delays(clinic: Clinic, *, days: int, **said: str) -> None:
    """The nurse puts the next dose on ten in the morning, so many days from today."""
    appointments.move(
        clinic.course.pk,
        at=clinic.now.replace(second=0) + timedelta(days=days),
        seen_before=appointments.seen(clinic.course),
        by=makers.a_clinician(clinic.site, name="Nora"),
        now=clock.now(),
        **said,
    )


def test_h24_a_fever_delays_the_second_dose_and_its_watch_begins_when_it_is_given(clinic) -> None:
    clinic.at("Tue 02:00").hears("38.6 and shaking")
    clinic.texts_the_code("Dr A").reached("Dr A").resolved("Dr A")
    clinic.at("Wed 10:00")
    with pytest.raises(Refusal, match="Say in a few words"):
        delays(clinic, days=4, reason="reaction")
    delays(clinic, days=4, reason="reaction", words="fever on the first night, gone since Tuesday")
    assert clinic.at("Thu 10:00").next_dose == "wait"
    assert [dose.on.isoweekday() for dose in courses.plan(clinic.course)[:2]] == [7, 3]
    assert clinic.at("Sun 10:00").next_dose == "hold", "nobody has said yet that the patient is ready"
    makers.ready(clinic.course, now=clock.now())
    assert clinic.next_dose == "give"
    with pytest.raises(Refusal, match="wants benefit and risk reviewed"):
        clinic.gives("step_up_dose_2")
    prescriber = makers.a_clinician(clinic.site, "prescriber")
    reviews.record(clinic.course.pk, words="one fever, gone; goes on", by=prescriber, now=clock.now())
    clinic.gives("step_up_dose_2")
    watch = Watch.objects.get(patient=clinic.patient, closed_at=None)
    assert watch.step == "step_up_dose_2"
    assert watch.given_at == clinic.now
    assert CheckIn.objects.filter(watch=watch).exclude(state="cancelled").exists()
    assert clinic.course.doses.last().deviation == "", "given on the day it was put on, it is on plan"


def test_a_dose_put_off_too_long_starts_the_step_up_again(clinic) -> None:
    clinic.at("Wed 10:00")
    delays(clinic, days=7, reason="patient", words="away for a funeral")
    clinic.at("+Wed 10:00")
    answer = next_dose.decide(makers.ready(clinic.course, now=clock.now()), now=clock.now())
    assert (answer.decision, answer.step, answer.premedicate) == ("give", "step_up_dose_1", "yes")


def test_a_hold_keeps_the_dose_back_until_it_is_lifted_and_then_the_days_decide(clinic) -> None:
    """Held for an infection on Tuesday, lifted nine days after the first dose: the step-up starts again."""
    nurse = makers.a_clinician(clinic.site)
    pharmacist = makers.a_clinician(clinic.site, "pharmacist")
    clinic.at("Tue 09:00")
    hold = holds.place(clinic.course.pk, reason="chest infection", by=nurse, now=clock.now())
    assert clinic.at("Thu 10:00").next_dose == "hold"
    with pytest.raises(Refusal, match="A prescriber or a pharmacist lifts a hold"):
        holds.lift(hold.pk, why="better", by=nurse, now=clock.now())
    clinic.at("+Wed 10:00")
    holds.lift(hold.pk, why="afebrile since Sunday", by=pharmacist, now=clock.now())
    answer = next_dose.decide(makers.ready(clinic.course, now=clock.now()), now=clock.now())
    assert (answer.decision, answer.step) == ("give", "step_up_dose_1")
    said = clinic.course.events.exclude(what="readiness stated")
    assert [event.what for event in said][-2:] == ["held", "hold lifted"]
