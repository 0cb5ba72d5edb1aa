"""Where two parts of the service meet on one course: a stage, a stay, a transfer, a label the site completed."""

from datetime import time, timedelta

import pytest

from monitoring import grading
from monitoring.models import Task, Watch
from notifications.models import Role
from protocols.errors import Refusal
from protocols.staging import Stage
from stepup import (
    adoption,
    appointments,
    approvals,
    care,
    care_entries,
    entries,
    feeds,
    handover,
    holds,
    stages,
    suggestions,
    transfers,
    unit,
    version_choices,
    version_preview,
    week,
)
from stepup.care_entries import Result
from stepup.models import Course, SiteProtocol, Transfer
from tests import makers
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NOW = NOON + HOUR
TO = transfers.To("General Hospital", "Dr Grace Other", "+15550107777")
TECLISTAMAB_ROW = {
    "doses": ["step_up_dose_1"], "from_kg": "60", "to_kg": "70", "mg": "3.9", "millilitres": "0.39",
    "strength": "10", "vial_millilitres": "3", "vials": 1,
}  # fmt: skip


@pytest.fixture
def course(site) -> Course:
    """Step-up dose 1 given at noon."""
    makers.on_call(site, days=60)
    course = makers.a_course(makers.a_patient(site))
    makers.a_dose(course)
    return course


@pytest.fixture
def prescriber(site):
    return makers.a_clinician(site, Role.PRESCRIBER, name="Dr Paul")


def put(course: Course, at, now) -> None:
    appointments.move(
        course.pk, at=at, seen_before=appointments.seen(course), reason="patient", words="asked for it",
        override="the desk answers", by=makers.a_clinician(course.site), now=now,
    )  # fmt: skip


def only_maintenance(course: Course, by) -> None:
    adoption.set_numbers(
        course.site, stage=Stage.MAINTENANCE, numbers={"least_days": 10}, why="our board decided", seen_before=0,
        by=by, now=NOON - 30 * DAY,
    )  # fmt: skip


def inpatient(course: Course) -> SiteProtocol:
    row = approvals.propose(course.site, makers.TECLISTAMAB, "inpatient-us")
    approvals.approve(row.pk, by=makers.a_clinician(course.site, Role.PHARMACIST), now=NOON)
    return approvals.approve(row.pk, by=makers.a_clinician(course.site, Role.PRESCRIBER), now=NOON)


def completed(course: Course) -> SiteProtocol:
    """The course's own label with one row more, which two people typed."""
    draft = makers.a_draft(course.site, label=makers.TECLISTAMAB)
    entry = makers.an_entry(draft, by=makers.a_clinician(course.site), row=TECLISTAMAB_ROW)
    entries.confirm(entry.pk, typed=TECLISTAMAB_ROW, by=draft.made_by, now=NOON)
    return makers.a_frozen_draft(draft)


def moved(course: Course, to: SiteProtocol, by, now=NOW) -> Course:
    version_choices.move(
        course.pk, to=to, seen_before=version_choices.seen(course), why="as the site says", by=by, now=now
    )
    return Course.objects.select_related("patient__site", "site", "protocol").get(pk=course.pk)


# a stage and a stay


def test_a_dose_beyond_the_stage_can_move_to_the_ward_with_its_appointment(course, prescriber) -> None:
    put(course, NOON + 3 * DAY, NOW)
    Watch.objects.update(closed_at=NOW, closed_why="over")
    only_maintenance(course, prescriber)
    with pytest.raises(Refusal, match="beyond what this site gives at home"):
        appointments.preview(course, at=NOON + 3 * DAY, now=NOW + HOUR)
    on_the_ward = moved(course, inpatient(course), prescriber, now=NOW + HOUR)
    assert appointments.preview(on_the_ward, at=NOON + 3 * DAY, now=NOW + 2 * HOUR).moved.step


def test_no_date_is_suggested_beyond_the_stage_and_the_reason_is_said(course, prescriber) -> None:
    only_maintenance(course, prescriber)
    found = suggestions.of(course, now=NOW).found
    assert found.slots == ()
    assert all(any("beyond what this site" in one.sentence for one in day.against) for day in found.days)
    stands = stages.standing(course.site, now=NOW)
    assert stands is not None
    adoption.override(course.pk, step="step_up_dose_2", reason="lives next door", by=prescriber, now=NOW)
    assert suggestions.of(course, now=NOW + HOUR).found.slots


def test_no_date_that_sends_home_is_suggested_during_a_stay(course, prescriber) -> None:
    makers.a_stay(course.patient, by=prescriber, now=NOW)
    found = suggestions.of(course, now=NOW).found
    assert found.slots == ()
    assert any("in hospital now" in one.sentence for day in found.days for one in day.against)


# a transfer


def test_a_visit_given_up_with_a_transfer_is_cancelled_in_the_feed(course, prescriber) -> None:
    put(course, NOON + 3 * DAY, NOW)
    Watch.objects.update(closed_at=NOW, closed_why="over")
    transfers.transfer(
        course.pk, TO, reason="moved away", seen=appointments.seen(course), by=prescriber, now=NOW + HOUR,
        gives_up=True,
    )  # fmt: skip
    assert "given up with the transfer" in Transfer.objects.get().next_dose
    [visit] = [one for one in feeds.of_unit(course.site, now=NOW + 2 * HOUR) if one.uid.startswith("visit")]
    assert (visit.is_cancelled, visit.stamp) == (True, NOW + HOUR)


def test_whoever_goes_on_is_told_of_a_reaction_recorded_after_the_transfer(course, prescriber) -> None:
    Watch.objects.update(closed_at=NOW, closed_why="over")
    transfers.transfer(
        course.pk, TO, reason="moved away", seen=appointments.seen(course), by=prescriber, now=NOW + HOUR
    )
    seen = grading.Seen("crs", 3, NOON.date())
    transfers.record_reaction(course.patient_id, seen, by=prescriber, now=NOW + 2 * HOUR)
    task = Task.objects.get(done_at=None)
    assert task.what == "CRS grade 3 was recorded after the transfer: tell Dr Grace Other, General Hospital"


def test_nobody_is_transferred_out_of_a_stay(course, prescriber) -> None:
    Watch.objects.update(closed_at=NOW, closed_why="over")
    makers.a_stay(course.patient, by=prescriber, now=NOW)
    with pytest.raises(Refusal, match="Record the discharge, then transfer the course"):
        transfers.transfer(
            course.pk, TO, reason="moved away", seen=appointments.seen(course), by=prescriber, now=NOW + HOUR
        )


def test_every_open_task_is_handed_on_once(course) -> None:
    for what in ("Ring the pharmacy", "Ring the ward"):
        makers.a_task(course.patient, what=what, pages_when_late=True)
    said = [line for line in handover.dangers(course, now=NOW) if "Ring" in line]
    assert said == ["To be done first: Ring the pharmacy.", "To be done here: Ring the ward."]


# a label the site completed


def test_a_completed_label_keeps_the_supportive_care_of_its_own_label(course, prescriber) -> None:
    care_entries.record(
        course.pk, "liver", on=NOON.date(), result=Result("ALT 30", "Nina N"), seen=0, by=prescriber, now=NOON
    )
    before = [item.id for item in care_entries.items(course)]
    Watch.objects.update(closed_at=NOW, closed_why="over")
    to = completed(course)
    shown = version_preview.of(course, to, by=prescriber, now=NOW)
    [part] = [part for part in shown.parts if part.title == "Supportive care"]
    assert not part.changed
    after = moved(course, to, prescriber)
    assert [item.id for item in care_entries.items(after)] == before
    assert care.of(after, now=NOW).line("liver").last.result == "ALT 30"


def test_a_completed_label_keeps_the_chair_times_of_its_own_label(course, prescriber) -> None:
    Watch.objects.update(closed_at=NOW, closed_why="over")
    after = moved(course, completed(course), prescriber)
    assert {label for label, _, _ in unit.steps(course.site)} == {makers.TECLISTAMAB}
    unit.set_hours(
        course.site, from_on=NOON.date(), week=dict.fromkeys(range(7), (time(8), time(16))), places=1, minutes=60,
        by_step={(makers.TECLISTAMAB, "step_up_dose_2"): 240}, by=prescriber, now=NOW,
    )  # fmt: skip
    put(after, NOON + 3 * DAY, NOW)
    other = makers.a_course(makers.a_patient(course.site), now=NOON)
    [clash] = unit.against(
        other, step="step_up_dose_1", at=NOON + 3 * DAY + 2 * HOUR, on=NOON.date() + 3 * DAY
    )
    assert clash.code == "chairs-full"


# the week


@pytest.mark.parametrize("what", ["hold", "stage", "stay", "reaction"])
def test_the_week_names_what_keeps_a_dose_from_being_given(course, prescriber, what) -> None:
    put(course, NOON + 3 * DAY, NOW)
    assert [
        one for one in week.of(course.site, on=NOON.date(), now=NOW).first if one.against.code == "held"
    ] == []
    words = BEGUN[what](course, prescriber)
    [line] = [
        one for one in week.of(course.site, on=NOON.date(), now=NOW).first if one.against.code == "held"
    ]
    assert (line.patient, words in line.against.words) == (course.patient, True)


def a_hold(course: Course, by) -> str:
    holds.place(course.pk, reason="chest infection", by=by, now=NOW)
    return "held: chest infection"


def a_stage(course: Course, by) -> str:
    only_maintenance(course, by)
    return "beyond what this site gives at home"


def a_stay(course: Course, by) -> str:
    makers.a_stay(course.patient, by=by, now=NOW)
    return "in hospital: Riverside Hospital, ward 4B"


def a_reaction(course: Course, by) -> str:
    grading.record(course.patient_id, grading.Seen("infection", 2, NOON.date()), by=by, now=NOW)
    return "infection grade 2 is not over"


BEGUN = {"hold": a_hold, "stage": a_stage, "stay": a_stay, "reaction": a_reaction}
