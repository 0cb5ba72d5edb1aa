"""A newer version asks, course by course, stay or move; another pathway is chosen alike. Nothing moves by itself."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from monitoring import escalations, watches
from monitoring.models import Reaction
from notifications.models import AuditEntry, Clinician, Role
from stepup import (
    appointments,
    approvals,
    corrections,
    courses,
    holds,
    next_dose,
    readiness,
    version_choices,
    version_preview,
    versions,
)
from stepup.drafts import Wanted
from stepup.models import Course, SiteProtocol, VersionChoice
from tests import makers
from tests.makers import NOON
from tests.stepup.drafting import refused

pytestmark = [pytest.mark.database, pytest.mark.django_db]
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def watched(hours: int) -> tuple[Wanted, Wanted]:
    """A version that watches for so many hours after a step-up dose; the library's does for 168."""
    rhythm = [{"from_hour": 0, "to_hour": hours, "every_hours": 6, "ask": ["temperature", "symptoms"]}]
    return Wanted("watch_hours", hours), Wanted("rhythm", rhythm)


@pytest.fixture
def course(site) -> Course:
    makers.on_call(site, days=400)
    return makers.a_course(makers.a_patient(site))


@pytest.fixture
def prescriber(site) -> Clinician:
    return makers.a_clinician(site, Role.PRESCRIBER, name="Dr Paul")


@pytest.fixture
def newer(course) -> SiteProtocol:
    return makers.a_newer_version(course.protocol, name="home", now=NOON + HOUR)


def move(
    course: Course, to: SiteProtocol, by: Clinician, *, now=NOON + 2 * HOUR, **said: str
) -> VersionChoice:
    facts = {"why": "fewer texts at night", "seen_before": version_choices.seen(course), **said}
    made = version_choices.move(course.pk, to=to, by=by, now=now, **facts)
    course.refresh_from_db()
    return made


def stay(
    course: Course, offered: SiteProtocol, by: Clinician, *, now=NOON + 2 * HOUR, **said: str
) -> VersionChoice:
    facts = {"why": "nearly through the step-up", "seen_before": version_choices.seen(course), **said}
    return version_choices.stay(course.pk, offered=offered, by=by, now=now, **facts)


# which version follows which


def test_a_version_follows_what_its_draft_began_as_and_those_before_it(course, site) -> None:
    first = course.protocol
    second = makers.a_newer_version(first, name="home")
    third = makers.a_newer_version(second, Wanted("reach_minutes", 25), name="home")
    elsewhere = makers.an_approved_protocol(makers.a_site())
    other_drug = makers.an_approved_protocol(site, makers.ELRANATAMAB)
    assert versions.earlier(first) == []
    assert versions.earlier(second) == [first]
    assert versions.earlier(third) == [second, first]
    assert versions.newer(course) == third
    assert not versions.follows(second, other_drug)
    assert not versions.follows(second, elsewhere)


def test_an_unsigned_version_asks_nobody(course, newer) -> None:
    SiteProtocol.objects.filter(pk=newer.pk).update(prescriber=None, prescriber_at=None)
    newer.refresh_from_db()
    assert versions.newer(course) is None
    assert version_choices.about(newer) == []


def test_a_newer_revision_of_the_label_on_the_same_pathway_follows_the_older(site) -> None:
    old = makers.an_approved_protocol(site, makers.ELRANATAMAB)
    new = makers.an_approved_protocol(site, makers.ELRANATAMAB_ASKS)
    assert versions.earlier(new) == [old]
    assert versions.earlier(old) == []


def test_another_pathway_is_another_choice_and_no_newer_version(course, site) -> None:
    row = approvals.propose(site, makers.TECLISTAMAB, "inpatient-us")
    assert versions.others(course) == []
    approvals.approve(row.pk, by=makers.a_clinician(site, Role.PHARMACIST), now=NOON)
    row = approvals.approve(row.pk, by=makers.a_clinician(site, Role.PRESCRIBER), now=NOON)
    makers.an_approved_protocol(site, makers.ELRANATAMAB)
    assert versions.others(course) == [row]
    assert versions.newer(course) is None


# stay and move


def test_every_course_in_progress_is_asked_one_by_one(course, site, newer, prescriber) -> None:
    others = [makers.a_course(makers.a_patient(site)) for _ in range(3)]
    courses.stop(others[2].pk, by=prescriber, reason="progression", now=NOON)
    assert version_choices.unanswered(newer) == 3
    move(course, newer, prescriber)
    stay(others[0], newer, prescriber)
    told = {one.course.pk: one.state for one in version_choices.about(newer)}
    assert told == {course.pk: "moved", others[0].pk: "stays", others[1].pk: "asked"}
    assert version_choices.unanswered(newer) == 1
    assert version_choices.about(newer)[0].course == others[1], "who still waits comes first"


def test_many_courses_are_asked_in_as_many_queries_as_few(
    course, site, newer, prescriber, django_assert_num_queries
) -> None:
    version_choices.about(newer)  # what the row itself remembers afterwards
    with CaptureQueriesContext(connection) as few:
        version_choices.about(newer)
    more = [makers.a_course(makers.a_patient(site)) for _ in range(3)]
    stay(more[0], newer, by=prescriber)
    with django_assert_num_queries(len(few)):
        assert [one.state for one in version_choices.about(newer)] == ["asked"] * 3 + ["stays"]


def test_a_course_opened_on_a_version_was_never_asked_about_it(course, newer, prescriber) -> None:
    Course.objects.filter(pk=course.pk).update(state="stopped")
    fresh = courses.open_course(
        makers.a_patient(course.site), newer, regimen="", start_on=NOON.date(), weight_kg=Decimal(70),
        weighed_on=NOON.date(), weighed_by="a nurse", by=prescriber, now=NOON,
    )  # fmt: skip
    newest = makers.a_newer_version(newer, Wanted("reach_minutes", 25), name="home")
    stay(fresh, newest, prescriber)
    assert version_choices.about(newer) == []
    assert [one.state for one in version_choices.about(newest)] == ["stays"]


def test_moving_runs_the_course_on_the_other_version_and_says_so(course, newer, prescriber) -> None:
    old = course.protocol
    made = move(course, newer, prescriber)
    assert (made.was, made.offered, made.runs_on, made.is_move) == (old, newer, newer, True)
    assert course.protocol == newer
    event = course.events.get(what="version moved")
    assert event.by == prescriber
    assert "fewer texts at night" in event.text
    assert AuditEntry.objects.filter(act="moved a course to another version").exists()


def test_staying_changes_nothing_and_can_be_asked_again(course, newer, prescriber) -> None:
    old = course.protocol
    made = stay(course, newer, prescriber)
    course.refresh_from_db()
    assert (course.protocol, made.is_move) == (old, False)
    assert course.events.filter(what="version stays").exists()
    assert AuditEntry.objects.filter(act="kept a course on its version").exists()
    assert move(course, newer, prescriber, now=NOON + 3 * HOUR).number == 2
    assert version_choices.answer(course, newer).is_move, "the newest answer counts"


def test_whoever_moved_may_move_back(course, newer, prescriber) -> None:
    old = course.protocol
    move(course, newer, prescriber)
    move(course, old, prescriber, now=NOON + 3 * HOUR)
    assert course.protocol == old
    assert version_choices.answer(course, newer) is None, "and is asked again"


@pytest.mark.parametrize("role", [role for role in Role if role != Role.PRESCRIBER])
def test_only_a_prescriber_answers(course, newer, role) -> None:
    somebody = makers.a_clinician(course.site, role)
    for act in (move, stay):
        with refused("role"):
            act(course, newer, somebody)


def test_both_answers_need_a_reason(course, newer, prescriber) -> None:
    for act in (move, stay):
        with refused("why"):
            act(course, newer, prescriber, why="  ")


# what a course may not move over


def test_a_stopped_course_is_asked_nothing(course, newer, prescriber) -> None:
    courses.stop(course.pk, by=prescriber, reason="progression", now=NOON)
    for act in (move, stay):
        with refused("course-stopped"):
            act(course, newer, prescriber)


def test_only_an_approved_version_of_this_site_is_moved_to(course, newer, prescriber) -> None:
    elsewhere = makers.an_approved_protocol(makers.a_site())
    with refused("not-approved"):
        move(course, elsewhere, prescriber)
    with refused("same-version"):
        move(course, course.protocol, prescriber)
    SiteProtocol.objects.filter(pk=newer.pk).update(pharmacist=None, pharmacist_at=None)
    newer.refresh_from_db()
    with refused("not-approved"):
        move(course, newer, prescriber)


def test_a_course_keeps_its_drug_and_its_regimen(course, site, prescriber) -> None:
    with refused("another-drug"):
        move(course, makers.an_approved_protocol(site, makers.ELRANATAMAB), prescriber)
    Course.objects.filter(pk=course.pk).update(regimen="weekly_only")
    other = makers.a_newer_version(course.protocol)
    course.refresh_from_db()
    assert version_choices.about(other) == [], "and is not asked"
    with refused("unknown-there"):
        version_choices.may_move(course, other, now=NOON)


def test_a_dose_or_an_interval_the_other_version_does_not_know_stops_the_move(site, prescriber) -> None:
    old = makers.a_course(makers.a_patient(site), label=makers.ELRANATAMAB_ASKS)
    to = makers.an_approved_protocol(site, makers.ELRANATAMAB)
    assert versions.knows_regimen(approvals.content(to), old)
    known = {dose.id for dose in approvals.content(to).label.regimens[0].doses}
    later = next(dose.id for dose in courses.label_of(old).regimens[0].phases if dose.id not in known)
    makers.a_dose(old)
    version_choices.may_move(old, to, now=NOON + DAY)
    old.interval_changes.create(phase=later, response="CR", by=prescriber, at=NOON + HOUR)
    with refused("unknown-there"):
        version_choices.may_move(old, to, now=NOON + DAY)


def test_nothing_moves_while_something_is_open_and_staying_is_always_allowed(
    course, newer, prescriber
) -> None:
    case, _ = escalations.raise_concern(
        site=course.site, patient=course.patient, urgency="urgent", headline="a fever", now=NOON
    )
    with refused("something-open") as told:
        move(course, newer, prescriber)
    assert f"Case {case.code}" in told.value.sentence
    assert stay(course, newer, prescriber)
    makers.resolved(case, by=prescriber, now=NOON + HOUR)
    Reaction.objects.create(patient=course.patient, kind="crs", grade=1, noted_at=NOON, noted_by=prescriber)
    with refused("something-open"):
        move(course, newer, prescriber)


def test_nothing_moves_without_the_second_check_and_a_hold_does_not_matter(course, newer, prescriber) -> None:
    holds.place(course.pk, reason="infection", by=prescriber, now=NOON)
    version_choices.may_move(course, newer, now=NOON)
    dose = courses.record_dose(
        course.pk, step="step_up_dose_1", given_at=NOON, given_mg=Decimal("4.2"), by=makers.a_clinician(course.site),
        now=NOON, deviation="it was given",
    ).dose  # fmt: skip
    with refused("something-open") as told:
        move(course, newer, prescriber)
    assert "second check" in told.value.sentence
    courses.confirm_dose(dose.pk, by=prescriber, figure_mg=dose.given_mg, now=NOON)
    assert move(course, newer, prescriber).after == dose


def test_whoever_looked_at_something_else_is_told(course, newer, prescriber) -> None:
    before = version_choices.seen(course)
    makers.a_dose(course)
    with refused("given-meanwhile"):
        move(course, newer, prescriber, seen_before=before)
    before = version_choices.seen(course)
    appointments.move(
        course.pk,
        at=NOON + 3 * DAY,
        seen_before=appointments.seen(course),
        reason="time",
        by=prescriber,
        now=NOON,
    )
    with refused("changed-meanwhile"):
        move(course, newer, prescriber, seen_before=before)
    before = version_choices.seen(course)
    stay(course, newer, prescriber)
    with refused("answered-meanwhile") as told:
        stay(course, newer, makers.a_clinician(course.site, Role.PRESCRIBER), seen_before=before)
    assert "Dr Paul answered that this course stays" in told.value.sentence


def test_an_appointment_the_other_version_could_not_keep_stops_the_move(course, prescriber) -> None:
    """The watch is longer there, and its last hours have nobody on call."""
    course.site.shifts.filter(rung=1).delete()
    makers.a_responder(course.site, 1, name="Dr B", days=12)
    makers.a_dose(course, deviation="given")
    longer = makers.a_newer_version(course.protocol, *watched(216))
    appointments.move(
        course.pk, at=NOON + 4 * DAY, seen_before=appointments.seen(course), reason="patient", words="x", by=prescriber,
        now=NOON + HOUR,
    )  # fmt: skip
    with refused("uncovered"):
        move(course, longer, prescriber)
    assert stay(course, longer, prescriber)
    makers.a_responder(course.site, 1, name="Dr C", since=NOON + 13 * DAY, days=6)
    assert move(course, longer, prescriber)


# the past, and what follows a move


def test_an_earlier_dose_was_given_under_the_earlier_version_even_when_corrected(course, prescriber) -> None:
    old = course.protocol
    first = makers.a_dose(course)
    shorter = makers.a_newer_version(old, *watched(72))
    move(course, shorter, prescriber, now=NOON + 3 * DAY)
    assert versions.of_dose(first, course) == old
    facts = corrections.Facts(first.step, NOON - HOUR, first.given_mg)
    corrected = corrections.correct(first.pk, facts, reason="the clock", by=prescriber, now=NOON + 3 * DAY)
    assert versions.of_dose(corrected, course) == old
    course.refresh_from_db()
    second = makers.a_dose(course, given_at=NOON + 3 * DAY + HOUR, step="step_up_dose_2")
    assert versions.of_dose(second, course) == shorter
    assert second.watch.ends_at - second.given_at == 72 * HOUR


def test_a_watch_under_way_keeps_its_check_ins_also_when_its_dose_is_corrected(course, prescriber) -> None:
    first = makers.a_dose(course)
    due = list(first.watch.checkins.values_list("due_at", flat=True))
    shorter = makers.a_newer_version(course.protocol, *watched(72))
    move(course, shorter, prescriber)
    watch = watches.current(course.patient)
    assert list(watch.checkins.values_list("due_at", flat=True)) == due
    facts = corrections.Facts(first.step, NOON - HOUR, first.given_mg)
    corrections.correct(first.pk, facts, reason="the clock", by=prescriber, now=NOON + 3 * HOUR)
    watch.refresh_from_db()
    assert watch.ends_at - watch.given_at == 168 * HOUR


def test_what_was_said_of_another_question_is_asked_again(course, prescriber) -> None:
    made = next(one for one in approvals.content(course.protocol).pathway.readiness if one.at_most_minutes)
    listed = json.loads(course.protocol.content)["pathway"]["readiness"]
    row = next(one for one in listed if one["id"] == made.id) | {"at_most_minutes": 10}
    nearer = makers.a_newer_version(course.protocol, Wanted(f"readiness.{made.id}", row))
    assert next_dose.decide(course, now=NOON + HOUR).decision == "give"
    move(course, nearer, prescriber)
    listed = readiness.of(course, step="step_up_dose_1", now=NOON + 2 * HOUR)
    assert made.id in [item.rule.id for item in listed.open]
    assert len(listed.settled) > 3, "what asks the same stays said"


# the preview


def rows(preview: version_preview.Preview, title: str) -> dict[str, tuple[str, str]]:
    part = next(part for part in preview.parts if part.title == title)
    return {row.name: (row.old, row.new) for row in part.changed}


def test_the_preview_shows_both_sides_and_keeps_nothing(course, prescriber) -> None:
    makers.a_dose(course)
    shorter = makers.a_newer_version(course.protocol, *watched(72), Wanted("reach_minutes", 20))
    shown = version_preview.of(course, shorter, by=prescriber, now=NOON + 2 * DAY)
    assert rows(shown, "The watch after the next dose")["Watched until"] == (
        "Thu 11 Mar 12:00 EST",
        "Sun 07 Mar 12:00 EST",
    )
    assert "Minutes until the patient is reached" in rows(shown, "Silence, calling people and limits")
    assert rows(shown, "Dates and windows") == {}
    assert rows(shown, "Amounts") == {}
    assert (shown.is_newer, shown.refused, shown.watch is not None) == (True, "", True)
    assert not VersionChoice.objects.exists()
    course.refresh_from_db()
    assert course.protocol != shorter


def test_the_preview_of_a_pathway_says_why_it_may_not_be(course, site, prescriber) -> None:
    row = approvals.propose(site, makers.TECLISTAMAB, "inpatient-us")
    approvals.approve(row.pk, by=makers.a_clinician(site, Role.PHARMACIST), now=NOON)
    row = approvals.approve(row.pk, by=prescriber, now=NOON)
    escalations.raise_concern(site=site, patient=course.patient, urgency="urgent", headline="x", now=NOON)
    shown = version_preview.of(course, row, by=prescriber, now=NOON)
    assert not shown.is_newer
    assert "Case" in shown.refused
    assert rows(shown, "What must be true before the next dose")
    with refused("not-newer"):
        stay(course, row, prescriber)
