"""Recording what a patient measures with at home."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from monitoring import kits
from monitoring.access import SignedIn, act, find
from monitoring.models import Patient
from notifications import audit, clock
from protocols.errors import Refusal
from stepup.kit_forms import KitForm

UNPROCESSABLE = 422


@require_http_methods(["GET", "POST"])
@act("record the home kit")
def record_kit(request: SignedIn, pk: int) -> HttpResponse:
    """The devices at home and the usual blood pressure: from then on only what can be measured is asked."""
    patient, now = find(Patient.objects.select_related("site"), request, pk), clock.now()
    kit = kits.newest(patient)
    form = KitForm.of(request.POST or None, kit)
    if request.method == "POST" and form.is_valid():
        try:
            made = kits.record(
                patient.pk, form.kit(), seen=form.cleaned_data["seen"], by=request.user, now=now
            )
            messages.success(request, _("Recorded: %(in_words)s.") % {"in_words": kits.in_words(made)})
            return redirect(reverse("patient", args=[patient.pk]) + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
            kit = kits.newest(patient)
            form.look_again(kit)
    audit.record("read the record", str(patient), site=patient.site, by=request.user, now=now)
    context = {"patient": patient, "kit": kit, "form": form, "now": now}
    return render(request, "stepup/home_kit.html", context, status=UNPROCESSABLE if form.errors else 200)
