"""Who works at a site, its numbers, and everything that can silence something, on one page."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from monitoring import drills, identity
from monitoring.access import SignedIn, act, find
from notifications import audit, clock, roles
from notifications.models import Clinician, SettingChange
from protocols.errors import Refusal
from stepup import provider_numbers, silences, staff, staff_forms

UNPROCESSABLE = 422
SHOWN = 40  # the newest changes


@require_GET
@act("see the administration")
def show_administration(request: SignedIn) -> HttpResponse:
    """What is silent and why, the numbers, the people, and what was changed lately."""
    site, now = request.user.site, clock.now()
    audit.record("read the administration", f"site:{site.pk}", site=site, by=request.user, now=now)
    people = site.clinicians.order_by("-is_active", "name")
    proofs = drills.proofs(people)
    context = {
        "now": now,
        "silences": silences.of(site, now=now),
        "people": [(person, proofs[person.pk]) for person in people],
        "changes": SettingChange.objects.filter(site=site).select_related("by", "about")[:SHOWN],
        "may_people": roles.may(request.user, "change people"),
        "may_numbers": roles.may(request.user, "change the numbers"),
    }
    return render(request, "stepup/administration.html", context)


@require_http_methods(["GET", "POST"])
@act("change people")
@identity.signs
def add_person(request: SignedIn, *, again: identity.Again) -> HttpResponse:
    """Somebody new, with a role, a phone for pages and a first password."""
    form = staff_forms.NewPersonForm(request.POST or None)
    if request.method == "POST" and all([form.is_valid(), again.holds()]):
        given = form.cleaned_data
        try:
            person = staff.add(
                request.user.site,
                username=given["username"],
                password=given["new_password"],
                said=form.said(),
                why=given["why"],
                by=request.user,
                now=clock.now(),
            )
            messages.success(
                request,
                _("%(person)s can sign in as %(username)s.")
                % {"person": person.name, "username": person.username},
            )
            return _back()
        except Refusal as refusal:
            form.refuse(refusal)
    return _show(request, "stepup/person.html", form, again)


@require_http_methods(["GET", "POST"])
@act("change people")
@identity.signs
def change_person(request: SignedIn, pk: int, *, again: identity.Again) -> HttpResponse:
    """Name, role, phone for pages, and whether somebody works here."""
    person = find(Clinician.objects.all(), request, pk)
    form = staff_forms.PersonForm(
        request.POST or None, person=person, seen_at=staff.seen(person.site, person)
    )
    if request.method == "POST" and all([form.is_valid(), again.holds()]):
        given = form.cleaned_data
        try:
            changed = staff.change(
                pk,
                said=form.said(),
                seen_at=given["seen_at"],
                why=given["why"],
                by=request.user,
                now=clock.now(),
            )
            messages.success(
                request,
                _("Changed: %(names)s.") % {"names": ", ".join(changed)}
                if changed
                else _("Nothing was different."),
            )
            return _back()
        except Refusal as refusal:
            form.refuse(refusal)
    return _show(request, "stepup/person.html", form, again, person=person)


@require_http_methods(["GET", "POST"])
@act("change people")
@identity.signs
def set_password(request: SignedIn, pk: int, *, again: identity.Again) -> HttpResponse:
    """Another password for somebody who lost theirs; it ends their sessions."""
    person = find(Clinician.objects.all(), request, pk)
    form = staff_forms.SetPasswordForm(request.POST or None)
    if request.method == "POST" and all([form.is_valid(), again.holds()]):
        given = form.cleaned_data
        try:
            staff.set_password(
                pk, password=given["new_password"], why=given["why"], by=request.user, now=clock.now()
            )
            messages.success(
                request, _("%(person)s signs in with the new password from now on.") % {"person": person.name}
            )
            return _back()
        except Refusal as refusal:
            form.refuse(refusal)
    return _show(request, "stepup/set_password.html", form, again, person=person)


@require_http_methods(["GET", "POST"])
@act("change the numbers")
@identity.signs
def change_numbers(request: SignedIn, *, again: identity.Again) -> HttpResponse:
    """The desk, the emergency number, and how fast each number may speak."""
    site = request.user.site
    form = staff_forms.NumbersForm(request.POST or None, site=site, seen_at=staff.seen(site))
    if request.method == "POST" and all([form.is_valid(), again.holds()]):
        given = form.cleaned_data
        try:
            changed = staff.change_numbers(
                site.pk,
                said=form.said(),
                seen_at=given["seen_at"],
                why=given["why"],
                by=request.user,
                now=clock.now(),
            )
            anew = "Print the cards and the downtime list anew, and dial each number once."
            done = f"Changed: {', '.join(changed)}. {anew}"
            messages.success(request, done if changed else _("Nothing was different."))
            return _back()
        except Refusal as refusal:
            form.refuse(refusal)
    return _show(request, "stepup/site_numbers.html", form, again)


@require_http_methods(["GET", "POST"])
@act("change the numbers")
@identity.signs
def change_provider(request: SignedIn, *, again: identity.Again) -> HttpResponse:
    """The numbers at the provider and the time zone."""
    site = request.user.site
    form = staff_forms.ProviderForm(request.POST or None, site=site, seen_at=staff.seen(site))
    if request.method == "POST" and all([form.is_valid(), again.holds()]):
        given = form.cleaned_data
        try:
            changed = provider_numbers.change(
                site.pk,
                said=form.said(),
                will_ring=given["will_ring"],
                seen_at=given["seen_at"],
                why=given["why"],
                by=request.user,
                now=clock.now(),
            )
            done = _("Changed: %(changed)s. What is to be tried now is on the work list.")
            messages.success(
                request, done % {"changed": ", ".join(changed)} if changed else _("Nothing was different.")
            )
            return _back()
        except Refusal as refusal:
            form.refuse(refusal)
    watched = provider_numbers.watched(site)
    return _show(request, "stepup/site_provider.html", form, again, watched=watched)


def _back() -> HttpResponse:
    return redirect(reverse("administration") + "#result")


def _show(
    request: SignedIn, template: str, form: staff_forms.ReasonForm, again: identity.Again, **more: Any
) -> HttpResponse:
    wrong = form.errors or (again.form and again.form.errors)
    context = {"now": clock.now(), "form": form, "again": again, **more}
    return render(request, template, context, status=UNPROCESSABLE if wrong else 200)
