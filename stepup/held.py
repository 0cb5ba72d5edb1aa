"""What keeps the next dose of each course from being given, whatever its day: read once for a whole site."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from monitoring import stays
from monitoring.models import Reaction
from notifications.models import Site
from stepup import approvals, readiness_rules, stages
from stepup.models import Course, Hold, StageOverride


def of(site: Site, upcoming: Iterable[tuple[Course, str]], *, now: datetime) -> dict[int, tuple[str, ...]]:
    """By course, in words: holds, reactions that are not over, a stay in hospital, a dose beyond the site's stage.

    `upcoming` is each course with the step that comes next. The number of queries does not grow with them, but for
    courses whose stage somebody overrode.
    """
    doses = list(upcoming)
    patients = [course.patient_id for course, _ in doses]
    found: dict[int, list[str]] = {course.pk: [] for course, _ in doses}
    for hold in Hold.objects.filter(course__in=found, lifted_at=None).order_by("pk"):
        found[hold.course_id].append(f"held: {hold.reason}")
    reactions: dict[int, list[str]] = {}
    for reaction in Reaction.objects.filter(patient__in=patients, over_at=None).order_by("pk"):
        reactions.setdefault(reaction.patient_id, []).append(f"{reaction.named} is not over")
    in_hospital = stays.lines(patients, now=now)
    beyond = _beyond(site, doses, now)
    for course, step in doses:
        found[course.pk] += reactions.get(course.patient_id, [])
        stay = in_hospital.get(course.patient_id)
        if stay is not None and readiness_rules.goes_home(approvals.content(course.protocol).pathway, step):
            found[course.pk].append(f"in hospital: {stay.where}")
        if course.pk in beyond:
            found[course.pk].append(beyond[course.pk])
    return {pk: tuple(words) for pk, words in found.items() if words}


def _beyond(site: Site, doses: list[tuple[Course, str]], now: datetime) -> Mapping[int, str]:
    stands = stages.standing(site, now=now)
    if stands is None:
        return {}
    overridden = set(StageOverride.objects.filter(course__site=site).values_list("course", flat=True))
    return {
        course.pk: f"beyond what this site gives at home: {stands.stage.words}"
        for course, step in doses
        if stages.is_beyond(course, step, stands.stage)
        and not (course.pk in overridden and stages.beyond(course, step=step, now=now) is None)
    }
