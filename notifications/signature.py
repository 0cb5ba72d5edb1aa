"""Proves that a webhook comes from the provider."""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from twilio.request_validator import RequestValidator

Webhook = Callable[..., HttpResponse]


def is_genuine(request: HttpRequest) -> bool:
    """Whether the request carries the provider's signature over our public address and its parameters.

    The address is built from PUBLIC_BASE_URL and the raw path: Host and X-Forwarded headers are whatever a
    caller wants them to be. During key rotation the previous token is honoured too, of either account. There is no
    time stamp in the scheme, so a replay is made harmless by storing every message under the provider's own id.

    A body of JSON is refused: its signature covers the address alone, and would hold for any other body.
    """
    given = request.headers.get("X-Twilio-Signature")
    if not given or request.content_type == "application/json":
        return False
    address = settings.PUBLIC_BASE_URL + request.get_full_path()
    known = (
        settings.TWILIO_AUTH_TOKEN,
        settings.TWILIO_AUTH_TOKEN_PREVIOUS,
        settings.TWILIO_SECOND_AUTH_TOKEN,
        settings.TWILIO_SECOND_AUTH_TOKEN_PREVIOUS,
    )
    return any(RequestValidator(token).validate(address, request.POST, given) for token in known if token)


def signed(view: Webhook) -> Webhook:
    """Let only the provider's own POSTs through; everything else is answered 403 without detail."""

    @csrf_exempt
    @require_POST
    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not is_genuine(request):
            words = "This address answers the telephone provider only."
            return HttpResponse(words, status=403, content_type="text/plain")
        return view(request, *args, **kwargs)

    return guarded
