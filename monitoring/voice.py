"""What a ringing phone says, and what its keys do. Nothing clinical is spoken before a key is pressed."""

from datetime import datetime
from xml.sax.saxutils import escape, quoteattr

from django.db import transaction
from django.db.models import QuerySet

from monitoring import caselog, desk_calls, drills, inbound, responders
from monitoring.models import CheckIn, Escalation, Page
from notifications import written
from notifications.models import Delivery, Message
from protocols import wording

KEY_SECONDS = 8
WHO, WHO_KEY = "who", "1"  # what a check-in call asks first, and the key of whoever it is for
LOCALES = {"en": "en-US", "es": "es-US", "zh-Hant": "zh-TW"}


def spoken(delivery: Delivery, *, key_action: str) -> str:
    """The words for a call that was just answered, as TwiML; keys go to `key_action`.

    A check-in call first asks for the key of whoever it is for: a voicemail or a stranger hears none of its questions.
    """
    message = delivery.message
    page = _page_of(message)
    if page is not None:
        return _page_words(page, key_action)
    checkin = _checkin_of(message)
    if checkin is not None:
        language = checkin.watch.patient.language
        return _document(
            _gather(
                f"{key_action}?asked={WHO}",
                _say("voice.patient.intro", language),
                _say("voice.patient.who", language),
            ),
            _say("voice.patient.nobody", language),
        )
    case = desk_calls.case_of(message)
    if case is not None:
        return _document(_desk_words(case))
    case = _news_of(message)
    if case is not None:
        return _document(_news_words(case, message))
    if drills.of_call(message):
        return _document(_gather(key_action, _say("voice.page.drill", "en")))
    return _document(_say("voice.desk", "en"))


def _desk_words(case: Escalation) -> str:
    if case.state != Escalation.State.OPEN:
        return _line(responders.already(case))
    return 2 * _say("voice.desk.case", "en", code=" ".join(case.code), urgency=case.urgency)


def _news_words(case: Escalation, message: Message) -> str:
    if case.state == Escalation.State.OPEN:
        return _line(caselog.how_it_stands(case))
    if case.state == Escalation.State.RESOLVED or case.owner_id != message.clinician_id:
        return _line(responders.already(case, message.clinician))
    return _say("voice.page.news", "en", code=" ".join(case.code))


def menu(delivery: Delivery, digit: str, *, key_action: str, words_at: str) -> str:
    """What a check-in call asks once somebody said by a key that they are the patient or look after them.

    That key answers nothing and is not kept. After any other the call begins again.
    """
    checkin = _checkin_of(delivery.message)
    if checkin is None or digit != WHO_KEY:
        return _again(words_at)
    language = checkin.watch.patient.language
    return _document(
        _gather(key_action, _say("voice.patient.menu", language)), _say("voice.patient.nothing", language)
    )


def _page_words(page: Page, key_action: str) -> str:
    case = page.escalation
    offered = page.offer if page.offer and page.offer.ended_at is None else None
    if case.state != Escalation.State.OPEN and not offered:
        return _document(_line(responders.already(case, page.clinician)))
    facts = {"code": " ".join(case.code), "urgency": case.urgency}
    what = (
        _say("voice.page.offer", "en", who=offered.by.name, **facts)
        if offered
        else _say("voice.page.what", "en", **facts)
    )
    # Outside the gathering no key counts: nobody takes a page before having heard which it is and how urgent.
    return _document(
        _say("voice.page.intro", "en"),
        what,
        _gather(f"{key_action}?heard={case.generation}", _say("voice.page.menu", "en")),
        _say("voice.page.nothing", "en"),
    )


def key_pressed(
    delivery: Delivery,
    digit: str,
    *,
    call_sid: str,
    words_at: str,
    now: datetime,
    generation: int | None = None,
) -> str:
    """Act on a key and say how it went. `generation`: in which the page was spoken, if not in its own."""
    message = delivery.message
    page = _page_of(message)
    if page is not None:
        return _page_key(page, digit, words_at, generation or page.generation, now)
    if drills.of_call(message) and message.clinician is not None:
        drills.heard(message.clinician, how="key press", now=now)
        return _document(_say("voice.page.drill_heard", "en"))
    checkin = _checkin_of(message)
    if checkin is None:
        return _document(_say("voice.desk", "en"))
    inbound.receive(
        provider_sid=f"{call_sid}:key:{digit}",
        sender=message.to,
        sent_to=message.sender,
        body=digit,
        channel="voice",
        now=now,
    )
    patient = checkin.watch.patient
    numbers = {"oncall_number": patient.site.oncall_number, "emergency_number": patient.site.emergency_number}
    heard = f"voice.patient.heard.{digit}"
    words = heard if wording.has(heard) else "voice.patient.thanks"
    return _document(_say(words, patient.language, **numbers))


def _page_key(page: Page, digit: str, words_at: str, heard: int, now: datetime) -> str:
    said = None
    if digit == "1":
        said = _take_as_heard(page, heard, now)
    elif digit == "9":
        said = responders.decline_and_say(page.escalation, page.clinician, "by a key on the phone", now=now)
    if said is None:
        return _again(words_at)
    page.escalation.refresh_from_db()
    if digit == "1" and page.escalation.owner_id == page.clinician_id:
        return _document(_say("voice.page.taken", "en"))
    return _document(_line(said))


@transaction.atomic
def _take_as_heard(page: Page, heard: int, now: datetime) -> str | None:
    """Try to take the case, and how it went in one line; None where it is open and not as it was heard.

    It was raised or began anew since: what is now to be taken must be said first. Held, it is not raised in between.
    """
    case = caselog.hold(page.escalation_id)
    if case.state == Escalation.State.OPEN and case.generation != heard:
        return None
    return responders.take_and_say(case, page.clinician, now=now, how="key press")


def _page_of(message: Message) -> Page | None:
    return _called_for.first(message_id=message.pk)


@written.Query
def _called_for(*, message_id: int) -> QuerySet[Page]:
    """The page of which a message is the call, with the case, whose it is, and who was paged."""
    pages = Page.objects.select_related("escalation__owner", "clinician", "offer__by")
    return pages.filter(voice=message_id)


def _news_of(message: Message) -> Escalation | None:
    if not message.key.startswith("news:"):
        return None
    return Escalation.objects.select_related("site", "owner").get(pk=int(message.key.split(":")[1]))


def _checkin_of(message: Message) -> CheckIn | None:
    if not message.key.startswith("checkin:"):
        return None
    return _rung_for.first(pk=int(message.key.split(":")[1]))


@written.Query
def _rung_for(*, pk: int) -> QuerySet[CheckIn]:
    """The check-in that is asked by telephone, with whom it is asked of."""
    return CheckIn.objects.select_related("watch__patient__site").filter(pk=pk)


def _say(key: str, language: str, **facts: str) -> str:
    return _line(wording.text(key, language, **facts), language)


def _line(words: str, language: str = "en") -> str:
    return f"<Say language={quoteattr(LOCALES.get(language, 'en-US'))}>{escape(words)}</Say>"


def _gather(action: str, *said: str) -> str:
    attributes = f'numDigits="1" timeout="{KEY_SECONDS}" method="POST" action={quoteattr(action)}'
    return f"<Gather {attributes}>{''.join(said)}</Gather>"


def _again(words_at: str) -> str:
    return _document(f'<Redirect method="POST">{escape(words_at)}</Redirect>')


def _document(*verbs: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{"".join(verbs)}</Response>'
