"""The record of doses set right: one given elsewhere or in the past, a correction, and a watch without a dose."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from monitoring import identity, watches
from monitoring.access import SignedIn, act, find
from monitoring.forms import WardForm
from monitoring.models import Watch
from notifications import audit, clock
from protocols import dosing
from protocols.errors import Refusal
from stepup import approvals, corrections, forms, next_dose, plans, reported, versions
from stepup.dose_record_forms import CorrectionForm, EndWatchForm, ReportForm
from stepup.models import Course, Dose, DoseCorrection

UNPROCESSABLE = 422
CORRECTED = DoseCorrection.Kind.CORRECTED


@dataclass(frozen=True)
class Stands:
    """Where a course stands: the answer for the next dose, its day, and until when the patient is watched."""

    decision: next_dose.NextDose
    next_on: Any
    watch_until: datetime | None


@dataclass(frozen=True)
class Tried:
    """What the act did, or would do: where the course stood before and after it, and the row it made, if any."""

    before: Stands
    after: Stands
    dose: Dose | None


def _stands(course: Course, now: datetime) -> Stands:
    watch = watches.current(course.patient)
    try:
        planned = plans.of(course, now=now)
    except Refusal:
        planned = ()
    on = planned[0].on if planned else None
    return Stands(next_dose.decide(course, now=now), on, watch.ends_at if watch else None)


def _try(
    course: Course, form: WardForm, act_: Callable[[], Dose | None], now: datetime, *, keep: bool
) -> Tried | None:
    """Do it; unless `keep`, undo it again: what is shown before the final button is the act itself."""
    try:
        with transaction.atomic():
            before = _stands(course, now)
            dose = act_()
            tried = Tried(before, _stands(course, now), dose)
            transaction.set_rollback(not keep)
    except Refusal as refusal:
        form.refuse(refusal)
        return None
    return tried


@require_http_methods(["GET", "POST"])
@act("report a dose")
@identity.signs
def report_dose(request: SignedIn, pk: int, *, again: identity.Again) -> HttpResponse:
    """A dose given elsewhere or in the past: first what is known of it, then what it changes and the final button."""
    course = find(Course.objects.select_related("patient__site", "site", "protocol"), request, pk)
    now, label = clock.now(), approvals.content(course.protocol).label
    steps = forms.steps_of(label, course.regimen)
    form = ReportForm(request.POST or None, zone=course.site.time_zone, steps=steps, now=now)

    def record() -> Dose:
        given = form.cleaned_data
        return reported.record(
            course.pk,
            step=given["step"],
            given_at=given["given_at"],
            given_mg=given["given_mg"],
            report=form.report(),
            besides=given["besides"],
            by=request.user,
            now=now,
        ).dose

    return _in_two_steps(
        request, course, form, record, now=now, more={"label": label, "reporting": True, "again": again}
    )


@require_http_methods(["GET", "POST"])
@act("correct a dose")
@identity.signs
def correct_dose(request: SignedIn, pk: int, *, again: identity.Again) -> HttpResponse:
    """What is wrong with a dose as recorded: first how it really was, then what that changes and the final button."""
    rows = Dose.with_struck.select_related("recorded_by", "watch")
    dose = find(rows, request, pk, site="course__site")
    course = Course.objects.select_related("patient__site", "site", "protocol").get(pk=dose.course_id)
    now, label = clock.now(), approvals.content(versions.of_dose(dose, course)).label
    steps = forms.steps_of(label, course.regimen)
    form = CorrectionForm(
        request.POST or None, initial=_as_recorded(dose, course), zone=course.site.time_zone, steps=steps
    )
    struck = DoseCorrection.objects.filter(dose=dose).select_related("by").first()

    def correct() -> Dose | None:
        given = form.cleaned_data
        if given["kind"] == CORRECTED:
            facts = form.facts()
            same_minute = facts.given_at == dose.given_at.replace(second=0, microsecond=0)
            if same_minute:  # a clock shows no seconds: what was not changed stays as it was
                facts = corrections.Facts(facts.step, dose.given_at, facts.given_mg)
            return corrections.correct(dose.pk, facts, reason=given["reason"], by=request.user, now=now)
        corrections.strike(dose.pk, kind=given["kind"], reason=given["reason"], by=request.user, now=now)
        return None

    more = {"label": label, "dose": dose, "struck": struck, "again": again}
    return _in_two_steps(request, course, form, correct, now=now, more=more)


def _as_recorded(dose: Dose, course: Course) -> dict[str, object]:
    local = dose.given_at.astimezone(ZoneInfo(course.site.time_zone))
    figure = dosing.format_mg(dose.given_mg).removesuffix(" mg").replace(",", "")
    first = "second" if local.fold else "first"
    return {"step": dose.step, "on": local.date(), "at": f"{local:%H:%M}", "which": first, "given_mg": figure}


def _in_two_steps(
    request: SignedIn,
    course: Course,
    form: ReportForm | CorrectionForm,
    record: Callable[[], Dose | None],
    *,
    now: datetime,
    more: dict[str, Any],
) -> HttpResponse:
    patient = course.patient
    sure = request.method == "POST" and "sure" in request.POST
    ticks = forms.IdentityForm(request.POST if sure else None, name=patient.name, born_on=patient.born_on)
    keep = sure and all([ticks.is_valid(), more["again"].holds()])
    tried = _try(course, form, record, now, keep=keep) if form.is_bound and form.is_valid() else None
    if tried is not None and keep:
        return _kept(request, course, form, tried)
    audit.record("read the record", str(patient), site=course.site, by=request.user, now=now)
    context = {"course": course, "patient": patient, "form": form, "identity": ticks, "now": now} | more
    context |= {"tried": tried, "given": getattr(form, "cleaned_data", {})}
    page = "stepup/report_dose.html" if "reporting" in more else "stepup/correct_dose.html"
    wrong = bool(form.errors) or (tried is not None and sure)
    return render(
        request,
        "stepup/dose_record_sure.html" if tried else page,
        context,
        status=UNPROCESSABLE if wrong else 200,
    )


def _kept(request: SignedIn, course: Course, form: ReportForm | CorrectionForm, tried: Tried) -> HttpResponse:
    kind = form.cleaned_data.get("kind", "")
    if kind == DoseCorrection.Kind.WRONG_PATIENT:
        said = (
            "Struck. Now open the right patient's record and record the dose there with its own time: their watch"
            " begins only then. A task calls for it within 15 minutes."
        )
    elif tried.dose is None:
        said = "Struck. The entry stays visible with your reason."
    elif kind:
        said = "Corrected. The entry as it was stays visible with your reason."
    else:
        said = "Recorded on that report."
    if tried.dose is not None and tried.dose.confirmed_by_id is None:
        said += " Ask a colleague to sign in and do the second check."
    messages.success(request, said)
    if corrections.without_dose(watches.current(course.patient)):
        messages.warning(
            request, _("The watch goes on all the same, until its end or until a prescriber ends it.")
        )
    return redirect(reverse("patient", args=[course.patient_id]) + "#result")


@require_http_methods(["GET", "POST"])
@act("end a watch")
def end_watch(request: SignedIn, pk: int) -> HttpResponse:
    """End the watch of a dose that was struck."""
    watch = find(Watch.objects.select_related("patient__site"), request, pk)
    now, patient = clock.now(), watch.patient
    form = EndWatchForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            corrections.end_watch(watch.pk, reason=form.cleaned_data["reason"], by=request.user, now=now)
            messages.success(request, _("The watch is ended, and the patient was told."))
            return redirect(reverse("patient", args=[patient.pk]) + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
    audit.record("read the record", str(patient), site=watch.site, by=request.user, now=now)
    context = {
        "watch": watch,
        "patient": patient,
        "form": form,
        "now": now,
        "without_dose": corrections.without_dose(watch),
    }
    return render(request, "stepup/end_watch.html", context, status=UNPROCESSABLE if form.errors else 200)
