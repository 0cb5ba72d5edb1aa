"""A case that is held; its history, line by line; how it stands in words, and whose it is."""

from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from monitoring import texts
from monitoring.models import Escalation, EscalationEvent, Finding, Page, Patient
from notifications import once, roles, written
from notifications.models import Clinician, Site
from protocols.errors import Refusal


def hold(case_id: int) -> Escalation:
    """The case with its site, locked until the transaction ends."""
    return _locked.get(pk=case_id)


@written.Query
def _locked(*, pk: int) -> QuerySet[Escalation]:
    """A case, locked. Only its site is joined, which never changes: what else may, is read once the lock is there."""
    return Escalation.objects.select_for_update(of=("self",)).select_related("site").filter(pk=pk)


def hold_unresolved(
    *, patient: Patient | None, site: Site | None = None, caller: str = ""
) -> Escalation | None:
    """The unresolved case of a patient, or of a caller nobody knows at a site, with its site, locked."""
    if patient is not None:
        return _of_patient.first(patient_id=patient.pk)
    return _of_caller.first(site_id=site.pk, caller=caller) if site else None


def _unresolved() -> QuerySet[Escalation]:
    held = Escalation.objects.select_for_update(of=("self",)).select_related("site")
    return held.exclude(state=Escalation.State.RESOLVED)


@written.Query
def _of_patient(*, patient_id: int) -> QuerySet[Escalation]:
    """The unresolved case of a patient, locked: one at most."""
    return _unresolved().filter(patient=patient_id)


@written.Query
def _of_caller(*, site_id: int, caller: str) -> QuerySet[Escalation]:
    """The unresolved case of a number that nobody knows, locked: one at most."""
    return _unresolved().filter(patient=None, site=site_id, caller=caller)


def note(
    case: Escalation,
    what: str,
    *,
    now: datetime,
    by: Clinician | None = None,
    text: str = "",
    finding: Finding | None = None,
) -> None:
    """Add one line to the case's history."""
    once.add(EscalationEvent, escalation=case, at=now, by=by, what=what, text=text[:400], finding=finding)


def how_it_stands(case: Escalation) -> str:
    """Its state, and who has it since when or closed it when, in a sentence."""
    at = case.resolved_at or had_since(case)
    stands = f"Case {case.code}: {case.get_state_display()}"
    if case.owner is None or at is None:
        return f"{stands}."
    when = texts.site_time(case.site, at)
    if case.state == Escalation.State.REACHED:  # perhaps by somebody who has handed it over since
        return f"{stands}. {case.owner.name} has it since {when}."
    return f"{stands} by {case.owner.name} at {when}."


def had_since(case: Escalation) -> datetime | None:
    """Since when whoever has it has it: `taken_at` is of the first, with whose taking the clocks went on."""
    mine = case.events.filter(what__in=("taken", "handed over"), by=case.owner_id).order_by("-number")
    return mine.values_list("at", flat=True).first() or case.taken_at


def must_own(case: Escalation, by: Clinician) -> None:
    """Refuse whoever does not have the case, saying who has it."""
    if case.owner_id != by.pk:
        holder = case.owner.name if case.owner else "nobody"
        raise Refusal(
            "not-yours",
            _("%(holder)s has case %(code)s. Ask for it to be handed back, then take it.")
            % {"holder": holder, "code": case.code},
        )


def must_work(by: Clinician) -> None:
    """Refuse whose role works on no case."""
    if not roles.may(by, "work on a case"):
        raise Refusal("role", _("A %(role)s cannot take a case.") % {"role": by.get_role_display()})


def was_called(case: Escalation, clinician: Clinician) -> bool:
    """Whether this person was ever paged for the case, by its ladder or because it was offered to them."""
    return Page.objects.filter(escalation=case, clinician=clinician).exists()


def is_being_called(case: Escalation, clinician: Clinician) -> bool:
    """Whether it is this person's rung that has its minutes now."""
    now = {"generation": case.generation, "round": case.round, "rung": case.rung}
    return Page.objects.filter(escalation=case, clinician=clinician, **now).exists()


def called_now(case: Escalation) -> list[str]:
    """The names of those on the rung that has its minutes now; none where the desk was rung for want of anybody."""
    now = {"generation": case.generation, "round": case.round, "rung": case.rung}
    pages = Page.objects.filter(escalation=case, offer=None, rung__gt=0, **now)
    return list(pages.order_by("pk").values_list("clinician__name", flat=True))


def must_be_called(case: Escalation, by: Clinician) -> None:
    """Refuse whoever works on no case, or was never paged for this one: their no would cut short another's time."""
    must_work(by)
    if not was_called(case, by):
        raise Refusal(
            "not-called",
            _("You were not called for case %(code)s. Whoever was has their time to answer.")
            % {"code": case.code},
        )
