"""Who looked at a patient's record."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from monitoring.access import SignedIn, act, find
from monitoring.models import Patient
from notifications import audit, clock
from stepup import looked, outside


@require_GET
@act("see a patient")
def show_looked(request: SignedIn, pk: int) -> HttpResponse:
    """The reads of the last weeks; this one is among them from now on."""
    patient = find(Patient.objects.select_related("site"), request, pk)
    now = clock.now()
    context = {
        "patient": patient,
        "looks": looked.at(patient, now=now),
        "reasons": outside.at(patient, now=now, days=looked.SHOWN_FOR),
        "days": looked.SHOWN_FOR.days,
        "now": now,
    }
    audit.record("read who looked", str(patient), site=patient.site, by=request.user, now=now)
    return render(request, "stepup/looked.html", context)
