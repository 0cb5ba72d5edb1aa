"""In hospital the ward watches: check-ins rest visibly, words are still heard, and a forgotten stay climbs."""

from datetime import timedelta

import pytest

from monitoring import admissions, escalations, patients, stays
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


def leaves(home: Home, stay: Admission, at, **facts) -> Admission:
    said = {"discharged_at": at, "words": "home, with her son", "by": stay.admitted_by} | facts
    return admissions.discharge(stay.pk, now=at, **said)


def test_whoever_is_on_call_hears_that_somebody_is_asked_at_home_again(home) -> None:
    stay = goes_in(home, NOON + HOUR)
    leaves(home, stay, NOON + 5 * HOUR)
    assert [words for words in home.texts_to(home.doctors[0].phone) if "asked at home again" in words]
    assert not home.texts_to(home.doctors[1].phone)
    assert not home.patient.escalations.exists(), "told, not paged"


def test_after_the_hours_of_the_watch_a_discharge_asks_nothing_more_and_the_watch_ends(home) -> None:
    stay = goes_in(home, NOON + HOUR)
    over = home.watch.ends_at + HOUR
    Admission.objects.filter(pk=stay.pk).update(rests_until=over + HOUR)
    home.tick(over)
    watch = home.watch
    leaves(home, stay, over + MINUTE)
    home.tick(over + 2 * MINUTE)
    watch.refresh_from_db()
    assert watch.closed_at is not None
    assert not watch.checkins.filter(state="asked").exists()


def test_a_discharge_recorded_late_says_that_nobody_asked_meanwhile(home) -> None:
    stay = goes_in(home, NOON + HOUR)
    leaves(home, stay, NOON + 9 * HOUR, discharged_at=NOON + 5 * HOUR)
    said = home.patient.events.get(what="discharged from hospital").text
    assert "Nobody asked between then and Mon 01 Mar 21:00 EST." in said


def test_a_case_open_at_admission_stays_with_its_owner_who_hears_of_it(home) -> None:
    home.hears("38.6", at=NOON + HOUR)
    case, doctor = home.case, home.doctors[0]
    escalations.take(case.pk, by=doctor, now=NOON + HOUR, how="screen")
    stay = goes_in(home, NOON + 2 * HOUR)
    case.refresh_from_db()
    assert (case.state, case.owner) == ("taken", doctor)
    assert "admitted to hospital" in home.history
    assert [words for words in home.texts_to(doctor.phone) if "more has come in" in words]
    leaves(home, stay, NOON + 3 * HOUR)
    case.refresh_from_db()
    assert (case.state, case.owner) == ("taken", doctor)


def test_no_pocket_dose_is_texted_to_somebody_in_hospital(home) -> None:
    home.has_pocket_order()
    stay = goes_in(home, NOON + HOUR)
    home.hears("38.6", at=NOON + 2 * HOUR)
    assert "no pocket dose" in home.history
    assert "pocket dose" not in home.history
    leaves(home, stay, NOON + 3 * HOUR)
    home.hears("38.7", at=NOON + 4 * HOUR)
    assert "pocket dose" in home.history


def test_words_from_hospital_never_let_check_ins_rest(home) -> None:
    home.tick(home.watch.checkins.first().due_at)
    home.hears("I am in hospital, they admitted me", at=NOON + 5 * HOUR)
    assert home.case.state == "open"
    assert not Admission.objects.exists()
    hours(home, NOON + 5 * HOUR, NOON + 8 * HOUR)
    assert home.watch.checkins.filter(state="asked").exists()


def test_a_dose_given_in_the_ward_is_watched_and_rests_and_texts_begin_at_home() -> None:
    home = Home(watched=False)
    stay = goes_in(home, NOON - HOUR)
    makers.a_dose(home.course)
    sent = [words for words in home.texts_to(home.patient.phone) if "Your check-ins start now" in words]
    assert not sent
    hours(home, NOON, NOON + 8 * HOUR)
    assert {one.state for one in home.watch.checkins.exclude(state="waiting")} == {"cancelled"}
    leaves(home, stay, NOON + 9 * HOUR)
    home.tick(NOON + 9 * HOUR)
    assert home.asked
    assert "Your check-ins start now" in "".join(home.texts_to(home.patient.phone))


def test_a_task_from_before_the_dose_pages_once_somebody_is_watched() -> None:
    home = Home(watched=False)
    stay = goes_in(home, NOON - 22 * HOUR)
    home.tick(NOON - MINUTE)
    task = Task.objects.get(what=admissions.STILL_IN)
    assert not task.pages_when_late, "nothing rests while nobody is watched"
    makers.a_dose(home.course)
    home.tick(NOON + MINUTE)
    task.refresh_from_db()
    assert (task.pages_when_late, task.due_at) == (True, stay.rests_until)


def test_an_admission_recorded_by_mistake_is_kept_and_asks_at_home_at_once(home) -> None:
    stay = goes_in(home, NOON + HOUR)
    hours(home, NOON + HOUR, NOON + 8 * HOUR)
    with pytest.raises(Refusal, match="Say how it came about"):
        admissions.take_back(stay.pk, why=" ", by=stay.admitted_by, now=NOON + 9 * HOUR)
    admissions.take_back(stay.pk, why="it was another patient", by=stay.admitted_by, now=NOON + 9 * HOUR)
    home.tick(NOON + 9 * HOUR)
    assert home.asked
    assert home.patient.events.get(what="never in hospital").text.startswith("Recorded by mistake")
    goes_in(home, NOON + 10 * HOUR)
    assert [one.mistaken for one in admissions.history(home.patient)] == [False, True]


def test_another_ward_is_kept_with_the_one_before(home) -> None:
    stay = goes_in(home, NOON + HOUR)
    icu = admissions.Ward("Riverside Hospital", "ICU", "+15550177002")
    admissions.still_in(stay.pk, where=icu, by=stay.admitted_by, now=NOON + 2 * HOUR)
    stay.refresh_from_db()
    assert (stay.ward, stay.phone, stay.rests_until) == ("ICU", "+15550177002", NOON + 26 * HOUR)
    said = home.patient.events.get(what="still in hospital").text
    assert "ICU" in said
    assert "Before: Riverside Hospital, ward 4B" in said


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"words": " "}, "words"),
        ({"discharged_at": NOON}, "before-admission"),
        ({"discharged_at": NOON + timedelta(days=1)}, "future"),
    ],
)
def test_a_discharge_says_where_to_and_has_happened(home, facts, code) -> None:
    stay = goes_in(home, NOON + HOUR)
    with pytest.raises(Refusal) as refused:
        leaves(home, stay, NOON + 2 * HOUR, **facts)
    assert refused.value.code == code


def test_a_stay_ends_once_and_does_not_overlap_the_one_before(home) -> None:
    stay = goes_in(home, NOON + HOUR)
    leaves(home, stay, NOON + 3 * HOUR)
    for act in (
        lambda: leaves(home, stay, NOON + 4 * HOUR),
        lambda: admissions.still_in(stay.pk, by=stay.admitted_by, now=NOON + 4 * HOUR),
        lambda: admissions.take_back(stay.pk, why="x", by=stay.admitted_by, now=NOON + 4 * HOUR),
    ):
        with pytest.raises(Refusal, match="has recorded the discharge already"):
            act()
    with pytest.raises(Refusal, match="lasting until after"):
        goes_in(home, NOON + 5 * HOUR, admitted_at=NOON + 2 * HOUR)


def test_an_enrolment_does_not_end_over_a_stay() -> None:
    home = Home(watched=False)
    goes_in(home, NOON)
    with pytest.raises(Refusal, match="Record the discharge"):
        patients.end(home.patient.pk, by=home.doctors[0], reason="moved", now=NOON + HOUR)
    leaves(home, stays.of(home.patient), NOON + HOUR)
    patients.end(home.patient.pk, by=home.doctors[0], reason="moved", now=NOON + HOUR)
    with pytest.raises(Refusal, match="This enrolment has ended"):
        goes_in(home, NOON + 2 * HOUR)
