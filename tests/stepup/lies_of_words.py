"""Lies about what was asked, heard and understood: rows that the database must refuse, or keep as they are."""

from datetime import timedelta

from monitoring.models import (
    CloserQuestions,
    ContentApproval,
    ContentWithdrawal,
    DeathNotice,
    Finding,
    HomeKit,
    LearnedPhrase,
    ReactionStrike,
    Reply,
    RuleReview,
    RulesApproval,
    Task,
    TaskEvent,
    Translation,
    Unread,
)
from stepup.models import CardPrint, CardReplacement, OutsideLook
from tests import makers
from tests.makers import NOON
from tests.stepup.lies import Clinic


def closer_questions(clinic: Clinic, *, times: int = 1, **facts: object) -> None:
    """Closer questions behind every rule's back."""
    for _ in range(times):
        CloserQuestions.objects.create(watch=clinic.watch, began_at=NOON, why="x", **facts)


def an_approval(clinic: Clinic, *, times: int = 1, **facts: object) -> None:
    """Texts approved behind every rule's back."""
    row = {
        "site": clinic.site, "language": "es", "fingerprint": "0" * 64, "content": "{}", "reads_language": True,
        "by": clinic.prescriber, "at": NOON,
    }  # fmt: skip
    for _ in range(times):
        ContentApproval.objects.create(**(row | facts))


def a_withdrawal(clinic: Clinic, *, times: int = 1, **facts: object) -> None:
    """Texts withdrawn behind every rule's back."""
    an_approval(clinic)
    row = {"approval": ContentApproval.objects.latest("pk"), "why": "x", "by": clinic.prescriber, "at": NOON}
    for _ in range(times):
        ContentWithdrawal.objects.create(**(row | facts))


def a_death_notice(clinic: Clinic, **facts: object) -> None:
    """That a patient died, as somebody says."""
    row = {
        "patient": clinic.patients[0],
        "said": "died",
        "at": NOON,
        "by": clinic.prescriber,
        "words": "her son",
    }
    DeathNotice.objects.create(**(row | facts))


def a_kit(clinic: Clinic, **facts: object) -> None:
    row = {"patient": clinic.patients[0], "thermometer": "ear", "has_cuff": True, "has_oximeter": False}
    HomeKit.objects.create(**(row | facts), recorded_by=clinic.prescriber, recorded_at=NOON)


def a_strike(clinic: Clinic, *, why: str = "another patient's") -> None:
    ReactionStrike.objects.create(reaction=clinic.reaction, why=why, by=clinic.prescriber, at=NOON)


def a_reply(clinic: Clinic, *, words: str = "98.6 toast and tea") -> Reply:
    """A text of the first patient, as the provider hands it over."""
    return Reply.objects.create(
        site=clinic.site, provider_sid=makers.a_phone(), sender=clinic.patients[0].phone, sent_to="", body=words,
        received_at=NOON,
    )  # fmt: skip


def a_finding(clinic: Clinic) -> None:
    """What triage concluded from a reply."""
    Finding.objects.create(
        site=clinic.site, patient=clinic.patients[0], reply=a_reply(clinic), at=NOON, urgency="clarify",
        human_task=True, because="words that no rule explains",
    )  # fmt: skip


def a_phrase(clinic: Clinic, *, times: int = 1, **facts: object) -> None:
    """A phrase proposed by one person and, with `approved_by`, approved by another."""
    row = {
        "site": clinic.site, "language": "en", "words": "toast and tea", "reply": a_reply(clinic),
        "proposed_by": clinic.doctors[0], "proposed_at": NOON,
    }  # fmt: skip
    approved = {"approved_at": NOON, "replayed": {}} if "approved_by" in facts else {}
    for _ in range(times):
        LearnedPhrase.objects.create(**(row | approved | facts))


def an_unread_task(clinic: Clinic, *, times: int = 1) -> Task:
    """What one number texted and nobody has read."""
    facts = {"what": "Read a text", "opened_at": NOON, "due_at": NOON, "pages_when_late": True}
    for _ in range(times):
        task = Task.objects.create(site=clinic.site, unread_from="+15550299001", **facts)
    return task


def an_unread_reply(clinic: Clinic, *, times: int = 1) -> Reply:
    """A reply that waits to be read, with what was done about it so far."""
    reply = Reply.objects.create(
        site=clinic.site, provider_sid="SM-unread", sender="+15550299001", sent_to="x", received_at=NOON
    )
    task = an_unread_task(clinic)
    for _ in range(times):
        Unread.objects.create(task=task, reply=reply, at=NOON)
    TaskEvent.objects.create(task=task, at=NOON, by=clinic.prescriber, what="reading")
    return reply


def a_translation(clinic: Clinic, *, words: str = "I am well") -> None:
    reply = an_unread_reply(clinic)
    Translation.objects.create(reply=reply, words=words, by=clinic.prescriber, at=NOON)


def a_rule_review(clinic: Clinic, **facts: object) -> None:
    """What a rule's alarms were worth, weighed by somebody."""
    row = {
        "site": clinic.site, "rule": "fever", "owner": clinic.prescriber, "by": clinic.prescriber, "at": NOON,
        "words": "as it should be",
    }  # fmt: skip
    RuleReview.objects.create(**(row | facts))


def a_rules_approval(clinic: Clinic, *, times: int = 1, **facts: object) -> None:
    """The rules of a release, approved at the site."""
    row = {
        "site": clinic.site, "fingerprint": "0" * 64, "by": clinic.prescriber, "at": NOON, "replayed": {},
        "lost_pages": 0,
    }  # fmt: skip
    for _ in range(times):
        RulesApproval.objects.create(**(row | facts))


def a_card_print(clinic: Clinic, *, code: str = "AAAA2222") -> None:
    CardPrint.objects.create(
        patient=clinic.patients[0], code=code, language="en", by=clinic.prescriber, at=NOON
    )


def a_card_replacement(clinic: Clinic, *, times: int = 1, **facts: object) -> None:
    row = {
        "patient": clinic.patients[0],
        "code": "AAAA2222",
        "reason": "lost",
        "by": clinic.prescriber,
        "at": NOON,
    }
    for _ in range(times):
        CardReplacement.objects.create(**(row | facts))


def an_outside_look(clinic: Clinic, **facts: object) -> None:
    """Why somebody from outside the team looked, behind every rule's back."""
    row = {
        "patient": clinic.patients[0], "by": clinic.prescriber, "at": NOON, "until": NOON + timedelta(hours=1),
        "reason": "review", "words": "x",
    }  # fmt: skip
    OutsideLook.objects.create(**(row | facts))
