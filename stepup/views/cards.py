"""A patient's emergency card: look, print, replace."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from monitoring.access import SignedIn, act, find
from monitoring.models import Patient
from notifications import audit, clock
from protocols import wording
from protocols.errors import Refusal
from stepup import card_forms, card_pdf, cards, courses, emergency_approvals, emergency_texts
from stepup.models import CardPrint, CardReplacement

ACT = "give an emergency card"
UNPROCESSABLE = 422


@dataclass(frozen=True)
class Line:
    """One line of a card's history."""

    at: datetime
    words: str
    by: str


@require_GET
@act(ACT)
def show_card(request: SignedIn, pk: int) -> HttpResponse:
    """The card in force, the languages it may be printed in, and what was printed and replaced."""
    patient = find(Patient.objects.select_related("site"), request, pk)
    return _show(request, patient)


@require_POST
@never_cache
@act(ACT)
def print_card(request: SignedIn, pk: int) -> HttpResponse:
    """The card as a PDF; that it was printed is recorded first."""
    patient = find(Patient.objects.select_related("site"), request, pk)
    form = card_forms.PrintForm(request.POST, patient=patient)
    if form.is_valid():
        try:
            now = clock.now()
            row = cards.record_print(patient.pk, by=request.user, now=now, **form.cleaned_data)
            answer = HttpResponse(card_pdf.draw(_card(patient, row)), content_type="application/pdf")
            answer["Content-Disposition"] = 'attachment; filename="emergency-card.pdf"'
            return answer
        except Refusal as refusal:
            form.refuse(refusal)
    return _show(request, patient, print_form=form)


@require_POST
@act(ACT)
def replace_card(request: SignedIn, pk: int) -> HttpResponse:
    """Another code from now on; old cards keep the advice and the number."""
    patient = find(Patient.objects.select_related("site"), request, pk)
    form = card_forms.ReplaceForm(request.POST)
    if form.is_valid():
        try:
            cards.replace(patient.pk, by=request.user, now=clock.now(), **form.cleaned_data)
            messages.success(
                request, _("Replaced: old cards show no facts any more. Print the new card now.")
            )
            return redirect(reverse("card", args=[patient.pk]) + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
            patient.refresh_from_db()
    return _show(request, patient, replace_form=form)


def _card(patient: Patient, row: CardPrint) -> card_pdf.Card:
    base = str(settings.PUBLIC_BASE_URL)
    query = "" if row.language == emergency_texts.ENGLISH else f"?in={row.language}"
    short = base.partition("://")[2] + reverse("emergency-code")
    return card_pdf.Card(
        advice=emergency_texts.of(row.language),
        number=patient.site.oncall_number,
        address=base + reverse("emergency", args=[row.code]) + query,
        short=short,
        code=row.code,
        printed_on=courses.local_date(patient, row.at),
    )


def _show(request: SignedIn, patient: Patient, **forms: Any) -> HttpResponse:
    now = clock.now()
    audit.record("read the record", str(patient), site=patient.site, by=request.user, now=now)
    fresh = {
        "print_form": card_forms.PrintForm(None, patient=patient),
        "replace_form": card_forms.ReplaceForm(initial={"code": patient.emergency_code}),
    }
    standing = emergency_approvals.of_site(patient.site)
    ready = cards.languages(patient)
    context = {
        "patient": patient,
        "now": now,
        "history": _history(patient),
        "waiting": [one for one in standing if one.code not in ready],
        **fresh,
        **forms,
    }
    return render(request, "stepup/card.html", context, status=UNPROCESSABLE if forms else 200)


def _history(patient: Patient) -> list[Line]:
    prints = [
        Line(row.at, f"Printed in {wording.name(row.language)}, code {row.code},", row.by.name)
        for row in CardPrint.objects.filter(patient=patient).select_related("by")
    ]
    ends = [
        Line(row.at, f"Code {row.code} replaced: {row.reason},", row.by.name)
        for row in CardReplacement.objects.filter(patient=patient).select_related("by")
    ]
    return sorted(prints + ends, key=lambda line: line.at, reverse=True)
