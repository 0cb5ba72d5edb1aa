"""The provider's way in: a text from anybody, a call that was answered, a key that was pressed."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from monitoring import inbound, voice
from notifications import clock, gateway
from notifications.models import Delivery
from notifications.signature import signed

SILENT = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


@signed
def text_received(request: HttpRequest) -> HttpResponse:
    """Store and act on one inbound text. Our answer to it goes out through the outbox, not in this response.

    One that does not say who sent it is heard too. Without an id it could not be told from its own repeats.
    """
    sid = request.POST.get("MessageSid") or request.POST.get("SmsMessageSid") or ""
    if not sid:
        return _no("A text needs MessageSid. Nothing was stored.", status=400)
    inbound.receive(
        provider_sid=sid,
        sender=request.POST.get("From", ""),
        sent_to=request.POST.get("To", ""),
        body=request.POST.get("Body", ""),
        media=gateway.pictures(request.POST.get("NumMedia")),
        payload={name: request.POST.get(name, "") for name in request.POST},
        now=clock.now(),
    )
    return _twiml(SILENT)


@signed
def call_answered(request: HttpRequest, token: str) -> HttpResponse:
    """What to say on a call that somebody, or a voicemail, has picked up."""
    delivery = _delivery(token)
    if delivery is None:
        return _no("No such call.", status=404)
    return _twiml(voice.spoken(delivery, key_action=_address("call-key", token)))


@signed
def key_pressed(request: HttpRequest, token: str) -> HttpResponse:
    """Act on a key pressed during a call."""
    delivery = _delivery(token)
    digit = request.POST.get("Digits", "")
    heard = request.GET.get("heard", "")
    if delivery is None or not digit:
        return _no("No such call, or no key.", status=404)
    if request.GET.get("asked") == voice.WHO:
        key_action, words_at = _address("call-key", token), _address("call-answered", token)
        return _twiml(voice.menu(delivery, digit[:1], key_action=key_action, words_at=words_at))
    said = voice.key_pressed(
        delivery,
        digit[:1],
        call_sid=request.POST.get("CallSid", token),
        words_at=_address("call-answered", token),
        generation=int(heard) if heard.isdecimal() else None,
        now=clock.now(),
    )
    return _twiml(said)


def _delivery(token: str) -> Delivery | None:
    return Delivery.objects.select_related("message__site").filter(token=token).first()


def _address(name: str, token: str) -> str:
    return str(settings.PUBLIC_BASE_URL) + reverse(name, args=[token])


def _twiml(document: str) -> HttpResponse:
    return HttpResponse(document, content_type="text/xml; charset=utf-8")


def _no(words: str, *, status: int) -> HttpResponse:
    """Plain words: the provider writes them into its own log, and reads no page."""
    return HttpResponse(words, status=status, content_type="text/plain")
