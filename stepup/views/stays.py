"""A stay in hospital on screen: admit, still in, discharge, and one that was recorded by mistake."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from monitoring import admissions, escalations, stays, texts, watches
from monitoring.access import SignedIn, act, find
from monitoring.forms import WardForm
from monitoring.models import Admission, Patient
from notifications import audit, clock, phones
from protocols.errors import Refusal
from stepup.stay_forms import AdmitForm, DischargeForm, MistakeForm, StillInForm

UNPROCESSABLE = 422
STAYS = Admission.objects.select_related("patient__site", "admitted_by")


@require_http_methods(["GET", "POST"])
@act("record a hospital stay")
def admit_patient(request: SignedIn, pk: int) -> HttpResponse:
    """That a patient is in hospital: the ward watches, and check-ins rest for a day."""
    patient, now = find(Patient.objects.select_related("site"), request, pk), clock.now()
    form = AdmitForm(request.POST or None, zone=patient.site.time_zone, initial=_at(patient, now))

    def keep() -> str:
        given = form.cleaned_data
        stay = admissions.admit(
            patient.pk,
            where=form.where(),
            reason=given["reason"],
            admitted_at=given["moment"],
            by=request.user,
            now=now,
        )
        until = texts.site_day_and_time(patient.site, stay.rests_until)
        return f"In hospital. Check-ins rest until {until}: ring the ward before that and say: still in."

    more = {"rests_until": now + admissions.RESTS_FOR, "stay": stays.shown(patient, now=now)}
    return _asked(request, "stepup/admit.html", patient, form, keep, now=now, **more)


@require_http_methods(["GET", "POST"])
@act("record a hospital stay")
def say_still_in(request: SignedIn, pk: int) -> HttpResponse:
    """The ward was rung: the patient is still there, or on another ward."""
    stay, now = find(STAYS, request, pk), clock.now()
    ward = {"hospital": stay.hospital, "ward": stay.ward, "phone": phones.for_reading(stay.phone)}
    form = StillInForm(request.POST or None, initial=ward)

    def keep() -> str:
        kept = admissions.still_in(stay.pk, where=form.where(), by=request.user, now=now)
        return f"Still in. Check-ins rest until {texts.site_day_and_time(stay.site, kept.rests_until)}."

    more = {"rests_until": now + admissions.RESTS_FOR, "stay": _line(stay, now)}
    return _asked(request, "stepup/still_in.html", stay.patient, form, keep, now=now, **more)


@require_http_methods(["GET", "POST"])
@act("record a hospital stay")
def discharge_patient(request: SignedIn, pk: int) -> HttpResponse:
    """That a patient left hospital: inside a watch they are asked at home again, from now on."""
    stay, now = find(STAYS, request, pk), clock.now()
    zone = stay.patient.site.time_zone
    form = DischargeForm(request.POST or None, zone=zone, initial=_at(stay.patient, now))

    def keep() -> str:
        given = form.cleaned_data
        admissions.discharge(
            stay.pk, discharged_at=given["moment"], words=given["words"], by=request.user, now=now
        )
        return f"Discharged. {_asked_again(stay.patient, now)}"

    return _asked(request, "stepup/discharge.html", stay.patient, form, keep, now=now, stay=_line(stay, now))


@require_http_methods(["GET", "POST"])
@act("record a hospital stay")
def take_back(request: SignedIn, pk: int) -> HttpResponse:
    """The patient was never in hospital."""
    stay, now = find(STAYS, request, pk), clock.now()
    form = MistakeForm(request.POST or None)

    def keep() -> str:
        admissions.take_back(stay.pk, why=form.cleaned_data["why"], by=request.user, now=now)
        return f"Taken back. {_asked_again(stay.patient, now)}"

    return _asked(
        request, "stepup/stay_mistake.html", stay.patient, form, keep, now=now, stay=_line(stay, now)
    )


def _line(stay: Admission, now: datetime) -> stays.Line | None:
    """The stay as the form about it shows it; nothing once it is over."""
    return stays.Line.of(stay, now) if stay.discharged_at is None else None


def _asked_again(patient: Patient, now: datetime) -> str:
    watch = watches.current(patient)
    if watch is None or watch.ends_at <= now:
        return "No watch is running, so nothing is asked."
    until = texts.site_day_and_time(patient.site, watch.ends_at)
    return f"The patient is asked at home again from now until {until}; whoever is on call has been told."


def _asked(
    request: SignedIn,
    template: str,
    patient: Patient,
    form: WardForm,
    keep: Callable[[], str],
    *,
    now: datetime,
    **more: Any,
) -> HttpResponse:
    """Keep what was typed and go back to the record; or show the form, with what was wrong about it."""
    if form.is_bound and form.is_valid():
        try:
            messages.success(request, keep())
            return redirect(reverse("patient", args=[patient.pk]) + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
    audit.record("read the record", str(patient), site=patient.site, by=request.user, now=now)
    context = {
        "patient": patient,
        "form": form,
        "now": now,
        "case": escalations.unresolved(patient),
        "watch": watches.current(patient),
        **more,
    }
    return render(request, template, context, status=UNPROCESSABLE if form.errors else 200)


def _at(patient: Patient, now: datetime) -> dict[str, Any]:
    """A form that opens on today, at the site; the time is for the person to type."""
    return {"on": now.astimezone(ZoneInfo(patient.site.time_zone)).date()}
