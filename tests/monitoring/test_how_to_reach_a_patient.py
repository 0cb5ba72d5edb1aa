"""Particulars corrected: what that does at once, and what it refuses."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitoring import (
    checkins,
    escalations,
    opting_out,
    texts,
    timeline,
)
from monitoring.models import CheckIn, Patient
from monitoring.patients import CALLED, Particulars
from notifications.models import AuditEntry, Channel, Delivery, Lane, Message
from protocols.errors import Refusal
from tests import makers
from tests.monitoring.reaching import NEW, ask, correct, stop, waiting

pytestmark = [pytest.mark.database, pytest.mark.django_db]
NOON, MINUTE, HOUR = makers.NOON, timedelta(minutes=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("phone", NEW), ("language", "es"), ("time_zone", "America/Chicago"), ("caregiver_name", "Somebody Else"),
        ("caregiver_phone", NEW), ("allergies", ""),
        ("emergency_department", "General, 1 River Street, +1 555 016 0001"),
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
