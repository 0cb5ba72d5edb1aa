"""The provider may tell us the same thing any number of times, all at once: it happens once."""

import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import timedelta

import pytest
from django.db import connection

from monitoring import inbound
from monitoring.models import Escalation, Finding, Page, Reply, Task
from notifications import clock, outbox
from notifications.double import signing
from notifications.models import Channel, Delivery, Lane, Message, ProviderReport
from tests import makers
from tests.races.crowd import at_once, problems

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
TOKEN = "only tests know it"


@pytest.fixture(autouse=True)
def _we(live_server, settings) -> None:
    settings.PUBLIC_BASE_URL = live_server.url
    settings.TWILIO_AUTH_TOKEN = TOKEN


def post(url: str, form: dict[str, str]) -> int:
    """Post a signed form over HTTP; the status of the answer."""
    request = urllib.request.Request(
        url,
        urllib.parse.urlencode(form).encode(),
        headers={"X-Twilio-Signature": signing.signature(TOKEN, url, form)},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        return refused.code


def a_text(sender: str, to: str, body: str, *, sid: str = "SM1") -> dict[str, str]:
    return {"MessageSid": sid, "From": sender, "To": to, "Body": body, "NumMedia": "0"}


def test_h17_one_text_posted_five_times_at_once_is_one_reply_one_case_one_page(
    live_server, site, patient, doctors
) -> None:
    url = f"{live_server.url}/webhooks/twilio/inbound"
    form = a_text(patient.phone, site.patient_number, "38.6 and shaking")
    assert at_once(*[lambda: post(url, form)] * 5) == [200] * 5
    assert Reply.objects.exclude(understood_at=None).count() == 1
    assert Finding.objects.count() == 1
    assert Escalation.objects.count() == 1
    assert Page.objects.count() == 1
    assert Message.objects.filter(to=doctors[0].phone, channel=Channel.TEXT).count() == 1


def test_a_replay_an_hour_later_changes_nothing(live_server, site, patient) -> None:
    url = f"{live_server.url}/webhooks/twilio/inbound"
    form = a_text(patient.phone, site.patient_number, "38.6 and shaking")
    post(url, form)
    before = list(Message.objects.order_by("pk").values_list("key", flat=True))
    clock.advance(3600)
    assert post(url, form) == 200
    assert list(Message.objects.order_by("pk").values_list("key", flat=True)) == before
    assert Reply.objects.count() == 1


def test_five_different_texts_at_once_are_five_replies(live_server, site, patient) -> None:
    url = f"{live_server.url}/webhooks/twilio/inbound"
    forms = [a_text(patient.phone, site.patient_number, "38.6 and shaking", sid=f"SM{n}") for n in range(5)]
    assert at_once(*[lambda form=form: post(url, form) for form in forms]) == [200] * 5
    assert Reply.objects.exclude(understood_at=None).count() == 5
    assert Escalation.objects.count() == 1


def test_texts_about_somebody_who_is_held_cost_the_engine_s_turn_little_and_reach_a_person(
    site, patient, doctors
) -> None:
    at, somebody = makers.NOON, connection.copy()
    somebody.set_autocommit(False)
    try:
        with connection.cursor() as cursor, somebody.cursor() as other:
            other.execute("SELECT FROM monitoring_patient WHERE id = %s FOR UPDATE", [patient.pk])
            cursor.execute("SET lock_timeout = '50ms'")
            for sid in ("SM1", "SM2", "SM3"):
                inbound.receive(
                    provider_sid=sid, sender=patient.phone, sent_to=site.patient_number, body="38.6", now=at
                )
            cursor.execute("RESET lock_timeout")
            began = time.monotonic()
            inbound.sweep(now=at + inbound.SWEEP_AFTER)
            assert not Task.objects.exists(), "it may be let go any moment"
            inbound.sweep(now=at + inbound.TELL_AFTER)
            assert time.monotonic() - began < 10, "six times five seconds is how long a request may wait"
    finally:
        somebody.close()
    assert Task.objects.get(done_at=None).unread.count() == 3
    assert not Escalation.objects.exists()
    inbound.sweep(now=at + timedelta(minutes=1))
    assert Escalation.objects.get().patient == patient


def test_one_key_press_told_five_times_at_once_takes_the_case_once(
    live_server, site, patient, doctors
) -> None:
    post(
        f"{live_server.url}/webhooks/twilio/inbound",
        a_text(patient.phone, site.patient_number, "38.6 and shaking"),
    )
    call = Delivery.objects.get(lane=Lane.PAGE_VOICE)
    url = f"{live_server.url}/webhooks/twilio/voice/{call.token}/key"
    form = {"CallSid": "CA1", "Digits": "1", "To": doctors[0].phone, "From": site.page_number}
    assert at_once(*[lambda: post(url, form)] * 5) == [200] * 5
    case = Escalation.objects.get()
    assert case.owner == doctors[0]
    assert case.events.filter(what="taken").count() == 1


def test_one_report_told_five_times_at_once_is_applied_once(live_server, site) -> None:
    message = outbox.queue(
        site=site, key="k", lane=Lane.REPLY, channel=Channel.TEXT, to=makers.a_phone(), body="x",
        valid_for=timedelta(hours=1), now=clock.now(),
    )  # fmt: skip
    Delivery.objects.filter(message=message).update(
        state="accepted", provider_sid="SM1", submitted_at=clock.now(), deadline_at=clock.now()
    )
    url = f"{live_server.url}/webhooks/twilio/status/{message.deliveries.get().token}"
    form = {"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": "30008"}
    results = at_once(*[lambda: post(url, form)] * 5)
    assert problems(results) == []
    assert results == [204] * 5
    assert ProviderReport.objects.exclude(applied_at=None).count() == 5
    assert message.deliveries.count() == 2, "failed, and one retry"
