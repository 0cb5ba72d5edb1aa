"""What came of a text that somebody sent in a soak: an answer, a person, a case that somebody has."""

from collections.abc import Iterator

from django.db.models import Q

from monitoring.models import Escalation, Finding, PatientEvent, Reply, Unread
from notifications.models import Clinician, Message
from stepup.answers import ENDED, SLACK
from stepup.soak.troubles import DANGER, FOR_A_PERSON


def unanswered(reply: Reply) -> list[str]:
    """What a text that came in should have brought about, and did not: a line each."""
    clinician = Clinician.objects.filter(phone=reply.sender).first()
    if clinician is not None and reply.sent_to == reply.site.page_number:
        return list(_a_code(reply, clinician))
    found, words = [], reply.body
    if words in FOR_A_PERSON and not Unread.objects.filter(reply=reply).exists():
        found.append(f"text {reply.provider_sid} is for a person, and on nobody's list")
    if words in DANGER and not _is_answered(reply) and not _had_ended(reply):
        found.append(f"text {reply.provider_sid} was danger and was not answered")
    return found


def _a_code(reply: Reply, clinician: Clinician) -> Iterator[str]:
    """Whoever texts a code hears how it went; and somebody has the case."""
    if not _is_answered(reply):
        yield f"text {reply.provider_sid} of {clinician} was not answered"
    about = Escalation.objects.filter(code=reply.body.strip(), opened_at__lte=reply.received_at)
    case = about.order_by("pk").last()
    if case is not None and not case.events.filter(what="taken").exists():
        yield f"text {reply.provider_sid} of {clinician} should have taken {case}, and nobody has it"


def _is_answered(reply: Reply) -> bool:
    own, more = f"answer:{reply.pk}", f"answer:{reply.pk}:"
    return Message.objects.filter(Q(key=own) | Q(key__startswith=more)).exists()


def _had_ended(reply: Reply) -> bool:
    """Whether texts to this home, or to a part of it, had ended by then."""
    about = Finding.objects.filter(reply=reply).values("patient")
    return PatientEvent.objects.filter(ENDED, patient__in=about, at__lte=reply.received_at + SLACK).exists()
