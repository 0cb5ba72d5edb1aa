"""What the service is told about its texts: in which order, signed how, and when it is over."""

import pytest

from notifications.double.server import Double
from tests.notifications.double.conftest import PATIENT, SENDER, client_of
from tests.notifications.double.service import ACCOUNT, Service, until

PATH = "/webhooks/twilio/status/a-token"


def send(double: Double, service: Service, query: str = "", **changes: object) -> str:
    facts = {
        "to": PATIENT,
        "from_": SENDER,
        "body": "Temperature?",
        "status_callback": service.url + PATH + query,
    }
    return client_of(double).messages.create(**{**facts, **changes}).sid


def statuses(service: Service) -> list[str]:
    return [one.form["MessageStatus"] for one in service.at(PATH)]


def test_each_status_after_the_first_is_told_in_order(double, service):
    sid = send(double, service)
    told = service.wait(PATH, 3)
    assert statuses(service) == ["sending", "sent", "delivered"]
    form = told[-1].form
    assert (form["MessageSid"], form["SmsSid"], form["SmsStatus"]) == (sid, sid, "delivered")
    assert (form["To"], form["From"], form["AccountSid"]) == (PATIENT, SENDER, ACCOUNT)
    assert form["ApiVersion"] == "2010-04-01"
    assert "ErrorCode" not in form


def test_a_messaging_service_is_told_of_the_queue_too(start, service):
    send(start(numbers=(SENDER,)), service, messaging_service_sid="MG" + "1" * 32, from_=None)
    told = service.wait(PATH, 4)
    assert statuses(service)[0] == "queued"
    assert told[0].form["MessagingServiceSid"] == "MG" + "1" * 32


def test_the_real_library_verifies_the_signature_over_the_exact_address(double, service):
    send(double, service, query="?id=a%2Fb&empty=")
    for one in service.wait(PATH, 3):
        assert one.is_signed
        assert "Unannounced" in one.form
        assert one.headers["i-twilio-idempotency-token"]
        assert one.headers["content-type"].startswith("application/x-www-form-urlencoded")


def test_a_changed_parameter_breaks_the_signature(double, service):
    send(double, service)
    one = service.wait(PATH)[0]
    one.form["MessageStatus"] = "delivered"
    assert not one.is_signed


def test_a_fragment_is_neither_signed_nor_sent_and_sets_the_retries(double, service):
    service.answers[PATH] = [(500, "")] * 3 + [(200, "")]
    send(double, service, query="#rc=3&rp=5xx")
    told = service.wait(PATH, 6)
    assert all(one.is_signed for one in told)
    assert [one.form["MessageStatus"] for one in told[:4]] == ["sending"] * 4
    tokens = {one.headers["i-twilio-idempotency-token"] for one in told[:4]}
    assert len(tokens) == 1


def test_an_error_from_the_service_is_not_retried_by_default(double, service):
    service.answers[PATH] = (500, "")
    send(double, service)
    until(lambda: len(double.ledger.webhooks) == 3)
    assert statuses(service) == ["sending", "sent", "delivered"]
    assert [told.status for told in double.ledger.webhooks] == [500, 500, 500]


def test_a_service_that_is_not_there_is_tried_once_more_and_written_down(double):
    client_of(double).messages.create(
        to=PATIENT, from_=SENDER, body="x", status_callback="http://127.0.0.1:1/status"
    )
    until(lambda: len(double.ledger.webhooks) == 6)
    assert [(told.attempt, told.status) for told in double.ledger.webhooks] == [(1, None), (2, None)] * 3
    assert all("No connection" in told.error for told in double.ledger.webhooks)


def test_nothing_is_posted_beyond_this_machine(double):
    client_of(double).messages.create(
        to=PATIENT, from_=SENDER, body="x", status_callback="https://example.com/status"
    )
    until(lambda: len(double.ledger.webhooks) == 3)
    assert all(told.error.startswith("Not sent") for told in double.ledger.webhooks)


@pytest.mark.parametrize(("valid_for", "waited"), [(2, 3), (36000, 36001)])
def test_a_text_that_waits_longer_than_its_validity_is_not_sent(start, service, valid_for, waited):
    double = start(segments_per_second=0.00001)
    send(double, service, body="first on the air")
    sid = send(double, service, validity_period=valid_for)
    double.exchange.clock.offset_seconds = waited
    message = until(lambda: ended(double, sid))
    assert (message.status, message.error_code) == ("undelivered", 30036)
    told = until(lambda: [one for one in service.at(PATH) if one.form["MessageSid"] == sid])
    assert [one.form["MessageStatus"] for one in told] == ["undelivered"]
    assert told[0].form["ErrorCode"] == "30036"


def ended(double: Double, sid: str):
    message = double.ledger.messages[sid]
    return message if message.is_over else None


def test_one_sender_is_limited_by_segments_and_another_is_not(start, service):
    double = start(segments_per_second=0.01)
    first = send(double, service)
    second = send(double, service)
    other = send(double, service, from_="+15550109009")
    until(lambda: ended(double, first) and ended(double, other))
    assert double.ledger.messages[second].status == "queued"
    double.exchange.clock.offset_seconds = 101
    assert until(lambda: ended(double, second)).status == "delivered"
