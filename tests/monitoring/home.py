"""A patient at home in a watch, and the people who read what they write."""

from datetime import timedelta

from monitoring import inbound, phrases
from monitoring.models import Finding, LearnedPhrase, Reply
from notifications.models import Clinician, Role
from tests import makers
from tests.makers import NOON

MINUTE = timedelta(minutes=1)


class Home:
    """One site with one patient; every text comes a minute after the last."""

    def __init__(self) -> None:
        self.site = makers.a_site()
        makers.a_responder(self.site, 1, name="Dr A")
        self.patient = makers.a_patient(self.site)
        makers.a_dose(makers.a_course(self.patient))
        self.nurse = makers.a_clinician(self.site)
        self.pharmacist = makers.a_clinician(self.site, Role.PHARMACIST)
        self.prescriber = makers.a_clinician(self.site, Role.PRESCRIBER)
        self.now = NOON

    def hears(self, words: str, *, sender: str = "") -> Reply:
        """One text."""
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

    def learns(self, words: str) -> LearnedPhrase:
        """The nurse proposes, the pharmacist approves what she was shown."""
        return self.approves(self.proposes(self.hears(f"98.6, {words}"), words))

    def approves(self, phrase: LearnedPhrase, *, by: Clinician | None = None) -> LearnedPhrase:
        """The pharmacist approves."""
        seen = phrases.weigh(phrase, now=self.now).seen
        return phrases.approve(phrase.pk, seen=seen, by=by or self.pharmacist, now=self.now)

    def heard_by_older_rules(self, words: str, *, urgency: str, version: str = "0" * 64) -> Finding:
        """A reply, and a second finding as if rules of an earlier release had concluded this urgency."""
        now = self.finds(words)
        facts = {name: getattr(now, name) for name in ("site", "patient", "reply", "at", "normal", "context")}
        return Finding.objects.create(
            urgency=urgency, human_task=urgency != "none", because="As then.", rules=[{"id": "OLD"}],
            rules_version=version, **facts,
        )  # fmt: skip
