"""Particulars corrected, texts let go again, an enrolment ended: what each does at once, and what it refuses."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitoring import (
    checkins,
    contacts,
    escalations,
    inbound,
    opting_out,
    patients,
    texts,
    timeline,
    watches,
    worklist,
)
from monitoring.models import CheckIn, Patient, Reply, Task, Watch
from monitoring.patients import CALLED, Particulars
from notifications.models import AuditEntry, Channel, Clinician, Delivery, Lane, Message, Site
from protocols.errors import Refusal
from tests import makers

pytestmark = [pytest.mark.database, pytest.mark.django_db]
NOON, MINUTE, HOUR = makers.NOON, timedelta(minutes=1), timedelta(hours=1)
NEW = "+15550299001"


@pytest.fixture
def site() -> Site:
    site = makers.a_site()
    makers.a_responder(site, 1, name="Dr A")
    return site


@pytest.fixture
def nurse(site) -> Clinician:
    return makers.a_clinician(site, name="Nurse N")


@pytest.fixture
def patient(site) -> Patient:
    return makers.a_patient(site, allergies="penicillin", now=NOON - HOUR)


@pytest.fixture
def watch(patient) -> Watch:
    """The first dose was given at noon; check-ins come at 4 hours, 8 hours ..."""
    makers.a_dose(makers.a_course(patient), given_at=NOON)
    return watches.current(patient)


def correct(
    patient: Patient, by: Clinician, now=NOON, seen: Particulars | None = None, **said: str
) -> list[str]:
    seen = seen or Particulars.of(Patient.objects.get(pk=patient.pk))
    return patients.correct(patient.pk, seen=seen, said=replace(seen, **said), by=by, now=now)


def waiting(number: str) -> list[str]:
    """The keys of what still waits for a number."""
    left = Delivery.objects.filter(message__to=number, state="pending", message__cancelled_at=None)
    return list(left.values_list("message__key", flat=True))


def stop(patient: Patient, now, *, sender: str = "") -> Patient:
    inbound.receive(
        provider_sid=f"SM{makers.a_phone()}", sender=sender or patient.phone, sent_to=patient.site.patient_number,
        body="STOP", now=now,
    )  # fmt: skip
    return Patient.objects.get(pk=patient.pk)


def ask(watch: Watch, hour: int = 4) -> CheckIn:
    checkins.ask_due(now=NOON + hour * HOUR)
    return watch.checkins.get(state="asked")


# corrections


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("phone", NEW), ("language", "es"), ("time_zone", "America/Chicago"), ("caregiver_name", "Somebody Else"),
        ("caregiver_phone", NEW), ("allergies", ""),
    ],
)  # fmt: skip
def test_each_particular_is_corrected_and_nothing_beside_it(patient, nurse, name, value) -> None:
    before = Particulars.of(patient)
    assert correct(patient, nurse, **{name: value}) == [name]
    patient.refresh_from_db()
    assert Particulars.of(patient) == replace(before, **{name: value})
    line = patient.events.get()
    assert (line.what, line.by) == (f"{CALLED[name]} corrected", nurse)
    assert line.what in [entry.title for entry in timeline.of(patient)]


def test_a_number_is_kept_as_the_provider_writes_it(patient, nurse) -> None:
    correct(patient, nurse, phone="(215) 555-0142")
    assert Patient.objects.get(pk=patient.pk).phone == "+12155550142"


def test_saving_what_is_there_leaves_no_trace(patient, nurse) -> None:
    assert correct(patient, nurse) == []
    assert not patient.events.exists()
    assert not AuditEntry.objects.filter(act="corrected contacts").exists()


def test_the_ledger_names_the_fields_and_no_number_or_name(patient, nurse) -> None:
    old = patient.phone
    correct(patient, nurse, phone=NEW, caregiver_name="Somebody Else", language="es", allergies="latex")
    entry = AuditEntry.objects.get(act="corrected contacts", by=nurse, subject=str(patient))
    assert entry.detail == {
        "fields": ["allergies", "caregiver_name", "language", "phone"],
        "language": ["en", "es"],
    }
    line = patient.events.get(what="telephone corrected")
    assert old not in line.text
    assert NEW not in line.text
    assert f"ending in {old[-4:]} to one ending in 9001" in line.text


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"phone": "my daughter's"}, "phone"),
        ({"caregiver_phone": "911"}, "phone"),
        ({"language": "zh-Hant"}, "language"),
        ({"language": "xx"}, "language"),
        ({"time_zone": "America/Nowhere"}, "time-zone"),
    ],
    ids=str,
)
def test_what_enrolment_refuses_a_correction_refuses(patient, nurse, said, code) -> None:
    with pytest.raises(Refusal) as refused:
        correct(patient, nurse, **said)
    assert refused.value.code == code
    assert not patient.events.exists()


def test_patient_and_caregiver_never_share_a_phone(patient, nurse) -> None:
    for said in ({"phone": patient.caregiver_phone}, {"caregiver_phone": patient.phone}):
        with pytest.raises(Refusal, match="phone of their own"):
            correct(patient, nurse, **said)


def test_a_number_that_speaks_for_somebody_else_is_refused(site, patient, nurse) -> None:
    other = makers.a_patient(site)
    with pytest.raises(Refusal, match="already speaks for another patient"):
        correct(patient, nurse, phone=other.phone)


def test_a_language_withdrawn_meanwhile_does_not_forbid_another_correction(patient, nurse) -> None:
    Patient.objects.filter(pk=patient.pk).update(language="zh-Hant")
    assert correct(patient, nurse, allergies="latex") == ["allergies"]


def test_a_page_opened_earlier_undoes_nobody_s_correction(patient, nurse) -> None:
    seen = Particulars.of(patient)
    correct(patient, nurse, phone=NEW)
    assert correct(patient, nurse, seen=seen, allergies="latex") == ["allergies"]
    assert Patient.objects.get(pk=patient.pk).phone == NEW


def test_what_two_changed_differently_is_refused_to_the_second(patient, nurse) -> None:
    seen = Particulars.of(patient)
    correct(patient, nurse, phone=NEW)
    with pytest.raises(Refusal, match=r"now reads \(555\) 029-9001") as refused:
        correct(patient, nurse, seen=seen, phone="+15550299002", allergies="latex")
    assert refused.value.code == "changed-phone"
    assert Patient.objects.get(pk=patient.pk).allergies == "penicillin", "all of it or nothing"
    assert correct(patient, nurse, seen=seen, phone=NEW) == [], "the same correction twice is one"


def test_a_new_number_is_texted_from_now_on_and_the_old_one_no_more(patient, nurse, watch) -> None:
    old = patient.phone
    assert waiting(old) == [f"watch.opened:{watch.pk}"]
    correct(patient, nurse, phone=NEW, now=NOON + MINUTE)
    assert waiting(old) == []
    assert "Withdrawn before they left for the old one: 1" in patient.events.get().text
    ask(watch)
    assert len(waiting(NEW)) == 1
    assert waiting(old) == []


def test_what_the_provider_has_already_is_not_tried_again_at_the_old_number(patient, nurse, watch) -> None:
    sent = Message.objects.get(to=patient.phone)
    facts = {"state": "accepted", "provider_sid": "SM1", "deadline_at": NOON}
    sent.deliveries.update(**facts)
    correct(patient, nurse, phone=NEW, now=NOON + MINUTE)
    sent.refresh_from_db()
    assert sent.cancelled_at is not None


def test_an_open_question_is_asked_on_the_new_number_and_buys_no_time(patient, nurse, watch) -> None:
    checkin = ask(watch)
    correct(patient, nurse, phone=NEW, now=checkin.question_at + 10 * MINUTE)
    again = watch.checkins.get(state="asked")
    assert len(waiting(NEW)) == 1
    assert (again.pk, again.silent_since, again.next_at) == (
        checkin.pk,
        checkin.silent_since,
        checkin.next_at,
    )


def test_a_corrected_caregiver_hears_only_the_caregiver_s_question(patient, nurse, watch) -> None:
    checkin = ask(watch)
    correct(patient, nurse, caregiver_phone=NEW, now=checkin.question_at + MINUTE)
    assert waiting(NEW) == []
    assert len([key for key in waiting(patient.phone) if key.startswith("checkin:")]) == 1, "not asked twice"
    CheckIn.objects.filter(pk=checkin.pk).update(ask=["caregiver"], position=0)
    correct(patient, nurse, caregiver_phone="+15550299002", now=checkin.question_at + 2 * MINUTE)
    assert len(waiting("+15550299002")) == 1


def test_a_new_caregiver_number_waits_for_somebody_to_let_texts_go(patient, nurse, watch) -> None:
    checkin = ask(watch)
    CheckIn.objects.filter(pk=checkin.pk).update(ask=["caregiver"], position=0)
    stop(patient, checkin.question_at + MINUTE, sender=patient.caregiver_phone)
    correct(patient, nurse, caregiver_phone=NEW, now=checkin.question_at + 2 * MINUTE)
    assert waiting(NEW) == []
    assert watch.checkins.get(state="asked").next_at == checkin.next_at


def test_another_patient_s_caregiver_on_the_same_phone_loses_nothing(site, patient, nurse) -> None:
    other = makers.a_patient(site, caregiver_phone=patient.caregiver_phone)
    for one in (patient, other):
        texts.to_caregiver(one, "reply.help", key=f"test:{one.pk}", now=NOON)
    correct(patient, nurse, caregiver_phone=NEW, now=NOON + MINUTE)
    assert waiting(other.caregiver_phone) == [f"test:{other.pk}"]


def test_texts_to_the_old_number_stay_on_the_timeline_and_the_new_one_brings_none_of_another_s(
    site, patient, nurse
) -> None:
    other = makers.a_patient(site)
    texts.to_patient(patient, "reply.help", key="mine", now=NOON)
    texts.to_caregiver(other, "reply.help", key="theirs", now=NOON)
    correct(patient, nurse, phone=other.caregiver_phone, now=NOON + MINUTE)
    patient.refresh_from_db()
    assert [entry.title for entry in timeline.of(patient) if entry.kind == "sent"] == ["patient told"]


def test_a_corrected_number_is_noted_on_an_open_case(patient, nurse, watch) -> None:
    case, _ = escalations.raise_concern(
        site=patient.site, patient=patient, urgency="urgent", headline="fever", now=NOON, watch=watch
    )
    correct(patient, nurse, phone=NEW)
    assert case.events.get(what="telephone corrected").by == nurse


def test_a_new_number_does_not_let_texts_go_by_itself(patient, nurse, watch) -> None:
    patient = stop(patient, NOON + MINUTE)
    correct(patient, nurse, phone=NEW, now=NOON + HOUR)
    patient.refresh_from_db()
    assert patient.texting_ended_why == "the patient texted STOP"
    checkins.ask_due(now=NOON + 4 * HOUR)
    assert waiting(NEW) == []


def test_failures_from_before_the_number_was_theirs_prove_nothing(site, patient, nurse) -> None:
    for number in (NEW, "+15550299002"):
        message = Message.objects.create(
            site=site, key=f"before:{number}", lane=Lane.REPLY, channel=Channel.TEXT, sender=site.patient_number,
            to=number, body="x", created_at=NOON, not_after=NOON + HOUR,
        )  # fmt: skip
        Delivery.objects.create(
            message=message, lane=Lane.REPLY, due_at=NOON, state="failed", error_code="30005", ended_at=NOON
        )
    correct(patient, nurse, phone=NEW, caregiver_phone="+15550299002", now=NOON + MINUTE)
    assert opting_out.notice_dead_numbers(now=NOON + 2 * MINUTE) == 0


# letting texts go again


def let_go(patient: Patient, by: Clinician, now, *, caregiver: bool = False, spoke_on: str = "") -> Patient:
    number = spoke_on or (patient.caregiver_phone if caregiver else patient.phone)
    return opting_out.let_texts_go(patient.pk, caregiver=caregiver, spoke_on=number, by=by, now=now)


@pytest.mark.parametrize("caregiver", [False, True], ids=["patient", "caregiver"])
def test_texts_go_again_to_whom_the_clinician_spoke_with_and_to_nobody_else(
    patient, nurse, caregiver
) -> None:
    stop(patient, NOON)
    patient = stop(patient, NOON, sender=patient.caregiver_phone)
    patient = let_go(patient, nurse, NOON + HOUR, caregiver=caregiver)
    ended = (patient.texting_ended_at is not None, patient.caregiver_texting_ended_at is not None)
    assert ended == ((True, False) if caregiver else (False, True))
    since = patient.caregiver_reachable_since if caregiver else patient.reachable_since
    assert since == NOON + HOUR
    whom = "caregiver" if caregiver else "patient"
    assert AuditEntry.objects.filter(act=f"let texts to the {whom} go again", by=nurse).count() == 1
    line = patient.events.get(what=f"texts to the {whom} go again")
    assert (line.by, line.at) == (nurse, NOON + HOUR)


def test_only_the_number_of_now_was_spoken_on(patient, nurse) -> None:
    old = patient.phone
    patient = stop(patient, NOON)
    correct(patient, nurse, phone=NEW, now=NOON + MINUTE)
    with pytest.raises(Refusal, match=r"corrected to \(555\) 029-9001"):
        let_go(patient, nurse, NOON + HOUR, spoke_on=old)
    assert Patient.objects.get(pk=patient.pk).texting_ended_at is not None


def test_where_texts_go_there_is_nothing_to_let_go(patient, nurse) -> None:
    with pytest.raises(Refusal, match="go to this number already"):
        let_go(patient, nurse, NOON)


def test_after_a_missed_hour_the_patient_is_asked_at_once(patient, nurse, watch) -> None:
    patient = stop(patient, NOON + HOUR)
    checkins.ask_due(now=NOON + 4 * HOUR)
    assert watch.checkins.get(hour=4).state == "unsendable"
    let_go(patient, nurse, NOON + 5 * HOUR)
    checkins.ask_due(now=NOON + 5 * HOUR)
    asked = watch.checkins.get(state="asked")
    assert (asked.extra, asked.due_at, asked.ask) == (True, NOON + 5 * HOUR, list(checkins.CLOSER))
    assert len(waiting(patient.phone)) == 1


def test_with_no_hour_missed_the_next_question_comes_at_its_hour(patient, nurse, watch) -> None:
    patient = stop(patient, NOON + HOUR)
    let_go(patient, nurse, NOON + 2 * HOUR)
    assert checkins.ask_due(now=NOON + 3 * HOUR) == 0
    assert ask(watch).hour == 4


def test_a_caregiver_s_texts_do_not_ask_the_patient_anything(patient, nurse, watch) -> None:
    patient = stop(patient, NOON + HOUR)
    patient = stop(patient, NOON + HOUR, sender=patient.caregiver_phone)
    checkins.ask_due(now=NOON + 4 * HOUR)
    let_go(patient, nurse, NOON + 5 * HOUR, caregiver=True)
    assert not watch.checkins.filter(extra=True).exists()


def test_the_open_case_hears_of_it_and_stays_with_whoever_has_it(patient, nurse, watch) -> None:
    patient = stop(patient, NOON + HOUR)
    case = escalations.unresolved(patient)
    let_go(patient, nurse, NOON + 2 * HOUR)
    case.refresh_from_db()
    assert case.state == "open"
    assert case.events.get(what="texts to the patient go again").by == nurse


def test_a_failure_after_texts_were_let_go_ends_them_again(patient, nurse) -> None:
    patient = let_go(stop(patient, NOON), nurse, NOON + HOUR)
    message = texts.to_patient(patient, "reply.help", key="again", now=NOON + HOUR)
    message.deliveries.update(state="failed", error_code="21610", ended_at=NOON + HOUR + MINUTE)
    assert opting_out.notice_dead_numbers(now=NOON + HOUR + 2 * MINUTE) == 1


def test_a_patient_whose_texts_were_let_go_says_nothing_about_the_caregiver_s_phone(patient, nurse) -> None:
    """The caregiver's number failed before the patient's texts were let go; it is still dead."""
    message = texts.to_caregiver(patient, "reply.help", key="dead", now=NOON)
    correct(patient, nurse, caregiver_phone=NEW, now=NOON - MINUTE)
    Message.objects.filter(pk=message.pk).update(to=NEW)
    message.deliveries.update(state="failed", error_code="30006", ended_at=NOON + MINUTE)
    let_go(stop(patient, NOON), nurse, NOON + HOUR)
    assert opting_out.notice_dead_numbers(now=NOON + 2 * HOUR) == 1
    assert Patient.objects.get(pk=patient.pk).caregiver_texting_ended_at is not None


# who telephones meanwhile


def test_while_texts_go_nobody_has_to_telephone(patient, watch) -> None:
    assert [phone.who_calls for phone in contacts.of(patient, now=NOON)] == ["", ""]


def test_the_screen_says_who_must_telephone(patient, nurse, watch) -> None:
    patient = stop(patient, NOON + HOUR)
    case = escalations.unresolved(patient)
    doctor = Clinician.objects.get(name="Dr A")
    said = lambda: contacts.of(patient, now=NOON + 2 * HOUR)[0].who_calls  # noqa: E731
    assert said() == (
        f"Whoever takes case {case.code} must telephone. Nobody has it yet; on the first rung now: Dr A."
    )
    escalations.take(case.pk, by=doctor, now=NOON + 2 * HOUR, how="screen")
    assert said() == f"Dr A has case {case.code} and must telephone."
    escalations.reach(case.pk, by=doctor, now=NOON + 2 * HOUR)
    escalations.resolve(
        case.pk, by=doctor, now=NOON + 2 * HOUR, outcome="home", grades=[("crs", 0), ("icans", 0)]
    )
    assert said().startswith("A nurse must telephone at each check-in, next Mon 01 Mar 16:00 EST:")
    assert "within 15 minutes it becomes a case; on the first rung now: Dr A." in said()


def test_outside_a_watch_a_nurse_agrees_how_to_reach_them(patient) -> None:
    patient = stop(patient, NOON)
    patient = stop(patient, NOON, sender=patient.caregiver_phone)
    own, caregiver = contacts.of(patient, now=NOON)
    assert own.who_calls.startswith("A nurse must telephone and agree how to reach them.")
    assert caregiver.who_calls.startswith("A nurse must telephone and agree on a number.")


def test_the_carrier_s_own_block_is_said_where_there_is_one(patient) -> None:
    assert contacts.of(stop(patient, NOON), now=NOON)[0].needs_start
    opting_out.end_texting(patient, None, None, why="a stranger answers this number", now=NOON)
    assert not contacts.of(patient, now=NOON)[0].needs_start


# the end of an enrolment


def end(patient: Patient, by: Clinician, reason: str = "moved away") -> Patient:
    return patients.end(patient.pk, by=by, reason=reason, now=NOON + HOUR)


def test_an_enrolment_ends_with_its_reason_and_frees_the_number(site, patient, nurse) -> None:
    texts.to_patient(patient, "reply.help", key="waits", now=NOON)
    patient = end(patient, nurse)
    assert (patient.is_active, patient.enrolment_ended_by, patient.enrolment_ended_why) == (
        False,
        nurse,
        "moved away",
    )
    assert waiting(patient.phone) == []
    assert AuditEntry.objects.filter(act="ended an enrolment", by=nurse, detail={}).count() == 1
    assert "enrolment ended" in [entry.title for entry in timeline.of(patient)]
    makers.a_patient(site, phone=patient.phone)


def test_an_enrolment_does_not_end_while_somebody_is_needed(patient, nurse, watch) -> None:
    with pytest.raises(Refusal, match="is being watched until"):
        end(patient, nurse)
    Watch.objects.update(closed_at=NOON, closed_why="over")
    case, _ = escalations.raise_concern(
        site=patient.site, patient=patient, urgency="urgent", headline="fever", now=NOON
    )
    with pytest.raises(Refusal, match=f"Case {case.code} is open"):
        end(patient, nurse)
    doctor = Clinician.objects.get(name="Dr A")
    escalations.take(case.pk, by=doctor, now=NOON, how="screen")
    escalations.reach(case.pk, by=doctor, now=NOON)
    escalations.resolve(case.pk, by=doctor, now=NOON, outcome="no concern")
    worklist.open_task(
        site=patient.site, patient=patient, what="call", due_at=NOON, pages_when_late=False, now=NOON
    )
    with pytest.raises(Refusal, match="On the list: call"):
        end(patient, nurse)
    worklist.finish(Task.objects.get(patient=patient).pk, by=doctor, outcome="called", now=NOON)
    assert not end(patient, nurse).is_active


def test_an_enrolment_ends_once_and_for_a_reason(patient, nurse) -> None:
    with pytest.raises(Refusal, match="Say why"):
        end(patient, nurse, "  ")
    end(patient, nurse)
    for act in (
        lambda: end(patient, nurse),
        lambda: correct(patient, nurse, phone=NEW),
        lambda: let_go(patient, nurse, NOON),
    ):
        with pytest.raises(Refusal, match="This enrolment has ended"):
            act()


def test_danger_from_a_phone_whose_enrolment_ended_still_pages(site, patient, nurse) -> None:
    end(patient, nurse)
    inbound.receive(
        provider_sid="SM1", sender=patient.phone, sent_to=site.patient_number, body="38.6 and shaking",
        now=NOON + 2 * HOUR,
    )  # fmt: skip
    assert site.escalations.get().caller == patient.phone
    assert Reply.objects.get(provider_sid="SM1").patient is None
