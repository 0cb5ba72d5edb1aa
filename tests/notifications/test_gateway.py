"""The only door out, through the provider's real library, against the double over loopback HTTP."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import requests

from notifications import gateway
from notifications.double.options import Options
from notifications.double.server import Double
from notifications.models import Account
from tests import makers
from tests.conftest import ACCOUNT, TOKEN
from tests.provider import ProviderDouble
from tests.waiting import until

OURS = "+15550180001"


@pytest.fixture(scope="module")
def running() -> Iterator[Double]:
    """One double for the whole module; nobody listens where it reports to."""
    double = Double(
        Options(account_sid=ACCOUNT, auth_token=TOKEN, webhook_base="http://127.0.0.1:9", inbound_pauses=())
    )
    double.start()
    yield double
    double.stop()


@pytest.fixture
def double(running, settings) -> Iterator[ProviderDouble]:
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = ACCOUNT, TOKEN
    settings.TWILIO_API_BASE = running.url
    hands = ProviderDouble(running.url)
    yield hands
    hands.faults()


def text(
    to: str = "", *, sender: str = OURS, body: str = "Two words", valid_seconds: int = 600
) -> gateway.Taken:
    return gateway.send_text(
        sender=sender,
        to=to or makers.a_phone(),
        body=body,
        callback="http://127.0.0.1:9/report",
        valid_seconds=valid_seconds,
    )


def call(to: str = "") -> gateway.Taken:
    return gateway.place_call(
        sender=OURS,
        to=to or makers.a_phone(),
        words_at="http://127.0.0.1:9/words",
        callback="http://127.0.0.1:9/report",
    )


def messages(double: ProviderDouble, to: str) -> list[dict[str, object]]:
    return [one for one in double.ledger()["messages"] if one["to"] == to]


def test_a_text_is_taken_with_everything_that_belongs_to_it(double) -> None:
    to = makers.a_phone()
    taken = text(to, body="¿Cómo está? 體溫", valid_seconds=90)
    [message] = messages(double, to)
    assert taken.sid == message["sid"]
    assert taken.sid.startswith("SM")
    assert (message["sender"], message["body"]) == (OURS, "¿Cómo está? 體溫")
    assert message["status_callback"] == "http://127.0.0.1:9/report"
    lasts = datetime.fromisoformat(str(message["expires_at"])) - datetime.fromisoformat(
        str(message["created_at"])
    )
    assert lasts == timedelta(seconds=90)


@pytest.mark.parametrize(("asked", "given"), [(-5, 1), (0, 1), (36001, 36000)])
def test_a_text_s_time_stays_within_what_the_provider_allows(double, asked, given) -> None:
    to = makers.a_phone()
    text(to, valid_seconds=asked)
    [message] = messages(double, to)
    lasts = datetime.fromisoformat(str(message["expires_at"])) - datetime.fromisoformat(
        str(message["created_at"])
    )
    assert lasts.total_seconds() == given


def test_a_call_rings_as_long_as_we_count_on_and_reports_every_step(double) -> None:
    to = makers.a_phone()
    taken = call(to)
    [placed] = double.calls_to(to)
    assert taken.sid == placed["sid"]
    assert taken.sid.startswith("CA")
    assert placed["ring_seconds"] == gateway.RING_SECONDS
    assert placed["events"] == ["initiated", "ringing", "answered", "completed"]
    assert (placed["url"], placed["method"]) == ("http://127.0.0.1:9/words", "POST")
    assert placed["machine_detection"] == "", "only a key press counts"


def test_each_thread_keeps_a_client_of_its_own(double) -> None:
    mine = gateway._client(Account.FIRST)
    with ThreadPoolExecutor() as other:
        theirs = other.submit(gateway._client, Account.FIRST).result()
    assert gateway._client(Account.FIRST) is mine, "it is not built anew for each text"
    assert theirs is not mine, "an answer is never another thread's"


# What may come back instead

UNKNOWN_AND_NOT_SENT = ["500_before", "problem_500", "html_502", "redirect_302", "reset"]
UNKNOWN_AND_SENT = ["500_after", "reset_after", "timeout_after", "malformed_201", "empty_201", "braces_201"]


@pytest.mark.parametrize("send", [text, call])
@pytest.mark.parametrize("fault", UNKNOWN_AND_NOT_SENT + UNKNOWN_AND_SENT)
def test_an_answer_that_proves_nothing_is_unknown_and_the_request_went_out_once(
    double, send, fault, monkeypatch
) -> None:
    monkeypatch.setattr(gateway, "READ_SECONDS", 0.3)
    to = makers.a_phone()
    double.faults({"match": {"to": to}, "do": fault})
    with pytest.raises(gateway.Unknown):
        send(to)
    ledger = double.ledger()
    [rule] = ledger["faults"]
    assert rule["used"] == 1, "the library does not try by itself"
    held = [one for one in ledger["messages"] + ledger["calls"] if one["to"] == to]
    assert len(held) == (fault in UNKNOWN_AND_SENT)


@pytest.mark.parametrize("send", [text, call])
@pytest.mark.parametrize(
    "answer",
    [
        (403, "<html>Forbidden by the firewall</html>"),
        (408, ""),
        (200, "[]"),
        (200, '"SM1"'),
        (200, "null"),
        (201, '{"sid": 7}'),
        (201, '{"sid": "CAxx", "date_created": 7}'),
        (201, '{"status": "failed", "error_code": 30034}'),
    ],
    ids=str,
)
def test_an_answer_that_is_none_of_the_provider_s_is_unknown(settings, send, answer) -> None:
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = ACCOUNT, TOKEN
    with gateway.through(lambda *_: answer), pytest.raises(gateway.Unknown):
        send()


@pytest.mark.parametrize("send", [text, call])
def test_too_many_at_once_is_provably_not_processed(double, send) -> None:
    double.faults({"do": "429"})
    with pytest.raises(gateway.NotTaken, match="20429"):
        send()


@pytest.mark.parametrize("send", [text, call])
def test_a_full_queue_is_its_own_error_although_it_comes_as_too_many(double, send) -> None:
    double.faults({"do": "error:21611"})
    with pytest.raises(gateway.RefusedForGood, match="21611"):
        send()


@pytest.mark.parametrize("send", [text, call])
def test_nobody_listening_is_provably_not_processed(double, send, settings, free_port) -> None:
    settings.TWILIO_API_BASE = f"http://127.0.0.1:{free_port}"
    with pytest.raises(gateway.NotTaken):
        send()


def test_no_such_host_is_provably_not_processed(double, settings, monkeypatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    settings.TWILIO_API_BASE = "http://provider.invalid"
    with pytest.raises(gateway.NotTaken):
        text()


@pytest.mark.parametrize(
    ("problem", "never_left"),
    [
        (requests.ConnectTimeout(), True),
        (requests.ReadTimeout(), False),
        (requests.ConnectionError("Connection aborted."), False),
        (requests.ConnectionError(), False),
        (requests.exceptions.ChunkedEncodingError(), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_only_a_request_that_cannot_have_left_is_not_taken(problem, never_left) -> None:
    def fail() -> None:
        raise problem

    with pytest.raises(gateway.NotTaken if never_left else gateway.Unknown):
        gateway._taken(fail, prefix=("SM",))


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("+15005550001", "21211"),
        ("+15005550002", "21612"),
        ("+15005550003", "21408"),
        ("+15005550004", "21610"),
        ("+15005550009", "21614"),
        ("12", "21211"),
        ("", "21604"),
    ],
)
def test_a_refusal_carries_the_provider_s_code(double, to, code) -> None:
    with pytest.raises(gateway.RefusedForGood) as refused:
        gateway.send_text(sender=OURS, to=to, body="x", callback="http://127.0.0.1:9/", valid_seconds=60)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"body": ""}, "21602"),
        ({"body": "x" * 1601}, "21617"),
        ({"sender": "+15005550007"}, "21606"),
        ({"sender": "+15005550008"}, "21611"),
    ],
    ids=["empty", "too long", "not our number", "queue full"],
)
def test_our_own_mistakes_are_refused_for_good_too(double, facts, code) -> None:
    with pytest.raises(gateway.RefusedForGood, match=code):
        text(**facts)


def test_a_wrong_token_is_a_refusal_with_its_code(double, settings) -> None:
    settings.TWILIO_AUTH_TOKEN = "yesterday's"
    with pytest.raises(gateway.RefusedForGood, match="20003"):
        text()


@pytest.mark.parametrize("variable", ["TWILIO_REGION", "TWILIO_EDGE"])
def test_a_region_in_the_environment_does_not_send_us_elsewhere(double, monkeypatch, variable) -> None:
    monkeypatch.setenv(variable, "ie1")
    to = makers.a_phone()
    taken = text(to)
    assert gateway.texts_sent(sender=OURS, to=to, body="Two words", since=_an_hour_ago()) == [taken.sid]


def test_the_library_does_not_log_addresses_with_numbers_in_them() -> None:
    assert not logging.getLogger("twilio.http_client").isEnabledFor(logging.INFO)


# Asking


def _an_hour_ago() -> datetime:
    return datetime.now(UTC) - timedelta(hours=1)


@pytest.mark.parametrize(
    ("fault", "said"), [("", ("delivered", "")), ("undelivered:30006", ("undelivered", "30006"))]
)
def test_how_a_text_stands(double, fault, said) -> None:
    to = makers.a_phone()
    if fault:
        double.faults({"match": {"to": to}, "do": fault})
    sid = text(to).sid
    until(lambda: gateway.status(sid)[0] == said[0], f"the text to be {said[0]}")
    assert gateway.status(sid) == said


def test_how_a_call_stands(double) -> None:
    sid = call().sid
    assert gateway.status(sid)[0] in {"queued", "initiated", "ringing"}


def test_what_the_provider_never_heard_of_is_unknown(double) -> None:
    with pytest.raises(gateway.Unknown):
        gateway.status("SM" + "f" * 32)


def test_only_the_same_words_to_the_same_phone_are_found(double) -> None:
    to = makers.a_phone()
    sid = text(to, body="98.6 or higher?").sid
    text(to, body="98.6 or higher")
    text(body="98.6 or higher?")
    text(to, body="98.6 or higher?", sender="+15550180002")
    assert gateway.texts_sent(sender=OURS, to=to, body="98.6 or higher?", since=_an_hour_ago()) == [sid]


def test_a_text_still_in_the_provider_s_queue_is_found(double) -> None:
    to = makers.a_phone()
    double.faults({"match": {"to": to}, "do": "hold"})
    sid = text(to).sid
    assert gateway.texts_sent(sender=OURS, to=to, body="Two words", since=_an_hour_ago()) == [sid]


def test_only_what_was_sent_since_is_found(double) -> None:
    to = makers.a_phone()
    text(to)
    later = datetime.now(UTC) + timedelta(minutes=1)
    assert gateway.texts_sent(sender=OURS, to=to, body="Two words", since=later) == []


def test_calls_are_found_by_their_phones(double) -> None:
    to = makers.a_phone()
    sid = call(to).sid
    call()
    assert gateway.calls_placed(sender=OURS, to=to, since=_an_hour_ago()) == [sid]


def test_h18_a_text_that_never_reached_us_is_in_the_provider_s_log(double) -> None:
    patient = makers.a_phone()
    number = makers.a_phone()
    double.faults({"match": {"kind": "inbound", "from": patient}, "do": "lost"})
    double.text(patient, number, "38.6")
    text(number)
    [found] = gateway.texts_received(to=number, since=_an_hour_ago())
    assert (found["From"], found["To"], found["Body"]) == (patient, number, "38.6")
    assert found["MessageSid"].startswith("SM")


def test_a_picture_is_in_the_provider_s_log_as_well(double) -> None:
    number, patient = makers.a_phone(), makers.a_phone()
    double.text(patient, number, "98.6", media=2)
    double.text(patient, number, "98.6")
    assert [text["NumMedia"] for text in gateway.texts_received(to=number, since=_an_hour_ago())] == [2, 0]


@pytest.mark.parametrize(
    ("said", "pictures"),
    [
        ("0", 0),
        ("3", 3),
        ("10", 10),
        (None, 0),
        ("", 0),
        ("many", 1),
        ("-1", 1),
        ("\u00b2", 1),
        ("9" * 5000, 1),
    ],
    ids=[
        "none",
        "three",
        "ten",
        "not said",
        "empty",
        "in words",
        "below none",
        "a raised two",
        "no number of ours",
    ],
)
def test_a_number_of_pictures_that_nobody_can_read_is_one_to_look_at(said, pictures) -> None:
    assert gateway.pictures(said) == pictures


def test_the_whole_log_is_read_page_by_page_oldest_first(double, monkeypatch) -> None:
    monkeypatch.setattr(gateway, "PAGE_SIZE", 2)
    number, patient = makers.a_phone(), makers.a_phone()
    for words in ("1", "2", "3", "4", "5"):
        double.text(patient, number, words)
    found = gateway.texts_received(to=number, since=_an_hour_ago())
    assert [text["Body"] for text in found] == ["1", "2", "3", "4", "5"]
    assert all(text["DateSent"] is not None for text in found)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: gateway.status("SM1"),
        lambda: gateway.texts_sent(sender=OURS, to=OURS, body="x", since=_an_hour_ago()),
        lambda: gateway.calls_placed(sender=OURS, to=OURS, since=_an_hour_ago()),
        lambda: gateway.texts_received(to=OURS, since=_an_hour_ago()),
    ],
    ids=["status", "texts sent", "calls placed", "texts received"],
)
def test_no_answer_to_a_question_is_unknown(double, settings, free_port, ask) -> None:
    settings.TWILIO_API_BASE = f"http://127.0.0.1:{free_port}"
    with pytest.raises(gateway.Unknown):
        ask()
