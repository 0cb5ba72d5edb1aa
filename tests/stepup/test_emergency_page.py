"""The emergency page: facts for a date of birth, a few guesses an hour, and whoever opens it is noticed."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from monitoring.models import Task
from notifications import clock
from stepup import emergency
from stepup.models import EmergencyVisit
from tests import makers
from tests.home import Home
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
BORN = date(1960, 5, 17)
WRONG = date(1903, 2, 1)
SECOND = timedelta(seconds=1)


def tries(patient: object, *, born_on: date, now: object) -> bool:
    return emergency.show_facts(patient.pk, born_on=born_on, callback="", now=now) is not None


def test_after_five_wrong_dates_the_right_one_shows_nothing_for_an_hour() -> None:
    patient = makers.a_patient(makers.a_site())
    for _ in range(emergency.TRIES):
        assert not tries(patient, born_on=WRONG, now=NOON)
    assert not tries(patient, born_on=BORN, now=NOON + emergency.PER - SECOND)
    assert EmergencyVisit.objects.count() == emergency.TRIES
    assert tries(patient, born_on=BORN, now=NOON + emergency.PER)


def test_right_dates_are_never_used_up() -> None:
    patient = makers.a_patient(makers.a_site())
    assert all(tries(patient, born_on=BORN, now=NOON) for _ in range(emergency.TRIES + 1))


def test_ux6b_the_advice_and_the_number_are_shown_to_whoever_has_no_tries_left() -> None:
    patient = makers.a_patient(makers.a_site(), now=clock.now())
    path = reverse("emergency", args=[patient.emergency_code])
    for left in reversed(range(emergency.TRIES)):
        shown = Client().post(path, {"born_on": "02/01/1903"}).content.decode()
        assert (f"Tries left in this hour: {left}." in shown) == bool(left)
        assert f"tel:{patient.site.oncall_number}" in shown
    page = Client().post(path, {"born_on": "05/17/1960"}).content.decode()
    assert patient.name not in page
    assert "tel:" in page


@pytest.mark.parametrize("watched", [True, False])
def test_opening_the_page_is_a_task_that_pages_inside_a_watch(watched) -> None:
    home = Home(watched=watched)
    emergency.opened(home.patient, now=NOON)
    emergency.opened(home.patient, now=NOON + SECOND)
    task = Task.objects.get(what__startswith="The emergency page was opened")
    assert task.due_at == NOON + emergency.LOOK_WITHIN
    assert task.pages_when_late == watched
    assert home.patient.name not in task.what


def test_looking_at_the_address_is_enough_to_be_noticed() -> None:
    patient = makers.a_patient(makers.a_site(), now=clock.now())
    Client().get(reverse("emergency", args=[patient.emergency_code]))
    assert Task.objects.filter(patient=patient, what__startswith="The emergency page was opened").exists()


def test_facts_shown_to_an_emergency_department_are_a_call_back_within_minutes() -> None:
    home = Home()
    emergency.show_facts(home.patient.pk, born_on=BORN, callback="212 555 0100", now=NOON)
    task = Task.objects.get(what__contains="212 555 0100")
    assert (task.due_at, task.pages_when_late) == (NOON + emergency.CALL_WITHIN, True)
