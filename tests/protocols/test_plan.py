"""The dated plan: each label's doses as a table, and a plan that never contradicts the decision table."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from protocols import delays, library, planning, precautions
from protocols.errors import Refusal
from protocols.model import Agent
from protocols.regimens import Given
from tests import tables

MONDAY = date(2026, 3, 2)
LABELS = library.known_labels()
PLANS = [(label, regimen) for label in LABELS for regimen in label.regimens]
DATES = {"on": "on", "earliest": "earliest_on", "usual latest": "usual_latest_on", "latest": "latest_on"}

every_plan = pytest.mark.parametrize(("label", "regimen"), PLANS, ids=lambda value: value.id)


def a_plan(label, regimen, **facts):
    wanted = {"regimen": regimen.id, "weight_kg": Decimal(70), "weeks": 8} | facts
    return planning.plan(label, MONDAY, **wanted)


def given(*doses: tuple[str, int]) -> list[Given]:
    return [Given(step, MONDAY + timedelta(days=day)) for step, day in doses]


def in_days(planned) -> list[tuple[str, int]]:
    return [(dose.step, (dose.on - MONDAY).days) for dose in planned]


@every_plan
def test_the_signed_plan(label, regimen) -> None:
    signed = [
        row for row in tables.rows("plan.md") if (row["label"], row["regimen"]) == (label.id, regimen.id)
    ]
    planned = {(dose.step, dose.offset_days): dose for dose in a_plan(label, regimen, weeks=104)}
    for row in signed:
        written = planned[row["step"], None if row["offset"] == "ask" else int(row["offset"])].as_dict()
        assert written["day"] == row["day"]
        for column, field in DATES.items():
            assert (written[field] or "ask") == row[column], (row["step"], field)
        for column in ("sum", "observation"):
            said = written[column].split("; ask: ")[0]
            assert said == row[column] or (row[column] == "ask" and said.startswith("ask: "))
    assert {step for step, _ in planned} <= {row["step"] for row in signed}


@every_plan
def test_the_signed_schedule(label, regimen) -> None:
    rows = [
        row for row in tables.rows("schedules.md") if (row["label"], row["regimen"]) == (label.id, regimen.id)
    ]
    doses = list(a_plan(label, regimen, weeks=104))
    for row in rows:
        of_row, doses = doses[: int(row["doses"])], doses[int(row["doses"]) :]
        assert {dose.step for dose in of_row} == {row["dose"]}
        days = [of_row[0].offset_days, of_row[-1].offset_days]
        assert ["ask" if day is None else str(day) for day in days] == [row["first"], row["last"]]
        if row["rule"] == "ask":
            assert all(dose.sum.startswith("ask: ") for dose in of_row)
        else:
            assert all(dose.sum.split(" x ")[0] == row["rule"] for dose in of_row)
    assert doses == []


@pytest.mark.parametrize("label", LABELS, ids=lambda label: label.id)
def test_the_signed_premedication(label) -> None:
    rows = [row for row in tables.rows("premedication.md") if row["label"] == label.id]
    written = [
        {
            "label": label.id,
            "before": " ".join(group.before),
            "timing": group.timing,
            "class": agent.drug_class,
            "example": agent.example,
            "dose": agent.dose,
            "route": agent.route,
            "when": agent.timing,
            "asks": "yes" if group.missing else "no",
        }
        for group in label.premedication
        for agent in group.agents or (Agent(""),)
    ]
    assert written == rows


def test_premedication_is_shown_for_the_doses_that_need_it() -> None:
    for label_id, before in (
        ("teclistamab-us-2025-03", "1 to 3 hours before"),
        ("elranatamab-us-2023", "about 1 hour before"),
    ):
        label = library.label(label_id)
        doses = a_plan(label, label.regimens[0])
        assert all(dose.premedication.startswith(before) for dose in doses[:3])
        assert doses[3].premedication.startswith("not required before this dose, except when")


@pytest.mark.parametrize("row", tables.rows("observation.md"), ids=tables.title)
def test_the_signed_observation(row) -> None:
    label = library.label(row["label"])
    dose = label.by_id[row["regimen"]].dose(row["dose"])
    number = int(row["number"]) if row["number"] else None
    said = precautions.after(label, dose, regimen=row["regimen"], number=number)
    assert said == row["observation"] or (row["observation"] == "ask" and said.startswith("ask: "))


@every_plan
def test_nothing_is_missing_without_saying_so(label, regimen) -> None:
    for dose in a_plan(label, regimen):
        written = dose.as_dict()
        for field in ("on", "earliest_on", "latest_on", "calculated_mg"):
            assert (written[field] is None) == (field in written["asks"]), (dose.step, field)
            assert written["asks"].get(field, "ask: ").startswith("ask: ")


@every_plan
def test_every_planned_dose_names_its_source_and_what_comes_around_it(label, regimen) -> None:
    for dose in a_plan(label, regimen):
        assert dose.source
        assert dose.premedication
        assert dose.observation


@every_plan
def test_volumes_always_ask(label, regimen) -> None:
    assert all(dose.volume.startswith("ask: ") for dose in a_plan(label, regimen))


@every_plan
def test_the_amount_is_the_rule_times_the_weight(label, regimen) -> None:
    weight = Decimal("83.37")
    for dose in a_plan(label, regimen, weight_kg=weight):
        rule = regimen.dose(dose.step)
        if dose.calculated_mg is not None:
            assert dose.calculated_mg == (rule.amount * weight if rule.unit == "mg/kg" else rule.amount)


@every_plan
def test_the_plan_and_the_decision_table_agree_on_every_day_of_a_window(label, regimen) -> None:
    doses = a_plan(label, regimen)
    for before, dose in pairwise(doses):
        if dose.latest_on is None or dose.earliest_on is None:
            continue
        planned = delays.resume(label, last=before.step, days=(dose.on - before.on).days, regimen=regimen.id)
        if planned.decision == "ask":
            continue
        days = {
            (dose.earliest_on - before.on).days - 1: "not yet",
            (dose.earliest_on - before.on).days: dose.step,
            (dose.on - before.on).days: dose.step,
            (dose.latest_on - before.on).days: dose.step,
            (dose.latest_on - before.on).days + 1: "no longer",
        }
        for day, step in days.items():
            answer = delays.resume(label, last=before.step, days=day, regimen=regimen.id)
            going_on = answer.action in {"proceed_next", "continue_same"}
            assert (answer.step if going_on else None) == (step if step == dose.step else None), (
                dose.step,
                day,
            )


UNREAD_EVEN_ON_ITS_DAY = {"elranatamab-us-2025-07", "teclistamab-us-2026-03"}


@every_plan
def test_a_plan_followed_to_the_day_is_given_dose_by_dose(label, regimen) -> None:
    planned = [dose for dose in a_plan(label, regimen, weeks=42) if dose.calculated_mg is not None]
    for number, dose in enumerate(planned[1:], start=1):
        history = [Given(before.step, before.on) for before in planned[:number]]
        answer = delays.resume_course(label, history, on=dose.on, regimen=regimen.id, weight_kg=Decimal(70))
        if label.id in UNREAD_EVEN_ON_ITS_DAY:
            assert answer.decision == "ask"
            continue
        assert (answer.decision, answer.step, answer.amount) == ("give", dose.step, dose.sum), dose.on


@every_plan
def test_a_plan_s_dates_lie_in_their_windows(label, regimen) -> None:
    for dose in a_plan(label, regimen, weeks=104):
        dates = [dose.earliest_on, dose.on, dose.usual_latest_on, dose.latest_on]
        known = [each for each in dates if each is not None]
        assert known == sorted(known), dose.step


@every_plan
def test_a_plan_followed_to_the_day_is_never_refused(label, regimen) -> None:
    doses = [dose for dose in a_plan(label, regimen) if dose.on is not None]
    for number, dose in enumerate(doses[1:], start=1):
        history = [Given(before.step, before.on) for before in doses[:number]]
        for on in {dose.on, dose.earliest_on or dose.on}:
            answer = delays.resume_course(label, history, on=on, regimen=regimen.id)
            assert answer.decision == "ask" or answer.step == dose.step, (dose.step, on)


def test_without_a_weight_the_sum_asks_for_it() -> None:
    dose = planning.plan(library.label("teclistamab-us-2025-03"), MONDAY, weight_kg=None)[0]
    assert dose.sum == "0.06 mg/kg x weight, ask: no weight in kg is given"
    assert dose.as_dict()["calculated_mg"] is None
    flat = planning.plan(library.label("elranatamab-us-2023"), MONDAY, weight_kg=None)[0]
    assert flat.as_dict()["calculated_mg"] == "12"


def test_nobody_is_moved_to_a_longer_interval_by_the_plan() -> None:
    label = library.label("elranatamab-us-2023")
    doses = planning.plan(label, MONDAY, weight_kg=None, weeks=40)
    assert {dose.step for dose in doses[3:]} == {"weekly"}
    assert doses[-1].on == MONDAY + timedelta(weeks=24)
    assert doses[-1].calculated_mg is None
    assert "partial response" in doses[-1].sum
    assert "prescriber" in doses[-1].sum


def test_an_open_ended_phase_goes_on_to_the_end_of_the_plan() -> None:
    doses = planning.plan(library.label("teclistamab-us-2025-03"), MONDAY, weight_kg=Decimal(70), weeks=40)
    assert doses[-1].step == "weekly"
    assert doses[-1].calculated_mg is not None
    assert MONDAY + timedelta(weeks=39) <= doses[-1].on < MONDAY + timedelta(weeks=40)


def test_a_combination_stops_where_table_1_must_be_read() -> None:
    label = library.label("teclistamab-us-2026-03")
    doses = planning.plan(label, MONDAY, regimen="combination_daratumumab_sc", weight_kg=Decimal(70))
    assert [dose.day for dose in doses[:4]] == ["Day 0", "Day 1", "Day 3", "Day 7"]
    assert doses[-1].on is None
    assert "Week 2" in doses[-1].sum


def test_from_the_doses_given_the_plan_moves_with_them() -> None:
    label = library.label("teclistamab-us-2025-03")
    planned = planning.plan_after(
        label, given(("step_up_dose_1", 0), ("step_up_dose_2", 6)), weight_kg=Decimal(70), weeks=3
    )
    assert in_days(planned) == [("first_treatment_dose", 9), ("weekly", 16), ("weekly", 23)]
    assert (planned[0].earliest_on - MONDAY).days == 8
    assert (planned[0].latest_on - MONDAY).days == 13


@pytest.mark.parametrize(
    ("doses", "day", "planned"),
    [
        ([("step_up_dose_1", 0)], 4, [("step_up_dose_2", 4), ("first_treatment_dose", 7), ("weekly", 14)]),
        (
            [("step_up_dose_1", 0)],
            8,
            [("step_up_dose_1", 8), ("step_up_dose_2", 11), ("first_treatment_dose", 14)],
        ),
        ([("step_up_dose_2", 0)], 20, [("step_up_dose_2", 20), ("first_treatment_dose", 23)]),
        ([("weekly", 0)], 10, [("weekly", 10), ("weekly", 17)]),
        ([("weekly", 0)], 60, [("step_up_dose_1", 60), ("step_up_dose_2", 63), ("first_treatment_dose", 66)]),
    ],
)
def test_a_proposed_date_replans_by_the_decision_table(doses, day: int, planned) -> None:
    after = planning.plan_after(
        library.label("teclistamab-us-2025-03"),
        given(*doses),
        on=MONDAY + timedelta(days=day),
        weight_kg=Decimal(70),
        weeks=14,
    )
    assert in_days(after)[: len(planned)] == planned


def test_a_proposed_date_keeps_the_window_after_the_last_dose() -> None:
    label = library.label("teclistamab-us-2025-03")
    proposed = MONDAY + timedelta(days=4)
    first = planning.plan_after(label, given(("step_up_dose_1", 0)), on=proposed, weight_kg=None)[0]
    assert (first.earliest_on, first.latest_on) == (MONDAY + timedelta(days=2), MONDAY + timedelta(days=7))


def test_day_1_is_counted_back_when_a_combination_begins_before_it() -> None:
    label = library.label("teclistamab-us-2026-03")
    doses = planning.plan_after(
        label, given(("daratumumab_day_0", 0)), regimen="combination_daratumumab_sc", weight_kg=None
    )
    assert [(dose.step, dose.offset_days) for dose in doses[:2]] == [
        ("step_up_dose_1", 0),
        ("step_up_dose_2", 2),
    ]


def test_a_repeated_elranatamab_dose_is_followed_a_week_later() -> None:
    label = library.label("elranatamab-us-2023")
    after = planning.plan_after(
        label, given(("step_up_dose_2", 0), ("step_up_dose_2", 20)), weight_kg=None, weeks=3
    )
    assert in_days(after)[:2] == [("first_treatment_dose", 27), ("weekly", 34)]


def test_a_confirmed_longer_interval_begins_one_old_interval_later() -> None:
    label, weekly = library.label("elranatamab-us-2023"), [("weekly", day) for day in range(-161, 1, 7)]
    after = planning.plan_after(label, given(*weekly), phase="biweekly", weight_kg=None, weeks=6)
    assert in_days(after) == [("biweekly", 7), ("biweekly", 21), ("biweekly", 35)]


def test_a_date_in_an_unread_row_plans_one_dose_that_asks() -> None:
    label = library.label("teclistamab-us-2026-03")
    [dose] = planning.plan_after(
        label,
        given(("weekly", 0)),
        on=MONDAY + timedelta(days=14),
        regimen="monotherapy",
        weight_kg=Decimal(70),
    )
    assert dose.calculated_mg is None
    assert "has not been read" in dose.sum


@pytest.mark.parametrize(
    ("code", "act"),
    [
        (
            "too-soon",
            lambda label: planning.plan_after(label, given(("weekly", 0)), on=MONDAY, weight_kg=None),
        ),
        ("nothing-given", lambda label: planning.plan_after(label, [], weight_kg=None)),
        (
            "unknown-phase",
            lambda label: planning.plan_after(label, given(("weekly", 0)), phase="x", weight_kg=None),
        ),
        ("unknown-step", lambda label: planning.plan_after(label, given(("dose_9", 0)), weight_kg=None)),
        ("impossible-weeks", lambda label: planning.plan(label, MONDAY, weight_kg=None, weeks=0)),
        ("impossible-date", lambda label: planning.plan(label, date(1999, 1, 1), weight_kg=None)),
        ("implausible-weight", lambda label: planning.plan(label, MONDAY, weight_kg=Decimal(700))),
        ("unknown-regimen", lambda label: planning.plan(label, MONDAY, regimen="x", weight_kg=None)),
    ],
)
def test_what_cannot_be_planned_is_refused(code: str, act) -> None:
    with pytest.raises(Refusal) as refused:
        act(library.label("teclistamab-us-2025-03"))
    assert refused.value.code == code
