"""A low blood count holds the next dose as the label says by its value; what was not read asks."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from monitoring import grading
from monitoring.grading import Seen
from monitoring.models import Reaction
from notifications import clock
from notifications.models import Clinician, Role, Site
from protocols.errors import Refusal
from stepup import entries, next_dose
from stepup.care_entries import Result
from stepup.models import Course
from tests import makers
from tests.makers import NOON
from tests.stepup.caring import TODAY, answer, done

pytestmark = [pytest.mark.database, pytest.mark.django_db]
HOUR = timedelta(hours=1)
# Made up: the figures are nobody's label.
ROW = {"count": "neutrophils", "below": "0.7", "until": "0.9", "text": "made-up words"}


@pytest.fixture
def site() -> Site:
    site = makers.a_site()
    makers.on_call(site)
    return site


@pytest.fixture
def nurse(site) -> Clinician:
    return makers.a_clinician(site)


@pytest.fixture
def unread(site) -> Course:
    """A course on a label of which no count was read."""
    return makers.ready(makers.a_course(makers.a_patient(site)), now=NOON)


@pytest.fixture
def read(site, nurse) -> Course:
    """A course on a protocol in which the site completed the row of neutrophils, two people having read it."""
    pharmacist = makers.a_clinician(site, Role.PHARMACIST)
    draft = makers.a_draft(site, label=makers.TECLISTAMAB, name="tec", by=pharmacist)
    entry = makers.an_entry(draft, kind="count", row=ROW, by=nurse)
    entries.confirm(entry.pk, typed=ROW, by=pharmacist, now=NOON)
    course = makers.a_course(makers.a_patient(site), protocol=makers.a_frozen_draft(draft))
    return makers.ready(course, now=NOON)


def neutrophils(course: Course, value: str, by: Clinician) -> next_dose.NextDose:
    """The answer once this number was typed with supportive care."""
    done(course, "blood_count", by, result=Result("", "N", Decimal(value), "x10^9/L"))
    return next_dose.decide(course, now=NOON)


def test_a_number_under_the_label_s_row_holds_until_a_later_one_reaches_what_it_wants(read, nurse) -> None:
    assert neutrophils(read, "0.7", nurse).decision == "give"
    held = neutrophils(read, "0.69", nurse)
    assert held.decision == "hold"
    assert held.because.startswith("Neutrophils 0.69 × 10⁹/L. Label: made-up words. Given again at 0.9")
    assert "this site's own entry" in held.source
    assert neutrophils(read, "0.89", nurse).decision == "hold"
    assert neutrophils(read, "0.9", nurse).decision == "give"


def test_where_no_row_was_read_a_number_under_the_panel_s_line_asks_until_somebody_decides(
    site, unread, nurse
) -> None:
    assert neutrophils(unread, "0.5", nurse).decision == "give"
    asked = neutrophils(unread, "0.49", nurse)
    assert asked.decision == "ask"
    assert "blood counts and other reactions have not been read" in asked.because
    assert any(note.startswith("guideline, not label: neutrophils below 0.5") for note in asked.notes)
    prescriber = makers.a_clinician(site, Role.PRESCRIBER)
    answer(
        unread, "blood_count", prescriber, kind="decided", words="given", again_on=TODAY + timedelta(days=2)
    )
    assert next_dose.decide(unread, now=NOON).decision == "give"


def test_another_unit_is_not_converted_and_what_was_taken_back_was_never_typed(read, nurse) -> None:
    done(read, "blood_count", nurse, result=Result("", "N", Decimal("0.1"), "G/L"))
    assert next_dose.decide(read, now=NOON).decision == "give"


def test_a_low_count_recorded_as_a_reaction_goes_by_the_row_and_by_what_it_came_back_to(read, nurse) -> None:
    low = Seen("blood_count", 3, TODAY, count="neutrophils", value=Decimal("0.6"))
    reaction = grading.record(read.patient_id, low, by=nurse, now=NOON)
    held = next_dose.decide(read, now=NOON)
    assert (held.decision, "Neutrophils 0.6" in held.because) == ("hold", True)
    assert "Label: made-up words." in held.notes[0]
    with pytest.raises(Refusal, match="Type the value that neutrophils came back to"):
        grading.end(reaction.pk, by=nurse, now=NOON)
    grading.end(reaction.pk, by=nurse, now=NOON, back_to=Decimal("0.8"))
    low_still = next_dose.decide(read, now=NOON)
    assert (low_still.decision, "0.8 × 10⁹/L is below 0.9" in low_still.because) == ("hold", True)


def test_at_what_the_row_wants_the_dose_is_given_with_a_review(read, nurse) -> None:
    low = Seen("blood_count", 3, TODAY, count="neutrophils", value=Decimal("0.6"))
    reaction = grading.record(read.patient_id, low, by=nurse, now=NOON)
    grading.end(reaction.pk, by=nurse, now=NOON, back_to=Decimal("0.9"))
    answered = next_dose.decide(read, now=NOON)
    assert answered.decision == "give"
    assert any("Back to neutrophils 0.9" in note for note in answered.notes)


def test_the_page_wants_the_value_and_keeps_it_beside_the_end(unread, nurse, monkeypatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    low = Seen("blood_count", 3, TODAY, count="platelets", value=Decimal(30))
    reaction = grading.record(unread.patient_id, low, by=nurse, now=NOON)
    client, path = makers.signed_in(nurse), reverse("reaction-over", args=[reaction.pk])
    for typed, said in (("", "Type the value that platelets came back to"), ("high", "That is not a value")):
        assert said in client.post(path, {"back_to": typed}, follow=True).content.decode()
        assert Reaction.objects.get().over_at is None
    page = client.post(path, {"back_to": "55.0"}, follow=True).content.decode()
    assert "back to platelets 55 × 10⁹/L" in page
