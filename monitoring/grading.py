"""Graded reactions: kept when a case is resolved or when somebody sees one, and open until recorded as over."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from monitoring import assessed, closer, patients, people
from monitoring.models import Escalation, Patient, Reaction, ReactionStrike
from notifications import audit, roles
from notifications.models import Clinician
from protocols.errors import Refusal

# CRS and ICANS are graded by the consensus of 2019; no scale of the others is among the facts this service holds.
CONSENSUS = "ASTCT 2019"
SCALES = {"crs": CONSENSUS, "icans": CONSENSUS}
OWN_SCALE = "as the clinician graded it"


@dataclass(frozen=True)
class Seen:
    """A reaction as somebody saw and graded it; `what` says which, `count` and `value` a low blood count as read."""

    kind: str
    grade: int
    on: date
    what: str = ""
    count: str = ""
    value: Decimal | None = None


@transaction.atomic
def record(patient_id: int, seen: Seen, *, by: Clinician, now: datetime) -> Reaction:
    """Keep a reaction seen outside a case: in the clinic, on the ward, in the laboratory's report.

    It holds every dose until somebody records that it is over, and counts from the moment it is recorded: a dose
    given before that settles nothing. Refused: a day still to come, one without its words or value, the same twice.
    """
    patient = people.hold(patient_id)
    if not patient.is_active:
        raise Refusal("enrolment-ended", _("This enrolment has ended: no reaction is recorded on it."))
    _is_whole(seen, today=now.astimezone(ZoneInfo(patient.site.time_zone)).date())
    facts = {"kind": seen.kind, "grade": seen.grade, "what": seen.what.strip(), "count": seen.count}
    same = (
        patient.reactions.filter(over_at=None, **facts, value=seen.value).select_related("noted_by").first()
    )
    if same is not None:
        raise Refusal(
            "recorded-already",
            _("%(noted_by)s has recorded %(named)s already, and it is not over. Nothing was added.")
            % {"noted_by": same.noted_by.name, "named": same.named},
        )
    reaction = Reaction.objects.create(
        patient=patient,
        **facts,
        value=seen.value,
        scale=SCALES.get(seen.kind, OWN_SCALE),
        seen_on=seen.on,
        noted_at=now,
        noted_by=by,
    )
    patients.note(patient, "reaction recorded", reaction.named, by=by, now=now)
    audit.record("recorded a reaction", str(patient), site=patient.site, by=by, now=now, reaction=reaction.pk)
    return reaction


def _is_whole(seen: Seen, *, today: date) -> None:
    if seen.on > today:
        raise Refusal("not-yet", _("That day has not come yet: type the day it was seen."))
    if seen.kind == Reaction.Kind.OTHER and not seen.what.strip():
        raise Refusal("which", _("Say in a few words which reaction it is."))
    if seen.kind == Reaction.Kind.BLOOD_COUNT and (not seen.count or seen.value is None):
        raise Refusal("count", _("Choose which count is low, and type its value as it was reported."))
    if seen.kind != Reaction.Kind.BLOOD_COUNT and (seen.count or seen.value is not None):
        raise Refusal(
            "no-count", _("A value belongs to a low blood count: choose that kind, or leave it empty.")
        )


def keep(
    case: Escalation,
    graded: Mapping[str, int],
    *,
    by: Clinician,
    now: datetime,
    over: bool = False,
    other: str = "",
) -> None:
    """Keep each grade above 0 as a reaction of the case's patient; `over` records that they have ended already.

    `other` says in words which reaction of another kind it was; without it such a grade is refused, and so are less
    than a grade of CRS or ICANS of 3 or 4 that stands, and its end by this one person.
    """
    if case.patient is None:
        return
    assessed.refuse_lowering(case.patient, graded)
    if graded.get(Reaction.Kind.OTHER) and not other.strip():
        raise Refusal("which", _("Say in a few words which other reaction you graded."))
    for kind, grade in graded.items():
        if grade:
            what = other.strip() if kind == Reaction.Kind.OTHER else ""
            kept = case.reactions.filter(kind=kind, what=what, over_at=None)
            if not kept.filter(grade__gte=grade).exists():
                _see(case.patient, kind, grade, by=by, now=now, case=case, what=what)
            if over:
                assessed.refuse_ending(case.patient, kind)
                kept.update(over_at=now, over_by=by)


def rise(
    patient: Patient, kind: str, grade: int, *, by: Clinician, now: datetime, case: Escalation | None
) -> Reaction | None:
    """Keep a grade that is worse than every open reaction of its kind, or the first; None where nothing is added.

    A reaction is kept at its worst until it is over, because that is what a label's row goes by.
    """
    if not grade or patient.reactions.filter(kind=kind, over_at=None, grade__gte=grade).exists():
        return None
    return _see(patient, kind, grade, by=by, now=now, case=case)


def _see(
    patient: Patient,
    kind: str,
    grade: int,
    *,
    by: Clinician,
    now: datetime,
    case: Escalation | None,
    what: str = "",
) -> Reaction:
    return Reaction.objects.create(
        patient=patient,
        escalation=case,
        kind=kind,
        grade=grade,
        scale=SCALES.get(kind, OWN_SCALE),
        what=what,
        noted_at=now,
        noted_by=by,
    )


@transaction.atomic
def strike(reaction_id: int, *, why: str, by: Clinician, now: datetime) -> ReactionStrike:
    """Strike a reaction that was recorded by mistake: it stays visible with the reason, and decides nothing any more.

    A prescriber's act, because a label's stop may rest on it. Refused for one struck already, and without a reason.
    """
    if not roles.may(by, "strike a reaction"):
        raise Refusal("role", _("A prescriber strikes a reaction that was recorded by mistake."))
    if not why.strip():
        raise Refusal("why", _("Say how you know that it was recorded by mistake."))
    reaction = Reaction.with_struck.select_for_update().get(pk=reaction_id)
    struck = ReactionStrike.objects.filter(reaction=reaction).select_related("by").first()
    if struck is not None:
        raise Refusal(
            "struck-already",
            _("%(by)s has struck this reaction already: %(why)s") % {"by": struck.by.name, "why": struck.why},
        )
    patient = Patient.objects.select_related("site").get(pk=reaction.patient_id)
    made = ReactionStrike.objects.create(reaction=reaction, why=why.strip(), by=by, at=now)
    patients.note(patient, "reaction struck", f"{reaction.named}. {made.why}", by=by, now=now)
    audit.record("struck a reaction", str(patient), site=patient.site, by=by, now=now, reaction=reaction.pk)
    return made


@transaction.atomic
def end(reaction_id: int, *, by: Clinician, now: datetime, back_to: Decimal | None = None) -> Reaction:
    """Record that a reaction is over. Until then no dose may be given; twice changes nothing and says so.

    A low blood count ends with the value it came back to, `back_to`, in the unit of the count: the label's row goes
    by it. Refused without one, and with one for a reaction of another kind; refused for CRS or ICANS that stands at
    3 or 4, which ends on the worksheet, read by a second clinician.
    """
    patient_id, kind = Reaction.objects.values_list("patient", "kind").get(pk=reaction_id)
    assessed.refuse_ending(people.hold(patient_id), kind)
    return finish(reaction_id, by=by, now=now, back_to=back_to)


def finish(reaction_id: int, *, by: Clinician, now: datetime, back_to: Decimal | None = None) -> Reaction:
    """End a reaction of which everybody who must has said that it is over. The caller holds the patient."""
    reaction = Reaction.objects.select_for_update().select_related("patient__site").get(pk=reaction_id)
    if reaction.over_at is not None:
        raise Refusal(
            "over-already",
            _("%(over_by)s has already recorded that this reaction is over.") % {"over_by": reaction.over_by},
        )
    is_count = reaction.kind == Reaction.Kind.BLOOD_COUNT
    if is_count and (back_to is None or back_to < 0):
        raise Refusal(
            "back-to",
            _("Type the value that %(count)s came back to, as it was reported.") % {"count": reaction.count},
        )
    if not is_count and back_to is not None:
        raise Refusal("no-count", _("A value belongs to the end of a low blood count alone."))
    reaction.over_at, reaction.over_by, reaction.back_to = now, by, back_to
    reaction.save(update_fields=["over_at", "over_by", "back_to"])
    patient = reaction.patient
    closer.settle(patient, why=f"{reaction.named} is over", by=by, now=now)
    audit.record("ended a reaction", str(patient), site=patient.site, by=by, now=now, reaction=reaction.pk)
    return reaction
