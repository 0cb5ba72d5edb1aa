"""A stay in hospital on screen: recorded well and badly, said to last, ended, taken back; and where it is shown."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from monitoring import admissions, board, escalations, inbound, stays, worklist
from monitoring.models import Admission, Patient, Task
from notifications import clock
from notifications.models import AuditEntry, Clinician, Role, Site
from protocols import library
from protocols.errors import Refusal
from stepup import appointments, courses, downtime, next_dose, outside, readiness, readiness_rules
from tests import makers
from tests.refused import keeps, says

pytestmark = [pytest.mark.database, pytest.mark.django_db]
NOON = makers.NOON
HOUR = timedelta(hours=1)
TYPED = {
    "hospital": "Riverside Hospital", "ward": "ward 4B", "phone": "(215) 555-0142", "on": "2027-03-01",
    "at": "10:30", "reason": "fever, their nurse telephoned",
}  # fmt: skip


@pytest.fixture(autouse=True)
def at_noon(monkeypatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)


@pytest.fixture
def site() -> Site:
    site = makers.a_site()
    makers.on_call(site)
    return site


@pytest.fixture
def patient(site) -> Patient:
    return makers.a_patient(site, name="Ann O'Test <b>")


@pytest.fixture
def nurse(site) -> Clinician:
    return makers.a_clinician(site, name="Nora N")


@pytest.fixture
def client(nurse) -> Client:
    return makers.signed_in(nurse)


def shown(client: Client, name: str, *args: object) -> str:
    answer = client.get(reverse(name, args=args))
    assert answer.status_code == 200
    return answer.content.decode().replace("\u00a0", " ")


def test_an_admission_is_on_the_record_with_where_who_and_until_when_texts_rest(client, patient) -> None:
    makers.a_dose(makers.a_course(patient), given_at=NOON - HOUR)
    assert "Check-ins rest until" in shown(client, "admit", patient.pk)
    answer = client.post(reverse("admit", args=[patient.pk]), TYPED, follow=True)
    page = answer.content.decode().replace("\u00a0", " ")
    for words in (
        "Riverside Hospital, ward 4B", "(215) 555-0142", "Mon 01 Mar 2027 10:30 EST", "fever, their nurse telephoned",
        "Recorded by Nora N", "Check-ins rest until", "Tue 02 Mar 2027 12:00 EST", "Still in hospital", "Discharge",
    ):  # fmt: skip
        assert words in page, words
    assert "Admit to hospital" not in page
    assert AuditEntry.objects.filter(act="recorded an admission", subject=str(patient)).exists()


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("hospital", "", "Name the hospital."),
        ("ward", " ", "Name the ward: that is who watches now."),
        ("phone", "", "Type the telephone of the ward"),
        ("phone", "the ward", "is not a telephone number"),
        ("reason", "", "Say why the patient is in hospital."),
        ("at", "25:00", "is not a time"),
        ("at", "13:00", "That time is still to come."),
        ("on", "2026-12-01", "more than 60 days ago"),
    ],
)
def test_a_bad_admission_names_the_fix_and_keeps_the_rest(client, patient, field, typed, sentence) -> None:
    form = TYPED | {field: typed}
    answer = client.post(reverse("admit", args=[patient.pk]), form)
    says(answer, sentence)
    keeps(answer, form, besides=field)
    assert not Admission.objects.exists()


def test_of_two_who_admit_the_second_reads_who_was_first(client, patient, site) -> None:
    makers.a_stay(patient, by=makers.a_clinician(site, name="Olga O"))
    says(
        client.post(reverse("admit", args=[patient.pk]), TYPED),
        "Olga O has recorded this patient as in hospital already.",
    )
    assert "In hospital already" in shown(client, "admit", patient.pk)


def test_the_daily_answer_moves_the_time_and_the_ward(client, patient, nurse, monkeypatch) -> None:
    stay = makers.a_stay(patient, by=nurse, now=NOON - 20 * HOUR)
    monkeypatch.setattr(clock, "now", lambda: NOON)
    path = reverse("still-in", args=[stay.pk])
    assert 'value="(555)' in client.get(path).content.decode().replace("\u00a0", " ")
    says(
        client.post(path, {"hospital": "Riverside Hospital", "ward": "", "phone": "2155550142"}),
        "Name the ward",
    )
    client.post(path, {"hospital": "Riverside Hospital", "ward": "ICU", "phone": "2155550142"})
    stay.refresh_from_db()
    assert (stay.ward, stay.phone, stay.rests_until) == ("ICU", "+12155550142", NOON + 24 * HOUR)


def test_a_discharge_asks_at_home_again_and_says_so(client, patient, nurse) -> None:
    makers.a_dose(makers.a_course(patient), given_at=NOON - 3 * HOUR)
    stay = makers.a_stay(patient, by=nurse)
    path = reverse("discharge", args=[stay.pk])
    assert "the patient is asked by text at once" in shown(client, "discharge", stay.pk)
    says(client.post(path, {"on": "2027-03-01", "at": "11:30", "words": ""}), "Say where the patient went")
    says(client.post(path, {"on": "2027-03-01", "at": "10:30", "words": "home"}), "was admitted only at")
    page = client.post(path, {"on": "2027-03-01", "at": "11:30", "words": "home, her son"}, follow=True)
    assert "The patient is asked at home again from now" in page.content.decode()
    says(
        client.post(path, {"on": "2027-03-01", "at": "11:30", "words": "home"}),
        "Nora N has recorded the discharge",
    )
    assert "This stay is over" in shown(client, "discharge", stay.pk)


def test_a_stay_that_never_was_is_taken_back_with_its_reason(client, patient, nurse) -> None:
    stay = makers.a_stay(patient, by=nurse)
    path = reverse("stay-mistake", args=[stay.pk])
    says(client.post(path, {"why": ""}), "Say how it came about")
    page = client.post(path, {"why": "another patient of that name"}, follow=True).content.decode()
    assert "never in hospital" in page
    assert "another patient of that name" in page
    stay.refresh_from_db()
    assert stay.mistaken


@pytest.mark.parametrize("role", [Role.PHARMACIST, Role.LEAD, Role.AUDITOR, Role.EMERGENCY])
def test_whoever_may_not_record_a_stay_reads_it_without_the_buttons(site, patient, nurse, role) -> None:
    stay = makers.a_stay(patient, by=nurse)
    who = makers.a_clinician(site, role)
    outside.look(patient, reason="asked", words="The nurse asked me to.", by=who, now=clock.now())
    page = shown(makers.signed_in(who), "patient", patient.pk)
    assert "Riverside Hospital, ward 4B" in page
    assert reverse("discharge", args=[stay.pk]) not in page


def test_the_board_says_in_hospital_and_by_when_somebody_must_look(client, site, patient, nurse) -> None:
    makers.a_dose(makers.a_course(patient), given_at=NOON - HOUR)
    stay = makers.a_stay(patient, by=nurse)
    [row] = [row for section in board.look(site, now=NOON).sections for row in section.rows]
    assert (row.section, row.next_at) == ("watch", stay.rests_until)
    assert "the ward watches" in row.next_act
    assert "in hospital: Riverside Hospital, ward 4B" in shown(client, "board")
    [late] = [row for section in board.look(site, now=NOON + 25 * HOUR).sections for row in section.rows]
    assert not late.stay.is_resting
    assert "the ward watches" not in late.next_act


def test_the_downtime_list_and_the_emergency_facts_name_the_ward(client, site, patient, nurse) -> None:
    makers.a_dose(makers.a_course(patient), given_at=NOON - HOUR)
    makers.a_stay(patient, by=nurse)
    [line] = downtime.make(site, now=NOON).lines
    assert line.stay.where == "Riverside Hospital, ward 4B"
    assert "The ward watches; ring it before" in shown(client, "downtime")
    answer = Client().post(
        reverse("emergency", args=[patient.emergency_code]), {"born_on": str(patient.born_on)}
    )
    assert "Riverside Hospital, ward 4B" in answer.content.decode()


def test_what_speaks_of_a_hospital_offers_the_form_and_records_nothing(client, site, patient, nurse) -> None:
    inbound.receive(
        provider_sid="SM-in",
        sender=patient.phone,
        sent_to=site.patient_number,
        body="I am in hospital",
        now=NOON,
    )
    case = patient.escalations.get()
    admit = reverse("admit", args=[patient.pk])
    assert admit in shown(client, "case", case.pk)
    assert not Admission.objects.exists()
    worklist.open_task(
        site=site,
        patient=patient,
        what="The emergency page was opened",
        due_at=NOON,
        pages_when_late=False,
        now=NOON,
    )
    worklist.open_task(site=site, patient=patient, what="Weigh", due_at=NOON, pages_when_late=False, now=NOON)
    assert shown(client, "tasks").count(admit) == 1
    stay = makers.a_stay(patient, by=nurse)
    assert reverse("still-in", args=[stay.pk]) in shown(client, "tasks")
    assert "Riverside Hospital, ward 4B" in shown(client, "case", case.pk)


def test_a_case_resolved_as_admitted_leads_to_the_form(client, site, patient, nurse) -> None:
    inbound.receive(
        provider_sid="SM-out", sender=patient.phone, sent_to=site.patient_number, body="38.6", now=NOON
    )
    case = patient.escalations.get()
    escalations.take(case.pk, by=nurse, now=NOON, how="screen")
    escalations.reach(case.pk, by=nurse, now=NOON)
    typed = {"outcome": "admitted", "crs": "1", "icans": "0", "text": "admitted from home"}
    answer = client.post(reverse("case-resolve", args=[case.pk]), typed)
    assert answer["Location"] == reverse("admit", args=[patient.pk]) + "#result"
    assert "or check-ins go on at home" in shown(client, "admit", patient.pk)
    assert not Admission.objects.exists()


def test_an_ordinary_done_does_not_let_check_ins_rest_any_longer(client, patient, nurse) -> None:
    stay = makers.a_stay(patient, by=nurse, now=NOON - 22 * HOUR)
    admissions.look_after(now=NOON)
    task = Task.objects.get(what=stays.STILL_IN)
    client.post(reverse("task-done", args=[task.pk]), {"outcome": "yes"})
    stay.refresh_from_db()
    assert stay.rests_until == NOON + 2 * HOUR
    admissions.look_after(now=NOON)
    assert Task.objects.filter(what=stays.STILL_IN, done_at=None).exists(), "asked until it is answered"


# doses


def test_a_dose_that_sends_home_is_not_ready_in_hospital_until_it_is_waived(patient, nurse) -> None:
    course = makers.ready(makers.a_course(patient), now=NOON)
    assert next_dose.decide(course, now=NOON).decision == "give"
    makers.a_stay(patient, by=nurse)
    answer = next_dose.decide(course, now=NOON)
    assert (answer.decision, answer.not_ready) == ("hold", ("not in hospital",))
    listed = readiness.of(course, step=answer.step, now=NOON)
    waived = readiness.Said("at_home", readiness.WAIVED, reason="given and watched on ward 4B")
    with pytest.raises(Refusal, match="nobody ticks it"):
        _states(course, listed, readiness.Said("at_home", readiness.MET), nurse)
    _states(course, listed, waived, nurse)
    assert next_dose.decide(course, now=NOON + timedelta(minutes=1)).decision == "give"


def _states(course, listed, said, by) -> None:
    readiness.state(
        course.pk, [said], step=listed.step, dose_number=listed.dose_number, seen=listed.seen, by=by, now=NOON
    )


def test_a_dose_given_in_the_ward_is_recorded_with_its_reason_and_its_watch_rests(patient, nurse) -> None:
    course = makers.ready(makers.a_course(patient), now=NOON)
    makers.a_stay(patient, by=nurse)
    planned = courses.plan(course)[0]
    facts = {
        "step": planned.step,
        "given_at": NOON,
        "given_mg": planned.calculated_mg,
        "by": nurse,
        "now": NOON,
    }
    with pytest.raises(Refusal, match="say why"):
        courses.record_dose(course.pk, **facts)
    dose = courses.record_dose(course.pk, deviation="given on ward 4B", **facts).dose
    assert dose.watch is not None


def test_a_date_for_a_dose_at_home_is_objected_to_in_words_while_in_hospital(patient, nurse) -> None:
    course = makers.a_course(patient)
    makers.a_dose(course, given_at=NOON - HOUR)
    at = NOON + timedelta(days=3)
    assert "ward" not in [one.code for one in appointments.preview(course, at=at, now=NOON).objections]
    makers.a_stay(patient, by=nurse)
    objections = {one.code: one.sentence for one in appointments.preview(course, at=at, now=NOON).objections}
    assert objections["ward"] == "The patient is in hospital now: Riverside Hospital, ward 4B."


def test_a_pathway_that_keeps_the_patient_in_hospital_asks_nothing_of_the_kind() -> None:
    for jurisdiction in ("us", "eu"):
        assert readiness_rules.goes_home(library.pathway(f"outpatient-{jurisdiction}"), "step_up_dose_1")
        assert not readiness_rules.goes_home(library.pathway(f"inpatient-{jurisdiction}"), "step_up_dose_1")
