"""Hand-over of cases at a change of who is on call: shown to whoever came on, and theirs once they accept.

Nothing moves by itself. Until somebody accepts it a case stays with whoever took it, with its clocks running, and the
on-call list says so. Cases nobody has are not handed over: they are paged.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from monitoring import caselog, offers, paging
from monitoring.models import Escalation, EscalationEvent
from notifications import audit, oncall, roles
from notifications.models import Clinician, Site
from protocols.errors import Refusal

State = Escalation.State
HELD = (State.TAKEN, State.REACHED)


@dataclass(frozen=True)
class Waiting:
    """A case whose owner was on call when it became theirs and is not any more, and since when."""

    case: Escalation
    owner: Clinician
    off_since: datetime


def waiting(site: Site, *, now: datetime) -> list[Waiting]:
    """Every case of a site that waits to be accepted by somebody who is on call now, the oldest first."""
    held = list(
        Escalation.objects.filter(site=site, state__in=HELD)
        .select_related("owner")
        .order_by("taken_at", "pk")
    )
    if not held:
        return []
    had = _had_since(held)
    stints = oncall.stints(site, since=min(had.values()), until=now + oncall.INSTANT)
    found: list[Waiting] = []
    for case in held:
        owner = case.owner
        if owner is None:
            continue
        mine = [one for one in stints if one.clinician == owner]
        was_on = any(one.starts_at <= had[case.pk] < one.ends_at for one in mine)
        if was_on and not any(one.ends_at > now for one in mine):
            found.append(Waiting(case, owner, max(one.ends_at for one in mine)))
    return found


def _had_since(held: Iterable[Escalation]) -> dict[int, datetime]:
    """Since when each case has been its owner's: from when they took it, or from when it was handed over to them."""
    found = {case.pk: case.taken_at for case in held if case.taken_at is not None}
    lines = EscalationEvent.objects.filter(escalation__in=list(found), what="handed over")
    for pk, at in lines.values_list("escalation").annotate(last=Max("at")):
        found[pk] = max(found[pk], at)
    return found


@transaction.atomic
def accept(case_id: int, *, by: Clinician, now: datetime) -> Escalation:
    """Make a waiting case that of `by`, who is on call now, at the clocks it has; or refuse, saying whose it is."""
    case = Escalation.objects.select_for_update(of=("self",)).select_related("owner", "site").get(pk=case_id)
    if not roles.may(by, "work on a case"):
        raise Refusal("role", _("A %(role)s cannot take a case.") % {"role": by.get_role_display()})
    if case.owner_id == by.pk and case.state in HELD:
        return case  # pressing twice is not a mistake worth a message
    if by.pk not in {one.clinician.pk for one in oncall.people_now(case.site, now=now)}:
        raise Refusal(
            "not-on-call", _("Only somebody who is on call now accepts a case at a change of shift.")
        )
    found = next((one for one in waiting(case.site, now=now) if one.case.pk == case.pk), None)
    if found is None:
        raise Refusal("not-waiting", _how_it_stands(case))
    Escalation.objects.filter(pk=case.pk, owner=found.owner, state__in=HELD).update(owner=by)
    case.refresh_from_db()
    offers.withdraw(case, now=now)  # what its owner of before had asked somebody else
    said = f"From {found.owner.name}, who is off call. The clocks go on."
    caselog.note(case, "handed over", now=now, by=by, text=said)
    paging.tell_the_others(case, by, now=now)
    audit.record("accepted the case", str(case), site=case.site, by=by, now=now, had=found.owner.pk)
    return case


def _how_it_stands(case: Escalation) -> str:
    if case.state == State.OPEN:
        return f"Nobody has {case.code}: take it instead."
    if case.state == State.RESOLVED or case.owner is None:
        return f"{case.code} is closed."
    return f"{case.owner.name} has {case.code} and is on call, or was not when they took it. Ask them to hand it back."
