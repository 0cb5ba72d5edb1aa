"""Recording a reaction that was seen outside a case, and striking one that never was."""

from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from monitoring import grading
from monitoring.access import SignedIn, act, find
from monitoring.models import Patient, Reaction
from notifications import audit, clock
from protocols.errors import Refusal
from stepup import transfers
from stepup.reaction_forms import ReactionForm, StrikeForm

UNPROCESSABLE = 422


@require_http_methods(["GET", "POST"])
@act("record a reaction")
def record_reaction(request: SignedIn, pk: int) -> HttpResponse:
    """A reaction as a clinician saw and graded it: from then on no dose, until it is recorded as over."""
    patient = find(Patient.objects.select_related("site"), request, pk)
    now = clock.now()
    today = now.astimezone(ZoneInfo(patient.site.time_zone)).date()
    form = ReactionForm(request.POST or None, initial={"on": today})
    if request.method == "POST" and form.is_valid():
        try:
            reaction = transfers.record_reaction(patient.pk, form.seen(), by=request.user, now=now)
            messages.success(
                request,
                _("Recorded: %(named)s. No dose until it is recorded as over.") % {"named": reaction.named},
            )
            return redirect(reverse("patient", args=[patient.pk]) + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
    audit.record("read the record", str(patient), site=patient.site, by=request.user, now=now)
    context = {"patient": patient, "form": form, "now": now}
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "stepup/record_reaction.html", context, status=status)


@require_http_methods(["GET", "POST"])
@act("strike a reaction")
def strike_reaction(request: SignedIn, pk: int) -> HttpResponse:
    """A reaction was recorded by mistake: it stays visible and decides nothing any more."""
    rows = Reaction.with_struck.select_related("patient__site", "noted_by")
    reaction = find(rows, request, pk, site="patient__site")
    patient, now = reaction.patient, clock.now()
    form = StrikeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            grading.strike(reaction.pk, why=form.cleaned_data["why"], by=request.user, now=now)
            messages.success(
                request, _("Struck: %(named)s. It decides nothing any more.") % {"named": reaction.named}
            )
            return redirect(reverse("patient", args=[patient.pk]) + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
    audit.record("read the record", str(patient), site=patient.site, by=request.user, now=now)
    context = {"reaction": reaction, "patient": patient, "form": form, "now": now}
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "stepup/strike_reaction.html", context, status=status)
