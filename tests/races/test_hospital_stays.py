"""Two at once about one stay: one records it, the other is told; and the engine asks nobody who just went in."""

from datetime import datetime, timedelta

import pytest

from monitoring import admissions, checkins, stays, worklist
from monitoring.models import Admission, CheckIn, Task
from notifications import clock
from protocols.errors import Refusal
from stepup import engine
from tests import makers
from tests.races.crowd import at_once, problems

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
WARD = admissions.Ward("Riverside Hospital", "ward 4B", "+15550177001")
DAY = timedelta(days=1)


@pytest.fixture
def now() -> datetime:
    return clock.now()


@pytest.fixture
def nurses(site) -> list:
    return [makers.a_clinician(site) for _ in range(4)]


@pytest.fixture
def watched(patient, now):
    """The patient, with a check-in that is due now."""
    due = CheckIn.objects.filter(watch__patient=patient).earliest("due_at")
    CheckIn.objects.filter(pk=due.pk).update(due_at=now, next_at=now)
    return patient


def admits(patient, by, now) -> Admission:
    return admissions.admit(patient.pk, where=WARD, reason="fever", admitted_at=now, by=by, now=now)


def test_of_four_who_admit_at_once_one_does_and_the_others_are_told(watched, nurses, now) -> None:
    results = at_once(*[lambda by=by: admits(watched, by, now) for by in nurses])
    refused = problems(results)
    assert [one.code for one in refused] == ["in-already"] * 3
    assert Admission.objects.count() == 1


def test_of_two_who_discharge_at_once_one_does_and_the_patient_is_asked_once(watched, nurses, now) -> None:
    stay = admits(watched, nurses[0], now)
    results = at_once(
        *[
            lambda by=by: admissions.discharge(stay.pk, discharged_at=now, words="home", by=by, now=now)
            for by in nurses
        ]
    )
    assert [one.code for one in problems(results)] == ["out-already"] * 3
    assert CheckIn.objects.filter(watch__patient=watched, extra=True).count() == 1


def test_whoever_goes_in_while_the_engine_asks_is_left_without_an_open_question(watched, nurses, now) -> None:
    later = now + engine.PATIENCE
    results = at_once(lambda: admits(watched, nurses[0], now), *[lambda: checkins.ask_due(now=later)] * 3)
    assert problems(results) == []
    checkins.ask_due(now=later)
    asked = CheckIn.objects.filter(watch__patient=watched, state="asked")
    assert not asked.exists()
    assert stays.of(watched) is not None


def test_a_discharge_while_the_engine_plans_leaves_one_question_and_it_is_asked(watched, nurses, now) -> None:
    stay = admits(watched, nurses[0], now)
    later = now + engine.PATIENCE
    results = at_once(
        lambda: admissions.discharge(stay.pk, discharged_at=now, words="home", by=nurses[0], now=now),
        lambda: checkins.ask_due(now=later),
        lambda: admissions.look_after(now=later),
        lambda: checkins.keep_close(now=later),
    )
    assert problems(results) == []
    checkins.ask_due(now=later)
    assert CheckIn.objects.filter(watch__patient=watched, state="asked").count() == 1


def test_an_answer_in_the_minute_the_question_turns_into_a_case_never_blocks(watched, nurses, now) -> None:
    """The engine holds the task and waits for the patient; whoever holds the patient does not wait for the task."""
    stay = admits(watched, nurses[0], now - DAY)
    admissions.look_after(now=now)
    assert Task.objects.filter(what=stays.STILL_IN, done_at=None).exists()
    for _ in range(5):
        results = at_once(
            lambda: admissions.still_in(stay.pk, by=nurses[0], now=now),
            lambda: worklist.page_for_late(now=now),
        )
        assert problems(results) == []
        Task.objects.filter(what=stays.STILL_IN).update(done_at=None, done_by=None, outcome="", due_at=now)
    stay.refresh_from_db()
    assert stay.rests_until == now + DAY


def test_still_in_and_discharge_at_once_end_in_a_discharge(watched, nurses, now) -> None:
    stay = admits(watched, nurses[0], now)
    results = at_once(
        lambda: admissions.still_in(stay.pk, by=nurses[0], now=now),
        lambda: admissions.discharge(stay.pk, discharged_at=now, words="home", by=nurses[1], now=now),
    )
    assert all(isinstance(one, Refusal) for one in problems(results))
    stay.refresh_from_db()
    assert stay.discharged_at == now
