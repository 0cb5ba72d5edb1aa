"""Which dose after how many days: the tables a pharmacist signs, and what must hold for every day there is."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import delays, library
from protocols.errors import Refusal
from protocols.regimens import Given
from tests import tables
from tests.examples import examples

LABELS = library.known_labels()
FAR = 400
MONDAY = date(2026, 3, 2)

every_last = pytest.mark.parametrize(
    ("label", "regimen", "dose"),
    [(label, regimen, dose) for label in LABELS for regimen in label.regimens for dose in regimen.doses],
    ids=lambda value: getattr(value, "id", ""),
)


SIGNED = [
    pytest.param(label, row, id=", ".join([label.id, *list(row.values())[:4]]))
    for label in LABELS
    for row in tables.rows(f"resume-{label.id}.md")
]


@pytest.mark.parametrize(("label", "row"), SIGNED)
def test_the_signed_table(label, row) -> None:
    decision = delays.resume(
        label,
        last=row["last dose"],
        days=int(row["days"]),
        phase=row.get("phase") or None,
        regimen=row.get("regimen") or None,
    )
    assert decision.decision == row["answer"], row["why"]
    assert (decision.action or "") == row["action"], row["why"]
    assert (decision.step or "") == row["dose"], row["why"]
    assert decision.premedicate == row["premedicate"], row["why"]
    assert decision.review is (row["review"] == "yes"), row["why"]
    assert (decision.following or "").startswith(row.get("following", "")), row["why"]


@every_last
def test_every_day_has_exactly_one_answer(label, regimen, dose) -> None:
    """One row of the printed table for each day; after 28 days a review; never a later step after a longer delay."""
    rows = [row for row in delays.table(label, regimen=regimen.id) if row.last == dose.id]
    assert rows[-1].to_day is None
    order = [each.id for each in regimen.doses]
    reached = len(order)
    for days in range(FAR + 1):
        [met] = [row for row in rows if row.from_day <= days and (row.to_day is None or days <= row.to_day)]
        decision = delays.resume(label, last=dose.id, days=days, regimen=regimen.id)
        assert (decision.decision, decision.step) == (met.answer.decision, met.answer.step), days
        if decision.decision != "give":
            continue
        assert decision.review or days <= 28
        assert order.index(decision.step) <= reached
        reached = order.index(decision.step)


@every_last
def test_the_table_and_the_question_answer_alike(label, regimen, dose) -> None:
    rows = [
        row for row in delays.table(label, regimen=regimen.id, weight_kg=Decimal(70)) if row.last == dose.id
    ]
    for row in rows:
        for days in {row.from_day, row.from_day + 1 if row.to_day is None else row.to_day}:
            asked = delays.resume(
                label, last=row.last, days=days, phase=row.phase, regimen=row.regimen, weight_kg=Decimal(70)
            )
            assert {**asked.as_dict(), "near": []} == row.answer.as_dict()


@every_last
def test_a_dose_is_recommended_only_from_a_row_that_was_read(label, regimen, dose) -> None:
    known = {source.id: source for source in label.sources}
    for row in delays.table(label, regimen=regimen.id):
        if row.last != dose.id:
            continue
        if row.answer.decision == "give":
            assert row.answer.source
            assert row.answer.step in {each.id for each in regimen.doses}
            assert (
                row.answer.amount
                == f"{regimen.dose(row.answer.step).amount} {regimen.dose(row.answer.step).unit}"
            )
        else:
            assert (row.answer.step, row.answer.amount, row.answer.action) == (None, None, None)
        if row.answer.decision == "ask":
            assert "pharmacist" in row.answer.because
            assert (
                "not been read" in row.answer.because
                or "not be read" in row.answer.because
                or ("must be read" in row.answer.because or "printed on neither side" in row.answer.because)
            )
    assert known


def test_a_revision_whose_restart_table_nobody_read_never_recommends_a_dose() -> None:
    label = library.label("elranatamab-us-2025-07")
    assert {row.answer.decision for row in delays.table(label)} == {"ask"}
    assert all("2.4" in row.answer.because for row in delays.table(label))


@given(days=st.integers(min_value=0, max_value=10**9), pick=st.integers(min_value=0))
@examples(200)
def test_any_day_has_an_answer_with_a_reason(days: int, pick: int) -> None:
    cases = [
        (label, regimen, dose) for label in LABELS for regimen in label.regimens for dose in regimen.doses
    ]
    label, regimen, dose = cases[pick % len(cases)]
    decision = delays.resume(label, last=dose.id, days=days, regimen=regimen.id)
    assert decision.decision in {"give", "wait", "ask"}
    assert decision.because.endswith(".")


def test_the_sum_is_shown_when_the_weight_is_known() -> None:
    label = library.label("teclistamab-us-2025-03")
    decision = delays.resume(label, last="step_up_dose_1", days=3, weight_kg=Decimal(70))
    assert decision.amount == "0.3 mg/kg x 70 kg = 21 mg"


def test_near_a_bound_both_sides_are_shown() -> None:
    label = library.label("teclistamab-us-2025-03")
    assert delays.resume(label, last="step_up_dose_1", days=7).near == (
        "on day 8: restart_from:step_up_dose_1",
    )
    assert delays.resume(label, last="weekly", days=20).near == ()


@pytest.mark.parametrize(
    ("hours", "answer"), [(Decimal("47.9"), "wait"), (Decimal(48), "give"), (None, "give")]
)
def test_two_calendar_days_are_also_held_to_48_hours(hours: Decimal | None, answer: str) -> None:
    label = library.label("teclistamab-us-2025-03")
    assert delays.resume(label, last="step_up_dose_1", days=2, hours=hours).decision == answer


def test_several_regimens_answer_together_only_where_they_agree() -> None:
    label = library.label("teclistamab-us-2026-03")
    assert delays.resume(label, last="step_up_dose_1", days=8).action == "restart_from:step_up_dose_1"
    assert delays.resume(label, last="every_4_weeks", days=64).step == "step_up_dose_2"


@pytest.mark.parametrize(
    ("code", "asked"),
    [
        ("impossible-days", {"last": "weekly", "days": -1}),
        ("unknown-step", {"last": "weekly dose", "days": 7}),
        ("unknown-step", {"last": "every_4_weeks", "days": 7}),
        ("which-phase", {"last": "treatment_dose", "days": 7}),
        ("which-phase", {"last": "treatment_dose", "phase": "every_4_weeks", "days": 7}),
        ("unknown-phase", {"last": "step_up_dose_1", "phase": "weekly", "days": 7}),
        ("unknown-phase", {"last": "weekly", "phase": "step_up", "days": 7}),
        ("unknown-regimen", {"last": "weekly", "regimen": "combination_daratumumab_sc", "days": 7}),
        ("implausible-weight", {"last": "step_up_dose_1", "days": 0, "weight_kg": Decimal(700)}),
    ],
)
def test_what_cannot_be_is_refused(code: str, asked) -> None:
    with pytest.raises(Refusal) as refused:
        delays.resume(library.label("teclistamab-us-2025-03"), **asked)
    assert refused.value.code == code


def history(*doses: tuple[str, int]) -> list[Given]:
    return [Given(step, MONDAY + timedelta(days=day)) for step, day in doses]


def on(day: int) -> date:
    return MONDAY + timedelta(days=day)


@pytest.mark.parametrize(
    ("doses", "day", "answer"),
    [
        ([("step_up_dose_1", 0), ("step_up_dose_2", 3)], 7, "give"),
        ([("step_up_dose_1", 0), ("step_up_dose_2", 3)], 5, "wait"),
        (
            [("step_up_dose_1", 0), ("step_up_dose_2", 3)],
            6,
            "give",
        ),  # on its usual day: the schedule's 3 days
        ([("step_up_dose_2", 0), ("step_up_dose_2", 20)], 24, "wait"),
        ([("step_up_dose_2", 0), ("step_up_dose_2", 20)], 26, "wait"),
        ([("step_up_dose_2", 0), ("step_up_dose_2", 20)], 27, "give"),
        ([("weekly", 0), ("step_up_dose_2", 50)], 54, "wait"),
        ([("weekly", 0), ("step_up_dose_2", 50)], 57, "give"),
        ([("step_up_dose_1", 0), ("step_up_dose_2", 10)], 13, "wait"),
        ([("step_up_dose_1", 0), ("step_up_dose_2", 10)], 14, "give"),
        (
            [("step_up_dose_1", 0), ("step_up_dose_1", 10)],
            12,
            "give",
        ),  # given off the plan: its row printed nothing
    ],
)
def test_a_repeated_elranatamab_dose_brings_its_own_interval(doses, day: int, answer: str) -> None:
    label = library.label("elranatamab-us-2023")
    assert delays.resume_course(label, history(*doses), on=on(day)).decision == answer
