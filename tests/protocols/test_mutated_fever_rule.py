"""The fever rule with one thing wrong at a time: the gate must refuse each of them, or it guards nothing."""

import inspect
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest

from protocols import figures, rulebook, temperatures, triage, vitals
from protocols.triage import Context
from tests import corpus

# At the line and one step to either side of it, in both units; and a fever in each shape that has a rule of its own.
PAGES = [
    "38.0", "38", "38.0 C", "38.1", "39", "42.5", "100.4", "100.4 F", "100.5", "104", "107.9", "38.00", "100.40",
    "1004", "380", "37.0 then 38.0", "98.6 and 100.4",
]  # fmt: skip
DOES_NOT = ["37.9", "37.9 C", "37.95", "100.3", "100.3 F", "100.39", "98.6", "37.0", "37.99"]
FEVER_AND_NOTHING_ELSE = {"FEVER", "POSSIBLE-FEVER"}


def lets_through(rows: list[corpus.Row]) -> list[str]:
    """What the gate finds: a fever that does not page, and a reading below the line that does."""
    asked = Context(asked="temperature")
    lost = [row["reply"] for row in rows if corpus.finding(row).urgency not in corpus.PAGED]
    lost += [text for text in PAGES if triage.assess(text, asked).urgency not in corpus.PAGED]
    return lost + [text for text in DOES_NOT if triage.assess(text, asked).urgency in corpus.PAGED]


@pytest.fixture(scope="module")
def fevers() -> list[corpus.Row]:
    """Every reply of the corpus that pages for its temperature alone."""
    rows = [
        row
        for row, found in corpus.everything()
        if row["gold"] == "F"
        and found.urgency in corpus.PAGED
        and {rule.id for rule in found.rules if rule.urgency in corpus.PAGED} <= FEVER_AND_NOTHING_ELSE
    ]
    assert len(rows) > 50
    return rows


def test_h48_the_fever_rule_as_it_is_lets_nothing_through(fevers) -> None:
    assert lets_through(fevers) == []


@pytest.mark.parametrize("unit", ["C", "F"])
@pytest.mark.parametrize("step", ["0.1", "0.01", "-0.01", "-0.1"])
def test_h48_the_fever_line_moved_by_a_tenth_or_less_is_refused(monkeypatch, fevers, unit, step) -> None:
    lines = rulebook.load().temperature
    moved = {**lines["fever"], unit: lines["fever"][unit] + Decimal(step)}
    _load(monkeypatch, temperature={**lines, "fever": moved})
    assert lets_through(fevers)


def test_h48_the_two_fever_lines_mistaken_for_each_other_are_refused(monkeypatch, fevers) -> None:
    lines = rulebook.load().temperature
    _load(monkeypatch, temperature={**lines, "fever": {"C": lines["fever"]["F"], "F": lines["fever"]["C"]}})
    assert lets_through(fevers)


@pytest.mark.parametrize("rule", sorted(FEVER_AND_NOTHING_ELSE))
def test_h48_a_fever_that_is_less_than_urgent_is_refused(monkeypatch, fevers, rule) -> None:
    rules = rulebook.load().rules
    _load(monkeypatch, rules={**rules, rule: replace(rules[rule], urgency="routine")})
    assert lets_through(fevers)


@pytest.mark.parametrize(
    ("module", "function", "right", "wrong"),
    [
        (vitals, "band", '>= lines["fever"]', '> lines["fever"]'),
        (vitals, "band", '>= lines["fever"]', '<= lines["fever"]'),
        (vitals, "band", '>= lines["fever"]', '== lines["fever"]'),
        (vitals, "band", 'lines["fever"]', 'lines["border"]'),
        (vitals, "band", "return FEVER", "return BORDER"),
        (vitals, "judge_temperature", "elif FEVER in bands", "elif FEVER not in bands"),
        (vitals, "judge_temperature", "elif FEVER in bands", "elif False"),
        (temperatures, "fits", "<= high", "< high"),
        (temperatures, "fits", "low <= value", "low >= value"),
        (figures, "warmth", "pointed is None", "pointed is not None"),
        (temperatures, "with_point", "3 <=", "4 <="),
        (temperatures, "with_point", "(2, 3)", "(2,)"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_h48_a_comparison_turned_round_is_refused(
    monkeypatch, fevers, *, module: ModuleType, function: str, right: str, wrong: str
) -> None:
    monkeypatch.setattr(module, function, _mutated(module, function, right, wrong))
    assert lets_through(fevers)


def _load(monkeypatch: pytest.MonkeyPatch, **wrong: Any) -> None:
    book = replace(rulebook.load(), **wrong)
    monkeypatch.setattr(rulebook, "load", lambda: book)


def _mutated(module: ModuleType, name: str, right: str, wrong: str) -> Callable[..., Any]:
    """The function with one piece of its source replaced, which must stand there exactly once."""
    function = getattr(module, name)
    source = inspect.getsource(function)
    assert source.count(right) == 1, f"{name} no longer says {right!r} once: say here what it says"
    namespace = dict(vars(inspect.getmodule(function) or module))
    exec(compile(source.replace(right, wrong), f"{name}, mutated", "exec"), namespace)
    return namespace[name]
