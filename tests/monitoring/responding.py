"""What the phone of somebody on call does, in a line."""

from datetime import datetime

from monitoring import inbound
from monitoring.models import Reply
from notifications.models import Clinician, Message
from tests import makers
from tests.home import MINUTE, NIGHT, Home


def says(person: Clinician, words: str, *, now: datetime) -> str:
    """What a text from somebody's phone to the number of the pages is answered with."""
    reply = inbound.receive(
        provider_sid=f"SM{makers.a_phone()}", sender=person.phone, sent_to=person.site.page_number, body=words,
        now=now,
    )  # fmt: skip
    return answer_to(reply)


def answer_to(reply: Reply) -> str:
    """What was texted back."""
    return Message.objects.get(key=f"answer:{reply.pk}").body


def texts(home: Home, phone: str, words: str, *, at: datetime = NIGHT + MINUTE) -> str:
    """What a text from any phone to the number of the pages is answered with."""
    return answer_to(home.hears(words, at=at, sender=phone, to=home.site.page_number))


def paged(home: Home) -> list[str]:
    """Who was paged for the case, in order, by name."""
    return list(home.case.pages.order_by("pk").values_list("clinician__name", flat=True))
