"""Recording a dose in two steps (what happened, then the final button), and the second person's check."""

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

from monitoring import identity
from monitoring.access import SignedIn, act, find
from notifications import audit, clock
from protocols import delays, dosing, precautions
from protocols.errors import Refusal
from protocols.model import Label
from stepup import approvals, arranged, courses, forms, next_dose, plans, versions
from stepup.models import Course, Dose

UNPROCESSABLE = 422


@dataclass(frozen=True)
class Planned:
    """The dose the plan has next: its decision, its figure as a sum, and what the label wants around it."""

    decision: next_dose.NextDose
    step: str
    name: str
    amount: dosing.Amount
    premedication: str
    observation: str
    infusion: str


def _planned(course: Course, label: Label, now: datetime) -> Planned:
    course = arranged.seen(course)
    decision = next_dose.decide(course, now=now)
    regimen = delays.regimen_of(label, course.regimen)
    planned = [] if decision.step else plans.of(course, now=now)
    step = decision.step or (planned[0].step if planned else regimen.doses[-1].id)
    dose = regimen.dose(step)
    assert dose is not None  # noqa: S101 - both came from this regimen
    return Planned(
        decision,
        step,
        dose.name,
        dosing.amount(label, dose, course.weight_kg, regimen=regimen.id),
        precautions.before(label, dose),
        precautions.after(label, dose, regimen=regimen.id),
        dose.infusion,
    )


@require_http_methods(["GET", "POST"])
@act("record a dose")
@identity.signs
def record_dose(request: SignedIn, pk: int, *, again: identity.Again) -> HttpResponse:
    """First what was given and when; then the same again beside the final button that names the act."""
    course = find(Course.objects.select_related("patient__site", "site", "protocol"), request, pk)
    now = clock.now()
    label = approvals.content(course.protocol).label
    planned = _planned(course, label, now)
    local = now.astimezone(ZoneInfo(course.site.time_zone))
    start = {"on": local.date(), "at": f"{local:%H:%M}", "step": planned.step, "given_mg": _figure(planned)}
    steps = forms.steps_of(label, course.regimen)
    form = forms.DoseForm(request.POST or None, initial=start, zone=course.site.time_zone, steps=steps)
    patient = course.patient
    sure = request.method == "POST" and "sure" in request.POST
    ticks = forms.IdentityForm(request.POST if sure else None, name=patient.name, born_on=patient.born_on)
    signed = sure and all([ticks.is_valid(), again.holds()])
    context = {
        "course": course,
        "patient": patient,
        "planned": planned,
        "reviews": arranged.reviews(course),
        "label": label,
        "form": form,
        "again": again,
        "now": now,
    }
    tried = _try(request, course, form, now, keep=signed) if form.is_bound else None
    if request.method == "GET":
        audit.record("read the record", str(patient), site=course.site, by=request.user, now=now)
    if tried is None:
        return render(
            request, "stepup/record_dose.html", context, status=UNPROCESSABLE if form.errors else 200
        )
    if signed:
        return _recorded(request, tried)
    step_name = dict(steps)[tried.step]
    context |= {"identity": ticks, "tried": tried, "checkins": tried.checkins, "step_name": step_name}
    return render(request, "stepup/record_dose_sure.html", context, status=UNPROCESSABLE if sure else 200)


def _figure(planned: Planned) -> str:
    amount = planned.amount.to_give
    return "" if amount is None else dosing.format_mg(amount).removesuffix(" mg").replace(",", "")


@dataclass(frozen=True)
class Tried:
    """What recording a dose did, or would do."""

    dose: Dose
    step: str
    checkins: int
    ends_at: datetime | None
    gaps: list[Any]


def _try(
    request: SignedIn, course: Course, form: forms.DoseForm, now: datetime, *, keep: bool
) -> Tried | None:
    """Record the dose; unless `keep`, undo it again: the preview is the act itself, so the two cannot differ."""
    if not form.is_valid():
        return None
    given = form.cleaned_data
    try:
        with transaction.atomic():
            recorded = courses.record_dose(
                course.pk,
                step=given["step"],
                given_at=given["given_at"],
                given_mg=given["given_mg"],
                by=request.user,
                now=now,
                deviation=given["deviation"],
            )
            watch = recorded.dose.watch
            tried = Tried(
                dose=recorded.dose,
                step=given["step"],
                checkins=watch.checkins.count() if watch else 0,
                ends_at=watch.ends_at if watch else None,
                gaps=recorded.gaps,
            )
            transaction.set_rollback(not keep)
    except Refusal as refusal:
        form.refuse(refusal)
        return None
    return tried


def _recorded(request: SignedIn, done: Tried) -> HttpResponse:
    dose = done.dose
    said = f"Recorded: {dosing.format_mg(dose.given_mg)}."
    if done.ends_at is None:
        said += " Its hours are over, so nobody is asked any more."
    else:
        said += f" The watch is open with {done.checkins} check-ins."
    messages.success(
        request, _("%(said)s Ask a colleague to sign in and do the second check.") % {"said": said}
    )
    if done.gaps:
        messages.warning(
            request,
            _("%(gaps)s spans of this watch have nobody on call. Fill them now.") % {"gaps": len(done.gaps)},
        )
    return redirect(reverse("patient", args=[dose.course.patient_id]) + "#result")


@require_http_methods(["GET", "POST"])
@act("confirm a dose")
@identity.signs
def confirm_dose(request: SignedIn, pk: int, *, again: identity.Again) -> HttpResponse:
    """The second clinician enters a figure of their own; the first one is not shown."""
    rows = Dose.with_struck.select_related(
        "course__patient__site", "course__protocol", "recorded_by", "weight", "report"
    )
    dose = find(rows, request, pk, site="course__site")
    now = clock.now()
    form = forms.ConfirmForm(request.POST or None)
    if request.method == "POST" and all([form.is_valid(), again.holds()]):
        try:
            courses.confirm_dose(dose.pk, by=request.user, figure_mg=form.cleaned_data["figure_mg"], now=now)
            messages.success(request, _("Confirmed: both figures agree."))
            return redirect(reverse("patient", args=[dose.course.patient_id]) + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
    patient = dose.course.patient
    audit.record("read a dose", str(patient), site=patient.site, by=request.user, now=now, dose=dose.pk)
    label = approvals.content(versions.of_dose(dose, dose.course)).label
    context = {
        "dose": dose,
        "course": dose.course,
        "patient": patient,
        "label": label,
        "form": form,
        "again": again,
        "now": now,
    }
    context["is_recorder"] = dose.recorded_by_id == request.user.pk
    status = UNPROCESSABLE if request.method == "POST" else 200
    return render(request, "stepup/confirm_dose.html", context, status=status)
