"""A case handed over to a named person: they are paged, and its owner keeps it until they have accepted.

An offer ends accepted, declined, unanswered when its minutes are over, or withdrawn because the case moved on. Whatever
ends it but an acceptance leaves the case with its owner, who is told. Callers hold the case.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from monitoring import caselog, paging
from monitoring.models import CaseOffer, Escalation
from monitoring.rules import WatchRules
from notifications import audit, roles, written
from notifications.each import each
from notifications.models import Clinician
from protocols.errors import Refusal

End = CaseOffer.End
State = Escalation.State
HELD = (State.TAKEN, State.REACHED)


def standing(case: Escalation) -> CaseOffer | None:
    """The offer of this case that waits for an answer."""
    return _waiting.first(case_id=case.pk)


@written.Query
def _waiting(*, case_id: int) -> QuerySet[CaseOffer]:
    """The offer of a case that waits for an answer, with whose it is and to whom: one at most."""
    return CaseOffer.objects.filter(escalation=case_id, ended_at=None).select_related("by", "to")


def to(case: Escalation, clinician: Clinician) -> CaseOffer | None:
    """The offer that waits for this person's answer."""
    offer = standing(case)
    return offer if offer and offer.to_id == clinician.pk else None


def people(case: Escalation) -> list[Clinician]:
    """Who a case can be offered to: whoever may work on it, can be paged, and does not have it."""
    able = case.site.clinicians.filter(is_active=True).exclude(phone="").order_by("name")
    return [one for one in able if one.pk != case.owner_id and roles.may(one, "work on a case")]


@transaction.atomic
def make(case_id: int, *, to: Clinician, reason: str, by: Clinician, now: datetime) -> CaseOffer:
    """Offer the case to somebody and page them; its owner keeps it, and its next act stays where it is.

    Refused for whoever does not have the case, without a reason, to somebody who cannot be paged for it, and while
    another offer waits.
    """
    case = caselog.hold(case_id)
    caselog.must_own(case, by)
    if case.state not in HELD:
        raise Refusal("not-taken", _("Only a case you have taken can be handed over."))
    if not reason.strip():
        raise Refusal("reason", _("Say in a few words why you hand the case over."))
    if to not in people(case):
        raise Refusal(
            "to", _("%(to)s cannot be paged for this case. Choose somebody else.") % {"to": to.name}
        )
    waiting = standing(case)
    if waiting is not None:
        raise Refusal(
            "offered-already",
            _("%(to)s has been asked already and has not answered yet.") % {"to": waiting.to.name},
        )
    minutes = WatchRules.thaw(case.rules).per_rung[case.urgency]
    offer = CaseOffer.objects.create(
        escalation=case,
        by=by,
        to=to,
        reason=reason.strip(),
        at=now,
        answer_by=now + timedelta(minutes=minutes),
    )
    caselog.note(case, "offered", now=now, by=by, text=f"To {to.name}: {offer.reason}")
    paging.page_offer(case, offer, minutes=minutes, now=now)
    audit.record("offered the case", str(case), site=case.site, by=by, now=now, to=to.pk)
    return offer


def accept(case: Escalation, *, by: Clinician, now: datetime, how: str) -> bool:
    """Give the case to whom it was offered; its clocks go on. False where nothing was offered by whoever has it."""
    offer = to(case, by)
    if offer is None or not roles.may(by, "work on a case"):
        return False
    if not Escalation.objects.filter(pk=case.pk, owner=offer.by, state__in=HELD).update(owner=by):
        return False
    _end(offer, End.ACCEPTED, now)
    case.refresh_from_db()
    said = f"By {how}, from {offer.by.name}. The clocks go on."
    caselog.note(case, "handed over", now=now, by=by, text=said)
    paging.cancel_waiting(case, now=now)
    paging.tell_the_others(case, by, now=now, had_it=offer.by)
    audit.record("took the case over", str(case), site=case.site, by=by, now=now, how=how)
    return True


def decline(case: Escalation, *, by: Clinician, now: datetime, reason: str) -> CaseOffer | None:
    """Whom it was offered to cannot take it: its owner still has it and is told. None where nothing was offered."""
    offer = to(case, by)
    if offer is not None:
        _end(offer, End.DECLINED, now)
        caselog.note(case, "offer declined", now=now, by=by, text=reason)
        _tell_owner(case, offer, now)
        audit.record("declined the case", str(case), site=case.site, by=by, now=now)
    return offer


def withdraw(case: Escalation, *, now: datetime) -> None:
    """The case has moved on: what was offered is no longer to be had."""
    offer = standing(case)
    if offer is not None:
        _end(offer, End.WITHDRAWN, now)
        paging.cancel_waiting(case, now=now)
        caselog.note(case, "offer withdrawn", now=now, text=f"{offer.to.name} had not answered.")


def unanswered(*, now: datetime) -> QuerySet[CaseOffer]:
    """Offers that nobody answered in their time."""
    return CaseOffer.objects.filter(ended_at=None, answer_by__lte=now)


def lapse(*, now: datetime) -> int:
    """Offers nobody answered in time end, and their owners are told that they still have the case."""
    late = unanswered(now=now).values_list("escalation", flat=True)
    return each(list(late), lambda case_id: _lapse(case_id, now))


@transaction.atomic
def _lapse(case_id: int, now: datetime) -> int:
    case = Escalation.objects.select_for_update(skip_locked=True).filter(pk=case_id).first()
    offer = standing(case) if case else None
    if case is None or offer is None or offer.answer_by > now:
        return 0
    _end(offer, End.LAPSED, now)
    caselog.note(case, "offer not answered", now=now, text=f"{offer.to.name} did not answer in time.")
    _tell_owner(case, offer, now)
    return 1


def _end(offer: CaseOffer, end: str, now: datetime) -> None:
    offer.ended_at, offer.end = now, end
    offer.save(update_fields=["ended_at", "end"])


def _tell_owner(case: Escalation, offer: CaseOffer, now: datetime) -> None:
    paging.cancel_waiting(case, now=now)
    paging.tell_owner_of_offer(case, offer, now=now)
