"""The people and the numbers of a site: added, changed, taken off, each with its reason and a line that stays."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from monitoring.models import Escalation
from notifications import audit, rotations
from notifications.models import Clinician, SettingChange, Site
from protocols.errors import Refusal

# What a person's row says, and what the site's own row says, by the name under which a change is kept.
OF_A_PERSON = {"name": "name", "role": "role", "phone": "phone", "is_active": "works here"}
OF_A_SITE = {
    "oncall_number": "on-call desk",
    "emergency_number": "emergency number",
    "patient_texts_per_second": "texts to patients",
    "page_texts_per_second": "pages by text",
    "calls_per_second": "calls",
}
OF_A_PROVIDER = {
    "patient_number": "number for patients",
    "page_number": "number for pages",
    "fallback_number": "number of the second account",
    "time_zone": "time zone",
}


@dataclass(frozen=True)
class Person:
    """What is said of somebody who works here. `phone` is E.164, where pages go; empty where they are never paged."""

    name: str
    role: str
    phone: str
    is_active: bool = True


def seen(site: Site, about: Clinician | None = None) -> int:
    """The number of the newest change, for a page to send back: whoever saves over a newer one is told."""
    newest = SettingChange.objects.filter(site=site, about=about).first()
    return newest.pk if newest else 0


@transaction.atomic
def add(
    site: Site, *, username: str, password: str, said: Person, why: str, by: Clinician, now: datetime
) -> Clinician:
    """Somebody new who can sign in, and by whom they were added. Refused as `create` is."""
    person = create(site, username=username, password=password, said=said)
    _keep(site, person, "works here", "", "yes", why=why, by=by, now=now)
    audit.record("added a person", f"clinician:{person.pk}", site=site, by=by, now=now, role=said.role)
    return person


def create(site: Site, *, username: str, password: str, said: Person) -> Clinician:
    """The row alone. Refused: a name in use (`username`), a phone in use, a weak password."""
    if Clinician.objects.filter(username__iexact=username).exists():
        raise Refusal("username", _("Somebody has this sign-in name. Choose another."))
    _free(said.phone)
    person = Clinician(username=username, site=site, name=said.name, role=said.role, phone=said.phone)
    _strong(password, person)
    person.set_password(password)
    person.save()
    return person


@transaction.atomic
def change(pk: int, *, said: Person, seen_at: int, why: str, by: Clinician, now: datetime) -> tuple[str, ...]:
    """Set what is different and return its names. Refused: one's own role or leaving (`own-role`), somebody who has an
    unresolved case (`has-a-case`), a phone in use (`phone-in-use`), a page older than the newest change (`changed`).
    """
    person = Clinician.objects.select_for_update().select_related("site").get(pk=pk)
    if seen(person.site, person) != seen_at:
        raise Refusal(
            "changed", _("A colleague changed this meanwhile. Read it as it stands below, and save again.")
        )
    different = {
        name: getattr(said, name) for name in OF_A_PERSON if getattr(said, name) != getattr(person, name)
    }
    if person.pk == by.pk and different.keys() & {"role", "is_active"}:
        raise Refusal("own-role", _("Nobody changes their own role or leaving: ask a colleague who may."))
    if different.keys() & {"role", "is_active"}:
        _has_no_case(person)
    if said.is_active:
        _free(said.phone, besides=person)
    for name, value in different.items():
        _keep(person.site, person, OF_A_PERSON[name], getattr(person, name), value, why=why, by=by, now=now)
        setattr(person, name, value)
    person.save(update_fields=[*different])
    changed = tuple(OF_A_PERSON[name] for name in different)
    audit.record("changed a person", f"clinician:{pk}", site=person.site, by=by, now=now, changed=changed)
    return changed


@transaction.atomic
def set_password(pk: int, *, password: str, why: str, by: Clinician, now: datetime) -> None:
    """A new password, which ends every session of that person. Refused: one that is weak."""
    person = Clinician.objects.select_for_update().select_related("site").get(pk=pk)
    _strong(password, person)
    person.set_password(password)
    person.save(update_fields=["password"])
    _keep(person.site, person, "password", "", "another", why=why, by=by, now=now)
    audit.record("set a password", f"clinician:{person.pk}", site=person.site, by=by, now=now)


@transaction.atomic
def change_numbers(
    pk: int, *, said: Mapping[str, str | Decimal | None], seen_at: int, why: str, by: Clinician, now: datetime
) -> tuple[str, ...]:
    """Set what is different of the site's numbers and return its names. Refused: `changed`, as for a person.

    With another time zone, turns to come go by the other clock; those that have passed stay where they were.
    """
    site = Site.objects.select_for_update().get(pk=pk)
    if seen(site) != seen_at:
        raise Refusal(
            "changed", _("A colleague changed this meanwhile. Read it as it stands below, and save again.")
        )
    different = {name: value for name, value in said.items() if value != getattr(site, name)}
    names = OF_A_SITE | OF_A_PROVIDER
    for name, value in different.items():
        _keep(site, None, names[name], getattr(site, name), value, why=why, by=by, now=now)
        setattr(site, name, value)
    site.save(update_fields=[*different])
    if "time_zone" in different:
        rotations.follow_zone(site, by=by, now=now)
    changed = tuple(names[name] for name in different)
    audit.record("changed the numbers", f"site:{pk}", site=site, by=by, now=now, changed=changed)
    return changed


def _keep(
    site: Site,
    about: Clinician | None,
    what: str,
    was: object,
    became: object,
    *,
    why: str,
    by: Clinician,
    now: datetime,
) -> None:
    SettingChange.objects.create(
        site=site, about=about, what=what, was=_said(was), became=_said(became), why=why, by=by, at=now
    )


def _said(value: object) -> str:
    return (
        {True: "yes", False: "no"}[value] if isinstance(value, bool) else "" if value is None else str(value)
    )


def _has_no_case(person: Clinician) -> None:
    case = Escalation.objects.filter(owner=person).exclude(state=Escalation.State.RESOLVED).first()
    if case is not None:
        raise Refusal(
            "has-a-case",
            _("%(person)s has case %(code)s. It must be handed over or resolved first.")
            % {"person": person.name, "code": case.code},
        )


def _free(phone: str, *, besides: Clinician | None = None) -> None:
    taken = Clinician.objects.filter(phone=phone, is_active=True)
    if phone and any(one != besides for one in taken):
        raise Refusal(
            "phone-in-use",
            _("Somebody else is paged on this number. Each person needs a phone of their own."),
        )


def _strong(password: str, person: Clinician) -> None:
    try:
        validate_password(password, person)
    except ValidationError as problem:
        raise Refusal("password", " ".join(problem.messages)) from problem
