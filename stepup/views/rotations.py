"""Rotations, what a rung is called, and overrides: what whoever keeps the on-call list arranges."""

from datetime import datetime, timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from monitoring.access import SignedIn, act, find
from notifications import clock, oncall, overrides, rotations
from notifications.models import Override, Rotation
from protocols.errors import Refusal
from stepup import moments, rota_forms

UNPROCESSABLE = 422
NIGHT = timedelta(hours=12)


@require_http_methods(["GET", "POST"])
@act("change who is on call")
def new_rotation(request: SignedIn) -> HttpResponse:
    """A rotation, from a moment on."""
    initial = {"rung": 1, "layer": 1, "turn": 1, "unit": "weeks"}
    return _rotation(request, None, initial)


@require_http_methods(["GET", "POST"])
@act("change who is on call")
def change_rotation(request: SignedIn, pk: int) -> HttpResponse:
    """A changed rotation in the place of one, from a moment on; what was on call until then stays."""
    row = find(Rotation.objects.prefetch_related("turns__clinician"), request, pk)
    return _rotation(request, row, rota_forms.rotation_initial(row))


def _rotation(request: SignedIn, row: Rotation | None, initial: dict[str, object]) -> HttpResponse:
    now, site = clock.now(), request.user.site
    turns = list(row.turns.all()) if row is not None else []
    form = rota_forms.RotationForm(
        request.POST or None, site=site, now=now, places=len(turns), initial=initial
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = rotations.begin(site, form.plan(), by=request.user, now=now, instead_of=row)
            messages.success(
                request, _("%(made)s takes turns on rung %(rung)s.") % {"made": made.name, "rung": made.rung}
            )
            return redirect(reverse("on-call") + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
    return _page(request, row, form, rota_forms.EndForm(site=site))


def _page(
    request: SignedIn, row: Rotation | None, form: rota_forms.RotationForm, end: rota_forms.EndForm
) -> HttpResponse:
    turns = row.turns.all() if row is not None else ()
    lost = [turn.clinician.name for turn in turns if str(turn.clinician_id) not in form.people]
    context = {"form": form, "end": end, "row": row, "now": form.now, "lost": lost}
    status = UNPROCESSABLE if form.errors or end.errors else 200
    return render(request, "stepup/rotation.html", context, status=status)


@require_POST
@act("change who is on call")
def plan_end(request: SignedIn, pk: int) -> HttpResponse:
    """No more turns from a moment on that is still to come."""
    row, now = find(Rotation.objects.prefetch_related("turns__clinician"), request, pk), clock.now()
    site = request.user.site
    form = rota_forms.EndForm(request.POST, site=site)
    if form.is_valid():
        try:
            ended = rotations.end(row.pk, at=form.cleaned_data["moment"], by=request.user, now=now)
            messages.success(
                request,
                _("%(row)s ends %(until)s. Look for gaps below.")
                % {"row": row.name, "until": rota_forms.said(ended.until or now, site.time_zone)},
            )
            return redirect(reverse("on-call") + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
    initial = rota_forms.rotation_initial(row)
    whole = rota_forms.RotationForm(site=site, now=now, places=row.turns.count(), initial=initial)
    return _page(request, row, whole, form)


@require_POST
@act("change who is on call")
def end_rotation(request: SignedIn, pk: int) -> HttpResponse:
    """No more turns from now on."""
    row, now = find(Rotation.objects.all(), request, pk), clock.now()
    try:
        rotations.end(row.pk, at=now, by=request.user, now=now)
        messages.success(request, _ended(row, now))
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    return redirect(reverse("on-call") + "#result")


def _ended(row: Rotation, now: datetime) -> str:
    """What ended; of one that had not begun, that the one before it still ends as it was to."""
    if row.since <= now:
        return _("%(row)s ended now. Look for gaps below.") % {"row": row.name}
    former = rotations.before(row)
    if former is None:
        return _("%(row)s will not begin.") % {"row": row.name}
    return _(
        "%(row)s will not begin. %(former)s still ends %(until)s: for it to go on, change it and give that "
        "moment as the one it is in force from."
    ) % {
        "row": row.name,
        "former": former.name,
        "until": rota_forms.said(row.since, row.site.time_zone),
    }


@require_http_methods(["GET", "POST"])
@act("change who is on call")
def set_rung(request: SignedIn) -> HttpResponse:
    """What a rung is called here and whose place it is."""
    form = rota_forms.RungForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            row = rotations.set_rung(request.user.site, by=request.user, now=clock.now(), **form.cleaned_data)
            messages.success(
                request, _("Rung %(rung)s is called %(title)s.") % {"rung": row.rung, "title": row.title}
            )
            return redirect(reverse("on-call") + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
    context = {"form": form, "rules": oncall.rules(request.user.site)}
    return render(request, "stepup/rung.html", context, status=UNPROCESSABLE if form.errors else 200)


@require_http_methods(["GET", "POST"])
@act("change who is on call")
def override(request: SignedIn) -> HttpResponse:
    """Somebody on a rung for a span; a link from a gap fills in which."""
    now, site = clock.now(), request.user.site
    form = rota_forms.OverrideForm(request.POST or None, site=site, initial=_asked(request, now))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        person = form.people[given["clinician"]]
        try:
            overrides.make(
                site, person, given["rung"], starts_at=given["start"], ends_at=given["end"], why=given["why"],
                by=request.user, now=now,
            )  # fmt: skip
            messages.success(
                request,
                _("%(person)s is on rung %(rung)s for that time.")
                % {"person": person.name, "rung": given["rung"]},
            )
            return redirect(reverse("on-call") + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
    context = {"form": form, "now": now}
    return render(request, "stepup/override.html", context, status=UNPROCESSABLE if form.errors else 200)


def _asked(request: SignedIn, now: datetime) -> dict[str, object]:
    since, until = (_moment(request.GET.get(name, "")) for name in ("from", "to"))
    since = since or now
    until = until if until and until > since else since + NIGHT
    return {
        "rung": request.GET.get("rung", "1")[:1],
        **rota_forms.span_initial(since, until, request.user.site.time_zone),
    }


def _moment(typed: str) -> datetime | None:
    try:
        at = parse_datetime(typed)
    except ValueError:
        return None
    return at if at is not None and at.tzinfo is not None and at.year in moments.YEARS else None


@require_POST
@act("change who is on call")
def end_override(request: SignedIn, pk: int) -> HttpResponse:
    """The list below it speaks again from now on."""
    row = find(Override.objects.all(), request, pk)
    try:
        row = overrides.end(row.pk, by=request.user, now=clock.now())
        messages.success(
            request,
            _("%(clinician)s's override on rung %(rung)s is taken back.")
            % {"clinician": row.clinician.name, "rung": row.rung},
        )
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    return redirect(reverse("on-call") + "#result")
