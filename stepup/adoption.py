"""Gradual adoption: a site says which doses it gives at home and what must be reached before it gives more.

The numbers are one person's and the opening is another's. Going back is always allowed, with a reason; before the
numbers are met nobody goes on. What was decided is never changed: each decision is a row, and the newest counts.
"""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from notifications import audit, roles
from notifications.models import Clinician, Site
from protocols import delays
from protocols.errors import Refusal
from protocols.staging import Stage
from stepup import arranged, courses, ended, progress, stages, versions
from stepup.models import AdoptionStage, StageOverride
from stepup.stages import Standing

Kind = AdoptionStage.Kind
Numbers = Mapping[str, int | None]
LEAST = ("least_given", "least_patients", "least_days")


def seen(stands: Standing | None) -> int:
    """The newest decision. Whoever decides says which they had looked at."""
    return stands.newest.number if stands else 0


@transaction.atomic
def set_numbers(
    site: Site, *, stage: Stage, numbers: Numbers, why: str, seen_before: int, by: Clinician, now: datetime
) -> AdoptionStage:
    """Set the first stage of a site, or new numbers for the next one. It never moves a stage that stands."""
    _may(by, "set adoption numbers")
    stands = _held(site, seen_before, now)
    if stands is not None and stands.stage is not stage:
        raise Refusal(
            "other-stage",
            _("A stage is opened by its numbers or gone back from. Numbers belong to the one that stands."),
        )
    if stands is not None and stands.next is None:
        raise Refusal("no-next-stage", _("Every dose goes home already: no numbers open anything more."))
    if not why.strip():
        raise Refusal("why", _("Say why these are the right doses and numbers for your site."))
    known = {field: numbers.get(field) for field in progress.WORDS}
    if stage.next is None:
        known = dict.fromkeys(known)
    elif not any(known[field] for field in LEAST):
        raise Refusal("no-number", _("Give at least one number to reach: doses, patients or days."))
    return _decide(site, stands, Kind.SET, stage, why=why.strip(), by=by, now=now, **known)


@transaction.atomic
def open_next(site: Site, *, seen_before: int, by: Clinician, now: datetime) -> AdoptionStage:
    """Open the next stage: only with its numbers met, and only by another person than whoever set them."""
    _may(by, "open a stage")
    stands = _held(site, seen_before, now)
    if stands is None or stands.next is None:
        raise Refusal("no-next-stage", _("There is no next stage to open here."))
    if stands.numbers is None:
        raise Refusal("no-numbers", _("Set the numbers that open the next stage first."))
    counts = [count for count in stands.progress(now) if count.need is not None]
    missing = "; ".join(count.said for count in counts if not count.is_met)
    if missing:
        raise Refusal(
            "numbers-not-met",
            _("Not yet: %(missing)s. The next stage opens when its numbers are met.") % {"missing": missing},
        )
    if stands.numbers.by_id == by.pk:
        raise Refusal("same-person", _("You set these numbers: another person opens the stage."))
    why = "; ".join(count.said for count in counts)[:300]
    return _decide(
        site, stands, Kind.OPENED, stands.next, why=why, by=by, now=now, numbers_by=stands.numbers.by
    )


@transaction.atomic
def go_back(
    site: Site, *, to: Stage, why: str, seen_before: int, by: Clinician, now: datetime
) -> AdoptionStage:
    """Give fewer doses at home from now on. Doses already given go on being watched."""
    _may(by, "go back a stage")
    stands = _held(site, seen_before, now)
    if stands is None or not to.is_before(stands.stage):
        raise Refusal("not-back", _("Choose a stage that lets fewer doses go home than the one that stands."))
    if not why.strip():
        raise Refusal("why", _("Say why the site goes back."))
    return _decide(site, stands, Kind.BACK, to, why=why.strip(), by=by, now=now)


@transaction.atomic
def override(course_id: int, *, step: str, reason: str, by: Clinician, now: datetime) -> StageOverride:
    """Let one dose of one course go home beyond the site's stage: this step, once, while that stage stands."""
    _may(by, "override a stage")
    course = versions.hold(course_id)
    ended.refuse(course, "no dose is given on it.")
    if not reason.strip():
        raise Refusal("reason", _("Say why this dose is given at home beyond the stage."))
    label = courses.label_of(course)
    dose = delays.dose_of(label, delays.regimen_of(label, course.regimen), step)
    stands = stages.standing(course.site, now=now)
    if stands is None or not stages.is_beyond(course, step, stands.stage):
        raise Refusal(
            "not-beyond",
            _("%(dose)s is not beyond the site's stage: it needs no override.") % {"dose": dose.name},
        )
    earlier = next((row for row in stages.overrides(course, stands, now=now) if row.step == step), None)
    if earlier is not None:
        raise Refusal(
            "overridden-already",
            _("%(by)s has overridden the stage for this dose already.") % {"by": earlier.by.name},
        )
    made = StageOverride.objects.create(
        course=course,
        step=step,
        after=arranged.last_dose(course),
        stage=stands.newest,
        reason=reason.strip(),
        by=by,
        at=now,
    )
    said = f"{dose.name} at home, beyond {stands.stage.words}: {made.reason}"
    courses.note(course, "stage overridden", said, by=by, now=now)
    facts = {"override": made.pk, "step": step}
    audit.record("overrode a stage", str(course.patient), site=course.site, by=by, now=now, **facts)
    return made


def _may(by: Clinician, act: str) -> None:
    if not roles.may(by, act):
        who = ", ".join(sorted(str(role.label) for role in roles.MAY[act]))
        raise Refusal("role", _("Only these roles %(act)s: %(who)s.") % {"act": act, "who": who})


def _held(site: Site, seen_before: int, now: datetime) -> Standing | None:
    """What stands, with the site held: of two who decide at once the second is told who was first."""
    Site.objects.select_for_update(no_key=True).get(pk=site.pk)
    stands = stages.standing(site, now=now)
    if seen(stands) == seen_before:
        return stands
    newest = stands.newest if stands else None
    who = f"{newest.by.name}: {newest.get_kind_display()}" if newest else "somebody changed this"
    raise Refusal(
        "decided-meanwhile",
        _("Meanwhile decided by %(who)s. Read what stands now, then decide.") % {"who": who},
    )


def _decide(
    site: Site,
    stands: Standing | None,
    kind: str,
    stage: Stage,
    *,
    by: Clinician,
    now: datetime,
    **facts: object,
) -> AdoptionStage:
    row = AdoptionStage.objects.create(
        site=site, number=seen(stands) + 1, kind=kind, stage=stage.value, by=by, at=now, **facts
    )
    acts = {Kind.SET: "set adoption numbers", Kind.OPENED: "opened a stage", Kind.BACK: "went back a stage"}
    audit.record(acts[Kind(kind)], str(row), site=site, by=by, now=now, stage=stage.value)
    return row
