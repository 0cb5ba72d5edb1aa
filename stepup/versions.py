"""Which version of a protocol follows which, and which one a course ran on at a moment.

A course runs on one version at a time. Every change of it is a row (`VersionChoice`), so what an earlier dose was
given under is read from those rows and never kept beside the dose.
"""

from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from notifications import written
from notifications.models import Site
from protocols import delays
from protocols.errors import Refusal
from protocols.pathway import Protocol, Readiness
from stepup import approvals, arranged
from stepup.models import Course, Dose, Draft, SiteProtocol, VersionChoice


def hold(course_id: int) -> Course:
    """The course, locked, and only then read.

    Locked and read in one join, a course moved meanwhile would not be found at all: the row of the protocol that was
    joined before the wait is not the one it names after it.
    """
    if not _locked.rows(course=course_id):
        raise Course.DoesNotExist(f"There is no course {course_id}.")
    [course] = _whole.rows(course=course_id)
    return course


@written.Query
def _locked(*, course: int) -> QuerySet[Course]:
    """The course, locked until the transaction ends."""
    return Course.objects.select_for_update().filter(pk=course).only("pk")


@written.Query
def _whole(*, course: int) -> QuerySet[Course]:
    """The course with its patient, its site and the version it runs on."""
    return Course.objects.select_related("patient__site", "site", "protocol").filter(pk=course)


@dataclass(frozen=True)
class History:
    """A course and every answer given for it, oldest first."""

    course: Course
    choices: tuple[VersionChoice, ...]

    def at(self, moment: datetime) -> SiteProtocol:
        """The version the course ran on at that moment."""
        if not self.choices:
            return self.course.protocol
        before = [choice for choice in self.choices if choice.at <= moment]
        return before[-1].runs_on if before else self.choices[0].was

    def of_dose(self, dose: Dose) -> SiteProtocol:
        """The version a dose was recorded under, however often it was corrected since.

        By the order of the rows, which the lock on the course decides, and not by clocks: two doors can read the
        clock in one order and come through in the other.
        """
        first = arranged.lineage(dose)[-1]
        later = (choice.was for choice in self.choices if first <= (choice.after_id or 0))
        return next(later, self.course.protocol)

    def asks_the_same(self, rule: Readiness, moment: datetime) -> bool:
        """Whether what was said of an item at that moment answers the question and the limits asked now."""
        version = self.at(moment)
        if version.pk == self.course.protocol_id:
            return True
        then = next((one for one in approvals.content(version).pathway.readiness if one.id == rule.id), None)
        return then is not None and _question(then) == _question(rule)


def history(course: Course) -> History:
    """What a course ran on, from its beginning to now."""
    return History(course, tuple(_choices.rows(course=course.pk)))


@written.Query
def _choices(*, course: int) -> QuerySet[VersionChoice]:
    """Every answer given for a course, oldest first, with the versions before and after it."""
    return VersionChoice.objects.filter(course=course).select_related("was", "runs_on").order_by("number")


def of_dose(dose: Dose, course: Course) -> SiteProtocol:
    """The version a dose of this course was given under."""
    return history(course).of_dose(dose)


def as_given(dose: Dose, course: Course) -> Course:
    """The course as it ran when this dose was given, for reading only: its past is judged by the version of then."""
    then = copy(course)
    then.protocol = of_dose(dose, course)
    return then


def knows_dose(course: Course, step: str) -> bool:
    """Whether the version the course runs on has this step or phase in the course's regimen."""
    label = approvals.content(course.protocol).label
    return delays.regimen_of(label, course.regimen).dose(step) is not None


def _question(rule: Readiness) -> tuple[object, ...]:
    return rule.asks, rule.wants, rule.one_of, rule.at_most_minutes, rule.waived_by, rule.derived


def earlier(row: SiteProtocol) -> list[SiteProtocol]:
    """The approved versions that this one follows, the newest first; none while it is not approved itself.

    A version follows what its draft began as, the earlier versions of its draft's name, the same protocol with an
    earlier content, and an older revision of the label on the same pathway: always at one site and for one drug.
    """
    if not row.is_approved:
        return []
    return sorted(_line(row, _follows), key=lambda one: -one.pk)


def newer(course: Course) -> SiteProtocol | None:
    """The newest approved version that follows the one this course runs on, if it knows the course's regimen."""
    found = _line(course.protocol, lambda here, other: _follows(other, here))
    fit = [row for row in found if knows_regimen(approvals.content(row), course)]
    return max(fit, key=_age, default=None)


def follows(row: SiteProtocol, older: SiteProtocol) -> bool:
    """Whether `row` is a newer version of `older`, directly or through versions between them."""
    return any(one.pk == older.pk for one in earlier(row))


def others(course: Course) -> list[SiteProtocol]:
    """Every other approved protocol of the site for the drug and regimen of this course."""
    drug = approvals.content(course.protocol).label.drug
    return [
        row
        for row in _approved(course.site)
        if row.pk != course.protocol_id
        and approvals.content(row).label.drug == drug
        and knows_regimen(approvals.content(row), course)
    ]


def knows_regimen(protocol: Protocol, course: Course) -> bool:
    """Whether the protocol's label has the regimen this course is on."""
    try:
        return delays.regimen_of(protocol.label, course.regimen).id == course.regimen
    except Refusal:
        return False


def named(row: SiteProtocol) -> str:
    """A version as people call it: the title of its pathway, its number where the site counts them, its label."""
    content, draft = approvals.content(row), _draft(row)
    number = f", version {draft.version}" if draft else ""
    label = f"{content.label.brand} label {content.label.revision}"
    return f"{content.pathway.title}{number} ({label}, {row.fingerprint[:8]})"


def _approved(site: Site) -> list[SiteProtocol]:
    rows = SiteProtocol.objects.filter(site=site, pharmacist__isnull=False, prescriber__isnull=False)
    return list(rows.select_related("draft", "site").order_by("pk"))


def _draft(row: SiteProtocol) -> Draft | None:
    return getattr(row, "draft", None)


def _age(row: SiteProtocol) -> tuple[datetime, int]:
    assert row.pharmacist_at is not None  # noqa: S101 - only approved rows come here
    assert row.prescriber_at is not None  # noqa: S101
    return max(row.pharmacist_at, row.prescriber_at), row.pk


def _line(start: SiteProtocol, leads: Callable[[SiteProtocol, SiteProtocol], bool]) -> Iterable[SiteProtocol]:
    """Every approved version of the site that is reached from `start`, step by step."""
    rows, waiting = _approved(start.site), [start]
    found: dict[int, SiteProtocol] = {}
    while waiting:
        here = waiting.pop()
        for other in rows:
            if other.pk not in found and other.pk != start.pk and leads(here, other):
                found[other.pk] = other
                waiting.append(other)
    return found.values()


def _follows(row: SiteProtocol, older: SiteProtocol) -> bool:
    """One step of the line."""
    new, old = approvals.content(row).label, approvals.content(older).label
    if row.site_id != older.site_id or (new.drug, new.jurisdiction) != (old.drug, old.jurisdiction):
        return False
    mine, theirs = _draft(row), _draft(older)
    if mine is not None:
        same_name = theirs is not None and (theirs.name, theirs.version < mine.version) == (mine.name, True)
        return same_name or mine.base == older.content
    if theirs is not None:
        return False
    if row.protocol_id == older.protocol_id:
        return row.pk > older.pk
    dated = new.revision[:1].isdigit() and old.revision[:1].isdigit()
    return dated and row.pathway_id == older.pathway_id and new.revision > old.revision
