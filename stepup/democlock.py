"""The demo's clock for the simulated phones: read by anybody, moved forward by a signed request only."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from monitoring.access import public
from notifications import clock
from notifications.signature import signed
from protocols.errors import Refusal


@public("exists in the demo only, holds no record, and moves for a signed request only")
@csrf_exempt  # the signature guards it
@require_http_methods(["GET", "POST"])
def demo_clock(request: HttpRequest) -> HttpResponse:
    """GET tells the clock; POST `advance_seconds` moves it. Where there is no demo clock there is no address."""
    if not settings.DEMO_CLOCK:
        raise Http404
    return _advance(request) if request.method == "POST" else _tell()


@signed
def _advance(request: HttpRequest) -> HttpResponse:
    seconds = request.POST.get("advance_seconds", "")
    try:
        clock.advance(int(seconds) if seconds.isdigit() else 0)
    except Refusal as refusal:
        return JsonResponse({"code": refusal.code, "message": refusal.sentence}, status=409)
    return _tell()


def _tell() -> HttpResponse:
    return JsonResponse({"offset_seconds": clock.offset_seconds(), "now": clock.now().isoformat()})
