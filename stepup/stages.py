"""Which doses a site gives at home now, and whether one dose of one course is beyond that. Read only.

A site that has set nothing refuses nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from notifications import written
from notifications.models import Site
from protocols import delays, staging
from protocols.errors import Refusal
from protocols.staging import Stage
from stepup import approvals, arranged, moments, progress
from stepup.models import AdoptionStage, Course, StageOverride

CODE = "beyond-stage"
RULE = "no dose at home beyond the site's stage"


@dataclass(frozen=True)
class Standing:
    """The stage of a site, since when, and the numbers somebody set for the next one."""

    site: Site
    stage: Stage
    began: AdoptionStage
    newest: AdoptionStage
    numbers: AdoptionStage | None

    @property
    def next(self) -> Stage | None:
        return self.stage.next

    @property
    def since(self) -> datetime:
        return self.began.at

    def progress(self, now: datetime) -> tuple[progress.Count, ...]:
        """Every count since the stage began."""
        return progress.of(self.site, stage=self.stage, since=self.since, numbers=self.numbers, now=now)


@dataclass(frozen=True)
class OfCourse:
    """What a site's stage means for the dose that comes next; `is_beyond` while nobody has overridden it."""

    stage: str
    since: datetime
    step: str
    is_beyond: bool
    overrides: tuple[StageOverride, ...]


def standing(site: Site, *, now: datetime) -> Standing | None:
    """What stood at that minute; None where nobody had set a stage."""
    rows = _said.rows(site=site.pk, before=moments.end_of_minute(now))
    if not rows:
        return None
    began = next((row for row in reversed(rows) if row.kind != AdoptionStage.Kind.SET), rows[0])
    numbers = next((row for row in reversed(rows) if row.number >= began.number and _has_numbers(row)), None)
    return Standing(site, Stage(rows[-1].stage), began, rows[-1], numbers)


@written.Query
def _said(*, site: int, before: datetime) -> QuerySet[AdoptionStage]:
    """What was said of a site's stage before a moment, with who said it."""
    return AdoptionStage.objects.filter(site=site, at__lt=before).select_related("by", "numbers_by")


def _has_numbers(row: AdoptionStage) -> bool:
    return any(getattr(row, field) is not None for field in progress.WORDS)


def beyond(course: Course, *, step: str, now: datetime) -> Standing | None:
    """The site's stage, if this dose is beyond it and nobody has overridden that; else None."""
    stands = standing(course.site, now=now)
    if stands is None or not is_beyond(course, step, stands.stage):
        return None
    counts = any(row.step == step for row in overrides(course, stands, now=now))
    return None if counts else stands


def is_beyond(course: Course, step: str, stage: Stage) -> bool:
    """Whether the course's protocol gives this dose at home while the stage does not let it go there."""
    return staging.is_beyond(approvals.content(course.protocol), course.regimen, step, stage)


def overrides(course: Course, stands: Standing, *, now: datetime) -> list[StageOverride]:
    """Overrides that count: made for the dose that comes next, while the stage they go beyond still stands."""
    return _counting(course, course.stage_overrides.select_related("by", "stage"), stands, now)


def counting(course: Course, stands: Standing, *, now: datetime) -> list[StageOverride]:
    """The same of a course whose overrides were fetched along."""
    return _counting(course, course.stage_overrides.all(), stands, now)


def _counting(
    course: Course, rows: Iterable[StageOverride], stands: Standing, now: datetime
) -> list[StageOverride]:
    last, by_then = arranged.last_dose(course), moments.end_of_minute(now)
    after = [None] if last is None else arranged.lineage(last)
    return [
        row
        for row in rows
        if row.after_id in after and row.stage.number >= stands.began.number and row.at < by_then
    ]


def check(course: Course, *, step: str, now: datetime) -> None:
    """Refuse a dose at home beyond the site's stage, saying which stage is open, how far it is, and what to do."""
    stands = beyond(course, step=step, now=now)
    if stands is not None:
        raise Refusal(CODE, sentence(stands, course, step, now=now))


def sentence(stands: Standing, course: Course, step: str, *, now: datetime) -> str:
    """Why this dose is not given at home yet, and what to do."""
    label = approvals.content(course.protocol).label
    name = delays.dose_of(label, delays.regimen_of(label, course.regimen), step).name
    since = stands.since.astimezone(ZoneInfo(stands.site.time_zone))
    return (
        f"{name} is beyond what this site gives at home: {stands.stage.words}, since {since:%a %d %b %Y}."
        f" {far(stands, now=now)} Give it in hospital, on a protocol that says so; or a prescriber overrides the stage"
        " for this one dose, with a reason."
    )


def far(stands: Standing, *, now: datetime) -> str:
    """How far the site is on the way to the next stage, in a sentence."""
    if stands.next is None:
        return "No stage comes after it."
    if stands.numbers is None:
        return f"Nobody has set the numbers that open the next stage ({stands.next.words})."
    counts = "; ".join(count.said for count in stands.progress(now) if count.need is not None)
    return f"Towards the next stage ({stands.next.words}): {counts}."


def of_course(course: Course, *, step: str, now: datetime) -> OfCourse | None:
    """For the course's page: the stage and what it means for the next dose; None where no stage was set."""
    stands = standing(course.site, now=now)
    if stands is None or not step:
        return None
    counting = tuple(row for row in overrides(course, stands, now=now) if row.step == step)
    return OfCourse(
        stage=stands.stage.words,
        since=stands.since,
        step=step,
        is_beyond=is_beyond(course, step, stands.stage) and not counting,
        overrides=counting,
    )
