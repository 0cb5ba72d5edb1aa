"""The texts between one home and the site: to read them whole, to write, to say that one called, to open a case."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from monitoring import by_hand, contacts, conversation, escalations, quiet, watches
from monitoring.access import SignedIn, act, find
from monitoring.models import CheckIn, Patient
from monitoring.rules import DEFAULT, WatchRules
from notifications import audit, clock
from protocols.errors import Refusal
from stepup.conversation_forms import CallForm, CaseForm, SayForm, marked
from stepup.views import outside

UNPROCESSABLE = 422
PATIENTS = Patient.objects.select_related("site")
Beside = SayForm | CallForm | CaseForm


@require_GET
@act("see a patient")
@outside.asks(Patient)
def show_texts(request: SignedIn, pk: int) -> HttpResponse:
    """Everything that was said, newest first, and a box to write in; `?task=` ticks what is being answered."""
    return _show(request, find(PATIENTS, request, pk), clock.now())


@require_POST
@act("text a patient")
def say(request: SignedIn, pk: int) -> HttpResponse:
    """Text the patient or the caregiver in one's own words."""
    patient, now = find(PATIENTS, request, pk), clock.now()
    form = SayForm(request.POST, patient=patient, waiting=conversation.to_answer(patient))

    def keep() -> str:
        to, words = form.cleaned_data["to"], form.cleaned_data["words"]
        conversation.say(
            patient=patient, to=to, words=words, answers=form.settles(), by=request.user, now=now
        )
        return f"Sent to the {to}."

    return _kept(request, patient, form, keep, now=now)


@require_POST
@act("work on a case")
def record_call(request: SignedIn, pk: int) -> HttpResponse:
    """That the patient or the caregiver was called, and what came of it."""
    patient, now = find(PATIENTS, request, pk), clock.now()
    form = CallForm(request.POST, patient=patient, waiting=conversation.to_answer(patient))

    def keep() -> str:
        given = form.cleaned_data
        reached = by_hand.called(
            patient=patient, whom=given["whom"], spoke=given["spoke"] == "yes", words=given["words"],
            answers=form.settles(), by=request.user, now=now,
        )  # fmt: skip
        return f"Recorded. The patient is reached in case {reached.code}." if reached else "Recorded."

    return _kept(request, patient, form, keep, now=now)


@require_POST
@act("work on a case")
def open_case(request: SignedIn, pk: int) -> HttpResponse:
    """A case by a clinician's own judgement; from there it goes as any other."""
    patient, now = find(PATIENTS, request, pk), clock.now()
    form = CaseForm(request.POST, patient=patient, waiting=conversation.to_answer(patient))
    if form.is_valid():
        try:
            given = form.cleaned_data
            case = by_hand.open_case(
                patient=patient, urgency=given["urgency"], words=given["words"], answers=form.settles(),
                by=request.user, now=now,
            )  # fmt: skip
            messages.success(
                request,
                _("Case %(code)s is open, and whoever is on call is being called.") % {"code": case.code},
            )
            return redirect(reverse("case", args=[case.pk]) + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
    return _show(request, patient, now, wrong=form)


@require_POST
@act("text a patient")
def end_quiet(request: SignedIn, pk: int) -> HttpResponse:
    """No answer is expected any more: the service goes on."""
    patient = find(PATIENTS, request, pk)
    try:
        conversation.end_quiet(patient=patient, by=request.user, now=clock.now())
        messages.success(request, _("The service goes on by itself from now."))
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    return redirect(reverse("patient-texts", args=[patient.pk]) + "#result")


def _kept(
    request: SignedIn, patient: Patient, form: Beside, keep: Callable[[], str], *, now: datetime
) -> HttpResponse:
    """Keep what was typed and show the texts anew; or show the form with what was wrong about it."""
    if form.is_valid():
        try:
            messages.success(request, keep())
            return redirect(reverse("patient-texts", args=[patient.pk]) + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
    return _show(request, patient, now, wrong=form)


def _show(request: SignedIn, patient: Patient, now: datetime, *, wrong: Beside | None = None) -> HttpResponse:
    audit.record("read the texts", str(patient), site=patient.site, by=request.user, now=now)
    whole = "whole" in request.GET
    lines = conversation.of(patient, limit=None if whole else conversation.LIMIT)
    waiting, watch = conversation.to_answer(patient), watches.current(patient)
    coming = watch.checkins.filter(state__in=CheckIn.OPEN).order_by("next_at").first() if watch else None
    wanted = request.GET.getlist("task")
    asked = {"answers": [marked(task) for task in waiting if str(task.pk) in wanted]}
    about: dict[str, Any] = {"patient": patient, "waiting": waiting, "initial": asked}
    context = {
        "patient": patient,
        "now": now,
        "lines": lines,
        "may_be_more": not whole and len(lines) == conversation.LIMIT,
        "case": escalations.unresolved(patient),
        "watch": watch,
        "quiet": quiet.lines([patient.pk], now=now).get(patient.pk),
        "next_at": coming.next_at if coming else None,
        "minutes": (WatchRules.thaw(watch.rules) if watch else DEFAULT).again,
        "phones": contacts.of(patient, now=now),
        "wrong": wrong,
        "say_form": wrong if isinstance(wrong, SayForm) else SayForm(**about),
        "call_form": wrong if isinstance(wrong, CallForm) else CallForm(**about),
        "case_form": wrong if isinstance(wrong, CaseForm) else CaseForm(**about),
    }
    return render(request, "stepup/conversation.html", context, status=UNPROCESSABLE if wrong else 200)
