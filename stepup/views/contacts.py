"""How to reach a patient: correct it, let texts go again, revoke the pocket order, end the enrolment."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from monitoring import calls, contacts, identity, inbox_forms, opting_out, patients, pocket
from monitoring.access import SignedIn, act, find
from monitoring.models import Patient, PocketOrder, Task
from notifications import audit, clock
from protocols.errors import Refusal
from stepup import contact_forms, courses

UNPROCESSABLE = 422


@require_http_methods(["GET", "POST"])
@act("correct contacts")
@identity.signs
def correct_contacts(request: SignedIn, pk: int, *, again: identity.Again) -> HttpResponse:
    """Telephones, language, time zone, caregiver and allergies, as they are and as they should be."""
    patient = find(Patient.objects.select_related("site"), request, pk)
    now = clock.now()
    form = contact_forms.ContactForm(request.POST or None, patient=patient)
    if request.method == "POST" and all([form.is_valid(), again.holds()]):
        try:
            seen, said = form.cleaned_data["seen"], form.said()
            changed = patients.correct(patient.pk, seen=seen, said=said, by=request.user, now=now)
            names = ", ".join(patients.CALLED[name] for name in changed)
            messages.success(
                request,
                _("Corrected: %(names)s.") % {"names": names} if changed else _("Nothing was different."),
            )
            return redirect(_after(patient))
        except Refusal as refusal:
            form.refuse(refusal)
            patient.refresh_from_db()
            form.look_again(refusal, patient)
    return _show(request, patient, now, again=again, form=form)


def _after(patient: Patient) -> str:
    """Where texting has ended there is one more thing to do on this page; otherwise back to the record."""
    patient.refresh_from_db()
    ended = patient.texting_ended_at or patient.caregiver_texting_ended_at
    return reverse("contacts" if ended else "patient", args=[patient.pk]) + "#result"


@require_POST
@act("correct contacts")
def let_texts_go(request: SignedIn, pk: int) -> HttpResponse:
    """A clinician states that she spoke with the patient, or the caregiver, on the number the record has."""
    patient = find(Patient.objects.select_related("site"), request, pk)
    now = clock.now()
    caregiver = request.POST.get("whose") == "caregiver"
    form = contact_forms.TextsForm(request.POST, phone=contacts.of(patient, now=now)[caregiver])
    if form.is_valid():
        try:
            spoke_on = form.cleaned_data["number"]
            opting_out.let_texts_go(
                patient.pk, caregiver=caregiver, spoke_on=spoke_on, by=request.user, now=now
            )
            messages.success(
                request,
                _("Texts to the caregiver go again. Finish what this settles on the to-do list.")
                if caregiver
                else _("Texts to the patient go again. Finish what this settles on the to-do list."),
            )
            return redirect(reverse("patient", args=[patient.pk]) + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
    again = identity.Again(request, now=now)
    return _show(request, patient, now, again=again, texts_form=form, of_caregiver=caregiver)


@require_POST
@act("correct contacts")
def agree_to_calls(request: SignedIn, pk: int) -> HttpResponse:
    """Whether the patient agreed that the service calls, should they ever text STOP."""
    patient = find(Patient.objects.select_related("site"), request, pk)
    form = contact_forms.CallsForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Nothing was kept: press one of the two buttons."))
    else:
        agrees = form.cleaned_data["agrees"]
        calls.agree(patient.pk, agrees=agrees, by=request.user, now=clock.now())
        messages.success(
            request, _("Kept: the service may call.") if agrees else _("Kept: the service calls never.")
        )
    return redirect(reverse("contacts", args=[patient.pk]) + "#result")


def _show(
    request: SignedIn,
    patient: Patient,
    now: datetime,
    *,
    again: identity.Again,
    form: contact_forms.ContactForm | None = None,
    texts_form: contact_forms.TextsForm | None = None,
    of_caregiver: bool = False,
) -> HttpResponse:
    audit.record("read the record", str(patient), site=patient.site, by=request.user, now=now)
    lines = []
    for place, phone in enumerate(contacts.of(patient, now=now)):
        own = contact_forms.TextsForm(None, phone=phone)
        if texts_form is not None and of_caregiver == bool(place):
            own = _unticked(texts_form, own)
        lines.append((phone, own))
    context = {
        "patient": patient,
        "now": now,
        "form": form or contact_forms.ContactForm(None, patient=patient),
        "again": again,
        "lines": lines,
        "texts_form": texts_form,
        "wrote": _who_wrote(request),
        "agreed_to_calls": calls.has_agreed(patient),
    }
    wrong = any(one is not None and one.errors for one in (form, texts_form, again.form))
    return render(request, "stepup/contacts.html", context, status=UNPROCESSABLE if wrong else 200)


def _who_wrote(request: SignedIn) -> str:
    """The number nobody registered whose unread texts brought the reader here; to look at, never filled in."""
    asked = inbox_forms.row(request.GET.get("from", ""))
    task = Task.objects.filter(pk=asked, site=request.user.site, patient=None).exclude(unread_from="").first()
    return task.unread_from if task else ""


def _unticked(wrong: contact_forms.TextsForm, fresh: contact_forms.TextsForm) -> contact_forms.TextsForm:
    """The statement anew, about the number of now, with what was wrong about the last one."""
    wrong.data = {name: str(value) for name, value in fresh.initial.items()}
    return wrong


@require_http_methods(["GET", "POST"])
@act("revoke a pocket order")
def revoke_pocket_order(request: SignedIn, pk: int) -> HttpResponse:
    """A prescriber revokes one order, with the reason."""
    orders = PocketOrder.objects.select_related("patient__site", "signed_by")
    order = find(orders, request, pk, site="patient__site")
    patient, now = order.patient, clock.now()
    form = contact_forms.RevokeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            pocket.revoke(order.pk, by=request.user, reason=form.cleaned_data["reason"], now=now)
            messages.success(
                request, _("Revoked. No text mentions the pocket dose to this patient any more.")
            )
            return redirect(reverse("patient", args=[patient.pk]) + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
    audit.record("read the record", str(patient), site=patient.site, by=request.user, now=now)
    context = {"order": order, "patient": patient, "form": form, "now": now}
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "stepup/revoke_pocket_order.html", context, status=status)


@require_http_methods(["GET", "POST"])
@act("end an enrolment")
def end_enrolment(request: SignedIn, pk: int) -> HttpResponse:
    """End an enrolment, with the reason."""
    patient = find(Patient.objects.select_related("site"), request, pk)
    now = clock.now()
    form = contact_forms.EndForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            courses.end_enrolment(patient.pk, by=request.user, reason=form.cleaned_data["reason"], now=now)
            messages.success(request, _("The enrolment has ended. The record stays."))
            return redirect(reverse("patient", args=[patient.pk]) + "#result")
        except Refusal as refusal:
            form.refuse(refusal)
    audit.record("read the record", str(patient), site=patient.site, by=request.user, now=now)
    context = {"patient": patient, "form": form, "now": now}
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "stepup/end_enrolment.html", context, status=status)
