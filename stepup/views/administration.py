"""Who works at a site, its numbers, and everything that can silence something, on one page."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypedDict

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from monitoring import identity, phone_proofs
from monitoring.access import SignedIn, act, find
from notifications import audit, clock, roles
from notifications.models import Clinician, SettingChange
from protocols.errors import Refusal
from stepup import outside, provider_numbers, silences, site_forms, sites, staff, staff_forms

UNPROCESSABLE = 422
SHOWN = 40  # the newest changes

Given = dict[str, Any]
"""What was typed, field by field."""


class Signed(TypedDict):
    """Who changes something, and when."""

    by: Clinician
    now: datetime


@require_GET
@act("see the administration")
def show_administration(request: SignedIn) -> HttpResponse:
    """What is silent and why, the numbers, the people, and what was changed lately."""
    site, now = request.user.site, clock.now()
    audit.record("read the administration", f"site:{site.pk}", site=site, by=request.user, now=now)
    people = site.clinicians.order_by("-is_active", "name")
    proofs = phone_proofs.of(people)
    context = {
        "now": now,
        "silences": silences.of(site, now=now),
        "people": [(person, proofs[person.pk]) for person in people],
        "changes": SettingChange.objects.filter(site=site).select_related("by", "about")[:SHOWN],
        "reasons": outside.of_site(site, limit=SHOWN),
        "may_people": roles.may(request.user, "change people"),
        "may_sites": roles.may(request.user, "make a site"),
        "may_numbers": roles.may(request.user, "change the numbers"),
    }
    return render(request, "stepup/administration.html", context)


@require_http_methods(["GET", "POST"])
@act("change people")
@identity.signs
def add_person(request: SignedIn, *, again: identity.Again) -> HttpResponse:
    """Somebody new, with a role, a phone for pages and a first password."""
    form = staff_forms.NewPersonForm(request.POST or None)

    def add(given: Given, signed: Signed) -> str:
        person = staff.add(
            request.user.site,
            username=given["username"],
            password=given["new_password"],
            said=form.said(),
            why=given["why"],
            **signed,
        )
        named = {"person": person.name, "username": person.username}
        return _("%(person)s can sign in as %(username)s.") % named

    return _carried_out(request, form, again, add) or _show(request, "stepup/person.html", form, again)


@require_http_methods(["GET", "POST"])
@act("change people")
@identity.signs
def change_person(request: SignedIn, pk: int, *, again: identity.Again) -> HttpResponse:
    """Name, role, phone for pages, and whether somebody works here."""
    person = find(Clinician.objects.all(), request, pk)
    form = staff_forms.PersonForm(
        request.POST or None, person=person, seen_at=staff.seen(person.site, person)
    )

    def change(given: Given, signed: Signed) -> str:
        said, seen_at = form.said(), given["seen_at"]
        changed = staff.change(pk, said=said, seen_at=seen_at, why=given["why"], **signed)
        return _changed(changed)

    shown = _carried_out(request, form, again, change)
    return shown or _show(request, "stepup/person.html", form, again, person=person)


@require_http_methods(["GET", "POST"])
@act("change people")
@identity.signs
def set_password(request: SignedIn, pk: int, *, again: identity.Again) -> HttpResponse:
    """Another password for somebody who lost theirs; it ends their sessions."""
    person = find(Clinician.objects.all(), request, pk)
    form = staff_forms.SetPasswordForm(request.POST or None)

    def change(given: Given, signed: Signed) -> str:
        staff.set_password(pk, password=given["new_password"], why=given["why"], **signed)
        return _("%(person)s signs in with the new password from now on.") % {"person": person.name}

    shown = _carried_out(request, form, again, change)
    return shown or _show(request, "stepup/set_password.html", form, again, person=person)


@require_http_methods(["GET", "POST"])
@act("change the numbers")
@identity.signs
def change_numbers(request: SignedIn, *, again: identity.Again) -> HttpResponse:
    """The desk, the emergency number, and how fast each number may speak."""
    site = request.user.site
    form = staff_forms.NumbersForm(request.POST or None, site=site, seen_at=staff.seen(site))

    def change(given: Given, signed: Signed) -> str:
        said, seen_at = form.said(), given["seen_at"]
        changed = staff.change_numbers(site.pk, said=said, seen_at=seen_at, why=given["why"], **signed)
        return _changed(changed, _("Print the cards and the downtime list anew, and dial each number once."))

    shown = _carried_out(request, form, again, change)
    return shown or _show(request, "stepup/site_numbers.html", form, again)


@require_http_methods(["GET", "POST"])
@act("change the numbers")
@identity.signs
def change_provider(request: SignedIn, *, again: identity.Again) -> HttpResponse:
    """The numbers at the provider and the time zone."""
    site = request.user.site
    form = staff_forms.ProviderForm(request.POST or None, site=site, seen_at=staff.seen(site))

    def change(given: Given, signed: Signed) -> str:
        changed = provider_numbers.change(
            site.pk,
            said=form.said(),
            will_ring=given["will_ring"],
            seen_at=given["seen_at"],
            why=given["why"],
            **signed,
        )
        return _changed(changed, _("What is to be tried now is on the work list."))

    shown = _carried_out(request, form, again, change)
    watched = provider_numbers.watched(site)
    return shown or _show(request, "stepup/site_provider.html", form, again, watched=watched)


@require_http_methods(["GET", "POST"])
@act("make a site")
@identity.signs
def make_site(request: SignedIn, *, again: identity.Again) -> HttpResponse:
    """Another site, with its numbers and its first person."""
    form = site_forms.SiteForm(request.POST or None)

    def make(given: Given, signed: Signed) -> str:
        site = sites.make(
            name=given["site_name"],
            numbers=form.numbers(),
            username=given["username"],
            password=given["new_password"],
            first=form.said(),
            why=given["why"],
            **signed,
        )
        return _("%(site)s is made. Its first person signs in as %(username)s and begins with the guide.") % {
            "site": site.name, "username": given["username"],
        }  # fmt: skip

    return _carried_out(request, form, again, make) or _show(request, "stepup/make_site.html", form, again)


def _carried_out(
    request: SignedIn,
    form: staff_forms.ReasonForm,
    again: identity.Again,
    change: Callable[[Given, Signed], str],
) -> HttpResponse | None:
    """Carry out what was typed and signed and say so; None where the page is shown, with whatever is wrong in it."""
    if request.method != "POST" or not all([form.is_valid(), again.holds()]):
        return None
    try:
        messages.success(request, change(form.cleaned_data, {"by": request.user, "now": clock.now()}))
    except Refusal as refusal:
        form.refuse(refusal)
        return None
    return redirect(reverse("administration") + "#result")


def _changed(names: Iterable[str], then: str = "") -> str:
    """What was changed and what is to be done about it."""
    listed = ", ".join(names)
    if not listed:
        return _("Nothing was different.")
    return " ".join(filter(None, (_("Changed: %(names)s.") % {"names": listed}, then)))


def _show(
    request: SignedIn, template: str, form: staff_forms.ReasonForm, again: identity.Again, **more: Any
) -> HttpResponse:
    wrong = form.errors or (again.form and again.form.errors)
    context = {"now": clock.now(), "form": form, "again": again, **more}
    return render(request, template, context, status=UNPROCESSABLE if wrong else 200)
