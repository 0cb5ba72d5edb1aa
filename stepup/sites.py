"""Another site of this service: made once, with its numbers and its first person, and apart from every other."""

from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from notifications import audit
from notifications.models import Clinician, Role, SettingChange, Site
from protocols.errors import Refusal
from stepup import provider_numbers, staff

MADE = "made"
BEGUN = "the service was set up"
LONGEST = 40  # of a short name, with room for a number after it


@transaction.atomic
def make(
    *,
    name: str,
    numbers: Mapping[str, str],
    username: str,
    password: str,
    first: staff.Person,
    why: str,
    by: Clinician,
    now: datetime,
) -> Site:
    """A site with its numbers (E.164), its time zone and one administrator, who adds everybody else there.

    Whoever makes it stays at their own site and can see nothing of the new one. Refused, and nothing is kept: numbers
    as for a change of them, a first person as for anybody new, and one who is no administrator (`role`).
    """
    if first.role != Role.ADMIN:
        raise Refusal("role", _("The first person of a site is an administrator: they add the others."))
    provider_numbers.allow(numbers)
    site = _create(name, numbers)
    SettingChange.objects.create(site=site, what=MADE, became=name, why=why, by=by, at=now)
    staff.add(site, username=username, password=password, said=first, why=why, by=by, now=now)
    for concerned in (by.site, site):  # in both ledgers: who made it, and of which site it is said
        audit.record("made a site", f"site:{site.pk}", site=concerned, by=by, now=now)
    return site


@transaction.atomic
def begin(
    *, name: str, numbers: Mapping[str, str], username: str, password: str, first: str, now: datetime
) -> Site:
    """The first site of all and its first person, an administrator called `first`, for whoever runs the service.

    Refused as `make` is, and once there is a site (`not-first`): then somebody can sign in and make another.
    """
    if Site.objects.exists():
        raise Refusal("not-first", _("There is a site already. Make another on the page Administration."))
    provider_numbers.allow(numbers)
    site = _create(name, numbers)
    said = staff.Person(first, Role.ADMIN, "")
    person = staff.create(site, username=username, password=password, said=said)
    SettingChange.objects.create(site=site, what=MADE, became=name, why=BEGUN, by=person, at=now)
    audit.record("made a site", f"site:{site.pk}", site=site, by=None, now=now)
    audit.record("added a person", f"clinician:{person.pk}", site=site, by=None, now=now, role=said.role)
    return site


def _create(name: str, numbers: Mapping[str, str]) -> Site:
    """The row itself. Two people may take one number in one moment: the second is told."""
    try:
        with transaction.atomic():
            return Site.objects.create(name=name, slug=_short(name), **numbers)
    except IntegrityError as taken:
        raise Refusal("number-in-use", str(provider_numbers.IN_USE)) from taken


def _short(name: str) -> str:
    """A name for folders and commands that no other site has. It is found, not asked for: a refusal would tell whoever
    asks how another site is called.
    """
    wanted = slugify(name)[:LONGEST] or "site"
    taken = set(Site.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    numbered = (f"{wanted}-{number}" for number in range(2, len(taken) + 3))
    return next(slug for slug in (wanted, *numbered) if slug not in taken)
