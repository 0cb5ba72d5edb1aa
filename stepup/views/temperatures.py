"""A patient's temperatures over the hours since each dose, drawn and in words."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from monitoring.access import SignedIn, act, find
from monitoring.models import Patient
from notifications import audit, clock
from stepup import temperatures
from stepup.views import outside


@require_GET
@act("see a patient")
@outside.asks(Patient)
def show_temperatures(request: SignedIn, pk: int) -> HttpResponse:
    """The newest doses, or every one with `?whole=1`."""
    patient = find(Patient.objects.select_related("site"), request, pk)
    now, whole = clock.now(), "whole" in request.GET
    audit.record("read the record", str(patient), site=patient.site, by=request.user, now=now)
    context = {"patient": patient, "page": temperatures.of(patient, now=now, whole=whole), "now": now}
    return render(request, "stepup/temperatures.html", context)
