"""Texts are never the only watch: a day in which nobody has spoken with the patient puts a call on the list."""

from collections.abc import Callable

import pytest

from monitoring import admissions, assessments, by_hand, deaths, spoken, worklist
from monitoring.models import DeathNotice, Task, Watch
from notifications.models import Clinician, Role
from stepup import engine
from tests import bedside, makers
from tests.home import HOUR, MINUTE, Home
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
DAY = 24 * HOUR


@pytest.fixture
def home() -> Home:
    return Home()


@pytest.fixture
def nurse(home) -> Clinician:
    return makers.a_clinician(home.site)


def calls(home: Home) -> int:
    return Task.objects.filter(patient=home.patient, what=spoken.WHAT, done_at=None).count()


def phones(home: Home, nurse: Clinician, *, spoke: bool, at) -> None:
    by_hand.called(patient=home.patient, whom="patient", spoke=spoke, words="well", by=nurse, now=at)


def test_h53_a_day_without_a_spoken_word_puts_one_call_on_the_list_that_pages_nobody(home) -> None:
    engine.slow_tick(now=NOON + DAY - MINUTE)
    assert calls(home) == 0
    for minutes in range(3):
        engine.slow_tick(now=NOON + DAY + minutes * MINUTE)
    assert calls(home) == 1
    assert not Task.objects.get(what=spoken.WHAT).pages_when_late


@pytest.mark.parametrize(("spoke", "wanted"), [(True, 0), (False, 1)], ids=["spoken with", "a voicemail"])
def test_h53_only_a_call_in_which_somebody_was_spoken_with_counts(home, nurse, spoke, wanted) -> None:
    phones(home, nurse, spoke=spoke, at=NOON + 20 * HOUR)
    spoken.look_after(now=NOON + DAY)
    assert calls(home) == wanted


def _graded(home: Home) -> None:
    doctor = makers.a_clinician(home.site, Role.PRESCRIBER)
    sheet = assessments.Worksheet(crs=bedside.crs_found(1))
    assessments.record(home.patient.pk, sheet, seen=0, by=doctor, now=NOON + 20 * HOUR)


def _reached(home: Home) -> None:
    home.hears("38.6", at=NOON + 20 * HOUR)
    makers.resolved(home.case, by=home.doctors[0], now=NOON + 20 * HOUR)


@pytest.mark.parametrize("seen", [_graded, _reached])
def test_h53_whoever_was_graded_or_reached_in_a_case_was_spoken_with(home, seen: Callable) -> None:
    seen(home)
    spoken.look_after(now=NOON + DAY)
    assert calls(home) == 0
    Watch.objects.update(ends_at=NOON + 3 * DAY)
    spoken.look_after(now=NOON + 44 * HOUR)
    assert calls(home) == 1, "a day after that"


def test_h53_the_next_day_wants_its_own_call(home, nurse) -> None:
    spoken.look_after(now=NOON + DAY)
    worklist.finish(
        Task.objects.get(what=spoken.WHAT).pk, by=nurse, outcome="spoke with both", now=NOON + DAY
    )
    spoken.look_after(now=NOON + 2 * DAY - MINUTE)
    assert calls(home) == 0
    Watch.objects.update(ends_at=NOON + 3 * DAY)
    spoken.look_after(now=NOON + 2 * DAY)
    assert calls(home) == 1


def _in_hospital(home: Home, nurse: Clinician) -> None:
    where = admissions.Ward(hospital="General", ward="7 West", phone="+12155550199")
    at = NOON + 20 * HOUR
    admissions.admit(home.patient.pk, where=where, reason="fever", admitted_at=at, by=nurse, now=at)


def _dead(home: Home, nurse: Clinician) -> None:
    DeathNotice.objects.create(
        patient=home.patient, said=DeathNotice.Said.DIED, by=nurse, at=NOON + HOUR, words="told"
    )
    assert deaths.is_known(home.patient.pk)


@pytest.mark.parametrize("elsewhere", [_in_hospital, _dead])
def test_nobody_is_called_at_home_in_hospital_or_after_a_death(home, nurse, elsewhere: Callable) -> None:
    elsewhere(home, nurse)
    spoken.look_after(now=NOON + DAY)
    assert calls(home) == 0
