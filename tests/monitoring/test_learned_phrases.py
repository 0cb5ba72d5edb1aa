"""Harmless phrases: proposed from one reply by one person, and explaining nothing until another approved them."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from monitoring import checkins, phrases, replays
from monitoring.models import Finding, LearnedPhrase, Patient
from notifications.models import AuditEntry, Role
from protocols import triage
from protocols.errors import Refusal
from tests import kept, makers
from tests.monitoring.home import Home

pytestmark = [pytest.mark.database, pytest.mark.django_db]


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
    assert phrases.suggested(home.hears("98.6, toast and tea, but not sure")) == ["toast and tea"]
    assert phrases.suggested(home.hears("38.6, toast and tea")) == []
    assert phrases.suggested(home.hears("toast and tea", sender=makers.a_phone())) == []


def test_once_in_use_it_explains_and_the_finding_says_by_which_phrases(home) -> None:
    home.learns("toast and tea")
    home.learns("walked the doggy")
    found = home.finds("98.6, toast and tea")
    assert found.urgency == "none"
    assert found.context["phrases"] == ["toast and tea"]
    assert found.normal == "98.6 toast and tea"
    assert found.rules_version == triage.version(("toast and tea", "walked the doggy"))


def test_another_site_and_another_language_learn_nothing_from_it(home) -> None:
    home.learns("toast and tea")
    assert phrases.in_use(home.site.pk, "es") == ()
    assert phrases.in_use(makers.a_site().pk, "en") == ()


def _refused(code: str, act) -> None:
    with pytest.raises(Refusal) as refused:
        act()
    assert refused.value.code == code


def test_nothing_is_learned_from_an_alarm(home) -> None:
    reply = home.hears("38.6, toast and tea")
    _refused("phrase-from-alarm", lambda: home.proposes(reply, "toast and tea"))


def test_nothing_is_learned_after_the_medicine_question(home) -> None:
    reply = home.hears("nolotil")
    asked = {**reply.findings.get().context, "asked": "medicine"}
    Finding.objects.create(
        site=home.site, patient=home.patient, reply=reply, at=home.now, urgency="clarify", human_task=True,
        because="", context=asked,
    )  # fmt: skip
    _refused("phrase-medicine", lambda: home.proposes(reply, "nolotil"))


def test_nothing_is_learned_from_a_stranger(home) -> None:
    reply = home.hears("toast and tea", sender=makers.a_phone())
    _refused("phrase-stranger", lambda: home.proposes(reply, "toast and tea"))


def test_words_of_another_reply_are_refused(home) -> None:
    reply = home.hears("98.6 toast. and tea")
    _refused("phrase-elsewhere", lambda: home.proposes(reply, "toast and tea"))


def test_words_that_a_rule_reads_are_refused(home) -> None:
    reply = home.hears("98.6, my knee aches, tea")
    _refused("phrase-danger", lambda: home.proposes(reply, "my knee aches"))


def test_a_phrase_is_live_once(home) -> None:
    reply = home.hears("98.6, toast and tea")
    home.proposes(reply, "toast and tea")
    _refused("phrase-live", lambda: home.proposes(reply, "toast and tea", by=home.pharmacist))


@pytest.mark.parametrize("role", [Role.LEAD, Role.AUDITOR, Role.EMERGENCY, Role.ADMIN])
def test_only_who_reads_replies_proposes(home, role) -> None:
    reply = home.hears("98.6, toast and tea")
    somebody = makers.a_clinician(home.site, role)
    _refused("not-yours", lambda: home.proposes(reply, "toast and tea", by=somebody))


def test_nobody_of_another_site_proposes(home) -> None:
    reply = home.hears("98.6, toast and tea")
    stranger = makers.a_clinician(makers.a_site())
    _refused("not-yours", lambda: home.proposes(reply, "toast and tea", by=stranger))


def test_an_approval_keeps_what_it_would_have_changed_as_it_was_shown(home) -> None:
    home.hears("98.6, toast and tea")
    home.hears("97.9, toast and tea, kinda")
    home.hears("38.6, toast and tea")
    home.hears("98.6")
    phrase = home.proposes(home.hears("98.4 Toast and tea!"), "toast and tea")
    weighed = phrases.weigh(phrase, now=home.now)
    assert weighed.replay.counts == {"lowered": 2, "raised": 0, "other": 1, "same": 2}
    assert (weighed.replay.looked_at, len(weighed.replay.compared)) == (5, 4)
    assert all(line.why.startswith("no longer NOT-UNDERSTOOD") for line in weighed.replay.changed[:2])
    approved = home.approves(phrase)
    assert approved.replayed["lowered"] == 2
    assert approved.replayed["rules"] == triage.RULES_VERSION
    assert AuditEntry.objects.get(act="approved a phrase").detail["looked_at"] == 5


def test_who_proposed_a_phrase_does_not_approve_it(home) -> None:
    phrase = home.proposes(home.hears("98.6, toast and tea"), "toast and tea", by=home.pharmacist)
    _refused("phrase-own", lambda: home.approves(phrase))
    assert home.approves(phrase, by=home.prescriber).state == "in use"


@pytest.mark.parametrize("role", [Role.NURSE, Role.RESPONDER, Role.LEAD])
def test_only_a_pharmacist_or_a_prescriber_answers(home, role) -> None:
    phrase = home.proposes(home.hears("98.6, toast and tea"), "toast and tea")
    somebody = makers.a_clinician(home.site, role)
    _refused("not-yours", lambda: home.approves(phrase, by=somebody))
    _refused("not-yours", lambda: phrases.end(phrase.pk, why="no", by=somebody, now=home.now))


def test_what_was_not_shown_is_not_approved(home) -> None:
    phrase = home.proposes(home.hears("98.6, toast and tea"), "toast and tea")
    seen = phrases.weigh(phrase, now=home.now).seen
    home.hears("98.8, toast and tea")
    approve = partial(phrases.approve, phrase.pk, seen=seen, by=home.pharmacist, now=home.now)
    _refused("phrase-changed", approve)


def test_a_phrase_that_would_have_lowered_an_alarm_is_never_approved(home) -> None:
    """None gets past the rules of learning. This one is put in behind them, and the alarm stays what it is."""
    reply = home.hears("98.6, toast and tea")
    before = home.finds("99.8, toast and tea, and shaking")
    behind = LearnedPhrase.objects.create(
        site=home.site,
        language="en",
        words="and shaking",
        reply=reply,
        proposed_by=home.nurse,
        proposed_at=home.now,
    )
    assert before.urgency in {"urgent", "emergency"}
    assert phrases.weigh(behind, now=home.now).may_be_approved, "danger is read before any phrase"
    _refused("phrase-danger", lambda: home.approves(behind))


def test_an_approval_is_impossible_while_a_past_alarm_would_be_lower(home, monkeypatch) -> None:
    phrase = home.proposes(home.hears("98.6, toast and tea"), "toast and tea")
    home.hears("38.6, toast and tea")
    weighed = phrases.weigh(phrase, now=home.now)
    alarm = next(one for one in weighed.replay.compared if one.before.pages)
    worse = replace(alarm, after=replace(alarm.after, urgency="none"))
    replay = replace(weighed.replay, compared=(worse,))
    monkeypatch.setattr(phrases, "weigh", lambda phrase, now: phrases.Weighed(phrase, replay))
    _refused("phrase-lowers", lambda: home.approves(phrase))


def test_a_phrase_withdrawn_explains_nothing_and_may_be_learned_anew(home) -> None:
    phrase = home.learns("toast and tea")
    ended = phrases.end(phrase.pk, why="means more here", by=home.prescriber, now=home.now)
    assert (ended.state, ended.ended_why) == ("withdrawn", "means more here")
    assert home.finds("98.6, toast and tea").urgency == "clarify"
    assert home.learns("toast and tea").state == "in use"
    _refused("phrase-answered", lambda: phrases.end(phrase.pk, why="again", by=home.prescriber, now=home.now))


def test_a_refusal_has_a_reason_and_is_final(home) -> None:
    phrase = home.proposes(home.hears("98.6, toast and tea"), "toast and tea")
    _refused("reason", lambda: phrases.end(phrase.pk, why=" ", by=home.pharmacist, now=home.now))
    assert phrases.end(phrase.pk, why="too vague", by=home.pharmacist, now=home.now).state == "refused"
    _refused("phrase-answered", lambda: home.approves(phrase))


def test_a_replay_says_when_it_looked_at_the_newest_only(home, monkeypatch) -> None:
    monkeypatch.setattr(replays, "MOST", 2)
    for _ in range(3):
        reply = home.hears("98.6, toast and tea")
    replay = phrases.weigh(home.proposes(reply, "toast and tea"), now=home.now).replay
    assert (replay.looked_at, replay.is_cut, replay.as_dict()["cut_at"]) == (2, True, 2)


# What was stored concludes the same again

TEXTS = [
    "98.6", "101,4", "38.6 and shaking", "yes", "1014", "YES", "no fever, chills", "took tylenol 2 hours ago", "98.6",
    "tengo fiebre", "沒有發燒", "toast and tea", "98.6, toast and tea", "STOP", "START", "help", "wrong number",
    "Liked “How are you?”", "bp 120/80", "88%", "she is confused", "no", "none", "6", "", "🙏", "9" * 400,
]  # fmt: skip


def test_every_finding_concludes_the_same_again_whatever_has_happened_since(home) -> None:
    phrase = home.learns("toast and tea")
    home.now += timedelta(hours=4)
    checkins.ask_due(now=home.now)
    assert home.finds("98.6, toast and tea").context["asked"] == "temperature"
    for words in TEXTS:
        home.hears(words)
        home.hears(words, sender=home.patient.caregiver_phone)
        home.hears(words, sender=makers.a_phone())
    phrases.end(phrase.pk, why="means more here", by=home.prescriber, now=home.now)
    Patient.objects.update(language="es", time_zone="Asia/Tokyo")
    replay = replays.of_rules(home.site.pk, now=home.now)
    assert replay.looked_at >= 3 * len(TEXTS)
    assert [(line.kept.text, line.why) for line in replay.changed] == []
    assert replay.counts["same"] == replay.looked_at


def test_a_finding_keeps_words_normal_form_readings_rules_version_protocol_and_clock(home) -> None:
    found = home.finds("38,6 and SHAKING!")
    assert (found.reply.body, found.normal) == ("38,6 and SHAKING!", "38,6 and shaking")
    warm = next(one for one in found.readings if one["kind"] == "temperature")
    assert (warm["value"], warm["words"]) == ("38.6", "38,6")
    assert {"FEVER", "CHILLS"} <= {rule["id"] for rule in found.rules}
    assert (found.rules_version, found.at) == (triage.RULES_VERSION, home.now)
    assert found.context["protocol"] == home.patient.watches.get().protocol
    assert found.context["today"] == "2027-03-01"
