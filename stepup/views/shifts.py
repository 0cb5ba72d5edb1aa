"""The on-call list: two weeks of every rung, who is on at any hour, and shifts by hand."""

from datetime import date, datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from monitoring import changeover, phone_proofs, pulse
from monitoring.access import SignedIn, act, find
from notifications import clock, oncall, roles, untexted
from notifications.models import Rotation, Shift
from protocols.errors import Refusal
from stepup import forms, rota, rota_forms, uncovered

UNPROCESSABLE = 422


@require_GET
@act("see who is on call")
def show_on_call(request: SignedIn) -> HttpResponse:
    """Who answers now, who is next, who at any hour asked for, and two weeks of every rung with its gaps."""
    return _render(request)


def _render(request: SignedIn, form: forms.ShiftForm | None = None) -> HttpResponse:
    now, site = clock.now(), request.user.site
    hour = rota_forms.HourForm(request.GET if "on" in request.GET else None, site=site)
    asked = hour.cleaned_data["moments"] if hour.is_valid() else ()
    on_now = oncall.people_now(site, now=now)
    proofs = phone_proofs.of(one.clinician for one in on_now)
    context = {
        "now": now,
        "on_now": [(one, proofs[one.clinician.pk]) for one in on_now],
        "untexted": untexted.among([one.clinician for one in on_now], now=now),
        "on_call": pulse.on_call(site, now=now),
        "sheet": (sheet := rota.sheet(site, now=now)),
        "first": (first := _first(request, now)),
        "calendar": rota.sheet(site, now=now, first=first) if first else sheet,
        "touched": uncovered.weeks(site, now=now) if sheet.gaps else (),
        "rotations": Rotation.objects.filter(site=site)
        .exclude(until__lte=now)
        .prefetch_related("turns__clinician"),
        "waiting": changeover.waiting(site, now=now),
        "is_on_now": any(one.clinician == request.user for one in on_now),
        "may_change": roles.may(request.user, "change who is on call"),
        "form": form or forms.ShiftForm(site=site),
        "hour": hour,
        "answers": [(at, rota.at_hour(site, at=at, now=now)) for at in asked],
    }
    return render(request, "stepup/on_call.html", context, status=UNPROCESSABLE if form else 200)


def _first(request: SignedIn, now: datetime) -> date | None:
    """The first day that was asked for, within a year of now; None: today."""
    try:
        on = date.fromisoformat(request.GET.get("from", ""))
    except ValueError:
        return None
    return on if abs(on - now.date()) <= oncall.A_YEAR else None


@require_POST
@act("change who is on call")
def add_shift(request: SignedIn) -> HttpResponse:
    """Put somebody on a rung."""
    site = request.user.site
    form = forms.ShiftForm(request.POST, site=site)
    if form.is_valid():
        given = form.cleaned_data
        person = form.people[given["clinician"]]
        try:
            shift = rota.add(
                site,
                person,
                given["rung"],
                starts_at=given["start"],
                ends_at=given["end"],
                by=request.user,
                now=clock.now(),
            )
            messages.success(
                request,
                _("%(person)s is on rung %(rung)s from %(start)s to %(end)s.")
                % {
                    "person": person.name,
                    "rung": shift.rung,
                    "start": rota_forms.said(shift.period.lower, site.time_zone),
                    "end": rota_forms.said(shift.period.upper, site.time_zone),
                },
            )
            return redirect(reverse("on-call") + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
    return _render(request, form)


@require_POST
@act("change who is on call")
def remove_shift(request: SignedIn, pk: int) -> HttpResponse:
    """Take a shift off the list."""
    shift = find(Shift.objects.all(), request, pk)
    try:
        messages.success(request, rota.remove(shift.pk, by=request.user, now=clock.now()))
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    return redirect(reverse("on-call") + "#result")
