"""An assessment is kept whole, keeps or raises the reaction, and lowers a grade only with a reason or by two people."""

from copy import deepcopy
from dataclasses import replace
from datetime import timedelta

import pytest

from monitoring import assessed, assessments, closer, escalations, grading
from monitoring.assessments import WAITS, Worksheet
from monitoring.models import Assessment, EscalationEvent, PatientEvent, Reaction, Task
from notifications.models import AuditEntry, Role
from protocols import astct
from protocols.errors import Refusal
from tests import bedside, kept, makers
from tests.makers import NOON

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


class Ward:
    def __init__(self) -> None:
        self.site = makers.a_site()
        self.patient = makers.a_patient(self.site)
        self.nurse = makers.a_clinician(self.site, name="Nurse N")
        self.doctor = makers.a_clinician(self.site, Role.PRESCRIBER, name="Dr A")
        self.other = makers.a_clinician(self.site, Role.RESPONDER, name="Dr B")

    def crs(self, grade: int, **more):
        return bedside.assessed_as(self.patient, grade, **{"by": self.doctor, **more})

    @property
    def standing(self) -> dict[str, str]:
        return {kind: one.words for kind, one in assessed.standing(self.patient).items()}

    @property
    def open_grades(self) -> list[int]:
        return [one.grade for one in self.patient.reactions.filter(over_at=None).order_by("pk")]

    @property
    def is_waiting(self) -> bool:
        return Task.objects.filter(patient=self.patient, what=WAITS, done_at=None).exists()


@pytest.fixture(scope="module")
def made_once(django_db_setup, django_db_blocker):
    with kept.made(Ward, django_db_blocker) as ward:
        yield ward


@pytest.fixture
def ward(made_once) -> Ward:
    return deepcopy(made_once)


def refused(act) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        act()
    return refusal.value


def test_the_whole_worksheet_is_kept_with_who_when_result_and_criteria(ward) -> None:
    row = ward.crs(2)
    row.refresh_from_db()
    assert (row.by, row.at, row.crs, row.icans, row.scale) == (ward.doctor, NOON, 2, 0, "ASTCT 2019")
    assert row.worksheet["crs"]["celsius"] == "38.6"
    assert row.worksheet["icans"]["points"]["attention"] is True
    assert row.criteria == astct.load().fingerprint
    [line] = assessed.of(ward.patient)
    assert line.words == "CRS grade 2, ICANS grade 0"
    crs, icans = line.parts
    assert ("Low blood pressure", "low, no vasopressor needed") in crs.answers
    assert crs.because.startswith("A fever of 38.0")
    assert "[CRS_GRADES]" in crs.source
    assert ("Counts back from 100 in tens", "right") in icans.answers
    assert AuditEntry.objects.filter(act="assessed the patient", by=ward.doctor).exists()
    assert PatientEvent.objects.get(what="assessed").text == "CRS grade 2, ICANS grade 0 by ASTCT 2019."


def test_an_incomplete_grade_is_refused_and_says_what_is_missing(ward) -> None:
    sheet = Worksheet(crs=replace(bedside.crs_found(1), oxygen=None))
    refusal = refused(lambda: assessments.record(ward.patient.pk, sheet, seen=0, by=ward.doctor, now=NOON))
    assert refusal.code == "incomplete"
    assert refusal.sentence == ("No grade of CRS yet. Say whether oxygen is needed, and how it is given.")
    assert not Assessment.objects.exists()
    nothing = refused(
        lambda: assessments.record(ward.patient.pk, Worksheet(), seen=0, by=ward.doctor, now=NOON)
    )
    assert nothing.code == "nothing"


def test_a_grade_opens_a_reaction_and_a_worse_one_raises_it(ward) -> None:
    ward.crs(1)
    assert ward.open_grades == [1]
    ward.crs(1, now=NOON + HOUR)
    assert ward.open_grades == [1], "the same again adds nothing"
    ward.crs(3, now=NOON + 2 * HOUR)
    assert ward.open_grades == [1, 3]
    assert ward.standing == {"crs": "CRS grade 3"}


def test_a_grade_moves_the_watch_to_closer_questions_until_the_reaction_is_over(ward) -> None:
    watch = makers.a_dose(makers.a_course(ward.patient)).watch
    ward.crs(0)
    assert closer.of(watch) is None
    ward.crs(1, now=NOON + HOUR)
    assert closer.of(watch).why == "CRS grade 1 was assessed"
    ward.crs(0, why="well", over=True, now=NOON + 2 * HOUR)
    assert closer.of(watch) is None


def test_grade_0_with_nothing_open_asks_nothing_and_opens_nothing(ward) -> None:
    ward.crs(0)
    assert (ward.open_grades, ward.standing) == ([], {})


def test_it_joins_the_open_case_and_its_history(ward) -> None:
    case, _ = escalations.raise_concern(
        site=ward.site, patient=ward.patient, urgency="urgent", headline="fever", now=NOON
    )
    row = ward.crs(2)
    assert row.escalation == case
    assert Reaction.objects.get().escalation == case
    assert EscalationEvent.objects.get(what="assessed").text == "CRS grade 2, ICANS grade 0 by ASTCT 2019."


def test_h49_a_lower_grade_needs_a_reason(ward) -> None:
    ward.crs(2)
    refusal = refused(lambda: ward.crs(1, now=NOON + HOUR))
    assert (refusal.code, refusal.sentence) == (
        "why", "This is lower than what stands (CRS grade 2): say why.",
    )  # fmt: skip
    row = ward.crs(1, why="pressure up after fluids", now=NOON + HOUR)
    assert (row.crs_stood, row.wants_second) == (2, False)
    assert ward.standing == {"crs": "CRS grade 1 now, grade 2 at its worst"}
    assert ward.open_grades == [2], "a label's row goes by the worst"


def test_a_reason_is_kept_only_where_a_grade_is_lower(ward) -> None:
    assert ward.crs(2, why="left over from an earlier page").why == ""


@pytest.mark.parametrize("graver", [3, 4])
def test_h49_a_grade_of_3_or_4_stands_until_a_second_clinician_agrees(ward, graver) -> None:
    ward.crs(graver)
    row = ward.crs(2, why="vasopressor stopped", now=NOON + HOUR)
    assert ward.standing == {"crs": f"CRS grade {graver}"}
    assert ward.is_waiting
    assert assessed.of(ward.patient)[0].state == "waits for a second clinician"
    own = refused(lambda: assessments.read(row.pk, agrees=True, words="", by=ward.doctor, now=NOON + HOUR))
    assert own.code == "yourself"
    nurse = refused(lambda: assessments.read(row.pk, agrees=True, words="", by=ward.nurse, now=NOON + HOUR))
    assert nurse.code == "role"
    assessments.read(row.pk, agrees=True, words="", by=ward.other, now=NOON + 2 * HOUR)
    assert ward.standing == {"crs": f"CRS grade 2 now, grade {graver} at its worst"}
    assert not ward.is_waiting
    again = refused(
        lambda: assessments.read(row.pk, agrees=True, words="", by=ward.other, now=NOON + 2 * HOUR)
    )
    assert again.code == "not-waiting"


def test_h49_without_agreement_the_graver_grade_stands_and_the_words_are_kept(ward) -> None:
    ward.crs(3)
    row = ward.crs(1, why="better", now=NOON + HOUR)
    mute = refused(lambda: assessments.read(row.pk, agrees=False, words=" ", by=ward.other, now=NOON + HOUR))
    assert mute.code == "words"
    assessments.read(row.pk, agrees=False, words="still on one", by=ward.other, now=NOON + HOUR)
    assert ward.standing == {"crs": "CRS grade 3"}
    [line, _] = assessed.of(ward.patient)
    assert (line.state, line.reading.words) == ("the second clinician did not agree", "still on one")
    assert not ward.is_waiting


def test_what_is_raised_beside_a_lowering_that_waits_counts_at_once(ward) -> None:
    ward.crs(3)
    sheet = Worksheet(crs=bedside.crs_found(2), icans=bedside.icans_found(right=5))
    seen = assessed.newest_id(ward.patient)
    assessments.record(
        ward.patient.pk, sheet, seen=seen, by=ward.doctor, now=NOON + HOUR, why="better pressure"
    )
    assert ward.standing == {"crs": "CRS grade 3", "icans": "ICANS grade 2"}


def test_a_newer_worksheet_overtakes_one_that_waits(ward) -> None:
    ward.crs(3)
    early = ward.crs(1, why="better", now=NOON + HOUR)
    ward.crs(4, now=NOON + 2 * HOUR)
    refusal = refused(
        lambda: assessments.read(early.pk, agrees=True, words="", by=ward.other, now=NOON + 3 * HOUR)
    )
    assert refusal.code == "not-waiting"
    assert ward.standing == {"crs": "CRS grade 4"}
    assert not ward.is_waiting
    assert [line.state for line in assessed.of(ward.patient)] == ["", "never read by a second clinician", ""]


def test_grade_0_while_a_reaction_is_open_asks_whether_it_is_over(ward) -> None:
    ward.crs(2)
    refusal = refused(lambda: ward.crs(0, why="well", now=NOON + HOUR))
    assert (refusal.code, refusal.sentence) == (
        "over", "CRS grade 2 is open: say whether it is over. Grade 0 alone does not end it.",
    )  # fmt: skip
    ward.crs(0, why="well", over=False, now=NOON + HOUR)
    assert ward.open_grades == [2]
    assert ward.standing == {"crs": "CRS grade 0 now, grade 2 at its worst"}
    ward.crs(0, over=True, now=NOON + 2 * HOUR)
    assert (ward.open_grades, ward.standing) == ([], {})
    assert Reaction.objects.get().over_at == NOON + 2 * HOUR


def test_h49_the_end_of_a_grave_reaction_waits_for_the_second_clinician_too(ward) -> None:
    ward.crs(3)
    row = ward.crs(0, why="off everything", over=True, now=NOON + HOUR)
    assert ward.open_grades == [3]
    assessments.read(row.pk, agrees=True, words="", by=ward.other, now=NOON + 2 * HOUR)
    assert ward.open_grades == []
    assert Reaction.objects.get().over_at == NOON + 2 * HOUR


def test_a_new_reaction_after_the_end_is_another_one(ward) -> None:
    ward.crs(3)
    row = ward.crs(0, why="off everything", over=True, now=NOON + HOUR)
    assessments.read(row.pk, agrees=True, words="", by=ward.other, now=NOON + HOUR)
    ward.crs(1, now=NOON + 2 * HOUR)
    assert ward.standing == {"crs": "CRS grade 1"}


def test_a_reaction_recorded_by_hand_can_only_raise_what_stands(ward) -> None:
    ward.crs(2)
    for grade, stands in ((1, 2), (3, 3)):
        grading.record(
            ward.patient.pk, grading.Seen("crs", grade, NOON.date()), by=ward.nurse, now=NOON + grade * HOUR
        )
        assert assessed.standing(ward.patient)["crs"].grade == stands


def test_a_worksheet_written_before_a_colleague_s_was_read_is_refused(ward) -> None:
    ward.crs(2)
    sheet = Worksheet(crs=bedside.crs_found(3))
    refusal = refused(
        lambda: assessments.record(ward.patient.pk, sheet, seen=0, by=ward.other, now=NOON + HOUR)
    )
    assert refusal.code == "assessed-meanwhile"
    assert "Dr A has assessed this patient meanwhile: CRS grade 2, ICANS grade 0." in refusal.sentence


@pytest.mark.parametrize("role", [Role.PHARMACIST, Role.EMERGENCY, Role.AUDITOR])
def test_a_role_that_may_not_assess_is_refused(ward, role) -> None:
    by = makers.a_clinician(ward.site, role)
    assert refused(lambda: ward.crs(1, by=by)).code == "role"


# the case is closed with what was assessed


def a_case(ward: Ward):
    case, _ = escalations.raise_concern(
        site=ward.site, patient=ward.patient, urgency="urgent", headline="fever", now=NOON
    )
    escalations.take(case.pk, by=ward.doctor, now=NOON, how="screen")
    escalations.reach(case.pk, by=ward.doctor, now=NOON)
    return case


def close(case, ward: Ward, *, crs: int, over: bool = False) -> None:
    escalations.resolve(
        case.pk, by=ward.doctor, now=NOON + HOUR, outcome="admitted", text="done", grades=[("crs", crs), ("icans", 0)],
        over=over,
    )  # fmt: skip


def test_closing_the_case_with_the_assessed_grade_doubles_nothing(ward) -> None:
    case = a_case(ward)
    ward.crs(2)
    assert assessed.graded_in(case) == {"crs": 2, "icans": 0}
    close(case, ward, crs=2)
    assert ward.open_grades == [2]


def test_closing_the_case_as_over_ends_what_was_assessed_in_it(ward) -> None:
    case = a_case(ward)
    ward.crs(2)
    close(case, ward, crs=2, over=True)
    assert ward.open_grades == []
    assert Reaction.objects.count() == 1


def test_h49_a_case_is_not_closed_with_less_than_a_grave_grade_that_stands(ward) -> None:
    case = a_case(ward)
    ward.crs(3)
    refusal = refused(lambda: close(case, ward, crs=1))
    assert refusal.code == "lower"
    assert "Dr A graded CRS grade 3, and it stands." in refusal.sentence
    close(case, ward, crs=3)
    assert ward.open_grades == [3]


def test_h49_nobody_ends_a_grade_of_3_or_4_alone(ward) -> None:
    """Neither with the button on the patient's page nor while a case is closed."""
    case = a_case(ward)
    assert refused(lambda: close(case, ward, crs=4, over=True)).code == "second-reader"
    ward.crs(3)
    reaction = Reaction.objects.get()
    refusal = refused(lambda: grading.end(reaction.pk, by=ward.nurse, now=NOON))
    assert (refusal.code, ward.open_grades) == ("second-reader", [3])
    lower = ward.crs(1, why="off vasopressors", now=NOON + HOUR)
    assert refused(lambda: grading.end(reaction.pk, by=ward.nurse, now=NOON + HOUR)).code == "second-reader"
    assessments.read(lower.pk, agrees=True, words="", by=ward.other, now=NOON + HOUR)
    grading.end(reaction.pk, by=ward.nurse, now=NOON + 2 * HOUR)
    assert ward.open_grades == []
