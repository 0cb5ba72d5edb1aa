"""What was known before a reply counts: the usual pressure, the thermometer, what was taken, what was said."""

import pytest

from protocols import triage
from protocols.triage import Context

ASKED = Context(asked="temperature")
NOT_FROM_THE_MOUTH = ("ear", "forehead", "armpit", "skin")


def rules(found: triage.Finding) -> set[str]:
    return {rule.id for rule in found.rules}


@pytest.mark.parametrize(
    ("sent", "usual", "urgency", "rule"),
    [
        ("89/60", None, "urgent", "PRESSURE-LOW"),
        ("89/60", 130, "urgent", "PRESSURE-LOW"),
        ("89/60", 100, "urgent", "PRESSURE-LOW"),
        ("89/60", 99, "clarify", "PRESSURE-USUALLY-LOW"),
        ("85/60", 96, "urgent", "PRESSURE-LOW"),
        ("85/60", 95, "clarify", "PRESSURE-USUALLY-LOW"),
        ("85/60", 80, "clarify", "PRESSURE-USUALLY-LOW"),
        ("120/76", 180, "none", "NORMAL"),
    ],
)
def test_a_low_pressure_is_held_against_the_usual_one(sent, usual, urgency, rule) -> None:
    """Below 90 and more than 10 below the patient's own, or that not known: urgent."""
    found = triage.assess(sent, Context(asked="bp", usual_upper=usual))
    assert (found.urgency, rule in rules(found)) == (urgency, True)


def test_a_low_pressure_with_a_fever_is_an_emergency_whatever_is_usual() -> None:
    found = triage.assess("89/60", Context(asked="bp", usual_upper=90, recent=("fever",)))
    assert found.urgency == "emergency"


def test_the_recorded_pressure_stands_before_one_that_is_only_mentioned() -> None:
    found = triage.assess("89/60", Context(asked="bp", usual_upper=130, known="baseline bp 92/60"))
    assert "PRESSURE-LOW" in rules(found)


@pytest.mark.parametrize("thermometer", ["", "mouth", *NOT_FROM_THE_MOUTH])
def test_h52_symptoms_outrank_a_reading_of_any_thermometer(thermometer) -> None:
    assert (
        triage.assess("chills and 98.0", Context(asked="temperature", thermometer=thermometer)).urgency
        == "urgent"
    )


@pytest.mark.parametrize("thermometer", NOT_FROM_THE_MOUTH)
def test_h52_a_reading_from_elsewhere_than_the_mouth_reassures_nobody(thermometer) -> None:
    """Beside a fever medicine it is no normal reading; alone it is kept with why it cannot reassure."""
    context = Context(asked="temperature", thermometer=thermometer)
    alone = triage.assess("98.0", context)
    assert rules(alone) == {"NOT-FROM-THE-MOUTH"}
    assert "reassures nobody" in alone.because
    beside = triage.assess("98.0, took tylenol for my back", context)
    assert (beside.urgency, beside.human_task) == ("clarify", True)
    from_the_mouth = triage.assess(
        "98.0, took tylenol for my back", Context(asked="temperature", thermometer="mouth")
    )
    assert from_the_mouth.urgency == "routine"


def test_h52_what_is_known_in_words_counts_like_what_was_recorded() -> None:
    assert rules(triage.assess("98.0", Context(asked="temperature", known="forehead thermometer"))) == {
        "NOT-FROM-THE-MOUTH"
    }


@pytest.mark.parametrize(
    ("before", "text", "urgency"),
    [
        ({}, "98.6", "none"),
        ({"medicine_recent": True}, "98.6", "routine"),
        ({}, "99.6", "routine"),
        ({"recent": ("chills",)}, "99.6", "urgent"),
        ({}, "dizzy", "urgent"),
        ({"recent": ("fever",)}, "dizzy", "emergency"),
    ],
)
def test_what_was_said_and_taken_before_counts(before, text, urgency) -> None:
    assert triage.assess(text, Context(asked="temperature", **before)).urgency == urgency
