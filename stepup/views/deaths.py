"""Whether a patient has died, as a clinician says."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from monitoring import death_notices, deaths
from monitoring.access import SignedIn, act, find
from monitoring.models import Patient
from notifications import audit, clock
from protocols.errors import Refusal
from stepup.death_forms import DeathForm

UNPROCESSABLE = 422


@require_http_methods(["GET", "POST"])
@act("record a death")
def record_death(request: SignedIn, pk: int) -> HttpResponse:
    """Answer a text that says so, record what was heard otherwise, or take back what was recorded by mistake."""
    patient, now = find(Patient.objects.select_related("site"), request, pk), clock.now()
    death = deaths.standing(patient.pk)
    form = DeathForm(request.POST or None, death=death)
    if request.method == "POST" and form.is_valid():
        died = form.cleaned_data["died"] == "yes"
        try:
            death_notices.say(
                patient.pk, died=died, words=form.cleaned_data["words"], by=request.user, now=now
            )
            said = "has died: nobody there is asked or texted" if died else "is alive, and is asked as before"
            messages.success(
                request, _("Recorded: %(patient)s %(said)s.") % {"patient": patient.name, "said": said}
            )
            return redirect(reverse("patient", args=[patient.pk]) + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
    audit.record("read the record", str(patient), site=patient.site, by=request.user, now=now)
    context = {"patient": patient, "form": form, "death": death, "now": now}
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "stepup/death.html", context, status=status)
