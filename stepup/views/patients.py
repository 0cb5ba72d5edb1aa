"""A patient's record, enrolment, and what is signed or stopped for one patient."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from monitoring import (
    assessed,
    closer,
    contacts,
    deaths,
    escalations,
    identity,
    kits,
    patients,
    pocket,
    quiet,
    readings,
    rules,
    stays,
    timeline,
    watches,
)
from monitoring.access import SignedIn, act, find
from monitoring.models import Patient, Reaction, Task, Watch
from notifications import audit, clock, oncall
from protocols import wording
from protocols.errors import Refusal
from stepup import charts, corrections, courses, forms, version_choices, worksheet
from stepup.models import Course
from stepup.views import outside

UNPROCESSABLE = 422
OFFERED = timedelta(days=30)


def _record(patient_pk: int) -> str:
    return reverse("patient", args=[patient_pk]) + "#result"


@require_GET
@act("see a patient")
@outside.asks(Patient)
def show_patient(request: SignedIn, pk: int) -> HttpResponse:
    """The whole record of one patient."""
    patient = find(Patient.objects.select_related("site"), request, pk)
    now = clock.now()
    audit.record("read the record", str(patient), site=patient.site, by=request.user, now=now)
    return _render_patient(request, patient, now)


def _pocket(patient: Patient, now: datetime) -> dict[str, object]:
    """The pocket order that stands, those that were revoked, and what whoever signs one is shown."""
    return {
        "order": pocket.active_order(patient, now=now),
        "revoked": pocket.revoked(patient),
        "pocket_trigger": pocket.trigger(),
        "pocket_exclusions": pocket.exclusions(),
    }


def _render_patient(
    request: SignedIn, patient: Patient, now: datetime, *, pocket_form: forms.PocketForm | None = None
) -> HttpResponse:
    courses_of = list(
        patient.courses.select_related("protocol", "patient__site", "site").order_by("-opened_at")
    )
    active = next((course for course in courses_of if course.state == Course.State.ACTIVE), None)
    watch = watches.current(patient)
    lines = [line for course in courses_of for line in charts.entries(course, reader=request.user)]
    context = {
        **_pocket(patient, now),
        "patient": patient,
        "now": now,
        "case": escalations.unresolved(patient),
        "watch": watch,
        "closer": closer.of(watch),
        "kit": kits.newest(patient),
        "stay": stays.shown(patient, now=now),
        "death": deaths.standing(patient.pk),
        "quiet": quiet.lines([patient.pk], now=now).get(patient.pk),
        "watch_without_dose": corrections.without_dose(watch),
        "chart": charts.of(active or courses_of[0], reader=request.user, now=now) if courses_of else None,
        "earlier": [course for course in courses_of if course.state != Course.State.ACTIVE],
        "active": active,
        "version": version_choices.standing(active) if active else None,
        "reactions": _reactions(patient),
        "grave": [kind for kind in assessed.KINDS if assessed.is_grave(patient, kind)],
        "assessments": worksheet.history(patient),
        "tasks": Task.objects.filter(patient=patient, done_at=None),
        "temperature": readings.last_temperatures([patient.pk], now=now).get(patient.pk),
        "readings": readings.table(patient),
        "timeline": timeline.of(patient, more=lines),
        "phones": contacts.of(patient, now=now),
        "pocket_form": pocket_form or forms.PocketForm(initial={"expires_on": (now + OFFERED).date()}),
        "gaps": _gaps(watch, now),
        "language": wording.name(patient.language),
    }
    wrong = pocket_form is not None
    return render(request, "stepup/patient.html", context, status=UNPROCESSABLE if wrong else 200)


def _reactions(patient: Patient) -> QuerySet[Reaction]:
    """Every graded reaction, the newest first, those struck as mistakes among them."""
    rows = Reaction.with_struck.filter(patient=patient)
    return rows.select_related("noted_by", "over_by", "strike__by").order_by("-noted_at")


def _gaps(watch: Watch | None, now: datetime) -> list[oncall.Gap]:
    """The hours of the watch to come that nobody covers."""
    if watch is None or watch.ends_at <= now:
        return []
    ladder = rules.WatchRules.thaw(watch.rules).ladder
    return oncall.gaps(watch.site, since=now, until=watch.ends_at, ladders=[ladder])


@require_http_methods(["GET", "POST"])
@act("enrol a patient")
@identity.signs
def enrol(request: SignedIn, *, again: identity.Again) -> HttpResponse:
    """A patient and their course, together or not at all."""
    site, now = request.user.site, clock.now()
    data = request.POST or None
    today = now.astimezone(ZoneInfo(site.time_zone)).date()
    who = forms.PatientForm(data, site=site)
    what = forms.CourseForm(data, site=site, initial={"weighed_on": today, "weighed_by": request.user.name})
    if request.method == "POST" and all([who.is_valid(), what.is_valid(), _signed(what, again)]):
        course = _admit(request, who, what, now)
        if course is not None:
            messages.success(
                request, _("Enrolled. Read the plan with the patient, then record the first dose when given.")
            )
            return redirect(_record(course.patient_id))
    wrong = any(one is not None and one.errors for one in (who, what, again.form))
    context = {"who": who, "what": what, "again": again, "now": now, "none_approved": not what.rows}
    return render(request, "stepup/enrol.html", context, status=UNPROCESSABLE if wrong else 200)


def _signed(what: forms.CourseForm, again: identity.Again) -> bool:
    """Opening a course towards hours that nobody covers is an override, and signed."""
    return again.holds(needed=what.is_valid() and bool(what.cleaned_data["uncovered_why"]))


def _admit(request: SignedIn, who: forms.PatientForm, what: forms.CourseForm, now: datetime) -> Course | None:
    """Enrol and open the course in one transaction; a refusal goes to the form whose field it is about."""
    try:
        with transaction.atomic():
            patient = patients.enrol(request.user.site, by=request.user, now=now, **who.cleaned_data)
            return _open(request, patient, what, now)
    except Refusal as refusal:
        (what if refusal.code in what.refusals else who).refuse(refusal)
        return None


def _open(request: SignedIn, patient: Patient, form: forms.CourseForm, now: datetime) -> Course:
    given: dict[str, Any] = {"regimen": "", **form.cleaned_data}
    protocol = form.rows[given.pop("protocol")]
    return courses.open_course(patient, protocol, by=request.user, now=now, **given)


@require_http_methods(["GET", "POST"])
@act("enrol a patient")
@identity.signs
def open_course(request: SignedIn, pk: int, *, again: identity.Again) -> HttpResponse:
    """A new course for somebody who is enrolled already."""
    patient = find(Patient.objects.select_related("site"), request, pk)
    now = clock.now()
    form = forms.CourseForm(request.POST or None, site=patient.site)
    if request.method == "POST" and all([form.is_valid(), _signed(form, again)]):
        try:
            _open(request, patient, form, now)
            messages.success(request, _("The course is open."))
            return redirect(_record(patient.pk))
        except Refusal as refusal:
            form.refuse(refusal)
    audit.record("read the record", str(patient), site=patient.site, by=request.user, now=now)
    context = {"patient": patient, "what": form, "again": again, "now": now, "none_approved": not form.rows}
    status = UNPROCESSABLE if request.method == "POST" else 200
    return render(request, "stepup/open_course.html", context, status=status)


@require_http_methods(["GET", "POST"])
@act("enrol a patient")
def stop_course(request: SignedIn, pk: int) -> HttpResponse:
    """Stop a course for good, with the reason."""
    course = find(Course.objects.select_related("patient__site", "protocol"), request, pk)
    now = clock.now()
    form = forms.StopForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            courses.stop(course.pk, by=request.user, reason=form.cleaned_data["reason"], now=now)
            messages.success(request, _("The course is stopped. An open watch goes on to its end."))
            return redirect(_record(course.patient_id))
        except Refusal as refusal:
            form.refuse(refusal)
    patient = course.patient
    audit.record("read the record", str(patient), site=patient.site, by=request.user, now=now)
    context = {"course": course, "patient": patient, "form": form, "now": now}
    return render(request, "stepup/stop_course.html", context, status=UNPROCESSABLE if form.errors else 200)


@require_POST
@act("sign a pocket order")
def sign_pocket_order(request: SignedIn, pk: int) -> HttpResponse:
    """A prescriber signs pocket dexamethasone for one patient."""
    patient = find(Patient.objects.select_related("site"), request, pk)
    now = clock.now()
    form = forms.PocketForm(request.POST)
    if form.is_valid():
        last_day = datetime.combine(form.cleaned_data["expires_on"], datetime.min.time())
        expires_at = (last_day + timedelta(days=1)).replace(tzinfo=ZoneInfo(patient.site.time_zone))
        try:
            pocket.sign(
                patient, dose_mg=form.cleaned_data["dose_mg"], expires_at=expires_at, by=request.user, now=now
            )
            messages.success(request, _("Signed. The instruction may be texted once per episode of fever."))
            return redirect(_record(patient.pk))
        except Refusal as refusal:
            form.refuse(refusal)
    audit.record("read the record", str(patient), site=patient.site, by=request.user, now=now)
    return _render_patient(request, patient, now, pocket_form=form)
