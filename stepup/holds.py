"""A clinician's hold: no dose until a named prescriber or pharmacist lifts it, each with a reason.

Whoever is at the chair may stop a dose; letting it go on is for the two who answer for the plan. Lifting a hold does
not give a dose: after it the decision table speaks, from the days that have passed.
"""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from notifications import audit, roles
from notifications.models import Clinician
from protocols.errors import Refusal
from stepup import courses, ended, next_dose
from stepup.models import Course, Hold


@transaction.atomic
def place(course_id: int, *, reason: str, by: Clinician, now: datetime) -> Hold:
    """Hold every dose of a course from now on. Other people's holds stay beside it."""
    if not reason.strip():
        raise Refusal("reason", _("Say why no dose may be given."))
    course = (
        Course.objects.select_related("patient", "site").select_for_update(of=("self",)).get(pk=course_id)
    )
    ended.refuse(course, "there is no dose to hold.")
    try:
        with transaction.atomic():
            hold = Hold.objects.create(course=course, reason=reason.strip(), placed_by=by, placed_at=now)
    except IntegrityError as clash:
        raise Refusal("held-already", _("It is held for this reason already.")) from clash
    courses.note(course, "held", hold.reason, by=by, now=now)
    audit.record("placed a hold", str(course.patient), site=course.site, by=by, now=now, hold=hold.pk)
    return hold


@transaction.atomic
def lift(hold_id: int, *, why: str, by: Clinician, now: datetime) -> Hold:
    """Lift one hold. Of two who lift it at once one did, and the other is told who."""
    if not roles.may(by, "lift a hold"):
        raise Refusal("role", _("A prescriber or a pharmacist lifts a hold."))
    if not why.strip():
        raise Refusal("why", _("Say why doses may go on."))
    rows = Course.objects.select_related("site").select_for_update(of=("self",))
    ended.refuse(rows.get(holds=hold_id), "there is no dose to let go on.")
    open_ = Hold.objects.filter(pk=hold_id, lifted_at=None)
    lifted = open_.update(lifted_by=by, lifted_at=now, lifted_why=why.strip())
    hold = Hold.objects.select_related("course__patient", "course__site", "lifted_by").get(pk=hold_id)
    if not lifted:
        raise Refusal(
            "lifted-already", _("%(lifted_by)s has lifted this hold already.") % {"lifted_by": hold.lifted_by}
        )
    said = f"{hold.lifted_why} (the hold was for: {hold.reason})"
    courses.note(hold.course, "hold lifted", said, by=by, now=now)
    audit.record(
        "lifted a hold", str(hold.course.patient), site=hold.course.site, by=by, now=now, hold=hold.pk
    )
    return hold


def after_lifting(hold: Hold, *, now: datetime) -> next_dose.NextDose:
    """What the answer for the next dose would be without this one hold: the act itself, and undone."""
    with transaction.atomic():
        Hold.objects.filter(pk=hold.pk, lifted_at=None).update(
            lifted_by=hold.placed_by, lifted_at=hold.placed_at, lifted_why="looking ahead"
        )
        answer = next_dose.decide(hold.course, now=now)
        transaction.set_rollback(True)
    return answer
