"""The texts between one home and the site: to read them whole, and to write."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from monitoring import contacts, conversation, escalations, watches
from monitoring.access import SignedIn, act, find
from monitoring.models import Patient
from notifications import audit, clock
from protocols.errors import Refusal
from stepup.conversation_forms import SayForm

UNPROCESSABLE = 422


@require_GET
@act("see a patient")
def show_texts(request: SignedIn, pk: int) -> HttpResponse:
    """Everything that was said, newest first, and a box to write in; `?task=` ticks what is being answered."""
    patient = find(Patient.objects.select_related("site"), request, pk)
    return _show(request, patient, clock.now())


@require_POST
@act("text a patient")
def say(request: SignedIn, pk: int) -> HttpResponse:
    """Text the patient or the caregiver in one's own words."""
    patient, now = find(Patient.objects.select_related("site"), request, pk), clock.now()
    form = SayForm(request.POST, patient=patient, waiting=conversation.to_answer(patient))
    if form.is_valid():
        try:
            given = form.cleaned_data
            conversation.say(
                patient=patient,
                to=given["to"],
                words=given["words"],
                answers=[int(task) for task in given.get("answers", ())],
                by=request.user,
                now=now,
            )
            messages.success(request, f"Sent to the {given['to']}.")
            return redirect(reverse("patient-texts", args=[patient.pk]) + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
    return _show(request, patient, now, say_form=form)


def _show(
    request: SignedIn, patient: Patient, now: datetime, *, say_form: SayForm | None = None
) -> HttpResponse:
    audit.record("read the texts", str(patient), site=patient.site, by=request.user, now=now)
    whole = "whole" in request.GET
    lines = conversation.of(patient, limit=None if whole else conversation.LIMIT)
    asked = {"answers": request.GET.getlist("task"), "to": request.GET.get("to", "patient")}
    waiting = conversation.to_answer(patient)
    context = {
        "patient": patient,
        "now": now,
        "lines": lines,
        "may_be_more": not whole and len(lines) == conversation.LIMIT,
        "case": escalations.unresolved(patient),
        "watch": watches.current(patient),
        "phones": contacts.of(patient, now=now),
        "say_form": say_form or SayForm(patient=patient, waiting=waiting, initial=asked),
    }
    wrong = bool(say_form and say_form.errors)
    return render(request, "stepup/conversation.html", context, status=UNPROCESSABLE if wrong else 200)
