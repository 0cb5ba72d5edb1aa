"""Calendar feeds: the addresses of one's own calendar and of the unit's, and the calendars themselves."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from monitoring.access import SignedIn, act, find, public
from notifications import clock, roles
from protocols.errors import Refusal
from stepup import calendars, feeds, icalendar_text, own_feed
from stepup.calendar_forms import RevokeAddressForm
from stepup.models import CalendarAddress

UNPROCESSABLE = 422
# Unknown addresses asked for from one place in a minute, in each process, before it is told to wait.
MISSES, A_MINUTE = 30, 60
PRIVATE = "private, no-cache"


@require_http_methods(["GET", "POST"])
@never_cache
@act("have a calendar")
def show_calendars(request: SignedIn) -> HttpResponse:
    """The addresses somebody may see; a POST makes one of their own."""
    return _make(request, is_unit=False) if request.method == "POST" else _page(request)


@require_POST
@never_cache
@act("make the unit's calendar")
def make_unit_calendar(request: SignedIn) -> HttpResponse:
    """A new address of the unit's calendar."""
    return _make(request, is_unit=True)


@require_POST
@act("have a calendar")
def revoke_calendar(request: SignedIn, pk: int) -> HttpResponse:
    """End an address."""
    address = find(CalendarAddress.objects.all(), request, pk)
    form = RevokeAddressForm(request.POST)
    if form.is_valid():
        try:
            calendars.revoke(address.pk, reason=form.cleaned_data["reason"], by=request.user, now=clock.now())
            messages.success(request, _("Revoked: that address answers nobody any more."))
            return redirect(reverse("calendars") + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
    return _page(request, form=form, wrong=address.pk)


def _make(request: SignedIn, *, is_unit: bool) -> HttpResponse:
    """The secret is in this one answer and nowhere else: not in a message, a session, an address or a log."""
    try:
        made, secret = calendars.make(is_unit=is_unit, by=request.user, now=clock.now())
    except Refusal as refusal:
        return _page(request, refused=refusal.sentence)
    return _page(request, made=made, address=_base(request) + reverse("calendar-feed", args=[secret]))


def _page(request: SignedIn, **more: Any) -> HttpResponse:
    rows = [(row, calendars.may_revoke(row, request.user)) for row in calendars.seen_by(request.user)]
    context = {
        "now": clock.now(),
        "rows": rows,
        "may_make_unit": roles.may(request.user, calendars.UNIT),
        "form": RevokeAddressForm(),
        **more,
    }
    status = UNPROCESSABLE if more.get("refused") or more.get("wrong") else 200
    return render(request, "stepup/calendars.html", context, status=status)


@public("whoever holds the secret address may read it; it names nobody and can be revoked")
@require_http_methods(["GET", "HEAD"])
def show_feed(request: HttpRequest, secret: str) -> HttpResponse:
    """The calendar behind a secret address. Needs no session; what is unknown or revoked is not found, and no more."""
    now, misses = clock.now(), f"calendar-misses:{request.META.get('REMOTE_ADDR', '')}"
    if cache.get(misses, 0) >= MISSES:
        return _no(429)
    address = calendars.find(secret)
    if address is None:
        cache.add(misses, 0, A_MINUTE)
        cache.incr(misses)
        return _no(404)
    if not calendars.fetch(address, now=now):
        return _no(429)
    events = (
        feeds.of_unit(address.site, now=now)
        if address.is_unit
        else own_feed.of_clinician(address.made_by, now=now)
    )
    name = "Unit calendar" if address.is_unit else "On-call shifts"
    written = icalendar_text.write(events, name=name, base_url=_base(request))
    headers = {
        "Cache-Control": PRIVATE,
        "X-Robots-Tag": "noindex",
        "Content-Disposition": 'inline; filename="calendar.ics"',
    }
    return HttpResponse(written, content_type="text/calendar; charset=utf-8", headers=headers)


def _no(status: int) -> HttpResponse:
    """The same few words whatever the reason: no page, no template, no session."""
    headers = {"Cache-Control": PRIVATE} | ({"Retry-After": str(A_MINUTE)} if status == 429 else {})
    words = "Not found." if status == 404 else "Too many requests."
    return HttpResponse(words, status=status, content_type="text/plain", headers=headers)


def _base(request: HttpRequest) -> str:
    """This service's own address from outside."""
    return str(settings.PUBLIC_BASE_URL) or request.build_absolute_uri("/").rstrip("/")
