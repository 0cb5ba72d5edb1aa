"""Gradual adoption: which doses the site gives at home, how far it is, and one dose let beyond that."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from monitoring import identity
from monitoring.access import SignedIn, act, find
from notifications import audit, clock, roles
from protocols import delays
from protocols.errors import Refusal
from protocols.staging import Stage
from stepup import adoption, beyond, charts, courses, progress, stages
from stepup.adoption_forms import BackForm, NumbersForm, SeenForm, StageOverrideForm
from stepup.models import AdoptionStage, Course
from stepup.stages import Standing

UNPROCESSABLE = 422


@require_GET
@act("see adoption")
def show_adoption(request: SignedIn) -> HttpResponse:
    """The stage that stands, the numbers towards the next one, and every decision so far."""
    return _page(request, clock.now())


@require_POST
@act("set adoption numbers")
def set_numbers(request: SignedIn) -> HttpResponse:
    """The first stage of a site, or new numbers for the next one."""
    site, now = request.user.site, clock.now()
    stands = stages.standing(site, now=now)
    form = NumbersForm(request.POST, stands=stands.stage if stands else None)
    if form.is_valid():
        given = form.cleaned_data
        try:
            adoption.set_numbers(
                site,
                stage=form.chosen,
                numbers=form.numbers,
                why=given["why"],
                seen_before=given["seen"],
                by=request.user,
                now=now,
            )
            return _done(request, "Set. Another person opens the next stage when its numbers are met.")
        except Refusal as refusal:
            form.refuse(refusal)
    return _page(request, now, numbers_form=form)


@require_POST
@act("open a stage")
def open_stage(request: SignedIn) -> HttpResponse:
    """The next stage, once its numbers are met."""
    site, now = request.user.site, clock.now()
    form = SeenForm(request.POST)
    if form.is_valid():
        try:
            row = adoption.open_next(site, seen_before=form.cleaned_data["seen"], by=request.user, now=now)
            return _done(request, f"Opened. Given at home from now on: {row.get_stage_display()}.")
        except Refusal as refusal:
            form.refuse(refusal)
    return _page(request, now, open_form=form)


@require_POST
@act("go back a stage")
def go_back(request: SignedIn) -> HttpResponse:
    """Fewer doses at home from now on."""
    site, now = request.user.site, clock.now()
    stands = stages.standing(site, now=now)
    form = BackForm(request.POST, stands=stands.stage if stands else Stage.MAINTENANCE)
    if form.is_valid():
        given = form.cleaned_data
        try:
            row = adoption.go_back(
                site,
                to=Stage(given["to"]),
                why=given["back_why"],
                seen_before=given["seen"],
                by=request.user,
                now=now,
            )
            return _done(request, f"Gone back. Given at home from now on: {row.get_stage_display()}.")
        except Refusal as refusal:
            form.refuse(refusal)
    return _page(request, now, back_form=form)


def _done(request: SignedIn, said: str) -> HttpResponse:
    messages.success(request, said)
    return redirect(reverse("adoption") + "#result")


def _page(
    request: SignedIn,
    now: datetime,
    *,
    numbers_form: NumbersForm | None = None,
    open_form: SeenForm | None = None,
    back_form: BackForm | None = None,
) -> HttpResponse:
    """The whole page as it stands now, for whoever decides next; a form that was refused keeps what was typed."""
    stands = stages.standing(request.user.site, now=now)
    wrong = next((form for form in (numbers_form, open_form, back_form) if form is not None), None)
    counts = stands.progress(now) if stands else ()
    context = {
        "now": now,
        "stands": stands,
        "beyond": _beyond_now(request, now),
        "counts": counts,
        "is_met": bool(stands and stands.numbers) and all(count.is_met for count in counts),
        "wrong": wrong,
        "numbers_form": numbers_form or _fresh_numbers(stands),
        "back_form": back_form or _fresh_back(stands),
        "seen": adoption.seen(stands),
        "history": _history(request),
    }
    return render(request, "stepup/adoption.html", context, status=UNPROCESSABLE if wrong else 200)


def _beyond_now(request: SignedIn, now: datetime) -> tuple[beyond.Beyond, ...]:
    """The courses whose next dose is beyond the stage, for whoever may see a patient; each is read in the ledger."""
    if not roles.may(request.user, "see a patient"):
        return ()
    site = request.user.site
    found = beyond.of(site, now=now)
    seen = sorted(str(one.course.patient) for one in found)
    audit.record_each("read the doses beyond the stage", seen, site=site, by=request.user, now=now)
    return found


def _fresh_numbers(stands: Standing | None) -> NumbersForm | None:
    """The form of the numbers, with those that hold; None at the last stage, which nothing follows."""
    if stands is not None and stands.next is None:
        return None
    hold = {name: getattr(stands.numbers, name, None) for name in progress.WORDS} if stands else {}
    return NumbersForm(stands=stands.stage if stands else None, initial=hold)


def _fresh_back(stands: Standing | None) -> BackForm | None:
    if stands is None or stands.stage is Stage.MAINTENANCE:
        return None
    return BackForm(stands=stands.stage)


def _history(request: SignedIn) -> list[tuple[AdoptionStage, tuple[str, ...]]]:
    """Every decision, newest first, with the numbers it set in words."""
    rows = AdoptionStage.objects.filter(site=request.user.site).select_related("by", "numbers_by")
    return [(row, progress.asked(row)) for row in rows.order_by("-number")]


@require_http_methods(["GET", "POST"])
@act("override a stage")
@identity.signs
def override_stage(request: SignedIn, pk: int, *, again: identity.Again) -> HttpResponse:
    """A prescriber lets one dose go home beyond the stage."""
    course = find(Course.objects.select_related("patient__site", "site", "protocol"), request, pk)
    now = clock.now()
    stands = stages.standing(course.site, now=now)
    chart = charts.of(course, reader=request.user, now=now)
    start = {"step": chart.stage.step if chart.stage else ""}
    form = StageOverrideForm(request.POST or None, steps=_beyond(course, stands), initial=start)
    if form.is_bound and all([form.is_valid(), again.holds()]):
        given = form.cleaned_data
        try:
            adoption.override(course.pk, step=given["step"], reason=given["reason"], by=request.user, now=now)
            messages.success(
                request, _("Overridden for this one dose. Everything else wanted before it stays.")
            )
            return redirect(reverse("patient", args=[course.patient_id]) + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
    audit.record("read the record", str(course.patient), site=course.site, by=request.user, now=now)
    context = {
        "course": course,
        "patient": course.patient,
        "form": form,
        "again": again,
        "now": now,
        "stands": stands,
        "far": stages.far(stands, now=now) if stands else "",
    }
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "stepup/stage_override.html", context, status=status)


def _beyond(course: Course, stands: Standing | None) -> list[tuple[str, str]]:
    """The doses of the course's regimen that are beyond the stage, for choosing."""
    if stands is None:
        return []
    regimen = delays.regimen_of(courses.label_of(course), course.regimen)
    return [(dose.id, dose.name) for dose in regimen.doses if stages.is_beyond(course, dose.id, stands.stage)]
