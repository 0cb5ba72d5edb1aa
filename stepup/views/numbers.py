"""Proving whose a number is, beside the bed or on the telephone."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from monitoring import contacts, numbers
from monitoring.access import SignedIn, act, find
from monitoring.models import Patient
from notifications import audit, clock
from protocols.errors import Refusal
from stepup.number_forms import AskedForm, CodeForm

UNPROCESSABLE = 422


@require_http_methods(["GET", "POST"])
@act("correct contacts")
def prove_number(request: SignedIn, pk: int) -> HttpResponse:
    """Send a code to one of the two phones; keep that it was read back."""
    patient, now = find(Patient.objects.select_related("site"), request, pk), clock.now()
    asked = AskedForm(request.POST or request.GET)
    caregiver = asked.is_caregivers
    phone = contacts.of(patient, now=now)[caregiver]
    here = f"{reverse('prove-number', args=[patient.pk])}?whose={phone.whose}"
    if request.method == "POST" and asked.sends:
        numbers.send(patient, caregiver=caregiver, by=request.user, now=now)
        messages.success(
            request, _("A code is on its way to %(phone)s. It holds for 15 minutes.") % {"phone": phone.name}
        )
        return redirect(f"{here}#result")
    form = CodeForm(request.POST or None, phone=phone)
    if request.method == "POST" and form.is_valid():
        try:
            code = form.cleaned_data["code"]
            numbers.prove(patient.pk, caregiver=caregiver, code=code, by=request.user, now=now)
            messages.success(request, _("Proved: %(phone)s has this phone.") % {"phone": phone.name})
            return redirect(reverse("contacts", args=[patient.pk]) + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
    audit.record("read the record", str(patient), site=patient.site, by=request.user, now=now)
    context = {"patient": patient, "phone": phone, "form": form, "here": here, "now": now}
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "stepup/prove_number.html", context, status=status)
