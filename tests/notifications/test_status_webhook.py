"""The provider's reports at our door: proven, stored, and harmless when replayed."""

import pytest
from django.test import Client

from notifications import clock, outbox
from notifications.double import signing
from notifications.models import Delivery, Message, ProviderReport
from tests.notifications.sending import a_message, delivery_of

pytestmark = [pytest.mark.database, pytest.mark.django_db]
TOKEN = "only tests know it"
State = Delivery.State


@pytest.fixture(autouse=True)
def _our_address(settings) -> None:
    settings.PUBLIC_BASE_URL = "https://stepup.example"
    settings.TWILIO_AUTH_TOKEN, settings.TWILIO_AUTH_TOKEN_PREVIOUS = TOKEN, ""


@pytest.fixture
def sent(site, line) -> Message:
    message = a_message(site, now=clock.now())
    outbox.deliver_due(now=clock.now())
    return message


def post(token: str, form: dict[str, str], *, signature: str | None = None) -> int:
    """Post a report as the provider does, or with another signature; the status of our answer."""
    path = f"/webhooks/twilio/status/{token}"
    genuine = signing.signature(TOKEN, "https://stepup.example" + path, form)
    given = genuine if signature is None else signature
    return Client().post(path, form, headers={"X-Twilio-Signature": given}).status_code


def report(message: Message, status: str, **facts: str) -> dict[str, str]:
    return {"MessageSid": delivery_of(message).provider_sid or "", "MessageStatus": status, **facts}


def test_a_report_is_stored_and_applied(sent) -> None:
    assert post(delivery_of(sent).token, report(sent, "delivered")) == 204
    assert delivery_of(sent).state == State.DELIVERED


def test_a_report_sent_again_and_again_changes_nothing(sent) -> None:
    for status in ["sent", "delivered", "sent", "delivered", "sent"]:
        assert post(delivery_of(sent).token, report(sent, status)) == 204
    delivery = delivery_of(sent)
    assert (delivery.state, delivery.provider_status) == (State.DELIVERED, "delivered")
    assert ProviderReport.objects.count() == 5, "each is kept"


@pytest.mark.parametrize("signature", ["", "forged"])
def test_a_forged_report_is_neither_stored_nor_believed(sent, signature) -> None:
    assert post(delivery_of(sent).token, report(sent, "failed"), signature=signature) == 403
    assert not ProviderReport.objects.exists()
    assert delivery_of(sent).state == State.ACCEPTED


def test_a_report_for_one_delivery_proves_nothing_about_another(site, line, sent) -> None:
    other = a_message(site, now=clock.now())
    outbox.deliver_due(now=clock.now())
    form = report(sent, "failed")
    path = f"/webhooks/twilio/status/{delivery_of(sent).token}"
    signature = signing.signature(TOKEN, "https://stepup.example" + path, form)
    assert post(delivery_of(other).token, form, signature=signature) == 403


@pytest.mark.parametrize("form", [{}, {"MessageStatus": ""}, {"Unannounced": "x"}], ids=str)
def test_a_report_that_says_nothing_is_kept_and_changes_nothing(sent, form) -> None:
    assert post(delivery_of(sent).token, form) == 204
    assert ProviderReport.objects.get().payload == form
    assert delivery_of(sent).state == State.ACCEPTED


def test_a_report_on_something_we_never_sent_is_kept(db) -> None:
    assert post("no-such-token", {"MessageSid": "SM1", "MessageStatus": "delivered"}) == 204
    assert ProviderReport.objects.get().provider_sid == "SM1"


def test_nobody_reads_this_address(sent) -> None:
    assert Client().get(f"/webhooks/twilio/status/{delivery_of(sent).token}").status_code == 405
