"""In hospital the ward watches: check-ins rest visibly, words are still heard, and a forgotten stay climbs."""

from datetime import timedelta

import pytest

from monitoring import admissions
from monitoring.models import Admission, CheckIn, Task
from protocols.errors import Refusal
from stepup import invariants
from tests import makers
from tests.home import HOUR, MINUTE, Home
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
WARD = admissions.Ward("Riverside Hospital", "ward 4B", "+15550177001")


@pytest.fixture
def home() -> Home:
    return Home()


def goes_in(home: Home, at, **facts) -> Admission:
    said = {"where": WARD, "reason": "fever", "admitted_at": at} | facts
    return admissions.admit(home.patient.pk, by=makers.a_clinician(home.site), now=at, **said)


def hours(home: Home, since, until) -> None:
    """The engine acts every half hour."""
    while since <= until:
        home.tick(since)
        since += 30 * MINUTE


def test_check_ins_rest_and_each_says_why_and_nobody_is_paged(home) -> None:
    goes_in(home, NOON + HOUR)
    sent = len(home.texts_to(home.patient.phone))
    hours(home, NOON + HOUR, NOON + 20 * HOUR)
    ended = home.watch.checkins.exclude(state=CheckIn.State.WAITING)
    assert ended.exists()
    assert {one.state for one in ended} == {"cancelled"}
    assert {one.ended_why for one in ended} == {"in hospital: Riverside Hospital, ward 4B, watches"}
    assert len(home.texts_to(home.patient.phone)) == sent
    assert not home.patient.escalations.exists()
    broken = invariants.counts(now=NOON + 20 * HOUR)
    assert not {"I9", "I10", "I15", "I16", "I17"} & set(broken)


def test_an_open_question_ends_when_the_patient_goes_in(home) -> None:
    first = home.watch.checkins.first()
    home.tick(first.due_at)
    assert home.asked
    goes_in(home, first.due_at + 5 * MINUTE)
    first.refresh_from_db()
    assert first.state == "cancelled"
    hours(home, first.due_at + 10 * MINUTE, first.due_at + 2 * HOUR)
    assert not home.patient.escalations.exists(), "silence does not climb at home"


def test_a_text_from_hospital_is_triaged_as_always(home) -> None:
    goes_in(home, NOON + HOUR)
    home.hears("38.6 and shaking", at=NOON + 2 * HOUR)
    assert home.case.state == "open"
    assert home.case.pages.exists()


def test_a_discharge_inside_the_watch_asks_at_once_what_came_due(home) -> None:
    stay = goes_in(home, NOON + HOUR)
    hours(home, NOON + HOUR, NOON + 20 * HOUR)
    newest = home.watch.checkins.filter(state="cancelled").order_by("due_at").last()
    out = NOON + 20 * HOUR + MINUTE
    admissions.discharge(stay.pk, discharged_at=out, words="home, with her son", by=stay.admitted_by, now=out)
    home.tick(out)
    assert home.asked.ask == newest.ask
    assert home.asked.due_at == out


def test_a_forgotten_admission_runs_again_and_pages(home) -> None:
    stay = goes_in(home, NOON + HOUR)
    hours(home, NOON + HOUR, NOON + 22 * HOUR)
    task = Task.objects.get(patient=home.patient, what=admissions.STILL_IN)
    assert (task.due_at, task.pages_when_late) == (stay.rests_until, True)
    home.tick(stay.rests_until)
    home.tick(stay.rests_until + MINUTE)
    stay.refresh_from_db()
    assert stay.lapsed_at is not None
    assert home.asked
    assert "Nobody has done this in time" in home.case.headline
    assert "I16" not in invariants.counts(now=stay.rests_until + 2 * MINUTE)


def test_an_answer_lets_them_rest_for_another_day(home) -> None:
    stay = goes_in(home, NOON + HOUR)
    hours(home, NOON + HOUR, NOON + 22 * HOUR)
    admissions.still_in(stay.pk, by=stay.admitted_by, now=NOON + 23 * HOUR)
    assert not Task.objects.filter(patient=home.patient, done_at=None).exists()
    hours(home, NOON + 23 * HOUR, NOON + 40 * HOUR)
    assert not home.patient.escalations.exists()


def test_a_rest_that_ran_out_unnoticed_is_found(home) -> None:
    goes_in(home, NOON + HOUR)
    assert invariants.counts(now=NOON + 26 * HOUR)["I16"] == 1


def test_a_watch_does_not_close_while_the_patient_is_in(home) -> None:
    stay = goes_in(home, NOON + HOUR)
    over = home.watch.ends_at + HOUR
    Admission.objects.filter(pk=stay.pk).update(rests_until=over + 20 * HOUR)
    home.tick(over)
    home.tick(over + MINUTE)
    assert home.watch.closed_at is None
    assert "I15" not in invariants.counts(now=over + 10 * MINUTE)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"where": admissions.Ward("", "4B", "+15550177001")}, "hospital"),
        ({"where": admissions.Ward("Riverside", " ", "+15550177001")}, "ward"),
        ({"where": admissions.Ward("Riverside", "4B", "")}, "phone"),
        ({"reason": " "}, "reason"),
        ({"admitted_at": NOON + timedelta(days=1)}, "future"),
        ({"admitted_at": NOON - timedelta(days=61)}, "too-old"),
    ],
)
def test_an_admission_says_where_who_watches_and_why(home, facts, code) -> None:
    with pytest.raises(Refusal) as refused:
        goes_in(home, NOON + HOUR, **facts)
    assert refused.value.code == code


def test_of_two_who_record_it_the_second_is_told(home) -> None:
    goes_in(home, NOON + HOUR)
    with pytest.raises(Refusal, match="in hospital already"):
        goes_in(home, NOON + HOUR)
