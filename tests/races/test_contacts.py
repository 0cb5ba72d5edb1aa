"""Two at once about one patient's phones: nobody's correction is lost, and a phone given up speaks for nobody."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from monitoring import checkins, inbound, opting_out, patients, pocket
from monitoring.models import Patient, PocketInstruction, PocketOrder
from monitoring.patients import Particulars
from notifications import clock
from notifications.models import AuditEntry, Message
from protocols.errors import Refusal
from stepup import courses
from tests import makers
from tests.races.crowd import at_once, problems, somebody_waits
from tests.waiting import until

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
NEW, OTHER = "+15550299001", "+15550299002"


@pytest.fixture
def now() -> datetime:
    return clock.now()


@pytest.fixture
def nurses(site) -> list:
    return [makers.a_clinician(site) for _ in range(2)]


def first_and_then(first: Callable[[], Any], then: Callable[[], Any]) -> None:
    """`then` begins while `first` is done and not committed, and has to wait for it; neither may fail."""
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.extend(at_once(then)))
    with transaction.atomic():
        first()
        thread.start()
        until(somebody_waits, "the second to wait for the first")
    thread.join(30)
    assert problems(results) == []


@pytest.mark.parametrize(
    ("same", "code"), [({"identifier": "T-twice"}, "identifier"), ({"phone": NEW}, "phone-in-use")]
)
def test_of_two_who_enrol_the_same_number_one_does_and_the_other_is_told(site, now, same, code) -> None:
    makers.approved_texts(site, now=now)
    results = at_once(*[lambda: makers.a_patient(site, now=now, **same) for _ in range(2)])
    [refused] = problems(results)
    assert isinstance(refused, Refusal)
    assert refused.code == code
    assert Patient.objects.filter(**same).count() == 1


def test_two_corrections_of_different_fields_both_stand(patient, nurses, now) -> None:
    seen = Particulars.of(patient)
    said = [replace(seen, phone=NEW), replace(seen, allergies="latex")]
    results = at_once(
        *[
            lambda place=place: patients.correct(
                patient.pk, seen=seen, said=said[place], by=nurses[place], now=now
            )
            for place in (0, 1)
        ]
    )
    assert problems(results) == []
    patient.refresh_from_db()
    assert (patient.phone, patient.allergies) == (NEW, "latex")


def test_of_two_corrections_of_one_number_one_stands_and_the_other_is_told(patient, nurses, now) -> None:
    seen, numbers = Particulars.of(patient), (NEW, OTHER)
    results = at_once(
        *[
            lambda place=place: patients.correct(
                patient.pk, seen=seen, said=replace(seen, phone=numbers[place]), by=nurses[place], now=now
            )
            for place in (0, 1)
        ]
    )
    [refused] = problems(results)
    assert isinstance(refused, Refusal)
    assert refused.code == "changed-phone"
    assert patient.events.filter(what="telephone corrected").count() == 1


def test_two_patients_never_get_one_number(site, patient, nurses, now) -> None:
    pair = [patient, makers.a_patient(site, now=now)]
    results = at_once(
        *[
            lambda one=one: patients.correct(
                one.pk, seen=Particulars.of(one), said=replace(Particulars.of(one), phone=NEW), by=nurses[0], now=now
            )
            for one in pair
        ]
    )  # fmt: skip
    assert [getattr(problem, "code", problem) for problem in problems(results)] == ["phone-in-use"]
    assert Patient.objects.filter(phone=NEW).count() == 1


def test_a_stop_from_a_phone_given_up_at_this_moment_silences_nobody(patient, nurses, now) -> None:
    """The text had found its patient and waited for the correction: it must not be heard as the caregiver's."""
    old, seen = patient.phone, Particulars.of(patient)
    first_and_then(
        lambda: patients.correct(patient.pk, seen=seen, said=replace(seen, phone=NEW), by=nurses[0], now=now),
        lambda: inbound.receive(
            provider_sid="SM1", sender=old, sent_to=patient.site.patient_number, body="STOP", now=now
        ),
    )
    patient.refresh_from_db()
    assert (patient.texting_ended_at, patient.caregiver_texting_ended_at) == (None, None)
    assert patient.site.replies.get().who == "unregistered"


def test_a_text_from_a_phone_given_to_another_at_this_moment_is_the_others(
    site, patient, nurses, now
) -> None:
    """It had found whose phone it was and waited for them: by then the phone is somebody else's."""
    phone, other = patient.phone, makers.a_patient(site, now=now)

    def give_away() -> None:
        for one, number in ((patient, NEW), (other, phone)):
            seen = Particulars.of(one)
            patients.correct(one.pk, seen=seen, said=replace(seen, phone=number), by=nurses[0], now=now)

    first_and_then(
        give_away,
        lambda: inbound.receive(
            provider_sid="SM1", sender=phone, sent_to=site.patient_number, body="39.0", now=now
        ),
    )
    reply = site.replies.get()
    assert (reply.who, reply.patient) == ("patient", other)


def test_a_text_from_whose_enrolment_ends_at_this_moment_is_a_strangers(site, nurses, now) -> None:
    patient = makers.a_patient(site, now=now)
    first_and_then(
        lambda: courses.end_enrolment(patient.pk, by=nurses[0], reason="moved", now=now),
        lambda: inbound.receive(
            provider_sid="SM1", sender=patient.phone, sent_to=site.patient_number, body="thanks", now=now
        ),
    )
    assert site.replies.get().who == "unregistered"


def test_texts_let_go_by_two_go_once(patient, nurses, watch, now) -> None:
    opting_out.end_texting(patient, watch, None, why="the patient texted STOP", now=now)
    checkins.ask_due(now=now + timedelta(hours=4))
    later = now + timedelta(hours=5)
    results = at_once(
        *[
            lambda by=by: opting_out.let_texts_go(
                patient.pk, caregiver=False, spoke_on=patient.phone, by=by, now=later
            )
            for by in nurses
        ]
    )
    [refused] = problems(results)
    assert refused.code == "texts-go"
    assert AuditEntry.objects.filter(act="let texts to the patient go again").count() == 1
    assert watch.checkins.filter(extra=True).count() == 1


def test_a_fever_and_a_revocation_at_once_leave_no_instruction_to_go_out(site, patient, now) -> None:
    prescriber = makers.a_clinician(site, "prescriber")
    order = pocket.sign(
        patient, dose_mg=Decimal(20), expires_at=now + timedelta(days=1), by=prescriber, now=now
    )
    first_and_then(
        lambda: inbound.receive(
            provider_sid="SM1", sender=patient.phone, sent_to=site.patient_number, body="39.0", now=now
        ),
        lambda: pocket.revoke(order.pk, by=prescriber, reason="diabetes", now=now),
    )
    told = PocketInstruction.objects.values("message")
    assert told.count() == 1
    assert not Message.objects.filter(pk__in=told, cancelled_at=None).exists()


def test_two_signatures_at_once_leave_one_order(site, patient, now) -> None:
    doctors = [makers.a_clinician(site, "prescriber") for _ in range(2)]
    first_and_then(
        *[
            lambda by=by: pocket.sign(
                patient, dose_mg=Decimal(8), expires_at=now + timedelta(days=1), by=by, now=now
            )
            for by in doctors
        ]
    )
    assert PocketOrder.objects.filter(revoked_at=None).count() == 1


def test_an_enrolment_that_ends_while_a_course_opens_has_one_or_the_other(site, nurses, now) -> None:
    patient, protocol = makers.a_patient(site, now=now), makers.an_approved_protocol(site, now=now)
    today = courses.local_date(patient, now)
    results = at_once(
        lambda: courses.end_enrolment(patient.pk, by=nurses[0], reason="moved", now=now),
        lambda: courses.open_course(
            patient, protocol, regimen="", start_on=today, weight_kg=Decimal(70), weighed_on=today,
            weighed_by="a nurse", by=nurses[1], now=now, uncovered_why="no rota in this test",
        ),
    )  # fmt: skip
    assert len(problems(results)) == 1
    patient.refresh_from_db()
    assert patient.is_active is patient.courses.exists()
