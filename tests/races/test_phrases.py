"""Two people answer one phrase, or propose the same: one order of things, and the other is told."""

import pytest

from monitoring import phrases, rule_approvals
from monitoring.models import LearnedPhrase, RulesApproval
from notifications import clock
from notifications.models import AuditEntry, Role
from protocols.errors import Refusal
from tests import makers
from tests.races.crowd import at_once, problems

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


def test_a_phrase_approved_and_refused_by_several_has_one_answer(site, patient) -> None:
    now = clock.now()
    phrase = makers.a_phrase(patient, by=makers.a_clinician(site), now=now)
    seen = phrases.weigh(phrase, now=now).seen
    people = [makers.a_clinician(site, Role.PHARMACIST) for _ in range(4)]
    results = at_once(*[lambda by=by: phrases.approve(phrase.pk, seen=seen, by=by, now=now) for by in people])
    approved = LearnedPhrase.objects.get()
    assert [type(problem) for problem in problems(results)] == [Refusal] * 3
    assert all(approved.approved_by.name in problem.sentence for problem in problems(results))
    assert AuditEntry.objects.filter(act="approved a phrase").count() == 1


def test_the_same_words_proposed_by_several_are_one_phrase(site, patient) -> None:
    now = clock.now()
    reply = makers.a_phrase(patient, by=makers.a_clinician(site), words="walked the doggy", now=now).reply
    people = [makers.a_clinician(site) for _ in range(4)]
    results = at_once(
        *[lambda by=by: phrases.propose(reply=reply, words="the doggy", by=by, now=now) for by in people]
    )
    assert LearnedPhrase.objects.filter(words="the doggy").count() == 1
    assert [type(problem) for problem in problems(results)] == [Refusal] * 3
    assert all("proposed here already" in problem.sentence for problem in problems(results))


def test_the_rules_approved_by_several_are_approved_once(site) -> None:
    now = clock.now()
    seen = rule_approvals.weigh(site, now=now).seen
    people = [makers.a_clinician(site, Role.PRESCRIBER) for _ in range(4)]
    results = at_once(
        *[lambda by=by: rule_approvals.approve(site, seen=seen, why="", by=by, now=now) for by in people]
    )
    first = RulesApproval.objects.get()
    assert [type(problem) for problem in problems(results)] == [Refusal] * 3
    assert all(first.by.name in problem.sentence for problem in problems(results))
