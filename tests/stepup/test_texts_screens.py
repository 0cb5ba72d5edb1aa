"""The screens on which a site reads and approves what its patients are asked and told."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse

from monitoring import languages
from monitoring.models import ContentApproval
from notifications.models import Clinician, Role, Site
from protocols import wording
from tests import makers
from tests.monitoring.test_languages import an_earlier_approval

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture
def pharmacist(site) -> Clinician:
    return makers.a_clinician(site, Role.PHARMACIST, name="Petra P")


@pytest.fixture
def client(pharmacist) -> Iterator[Client]:
    return makers.signed_in(pharmacist)


def shown(client: Client, code: str) -> str:
    return client.get(reverse("texts-of", args=[code])).content.decode().replace("&#x27;", "'")


def approve(client: Client, code: str, **typed: str) -> object:
    form = {"fingerprint": wording.fingerprint(code), "read_all": "on", "reads_language": "on", **typed}
    return client.post(reverse("approve-texts", args=[code]), form)


@pytest.mark.parametrize("code", wording.languages())
def test_every_text_is_shown_as_a_patient_reads_it(client, code) -> None:
    page = shown(client, code)
    for text in wording.judged(code):
        assert text.key in page
        assert text.words.replace("'", "'").split("&")[0] in page, text.key
    assert "{oncall_number}" not in page
    assert wording.fingerprint(code) in page


def test_length_alphabet_reading_and_meaning_stand_beside_each_text(client) -> None:
    english, chinese = shown(client, "en"), shown(client, "zh-Hant")
    assert "1 segment, plain alphabet (GSM-7)" in english
    assert "grade 2." in english
    assert "3 is breathing" in english
    assert "yes is breathing, no is nothing wrong" in english
    assert "2 segments, Unicode" in chinese
    assert "grade not computed" in chinese
    assert "I read Traditional Chinese well enough" in chinese
    assert "well enough" not in english


def test_a_named_person_approves_and_the_page_says_who(client, site) -> None:
    answer = approve(client, "es", note="with the interpreter")
    assert answer.status_code == 302
    assert languages.is_approved(site, "es")
    page = shown(client, "es")
    assert "Approved by Petra P, pharmacist" in page
    assert "who reads Spanish" in page
    assert "with the interpreter" in page
    assert "Approve the Spanish texts" not in page, "once"
    assert "Approved by Petra P" in client.get(reverse("texts")).content.decode()


@pytest.mark.parametrize(
    ("code", "typed", "sentence"),
    [
        ("es", {"reads_language": ""}, "Say that you read Spanish. If you do not, a colleague who does"),
        ("en", {"read_all": ""}, "Read every text first, then say so here."),
        ("en", {"fingerprint": "0" * 64}, "These texts changed while you read."),
        ("en", {"note": "x" * 301}, "at most 300"),
    ],
)
def test_what_is_missing_is_named_and_nothing_is_approved(client, code, typed, sentence) -> None:
    answer = approve(client, code, **typed)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not ContentApproval.objects.exists()


def test_whoever_may_not_approve_reads_who_can(site) -> None:
    nurse = makers.signed_in(makers.a_clinician(site, Role.NURSE))
    page = shown(nurse, "es")
    assert "A pharmacist or a prescriber who reads Spanish can approve these texts." in page
    assert '<form method="post" action="/texts/' not in page


def test_what_changed_since_the_approval_stands_side_by_side(client, pharmacist) -> None:
    an_earlier_approval(pharmacist, "en", was="Can you breathe?")
    page = shown(client, "en")
    assert "What changed since it was approved" in page
    assert "Can you breathe?" in page
    approve(client, "en")
    page = shown(client, "en")
    assert "What changed" not in page
    assert "earlier words" in page, "the history stays"


def test_a_language_there_are_no_texts_in_does_not_exist(client) -> None:
    assert client.get(reverse("texts-of", args=["fr"])).status_code == 404


def test_the_enrolment_form_says_which_language_waits(site: Site) -> None:
    makers.approved_texts(site, "en")
    page = makers.signed_in(makers.a_clinician(site)).get(reverse("enrol")).content.decode()
    assert '<option value="en">English</option>' in page
    assert '<option value="es">Spanish, texts not approved here</option>' in page


def test_a_withdrawal_on_screen_lists_who_is_asked_and_keeps_the_reason(client, site) -> None:
    patient = makers.a_patient(site)
    assert patient.name in shown(client, "en")
    path = reverse("withdraw-texts", args=["en"])
    assert "Say what is wrong" in client.post(path, {"why": ""}).content.decode()
    client.post(path, {"why": "the number in it is wrong"})
    page = shown(client, "en")
    assert "the number in it is wrong" in page
    assert "Texts to them go on" in page
    assert not languages.is_approved(site, "en")
    auditor = makers.signed_in(makers.a_clinician(site, Role.ADMIN))
    assert patient.name not in shown(auditor, "en")
