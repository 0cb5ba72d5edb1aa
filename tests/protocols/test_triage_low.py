"""A low blood pressure or oxygen saturation said in words: it pages as the figure would."""

import pytest

from protocols import triage
from protocols.triage import Context


@pytest.mark.parametrize(
    ("reply", "asked", "rule"),
    [
        ("low", "bp", "PRESSURE-LOW"), ("low 85", "bp", "PRESSURE-LOW"), ("really low 0", "bp", "PRESSURE-LOW"),
        ("baja 80", "bp", "PRESSURE-LOW"), ("低 80", "bp", "PRESSURE-LOW"), ("very low 5", "oxygen", "OXYGEN-LOW"),
    ],
)  # fmt: skip
def test_low_is_said_of_a_number_that_nobody_can_place(reply: str, asked: str, rule: str) -> None:
    found = triage.assess(reply, Context(asked=asked, language="es"))
    assert (found.urgency, found.rules[0].id) == ("urgent", rule)


@pytest.mark.parametrize(
    ("reply", "language", "rule"),
    [
        ("my oxygen is low", "en", "OXYGEN-SAID-LOW"), ("o2 dropping", "en", "OXYGEN-SAID-LOW"),
        ("sats are a bit low", "en", "OXYGEN-SAID-LOW"), ("low bp", "en", "PRESSURE-SAID-LOW"),
        ("my blood pressure is very low", "en", "PRESSURE-SAID-LOW"), ("bp dropped", "en", "PRESSURE-SAID-LOW"),
        ("tengo el oxígeno bajo", "es", "OXYGEN-SAID-LOW"), ("presión muy baja", "es", "PRESSURE-SAID-LOW"),
        ("血氧偏低", "zh-Hant", "OXYGEN-SAID-LOW"), ("我血壓很低", "zh-Hant", "PRESSURE-SAID-LOW"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("asked", [None, "symptoms", "temperature"])
def test_low_oxygen_and_low_pressure_page_in_words_too(reply, language, rule, asked) -> None:
    """They set a grade of CRS by themselves; whoever has no number at hand says so in words."""
    found = triage.assess(reply, Context(asked=asked, language=language))
    assert (found.urgency, found.rules[0].id) == ("urgent", rule)


@pytest.mark.parametrize(
    ("reply", "language"),
    [
        ("my oxygen is not low", "en"),
        ("no low bp", "en"),
        ("no tengo la presion baja", "es"),
        ("血壓不低", "zh-Hant"),
    ],
)
def test_a_low_that_is_denied_pages_nobody_and_is_read_by_a_person(reply: str, language: str) -> None:
    found = triage.assess(reply, Context(asked="symptoms", language=language))
    assert (found.urgency, found.human_task) == ("clarify", True)


@pytest.mark.parametrize(
    ("reply", "language"),
    [("it's low", "en"), ("it is very low", "en"), ("está baja", "es"), ("salió muy baja", "es")],
)
def test_it_is_low_says_the_same_as_low(reply: str, language: str) -> None:
    for asked, rule in (("bp", "PRESSURE-LOW"), ("oxygen", "OXYGEN-LOW")):
        found = triage.assess(reply, Context(asked=asked, language=language))
        assert (found.urgency, found.rules[0].id) == ("urgent", rule)
    assert triage.assess(reply, Context(asked="temperature", language=language)).urgency == "clarify"


def test_low_before_a_number_that_answers_is_its_name_and_no_answer() -> None:
    found = triage.assess("low 97", Context(asked="oxygen"))
    assert (found.urgency, [one.kind for one in found.readings]) == ("clarify", ["oxygen"])
