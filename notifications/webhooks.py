"""The provider's reports on our texts and calls."""

from django.http import HttpRequest, HttpResponse

from notifications import clock, reconcile
from notifications.signature import signed


@signed
def delivery_report(request: HttpRequest, token: str) -> HttpResponse:
    """Store and apply one status callback; any number of repeats is welcome."""
    payload = {name: request.POST.get(name, "") for name in request.POST}
    reconcile.store_report(token, payload, now=clock.now())
    return HttpResponse(status=204)
