"""The real client library against the double: texts created, fetched, listed, changed, refused."""

import inspect
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client
from twilio.rest.api.v2010.account.call import CallInstance
from twilio.rest.api.v2010.account.message import MessageInstance

from notifications.double.segments import count
from tests.notifications.double.conftest import PATIENT, SENDER, client_of
from tests.notifications.double.control import ask
from tests.notifications.double.service import ACCOUNT, TOKEN, until

SERVICE_SID = "MG" + "1" * 32


def send(client: Client, **changes: object):
    return client.messages.create(**{"to": PATIENT, "from_": SENDER, "body": "Temperature?", **changes})


def refusal(act) -> tuple[int, int]:
    with pytest.raises(TwilioRestException) as refused:
        act()
    return refused.value.status, refused.value.code


def test_a_text_is_created_and_fetched_with_the_fields_the_library_reads(client):
    created = send(client)
    assert created.sid.startswith("SM")
    assert len(created.sid) == 34
    assert (created.status, created.direction, created.num_segments) == ("queued", "outbound-api", "1")
    assert (created.to, created.from_, created.body) == (PATIENT, SENDER, "Temperature?")
    assert created.date_sent is None

    fetched = until(lambda: delivered(client, created.sid))
    assert fetched.date_sent.tzinfo is not None
    assert fetched.error_code is None
    assert fetched.uri.endswith(f"/Messages/{created.sid}.json")


def delivered(client: Client, sid: str):
    message = client.messages(sid).fetch()
    return message if message.status == "delivered" else None


def test_a_text_with_a_picture_has_an_mm_sid(client):
    message = send(client, media_url=["https://example.com/thermometer.jpg"])
    assert message.sid.startswith("MM")
    assert message.num_media == "1"


def test_a_list_filters_by_either_number(client):
    mine = send(client).sid
    send(client, to="+15550100002")
    send(client, from_="+15550109009")
    assert [one.sid for one in client.messages.list(to=PATIENT, from_=SENDER)] == [mine]
    assert len(client.messages.list()) == 3


def test_a_list_filters_by_time_and_finds_texts_that_are_still_queued(start):
    double = start(step_seconds=60)
    client = client_of(double)
    queued = send(client)
    sid, now = queued.sid, queued.date_created
    minute = timedelta(minutes=1)
    assert [one.sid for one in client.messages.list(date_sent_after=now - minute)] == [sid]
    assert client.messages.list(date_sent_after=now + minute) == []
    assert client.messages.list(date_sent_before=now - minute) == []
    assert [one.sid for one in client.messages.list(date_sent=f"{now:%Y-%m-%d}")] == [sid]
    assert client.messages.list(date_sent=f"{now - timedelta(days=1):%Y-%m-%d}") == []


def test_paging_shows_every_text_once_although_more_arrive_between_pages(client):
    sids = [send(client, body=str(number)).sid for number in range(7)]
    pages = client.messages.page(page_size=3)
    seen = [one.sid for one in pages]
    send(client, body="arrived between two pages")
    while pages := pages.next_page():
        seen += [one.sid for one in pages]
    assert seen == sids[::-1]


def test_a_page_knows_the_one_before_it(client):
    for number in range(4):
        send(client, body=str(number))
    second = client.messages.page(page_size=2).next_page()
    assert [one.body for one in second.previous_page()] == ["3", "2"]


def test_the_library_streams_across_pages(client):
    for number in range(5):
        send(client, body=str(number))
    assert [one.body for one in client.messages.list(limit=4, page_size=2)] == ["4", "3", "2", "1"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"to": ""}, 21604),
        ({"to": "555"}, 21211),
        ({"to": "+15005550001"}, 21211),
        ({"to": "+15005550002"}, 21612),
        ({"to": "+15005550004"}, 21610),
        ({"to": "+15005550009"}, 21614),
        ({"from_": ""}, 21603),
        ({"from_": "clinic"}, 21212),
        ({"from_": "+15005550007"}, 21606),
        ({"from_": "+15005550008"}, 21611),
        ({"from_": PATIENT}, 21266),
        ({"body": ""}, 21602),
        ({"body": "x" * 1601}, 21617),
        ({"status_callback": "not an address"}, 21609),
        ({"validity_period": 0}, 21624),
        ({"validity_period": 36001}, 21624),
        ({"schedule_type": "fixed"}, 35111),
        ({"schedule_type": "fixed", "send_at": datetime(2030, 1, 1, tzinfo=UTC)}, 35118),
        ({"messaging_service_sid": SERVICE_SID, "from_": ""}, 21703),
        ({"messaging_service_sid": "MGnone", "from_": ""}, 21701),
    ],
)
def test_what_the_provider_refuses_has_its_code(client, changes, code):
    assert refusal(lambda: send(client, **changes))[1] == code
    assert client.messages.list() == []


def test_a_full_queue_is_refused_as_too_many(client):
    assert refusal(lambda: send(client, from_="+15005550008")) == (429, 21611)


def test_a_sender_that_is_not_the_accounts_is_refused_once_its_numbers_are_known(start):
    client = client_of(start(numbers=(SENDER,)))
    send(client)
    assert refusal(lambda: send(client, from_="+15550109009")) == (400, 21606)


def test_a_wrong_token_a_wrong_account_and_a_wrong_sid(double, client):
    assert refusal(lambda: send(client_of(double, token="guessed"))) == (401, 20003)
    with pytest.raises(TwilioException, match="404"):
        client.api.accounts("AC" + "9" * 32).messages.list()
    assert refusal(lambda: client.messages("SM" + "0" * 32).fetch()) == (404, 20404)


def test_a_messaging_service_begins_with_accepted(start):
    client = client_of(start(numbers=(SENDER,)))
    message = send(client, messaging_service_sid=SERVICE_SID, from_=None)
    assert (message.status, message.num_segments, message.from_) == ("accepted", "0", SENDER)


def test_only_a_scheduled_text_can_be_cancelled(start):
    client = client_of(start(numbers=(SENDER,)))
    later = datetime.now(UTC) + timedelta(hours=1)
    scheduled = send(
        client, messaging_service_sid=SERVICE_SID, from_=None, schedule_type="fixed", send_at=later
    )
    assert scheduled.status == "scheduled"
    assert client.messages(scheduled.sid).update(status="canceled").status == "canceled"
    sent = send(client)
    assert refusal(lambda: client.messages(sent.sid).update(status="canceled"))[1] == 30409


def test_a_text_is_redacted_and_deleted_once_it_is_over(start, client):
    sid = send(client).sid
    until(lambda: delivered(client, sid))
    assert client.messages(sid).update(body="").body == ""
    assert client.messages(sid).delete()
    assert refusal(lambda: client.messages(sid).fetch()) == (404, 20404)
    assert sid not in [one.sid for one in client.messages.list()]

    slow = client_of(start(step_seconds=60))
    waiting = send(slow).sid
    assert refusal(lambda: slow.messages(waiting).delete())[1] == 20009


@pytest.mark.parametrize(
    ("body", "segments"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 307, 3),
        ("{" * 80, 1),
        ("{" * 81, 2),
        ("á" + "a" * 69, 1),
        ("á" + "a" * 70, 2),
        ("38.6 °C", 1),
        ("🌡" * 35, 1),
        ("🌡" * 36, 2),
    ],
)
def test_segments(body, segments):
    assert count(body) == segments


def test_an_api_key_may_ask_beside_the_token(start):
    double = start(api_key_id="SK" + "2" * 32, api_key_secret="a secret for tests alone")
    for name, secret, good in [
        ("SK" + "2" * 32, "a secret for tests alone", True),
        ("SK" + "2" * 32, "guessed", False),
        ("", "", False),
    ]:
        client = Client(name or "SK", secret or "x", ACCOUNT)
        client.api.base_url = double.url
        if good:
            assert send(client).sid
        else:
            assert refusal(lambda asking=client: send(asking)) == (401, 20003)


def test_without_a_key_an_empty_sign_in_is_refused(double):
    client = Client(ACCOUNT, TOKEN)
    client.api.base_url, client.auth = double.url, ("", "")
    assert refusal(lambda: send(client)) == (401, 20003)


@pytest.mark.parametrize(
    ("instance", "create"),
    [
        (MessageInstance, lambda client: send(client).sid),
        (
            CallInstance,
            lambda client: client.calls.create(to=PATIENT, from_=SENDER, twiml="<Response/>").sid,
        ),
    ],
    ids=["a text", "a call"],
)
def test_every_field_the_installed_library_reads_is_served(double, client, instance, create):
    """Conformance, offline: what the library of today looks for is there, so nothing is silently None."""
    create(client)
    [asked] = ask(double, "GET", "/double/requests")["requests"]
    read = set(re.findall(r'payload\.get\(\s*"(\w+)"', inspect.getsource(instance.__init__)))
    assert len(read) > 15
    assert read <= set(json.loads(asked["answer"]))
