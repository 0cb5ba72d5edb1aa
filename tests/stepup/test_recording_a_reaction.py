"""A reaction seen outside a case: recorded with its grade, in the way of every dose until it is over."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from monitoring import escalations, grading, patients
from monitoring.grading import Seen
from monitoring.models import Patient, Reaction
from notifications.models import Clinician, Role
from protocols.errors import Refusal
from stepup import next_dose
from tests import makers, refused
from tests.makers import NOON

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
TODAY = NOON.date()
TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def patient() -> Patient:
    return makers.a_patient(makers.a_site())


@pytest.fixture
def nurse(patient) -> Clinician:
    return makers.a_clinician(patient.site, name="Nina N")


NEUTROPHILS = Seen("blood_count", 4, TODAY, count="neutrophils", value=Decimal("0.40"))


@pytest.mark.parametrize(
    ("seen", "named", "scale"),
    [
        (Seen("crs", 2, TODAY), "CRS grade 2", "ASTCT 2019"),
        (
            Seen("infection", 3, TODAY, "pneumonia"),
            "infection grade 3 (pneumonia)",
            "as the clinician graded it",
        ),
        (NEUTROPHILS, "neutrophils 0.4 × 10⁹/L grade 4", "as the clinician graded it"),
        (Seen("other", 2, TODAY, " a rash "), "other grade 2 (a rash)", "as the clinician graded it"),
    ],
    ids=["crs", "infection", "a low count", "another"],
)
def test_what_was_seen_is_kept_in_its_own_words(patient, nurse, seen, named, scale) -> None:
    reaction = grading.record(patient.pk, seen, by=nurse, now=NOON)
    kept = Reaction.objects.get()
    assert (kept.named, kept.scale, kept.seen_on, kept.over_at) == (named, scale, TODAY, None)
    assert kept == reaction


@pytest.mark.parametrize(
    ("seen", "code"),
    [
        (Seen("infection", 2, TOMORROW), "not-yet"),
        (Seen("other", 2, TODAY, " "), "which"),
        (Seen("blood_count", 2, TODAY, count="platelets"), "count"),
        (Seen("blood_count", 2, TODAY, value=Decimal(40)), "count"),
        (Seen("infection", 2, TODAY, count="platelets"), "no-count"),
        (Seen("infection", 2, TODAY, value=Decimal(40)), "no-count"),
    ],
)
def test_what_is_not_whole_is_refused(patient, nurse, seen, code) -> None:
    with pytest.raises(Refusal) as refusal:
        grading.record(patient.pk, seen, by=nurse, now=NOON)
    assert refusal.value.code == code
    assert not Reaction.objects.exists()


def test_the_same_reaction_twice_is_told_and_a_worse_one_is_kept(patient, nurse) -> None:
    grading.record(patient.pk, Seen("infection", 2, TODAY), by=nurse, now=NOON)
    with pytest.raises(Refusal, match="Nina N has recorded infection grade 2 already"):
        grading.record(patient.pk, Seen("infection", 2, TODAY), by=nurse, now=NOON + HOUR)
    grading.record(patient.pk, Seen("infection", 3, TODAY), by=nurse, now=NOON + HOUR)
    assert [each.grade for each in Reaction.objects.order_by("pk")] == [2, 3]


def test_after_its_end_the_same_reaction_is_another_one(patient, nurse) -> None:
    first = grading.record(patient.pk, NEUTROPHILS, by=nurse, now=NOON)
    grading.end(first.pk, by=nurse, now=NOON + HOUR, back_to=Decimal(1))
    grading.record(patient.pk, NEUTROPHILS, by=nurse, now=NOON + 2 * HOUR)
    assert Reaction.objects.filter(over_at=None).count() == 1


def test_a_low_count_holds_the_dose_and_then_the_unread_part_of_the_label_asks(patient, nurse) -> None:
    course = makers.ready(makers.a_course(patient), now=NOON)
    reaction = grading.record(patient.pk, NEUTROPHILS, by=nurse, now=NOON)
    held = next_dose.decide(course, now=NOON)
    assert held.decision == "hold"
    assert "Neutrophils 0.4 × 10⁹/L grade 4 is not recorded as over." in held.because
    grading.end(reaction.pk, by=nurse, now=NOON + HOUR, back_to=Decimal(1))
    asked = next_dose.decide(course, now=NOON + HOUR)
    assert asked.decision == "ask"
    assert "blood counts and other reactions have not been read" in asked.because


def test_a_case_is_not_resolved_with_another_reaction_nobody_named(patient, nurse) -> None:
    case, _ = escalations.raise_concern(
        site=patient.site, patient=patient, urgency="urgent", headline="fever", now=NOON
    )
    escalations.take(case.pk, by=nurse, now=NOON, how="screen")
    escalations.reach(case.pk, by=nurse, now=NOON)
    told = {"by": nurse, "now": NOON, "outcome": "home", "grades": [("crs", 0), ("icans", 0), ("other", 2)]}
    with pytest.raises(Refusal, match="which other reaction"):
        escalations.resolve(case.pk, **told)
    case.refresh_from_db()
    assert case.state == "reached"
    escalations.resolve(case.pk, **told, other="a rash")
    assert Reaction.objects.get().named == "other grade 2 (a rash)"


# struck


@pytest.fixture
def prescriber(patient) -> Clinician:
    return makers.a_clinician(patient.site, Role.PRESCRIBER, name="Dr Paul")


def test_a_reaction_of_another_patient_is_struck_and_decides_nothing_any_more(
    patient, nurse, prescriber
) -> None:
    """A grade 4 that the label answers with stop would end every course for good."""
    course = makers.ready(makers.a_course(patient), now=NOON)
    wrong = grading.record(patient.pk, Seen("neurotoxicity", 4, TODAY), by=nurse, now=NOON)
    grading.end(wrong.pk, by=nurse, now=NOON)
    assert next_dose.decide(course, now=NOON).decision == "stop"
    grading.strike(wrong.pk, why="of the patient in bed 2", by=prescriber, now=NOON + HOUR)
    assert next_dose.decide(course, now=NOON + HOUR).decision == "give"
    assert not patient.reactions.exists()
    lines = [(line.what, line.text) for line in patient.events.order_by("pk")]
    assert ("reaction recorded", "other neurotoxicity grade 4") in lines
    assert lines[-1] == ("reaction struck", "other neurotoxicity grade 4. of the patient in bed 2")


def test_a_strike_is_a_prescriber_s_has_a_reason_and_happens_once(patient, nurse, prescriber) -> None:
    wrong = grading.record(patient.pk, Seen("crs", 2, TODAY), by=nurse, now=NOON)
    for by, why, code in ((nurse, "x", "role"), (prescriber, " ", "why")):
        with pytest.raises(Refusal) as refusal:
            grading.strike(wrong.pk, why=why, by=by, now=NOON)
        assert refusal.value.code == code
    grading.strike(wrong.pk, why="grade 1", by=prescriber, now=NOON)
    with pytest.raises(Refusal, match="Dr Paul has struck this reaction already: grade 1"):
        grading.strike(wrong.pk, why="again", by=prescriber, now=NOON)
    grading.record(patient.pk, Seen("crs", 2, TODAY), by=nurse, now=NOON + HOUR)
    assert Reaction.objects.count() == 1


def test_what_was_struck_stays_visible_where_the_record_is_shown(patient, nurse, prescriber) -> None:
    course = makers.a_course(patient)
    wrong = grading.record(patient.pk, Seen("infection", 3, TODAY), by=nurse, now=NOON)
    client = makers.signed_in(prescriber)
    path = reverse("strike-reaction", args=[wrong.pk])
    refused.says(client.post(path, {"why": ""}), "Say how you know that it was recorded by mistake.")
    assert client.post(path, {"why": "it was a rash"}).status_code == 302
    for name, pk in (("patient", patient.pk), ("hand-over", course.pk)):
        shown = client.get(reverse(name, args=[pk])).content.decode()
        assert '<span class="struck">Infection grade 3</span>' in shown
        assert "it was a rash" in shown


def test_nothing_is_recorded_on_an_enrolment_that_has_ended(patient, nurse) -> None:
    patients.end(patient.pk, by=nurse, reason="moved away", now=NOON)
    with pytest.raises(Refusal, match="This enrolment has ended"):
        grading.record(patient.pk, Seen("infection", 2, TODAY), by=nurse, now=NOON)


def test_the_form_refuses_in_the_field_and_keeps_what_was_typed(patient, nurse) -> None:
    client = makers.signed_in(nurse)
    path = reverse("record-reaction", args=[patient.pk])
    typed = {"kind": "blood_count", "grade": "4", "on": "2020-03-02", "count": "neutrophils", "value": "low"}
    answer = client.post(path, typed)
    refused.says(answer, "That is not a value: type the number alone, like 0.4, in the unit shown.")
    refused.keeps(answer, {"count": "neutrophils", "value": "low"})
    refused.says(client.post(path, {**typed, "value": ""}), "Choose which count is low, and type its value")
    refused.says(
        client.post(path, {"kind": "other", "grade": "1", "on": "2020-03-02"}), "which reaction it is"
    )
    client.post(path, {**typed, "value": "0.4"})
    shown = client.get(reverse("patient", args=[patient.pk])).content.decode()
    assert "Neutrophils 0.4 × 10⁹/L grade 4, not over" in shown
    assert "Record that neutrophils 0.4 × 10⁹/L grade 4 is over" in shown
