"""Whether somebody is on call for the whole watch that follows the first dose of a course."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from monitoring import ladders
from notifications import oncall, once
from notifications.models import Clinician, Site
from notifications.oncall import Gap
from protocols import watching
from protocols.errors import Refusal
from protocols.ladder import Rung
from protocols.pathway import Pathway
from stepup import approvals
from stepup.models import Course, CourseEvent, SiteProtocol

NAMED = 3
CODE = "uncovered"
DAY = timedelta(days=1)


def gaps(site: Site, pathway: Pathway, *, step: str, on: date, now: datetime) -> list[Gap]:
    """Every span that nobody covers of the watch after a dose on that day.

    The hour of the dose is not known yet: its whole day counts, and the watch of its last minute. Hours that are
    over at `now` are not asked for.
    """
    zone = ZoneInfo(site.time_zone)
    since = max(now, datetime.combine(on, time(), zone))
    until = watching.ends_at(pathway, step, datetime.combine(on + DAY, time(), zone))
    return (
        oncall.gaps(site, since=since, until=until, now=now, ladders=[pathway.ladder])
        if until > since
        else []
    )


def of_course(course: Course, *, since: datetime, until: datetime, now: datetime) -> list[Gap]:
    """Every span between two moments in which a rung of the list, or of this course's signed ladder, has nobody."""
    if until <= since:
        return []
    ladder = approvals.content(course.protocol).pathway.ladder
    return oncall.gaps(course.site, since=since, until=until, now=now, ladders=[ladder])


def ladders_of(site: Site) -> tuple[tuple[Rung, ...], ...]:
    """Every signed ladder a site may have to climb: of watches that are open, and of courses under way."""
    planned = [pathway.ladder for pathway in pathways_of(site)]
    return tuple(dict.fromkeys([*ladders.in_use(site), *planned]))


def pathways_of(site: Site) -> list[Pathway]:
    """The signed pathways of courses under way."""
    courses = Course.objects.filter(site=site, state=Course.State.ACTIVE)
    under_way = SiteProtocol.objects.filter(pk__in=courses.values("protocol"))
    return [approvals.content(row).pathway for row in under_way]


def answered(found: Sequence[Gap], *, zone: str, reason: str) -> str:
    """The reason kept with hours that nobody covers; refused where there is none, empty where all are covered."""
    if found and not reason.strip():
        raise Refusal(
            CODE,
            _(
                "%(found)s The watch after the first dose must be covered: fill the on-call list, "
                "choose another day, or say why the course is opened all the same."
            )
            % {"found": in_words(found, zone)},
        )
    return reason.strip() if found else ""


def note(course: Course, found: Sequence[Gap], *, by: Clinician, now: datetime) -> None:
    """One line in the course's history about the hours that were accepted."""
    if not found:
        return
    said = f"{in_words(found, course.site.time_zone)} Accepted: {course.uncovered_why}"
    once.add(CourseEvent, course=course, at=now, by=by, what="hours not covered", text=said[:400])


def in_words(found: Sequence[Gap], zone: str) -> str:
    """Who is missing from when to when, in the site's time; of many spans the first three, and how many more."""
    said = [
        f"{gap.named} from {_moment(gap.starts_at, zone)} to {_moment(gap.ends_at, zone)}"
        for gap in found[:NAMED]
    ]
    more = f", and {len(found) - NAMED} more spans" if len(found) > NAMED else ""
    return f"Nobody is on call on {', on '.join(said)}{more}."


def _moment(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%a %d %b %Y %H:%M %Z}"
