"""How the double signs what it posts, as the real client library sees it."""

import json

import pytest

from tests.notifications.double.conftest import PATIENT, SENDER
from tests.notifications.double.control import ask, faults
from tests.notifications.double.service import TOKEN

PATH = "/webhooks/twilio/inbound"
KEY = "a shared key for tests alone"


def text(double, body: str) -> None:
    ask(double, "POST", "/double/inbound", {"from": PATIENT, "to": SENDER, "body": body})


@pytest.mark.parametrize("with_json", [False, True], ids=["form", "json"])
def test_a_shared_key_signs_with_sha_256_and_is_named_in_a_header(start, service, with_json):
    double = start(shared_key_id="webhooks_sharedkey_1", shared_key=KEY)
    faults(double, *(["as_json"] if with_json else []))
    text(double, "98.6")
    [one] = service.wait(PATH)
    settings = one.headers["x-twilio-webhooks-signature-settings"]
    assert settings == "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"
    assert one.is_signed_with(KEY)
    assert not one.is_signed_with(TOKEN)


def test_a_body_that_is_no_form_is_signed_by_its_hash_in_the_address(double, service):
    faults(double, {"match": {"kind": "inbound"}, "do": "as_json"})
    text(double, "38.6 and shaking")
    [one] = service.wait(PATH)
    assert json.loads(one.body)["Body"] == "38.6 and shaking"
    assert "bodySHA256=" in one.url
    assert one.is_signed
    assert not one.is_signed_with(TOKEN, body=one.body.replace("38.6", "36.8"))


def test_a_forged_body_of_either_kind_is_not_signed(start, service):
    double = start(shared_key_id="webhooks_sharedkey_1", shared_key=KEY)
    faults(double, "bad_signature", "as_json")
    text(double, "98.6")
    [one] = service.wait(PATH)
    assert not one.is_signed_with(KEY)


def test_after_a_rotation_webhooks_are_signed_with_the_token_to_come(start, service):
    double = start(next_token="the token to come")
    faults(double, {"match": {"kind": "inbound"}, "do": "rotated_token", "times": 1})
    text(double, "98.6")
    text(double, "98.7")
    one, other = sorted(service.wait(PATH, 2), key=lambda told: told.form["Body"])
    assert one.is_signed_with("the token to come")
    assert not one.is_signed
    assert other.is_signed
