"""Only the provider's own requests get in. The rules are at https://www.twilio.com/docs/usage/security."""

import json
from collections.abc import Mapping
from urllib.parse import urlencode

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from twilio.request_validator import RequestValidator

from notifications import signature
from notifications.double import signing

BASE = "https://stepup.example"
PATH = "/webhooks/twilio/inbound"
TOKEN = "the token in force"
FORM = {"MessageSid": "SM1", "From": "+15550200001", "To": "+15550180001", "Body": "38.6 and shaking"}
FORM_TYPE = "application/x-www-form-urlencoded"


@pytest.fixture(autouse=True)
def _our_address(settings) -> None:
    settings.PUBLIC_BASE_URL = BASE
    settings.TWILIO_AUTH_TOKEN, settings.TWILIO_AUTH_TOKEN_PREVIOUS = TOKEN, ""


def sign(form: Mapping[str, str], *, url: str = BASE + PATH, token: str = TOKEN) -> str:
    """The signature as the double computes it, which shares no code with the library."""
    return signing.signature(token, url, form)


def post(
    form: Mapping[str, str], given: str | None, *, path: str = PATH, body: str = "", **headers: str
) -> HttpRequest:
    """A form as it arrives behind a proxy, over plain HTTP, with a signature unless it has none."""
    if given is not None:
        headers["HTTP_X_TWILIO_SIGNATURE"] = given
    return RequestFactory().post(path, body or urlencode(form), content_type=FORM_TYPE, **headers)


def test_the_provider_s_own_request_is_genuine() -> None:
    assert signature.is_genuine(post(FORM, sign(FORM)))


def test_the_double_and_the_library_agree_on_what_a_signature_is() -> None:
    assert sign(FORM) == RequestValidator(TOKEN).compute_signature(BASE + PATH, FORM)


@pytest.mark.parametrize(
    "changed",
    [
        {"Body": "98.6"},
        {"Body": "38.6 and shaking "},
        {"From": "+15550200002"},
        {"MessageSid": "SM2"},
        {"NumMedia": "0"},
    ],
    ids=["other words", "one space more", "another sender", "another id", "one parameter more"],
)
def test_a_changed_request_is_not(changed) -> None:
    assert not signature.is_genuine(post(FORM | changed, sign(FORM)))


@pytest.mark.parametrize(
    "given",
    [None, "", " ", "forged", "A" * 28, "\u00fc" * 28, sign(FORM)[:-1], sign(FORM, token="somebody else's")],
    ids=[
        "missing",
        "empty",
        "blank",
        "forged",
        "of the right length",
        "not ASCII",
        "cut short",
        "another's token",
    ],
)
def test_a_forged_or_missing_signature_is_not(given) -> None:
    assert not signature.is_genuine(post(FORM, given))


def test_a_request_without_parameters_and_without_signature_is_not() -> None:
    assert not signature.is_genuine(post({}, None))


def test_without_a_token_of_ours_nothing_is(settings) -> None:
    settings.TWILIO_AUTH_TOKEN = ""
    assert not signature.is_genuine(post(FORM, sign(FORM, token="")))


# The address that was signed


@pytest.mark.parametrize(
    "headers",
    [
        {"HTTP_HOST": "10.0.0.7:8000"},
        {"HTTP_X_FORWARDED_HOST": "attacker.example"},
        {"HTTP_X_FORWARDED_PROTO": "http"},
        {"HTTP_X_FORWARDED_PORT": "8443"},
        {"HTTP_X_FORWARDED_PATH": "/somewhere/else"},
        {"HTTP_FORWARDED": "host=attacker.example;proto=http"},
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_what_a_proxy_adds_makes_no_difference(headers) -> None:
    assert signature.is_genuine(post(FORM, sign(FORM), **headers))


def test_a_request_signed_for_another_host_is_refused_whatever_its_headers_say() -> None:
    elsewhere = sign(FORM, url="https://attacker.example" + PATH)
    request = post(FORM, elsewhere, HTTP_HOST="attacker.example", HTTP_X_FORWARDED_HOST="attacker.example")
    assert not signature.is_genuine(request)


@pytest.mark.parametrize(
    ("signed", "genuine"),
    [
        (BASE + PATH, True),
        (BASE + ":443" + PATH, True),
        ("http://stepup.example" + PATH, False),
        (BASE + PATH + "/", False),
        ("https://STEPUP.example" + PATH, False),
        (BASE + PATH + "#rc=2", False),
        (BASE + PATH + "?a=1", False),
        (BASE + ":8443" + PATH, False),
    ],
)
def test_it_must_be_our_address_to_the_letter(signed, genuine) -> None:
    assert signature.is_genuine(post(FORM, sign(FORM, url=signed))) is genuine


def test_a_port_in_our_public_address_is_part_of_it(settings) -> None:
    settings.PUBLIC_BASE_URL = "https://stepup.example:8443"
    assert signature.is_genuine(post(FORM, sign(FORM, url="https://stepup.example:8443" + PATH)))


def test_the_query_counts_as_it_was_sent() -> None:
    path = PATH + "?name=caf%C3%A9&empty=&again=1&again=2&plus=%2B1"
    assert signature.is_genuine(post(FORM, sign(FORM, url=BASE + path), path=path))


# The parameters


@pytest.mark.parametrize(
    "form", [FORM | {"Body": ""}, FORM | {"Body": "  98.6  "}, FORM | {"Body": "38,6 \u00b0C \U0001f912"}]
)
def test_blank_padded_and_foreign_words_are_kept_as_they_came(form) -> None:
    assert signature.is_genuine(post(form, sign(form)))


def test_parameters_nobody_announced_are_signed_too() -> None:
    form = FORM | {"Unannounced": "since yesterday"}
    assert signature.is_genuine(post(form, sign(form)))


def test_a_repeated_parameter_counts_each_value_once_in_order() -> None:
    url = BASE + PATH
    body = urlencode([("Tag", "b"), ("Tag", "a"), ("Tag", "b")])
    given = sign({"Tag": "aTagb"}, url=url)
    assert signature.is_genuine(post({}, given, body=body))


def test_a_body_of_json_is_refused_whatever_its_signature() -> None:
    """Its signature covers the address alone, and none of our addresses is ever told in JSON."""
    body = json.dumps(FORM)
    url = signing.with_hash(BASE + PATH, body.encode())
    given = signing.signature(TOKEN, url, {})
    assert RequestValidator(TOKEN).validate(url, body, given), "the provider would have signed it so"
    path = url.removeprefix(BASE)
    headers = {"HTTP_X_TWILIO_SIGNATURE": given}
    arrived = RequestFactory().post(path, body, content_type="application/json", **headers)
    assert not signature.is_genuine(arrived)


# Rotation of the token


@pytest.mark.parametrize(("token", "genuine"), [("new", True), ("old", True), ("older", False)])
def test_during_rotation_the_token_before_is_honoured_too(settings, token, genuine) -> None:
    settings.TWILIO_AUTH_TOKEN, settings.TWILIO_AUTH_TOKEN_PREVIOUS = "new", "old"
    assert signature.is_genuine(post(FORM, sign(FORM, token=token))) is genuine


@pytest.mark.parametrize(("token", "genuine"), [("second", True), ("second before", True), ("third", False)])
def test_the_second_account_signs_with_tokens_of_its_own(settings, token, genuine) -> None:
    settings.TWILIO_SECOND_AUTH_TOKEN = "second"
    settings.TWILIO_SECOND_AUTH_TOKEN_PREVIOUS = "second before"
    assert signature.is_genuine(post(FORM, sign(FORM, token=token))) is genuine


# The door itself


@pytest.fixture
def door():
    return signature.signed(lambda request: HttpResponse("in", status=200))


def test_the_provider_gets_in_without_a_session_or_a_form_token(door) -> None:
    assert door.csrf_exempt
    assert door(post(FORM, sign(FORM))).status_code == 200


def test_everybody_else_learns_nothing(door) -> None:
    refused = door(post(FORM, "forged"))
    assert refused.status_code == 403
    assert refused["Content-Type"] == "text/plain"
    assert refused.content == b"This address answers the telephone provider only."


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_only_posts_are_answered(door, method) -> None:
    request = RequestFactory().generic(method, PATH, HTTP_X_TWILIO_SIGNATURE=sign({}))
    assert door(request).status_code == 405


def test_a_signature_by_a_shared_key_or_another_algorithm_is_refused() -> None:
    by_other = signing.signature(TOKEN, BASE + PATH, FORM, "sha256")
    assert RequestValidator(TOKEN).validate(BASE + PATH, FORM, by_other, "HMAC_SHA256")
    named = {"HTTP_X_TWILIO_WEBHOOKS_SIGNATURE_SETTINGS": signing.settings("webhooks_sharedkey_1")}
    assert not signature.is_genuine(post(FORM, by_other, **named))
