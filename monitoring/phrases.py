"""Harmless phrases a site learns from what its patients write: proposed by one person, approved by another.

A learned phrase only explains words, so that nobody must read them again. It can hide nothing: see `protocols.learned`.
"""

from datetime import datetime

from django.db import IntegrityError, transaction

from monitoring.models import Finding, LearnedPhrase, Reply
from notifications import audit, roles
from notifications.models import Clinician
from protocols import learning
from protocols.errors import Refusal

ALARMS = ("urgent", "emergency")


def in_use(site_id: int, language: str) -> tuple[str, ...]:
    """The phrases that explain words of a site's replies in one language, in normal form and in order."""
    live = LearnedPhrase.objects.filter(
        site=site_id, language=language, approved_at__isnull=False, ended_at=None
    )
    return tuple(sorted(live.values_list("words", flat=True)))


def suggested(finding: Finding) -> list[str]:
    """The pieces of a reply that nobody could explain and that may be proposed; none where none can be."""
    if finding.reply is None or _stands_against(finding):
        return []
    return learning.suggested(
        finding.reply.body,
        asked=finding.context.get("asked"),
        language=str(finding.context["language"]),
        phrases=in_use(finding.site_id, str(finding.context["language"])),
    )


@transaction.atomic
def propose(*, reply: Reply, words: str, by: Clinician, now: datetime) -> LearnedPhrase:
    """Propose that words of a reply are harmless at its site. They explain nothing until another person approves.

    Refuses whatever any rule reads, stands near a word of danger, is no part of the reply, comes from a reply that
    raised an alarm, or is proposed or in use already.
    """
    if not roles.may(by, "propose a phrase") or by.site_id != reply.site_id:
        raise Refusal(
            "not-yours", "A nurse, pharmacist, prescriber or responder of the site proposes a phrase."
        )
    finding = Finding.objects.filter(reply=reply, patient__isnull=False).order_by("pk").first()
    if finding is None:
        raise Refusal(
            "phrase-stranger", "Phrases are learned from patients and caregivers, not from strangers."
        )
    if against := _stands_against(finding):
        raise against
    language = str(finding.context["language"])
    normal = learning.judged(words, language=language)
    if not learning.stands_in(normal, reply.body):
        raise Refusal("phrase-elsewhere", "These words do not stand in this reply in one piece.")
    phrase = _kept(reply, language=language, words=normal, by=by, now=now)
    audit.record("proposed a phrase", str(phrase), site=reply.site, by=by, now=now, reply=reply.pk)
    return phrase


def _stands_against(finding: Finding) -> Refusal | None:
    """Why nothing may be learned from the reply of this finding."""
    about = Finding.objects.filter(reply=finding.reply)
    if about.filter(urgency__in=ALARMS).exists():
        return Refusal("phrase-from-alarm", "This reply raised an alarm: nothing is learned from it.")
    if about.filter(context__asked="medicine").exists():
        return Refusal("phrase-medicine", "After the medicine question, an unknown word may be a medicine.")
    return None


def _kept(reply: Reply, *, language: str, words: str, by: Clinician, now: datetime) -> LearnedPhrase:
    """The new row; two who propose the same at once are told of each other."""
    try:
        with transaction.atomic():
            return LearnedPhrase.objects.create(
                site=reply.site, language=language, words=words, reply=reply, proposed_by=by, proposed_at=now
            )
    except IntegrityError as error:
        if "learned_phrase_one_live" not in str(error):
            raise
        live = LearnedPhrase.objects.get(site=reply.site_id, language=language, words=words, ended_at=None)
        raise Refusal("phrase-live", f"“{live.shown}” is {live.state} here already.") from error
