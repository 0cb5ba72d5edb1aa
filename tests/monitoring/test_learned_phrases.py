"""Harmless phrases: proposed from one reply by one person, and explaining nothing until another approved them."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta

import pytest

from monitoring import inbound, phrases
from monitoring.models import Finding, LearnedPhrase, Reply
from notifications.models import AuditEntry, Clinician, Role
from protocols import triage
from protocols.errors import Refusal
from tests import kept, makers
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
MINUTE = timedelta(minutes=1)


class Home:
    """A patient at home in a watch, and the people who read what they write."""

    def __init__(self) -> None:
        self.site = makers.a_site()
        makers.a_responder(self.site, 1, name="Dr A")
        self.patient = makers.a_patient(self.site)
        makers.a_dose(makers.a_course(self.patient))
        self.nurse = makers.a_clinician(self.site)
        self.pharmacist = makers.a_clinician(self.site, Role.PHARMACIST)
        self.other = makers.a_clinician(self.site, Role.PHARMACIST)
        self.now = NOON

    def hears(self, words: str, *, sender: str = "") -> Reply:
        """One text, a minute after whatever came before."""
        self.now += MINUTE
        sid = f"SM{makers.a_phone()}"
        inbound.receive(
            provider_sid=sid, sender=sender or self.patient.phone, sent_to=self.site.patient_number, body=words,
            now=self.now,
        )  # fmt: skip
        return Reply.objects.get(provider_sid=sid)

    def finds(self, words: str) -> Finding:
        """What triage concluded from a text."""
        return self.hears(words).findings.get()

    def proposes(self, reply: Reply, words: str, *, by: Clinician | None = None) -> LearnedPhrase:
        """The nurse proposes words of a reply."""
        return phrases.propose(reply=reply, words=words, by=by or self.nurse, now=self.now)


@pytest.fixture(scope="module")
def made_once(django_db_setup, django_db_blocker) -> Iterator[Home]:
    with kept.made(Home, django_db_blocker) as home:
        yield home


@pytest.fixture
def home(made_once) -> Home:
    return deepcopy(made_once)


def test_words_of_a_reply_are_proposed_and_explain_nothing_yet(home) -> None:
    reply = home.hears("98.6, toast and tea")
    phrase = home.proposes(reply, "Toast and tea!")
    assert (phrase.words, phrase.language, phrase.state) == ("toast and tea", "en", "proposed")
    assert phrases.in_use(home.site.pk, "en") == ()
    assert home.finds("98.6, toast and tea").urgency == "clarify"
    assert AuditEntry.objects.get(act="proposed a phrase").detail == {"reply": reply.pk}


def test_a_reply_suggests_the_pieces_that_may_be_learned(home) -> None:
    assert phrases.suggested(home.finds("98.6, toast and tea, but not sure")) == ["toast and tea"]
    assert phrases.suggested(home.finds("38.6, toast and tea")) == []


def _approved(home: Home, words: str, *, language: str = "en") -> None:
    """A row as an approval leaves it."""
    LearnedPhrase.objects.create(
        site=home.site, language=language, words=words, reply=home.hears("98.6 " + words), proposed_by=home.nurse,
        proposed_at=home.now, approved_by=home.pharmacist, approved_at=home.now, replayed={},
    )  # fmt: skip


def test_once_in_use_it_explains_and_the_finding_says_by_which_phrases(home) -> None:
    _approved(home, "toast and tea")
    _approved(home, "walked the doggy")
    _approved(home, "viendo la novela", language="es")
    found = home.finds("98.6, toast and tea")
    assert found.urgency == "none"
    assert found.context["phrases"] == ["toast and tea"]
    assert found.normal == "98.6 toast and tea"
    assert found.rules_version == triage.version(("toast and tea", "walked the doggy"))


def test_another_site_learns_nothing_from_it(home) -> None:
    _approved(home, "toast and tea")
    assert phrases.in_use(makers.a_site().pk, "en") == ()


def _proposing(code: str, act) -> None:
    with pytest.raises(Refusal) as refused:
        act()
    assert refused.value.code == code


def test_nothing_is_learned_from_an_alarm(home) -> None:
    reply = home.hears("38.6, toast and tea")
    _proposing("phrase-from-alarm", lambda: home.proposes(reply, "toast and tea"))


def test_nothing_is_learned_after_the_medicine_question(home) -> None:
    reply = home.hears("nolotil")
    asked = {**reply.findings.get().context, "asked": "medicine"}
    Finding.objects.create(
        site=home.site, patient=home.patient, reply=reply, at=home.now, urgency="clarify", human_task=True,
        because="", context=asked,
    )  # fmt: skip
    _proposing("phrase-medicine", lambda: home.proposes(reply, "nolotil"))


def test_nothing_is_learned_from_a_stranger(home) -> None:
    reply = home.hears("toast and tea", sender=makers.a_phone())
    _proposing("phrase-stranger", lambda: home.proposes(reply, "toast and tea"))


def test_words_of_another_reply_are_refused(home) -> None:
    reply = home.hears("98.6 toast. and tea")
    _proposing("phrase-elsewhere", lambda: home.proposes(reply, "toast and tea"))


def test_words_that_a_rule_reads_are_refused(home) -> None:
    reply = home.hears("98.6, my knee aches, tea")
    _proposing("phrase-danger", lambda: home.proposes(reply, "my knee aches"))


def test_a_phrase_is_live_once(home) -> None:
    reply = home.hears("98.6, toast and tea")
    home.proposes(reply, "toast and tea")
    _proposing("phrase-live", lambda: home.proposes(reply, "toast and tea", by=home.pharmacist))


@pytest.mark.parametrize("role", [Role.LEAD, Role.AUDITOR, Role.EMERGENCY, Role.ADMIN])
def test_only_who_reads_replies_proposes(home, role) -> None:
    reply = home.hears("98.6, toast and tea")
    somebody = makers.a_clinician(home.site, role)
    _proposing("not-yours", lambda: home.proposes(reply, "toast and tea", by=somebody))


def test_nobody_of_another_site_proposes(home) -> None:
    reply = home.hears("98.6, toast and tea")
    stranger = makers.a_clinician(makers.a_site())
    _proposing("not-yours", lambda: home.proposes(reply, "toast and tea", by=stranger))
