"""Harmless phrases a site learns from what its patients write: proposed by one person, approved by another.

A learned phrase only explains words, so that nobody must read them again. It can hide nothing: see `protocols.learned`.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from monitoring import replays
from monitoring.models import Finding, LearnedPhrase, Reply
from notifications import audit, roles
from notifications.models import Clinician
from protocols import learning, triage
from protocols.errors import Refusal

ALARMS = ("urgent", "emergency")


def in_use(site_id: int, language: str) -> tuple[str, ...]:
    """The phrases that explain words of a site's replies in one language, in normal form and in order."""
    ours = live().filter(site=site_id, language=language)
    return tuple(sorted(ours.values_list("words", flat=True)))


def live() -> QuerySet[LearnedPhrase]:
    """The phrases of every site that are approved and were not ended."""
    return LearnedPhrase.objects.filter(approved_at__isnull=False, ended_at=None)


def suggested(reply: Reply) -> list[str]:
    """The pieces of a reply that nobody could explain and that may be proposed; none where none can be."""
    finding = _finding(reply)
    if finding is None or _stands_against(finding):
        return []
    language = str(finding.context["language"])
    return learning.suggested(
        reply.body,
        asked=finding.context.get("asked"),
        language=language,
        phrases=in_use(finding.site_id, language),
    )


def _finding(reply: Reply) -> Finding | None:
    """What was concluded from a reply about a patient."""
    return Finding.objects.filter(reply=reply, patient__isnull=False).order_by("pk").first()


@transaction.atomic
def propose(*, reply: Reply, words: str, by: Clinician, now: datetime) -> LearnedPhrase:
    """Propose that words of a reply are harmless at its site. They explain nothing until another person approves.

    Refuses whatever any rule reads, stands near a word of danger, is no part of the reply, comes from a reply that
    raised an alarm, or is proposed or in use already.
    """
    if not roles.may(by, "propose a phrase") or by.site_id != reply.site_id:
        raise Refusal(
            "not-yours", _("A nurse, pharmacist, prescriber or responder of the site proposes a phrase.")
        )
    finding = _finding(reply)
    if finding is None:
        raise Refusal(
            "phrase-stranger", _("Phrases are learned from patients and caregivers, not from strangers.")
        )
    if against := _stands_against(finding):
        raise against
    language = str(finding.context["language"])
    normal = learning.judged(words, language=language)
    if not learning.stands_in(normal, reply.body):
        raise Refusal("phrase-elsewhere", _("These words do not stand in this reply in one piece."))
    phrase = _kept(reply, language=language, words=normal, by=by, now=now)
    audit.record("proposed a phrase", str(phrase), site=reply.site, by=by, now=now, reply=reply.pk)
    return phrase


@dataclass(frozen=True)
class Weighed:
    """A proposed phrase, and what it would have changed. `seen` names exactly this, so that no other is approved."""

    phrase: LearnedPhrase
    replay: replays.Replay

    @property
    def may_be_approved(self) -> bool:
        """Whether no alarm of a past reply would be lower."""
        return not self.replay.lowered_alarms

    @property
    def seen(self) -> str:
        """What an approval must repeat."""
        changed = [f"{one.kept.key}{one.direction}" for one in self.replay.changed]
        return hashlib.sha256("".join([self.phrase.words, *changed]).encode()).hexdigest()[:16]


def weigh(phrase: LearnedPhrase, *, now: datetime) -> Weighed:
    """What a phrase would have changed over past replies, beside the phrases in use."""
    used = in_use(phrase.site_id, phrase.language)
    return Weighed(phrase, replays.of_phrase(phrase, in_use=used, now=now))


@transaction.atomic
def approve(phrase_id: int, *, seen: str, by: Clinician, now: datetime) -> LearnedPhrase:
    """Let a phrase explain words from now on. Another person than the one who proposed it, who saw its replay.

    Refuses where a past alarm would have been lower, and where the replay has changed since it was shown.
    """
    phrase = _held(phrase_id, by)
    if phrase.approved_at:
        raise Refusal(
            "phrase-answered",
            _("%(approved_by)s approved this phrase already.") % {"approved_by": phrase.approved_by},
        )
    if phrase.proposed_by_id == by.pk:
        raise Refusal("phrase-own", _("You proposed this phrase: another person approves it."))
    learning.judged(
        phrase.words, language=phrase.language
    )  # the rules may have changed since it was proposed
    weighed = weigh(phrase, now=now)
    if not weighed.may_be_approved:
        raise Refusal("phrase-lowers", _("A past alarm would have been lower with this phrase: refuse it."))
    if weighed.seen != seen:
        raise Refusal("phrase-changed", _("More replies hold these words by now: look at the list again."))
    phrase.approved_by, phrase.approved_at = by, now
    phrase.replayed = {**weighed.replay.as_dict(), "rules": triage.RULES_VERSION}
    phrase.save(update_fields=["approved_by", "approved_at", "replayed"])
    audit.record("approved a phrase", str(phrase), site=phrase.site, by=by, now=now, **phrase.replayed)
    return phrase


@transaction.atomic
def end(phrase_id: int, *, why: str, by: Clinician, now: datetime) -> LearnedPhrase:
    """Refuse a proposed phrase, or withdraw one that is in use: from now on it explains nothing."""
    if not why.strip():
        raise Refusal("reason", _("Say in a few words why."))
    phrase = _held(phrase_id, by)
    said = "withdrew a phrase" if phrase.approved_at else "refused a phrase"
    phrase.ended_by, phrase.ended_at, phrase.ended_why = by, now, why.strip()[:300]
    phrase.save(update_fields=["ended_by", "ended_at", "ended_why"])
    audit.record(said, str(phrase), site=phrase.site, by=by, now=now)
    return phrase


def _held(phrase_id: int, by: Clinician) -> LearnedPhrase:
    """The phrase, locked with every live one beside it, so that two who answer at once take turns."""
    about = LearnedPhrase.objects.only("site", "language").get(pk=phrase_id)
    if not roles.may(by, "approve a phrase") or by.site_id != about.site_id:
        raise Refusal("not-yours", _("A pharmacist or a prescriber of the site answers for a phrase."))
    live = LearnedPhrase.objects.select_for_update().filter(
        site=about.site_id, language=about.language, ended_at=None
    )
    phrase = next((one for one in live.order_by("pk") if one.pk == phrase_id), None)
    if phrase is None:
        ended = LearnedPhrase.objects.select_related("ended_by").get(pk=phrase_id)
        raise Refusal(
            "phrase-answered",
            _("%(ended_by)s ended this phrase already: %(ended_why)s.")
            % {"ended_by": ended.ended_by, "ended_why": ended.ended_why},
        )
    return phrase


def _stands_against(finding: Finding) -> Refusal | None:
    """Why nothing may be learned from the reply of this finding."""
    about = Finding.objects.filter(reply=finding.reply)
    if about.filter(urgency__in=ALARMS).exists():
        return Refusal("phrase-from-alarm", _("This reply raised an alarm: nothing is learned from it."))
    if about.filter(context__asked="medicine").exists():
        return Refusal(
            "phrase-medicine", _("After the medicine question, an unknown word may be a medicine.")
        )
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
        raise Refusal(
            "phrase-live",
            _("“%(shown)s” is %(state)s here already.") % {"shown": live.shown, "state": live.state},
        ) from error
