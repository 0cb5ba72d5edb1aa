"""The numbers at the telephone provider and the time zone of a site: changed with the provider, and then dialled.

What is changed here can make a site silent, so that colleagues are asked, on the work list, to try each number.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import available_timezones

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from monitoring import worklist
from monitoring.models import Watch
from notifications.models import Clinician, Site
from protocols.errors import Refusal
from stepup import staff

TRIED_WITHIN = timedelta(hours=1)  # a proposal of ours
TRY = {
    "patient_number": "The number for texts with patients was changed: text it, and see the text in the inbox",
    "page_number": "The number pages come from was changed: have yourself paged, and answer",
    "fallback_number": "The number of the second account was changed: call it, and hear that it rings",
}
IN_USE = gettext_lazy("The service uses one of these numbers already. Ask whoever runs it.")
RING = "The number patients text was changed: ring everybody who is being watched, they have the old one"


def watched(site: Site) -> int:
    """How many patients are being watched and know the number as it is."""
    return Watch.objects.filter(site=site, closed_at=None).count()


@transaction.atomic
def change(
    pk: int,
    *,
    said: Mapping[str, str],
    will_ring: bool,
    seen_at: int,
    why: str,
    by: Clinician,
    now: datetime,
) -> tuple[str, ...]:
    """Set what is different and put on the work list what must be tried; return the names of what changed.

    Refused: a number in use (`number-in-use`), one number for two things (`same-number`), a time zone nobody knows
    (`time-zone`), another number for patients while some are watched and nobody says that they are rung (`ring`), and
    `changed`, as for a person.
    """
    site = Site.objects.select_for_update().get(pk=pk)
    different = {name for name, value in said.items() if value != getattr(site, name)}
    allow(said, besides=site)
    rings = "patient_number" in different and watched(site) > 0
    if rings and not will_ring:
        raise Refusal("ring", _("Patients are being watched. Say that each of them is rung, or wait."))
    changed = staff.change_numbers(pk, said=said, seen_at=seen_at, why=why, by=by, now=now)
    asked = [TRY[name] for name in TRY if name in different and said[name]] + [RING] * rings
    for what in asked:
        worklist.open_task(site=site, what=what, due_at=now + TRIED_WITHIN, pages_when_late=False, now=now)
    return changed


def allow(said: Mapping[str, str], *, besides: Site | None = None) -> None:
    """Refuse numbers that are in use or the same, and a time zone nobody knows."""
    if said["time_zone"] not in available_timezones():
        raise Refusal("time-zone", _("Choose a time zone by its name, like America/New_York."))
    numbers = [said[name] for name in TRY if said.get(name)]
    if len(set(numbers)) < len(numbers):
        raise Refusal(
            "same-number", _("Patients, pages and the second account each need a number of their own.")
        )
    used = Q(patient_number__in=numbers) | Q(page_number__in=numbers) | Q(fallback_number__in=numbers)
    if Site.objects.exclude(pk=besides.pk if besides else 0).filter(used).exists():
        raise Refusal("number-in-use", str(IN_USE))
