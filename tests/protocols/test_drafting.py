"""A site's own values and rows: set, proved, compared and tried, without a database."""

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import comparing, completing, delays, dosing, drafting, library, precautions, trying
from protocols.completing import Entry
from protocols.drafting import Change
from protocols.errors import Refusal
from protocols.pathway import Protocol
from protocols.regimens import Given
from tests import tables

BASE = library.protocol("elranatamab-us-2025-07", "outpatient-us")
TECLISTAMAB = library.protocol("teclistamab-us-2025-03", "outpatient-us")
MONDAY = date(2027, 3, 1)


def pathway(*changes: Change, base: Protocol = BASE) -> dict[str, Any]:
    return drafting.drafted(
        json.loads(base.pathway.text), changes, own_id="site1-home-v1", title="At home here"
    )


def label(*rows: tuple[str, dict[str, Any]], base: Protocol = BASE) -> dict[str, Any]:
    entries = [Entry(kind, row, "PI", "7/2025", "2.4", "5", "A, then B") for kind, row in rows]
    return completing.completed(json.loads(base.label.text), entries, own_id="site1-x-v1")


def made(*rows: tuple[str, dict[str, Any]], base: Protocol = BASE) -> Protocol:
    judged = drafting.judged(label(*rows, base=base), pathway(base=base))
    assert judged.problems == ()
    assert judged.protocol is not None
    return judged.protocol


def restart(after: str, days: str, then: str, **more: Any) -> tuple[str, dict[str, Any]]:
    row = {"after": [after], "days": days, "then": then, "printed": "made up", "premedicate": "yes"}
    return "restart", row | more


# values


@pytest.mark.parametrize("row", tables.rows("site-values.md"), ids=tables.title)
def test_what_the_prover_says_of_a_value(row) -> None:
    sets = [each.split(" = ") for each in row["set"].split(", ")]
    changes = [Change(value, _typed(value, text)) for value, text in sets]
    problems = drafting.judged(json.loads(BASE.label.text), pathway(*changes)).problems
    if not row["problem"]:
        assert problems == ()
    assert any(row["problem"] in problem for _, problem in problems) or not row["problem"]


def _typed(value: str, text: str) -> Any:
    if text in {"true", "false"}:
        return text == "true"
    return int(text) if value in drafting.NUMBERS else text


def test_an_unchanged_draft_differs_in_its_name_alone() -> None:
    draft = Protocol(BASE.label, made().pathway)
    assert [group.title for group in comparing.differences(BASE, draft)] == ["Pathway: id", "Pathway: title"]
    assert "own" not in json.loads(draft.pathway.text)


def test_a_changed_value_is_the_sites_own_and_what_was_published_says_so() -> None:
    content = pathway(Change("minutes_per_rung.urgent", 20, "Audit 2026"), Change("reach_minutes", 20))
    assert content["own"] == [
        {"value": "minutes_per_rung.urgent", "was": "15", "source": "Audit 2026"},
        {"value": "reach_minutes", "was": "15", "source": "decided by the site"},
    ]
    says = {row["topic"]: row["says"] for row in content["basis"]}
    assert says["minutes_per_rung.urgent"].endswith(
        "(no longer for minutes_per_rung.urgent: this site set that itself)"
    )
    assert "no longer" not in says["fever_c, fever_f"]
    proposal = next(said for said in content["proposals"] if said.startswith("clarify_minutes"))
    assert proposal.endswith("(no longer for reach_minutes: this site set that itself)")


def test_a_value_set_back_is_the_sites_own_no_longer() -> None:
    there_and_back = pathway(Change("reach_minutes", 20), Change("reach_minutes", 15))
    assert there_and_back == pathway()


def test_the_next_version_keeps_what_was_shipped_and_the_newest_source() -> None:
    first = pathway(Change("reach_minutes", 20, "one"))
    second = drafting.drafted(first, [Change("reach_minutes", 25, "two")], own_id="site1-home-v2", title="x")
    assert second["own"] == [{"value": "reach_minutes", "was": "15", "source": "two"}]
    marked = [said for said in second["proposals"] if "no longer" in said]
    assert [said.count("no longer") for said in marked] == [1]


def test_an_item_can_be_added_changed_and_taken_off_only_by_name() -> None:
    added = {"id": "pets", "asks": "no dog", "why": "ours", "sources": [], "missing": "decided by the site"}
    content = pathway(Change("readiness.pets", added), Change("readiness.kit", None))
    ids = [row["id"] for row in content["readiness"]]
    assert ("pets" in ids, "kit" in ids) == (True, False)
    with pytest.raises(Refusal, match="no value called"):
        pathway(Change("id", "outpatient-us"))


@pytest.mark.parametrize("any_id", ["site1-home-v1", "site12-elranatamab-us-2025-07-home-v3"])
def test_an_own_id_is_told_from_every_library_id(any_id) -> None:
    assert drafting.is_own(any_id)
    assert not any(drafting.is_own(one.id) for one in (*library.known_labels(), *library.pathways()))


def test_two_sites_and_two_versions_never_share_an_id() -> None:
    ids = {drafting.own_id(site, name, n) for site in (1, 11) for name in ("1-home", "home") for n in (1, 2)}
    assert len(ids) == 8


# rows of the label


def test_a_filled_row_answers_and_the_days_around_it_still_ask() -> None:
    found = made(restart("step_up_dose_1", "8-28", "repeat_dose:step_up_dose_1")).label
    answers = {
        days: delays.resume(found, last="step_up_dose_1", days=days).decision
        for days in (0, 7, 8, 28, 29, 400)
    }
    assert answers == {0: "ask", 7: "ask", 8: "give", 28: "give", 29: "ask", 400: "ask"}
    other = delays.resume(found, last="weekly", days=10)
    assert other.decision == "ask"
    decided = delays.resume(found, last="step_up_dose_1", days=8)
    assert decided.source == "this site's own entry: PI, 2.4, page 5, 7/2025 [SITE-1]"


@given(first=st.integers(0, 28), length=st.integers(0, 28))
def test_whatever_days_are_filled_each_day_keeps_exactly_one_answer(first: int, length: int) -> None:
    last = min(first + length, 28)
    found = made(restart("step_up_dose_2", f"{first}-{last}", "repeat_dose:step_up_dose_2")).label
    for days in range(60):
        decision = delays.resume(found, last="step_up_dose_2", days=days).decision
        assert decision == ("give" if first <= days <= last else "ask")


def test_a_whole_table_is_read_once_nothing_asks() -> None:
    rows = [
        one
        for dose in BASE.label.regimens[0].doses
        for one in (
            restart(dose.id, "0-28", "restart_from:step_up_dose_1"),
            restart(dose.id, "29+", "restart_from:step_up_dose_1", review=True),
        )
    ]
    assert made(*rows).label.table("restart").read == "yes"
    assert made(*rows[:-1]).label.table("restart").read == "partly"


def test_two_rows_for_one_day_are_found() -> None:
    both = [restart("weekly", days, "restart_from:step_up_dose_1") for days in ("0-10", "10-20")]
    problems = drafting.judged(label(*both), pathway()).problems
    assert any("meets two rows" in problem for _, problem in problems)


def test_a_row_that_was_read_is_never_written_over() -> None:
    row = restart("step_up_dose_1", "8-20", "repeat_dose:step_up_dose_1")
    problems = drafting.judged(label(row, base=TECLISTAMAB), pathway(base=TECLISTAMAB)).problems
    assert any("meets two rows" in problem for _, problem in problems)


def test_an_earlier_versions_own_row_can_be_entered_anew() -> None:
    first = label(restart("step_up_dose_1", "8-28", "repeat_dose:step_up_dose_1"))
    entry = Entry(
        *restart("step_up_dose_1", "8-20", "repeat_dose:step_up_dose_1"), "PI", "8/2026", "2", "6", "C"
    )
    second = completing.completed(first, [entry], own_id="site1-x-v2")
    assert drafting.judged(second, pathway()).problems == ()
    days = {row["days"] for row in second["restart"] if row["then"] != "ask"}
    assert days == {"8-20", "21-28"}
    assert [source["id"] for source in second["sources"] if source["level"] == "site"] == ["SITE-1", "SITE-2"]


def test_reactions_of_every_grade_make_their_part_read() -> None:
    row = {"kind": "crs", "grades": [1, 2, 3], "text": "made up", "then": "give"}
    partly = made(("reaction", row)).label.table("crs")
    assert (partly.read, bool(partly.missing)) == ("partly", True)
    whole = made(("reaction", row), ("reaction", {**row, "grades": [4], "then": "stop"})).label
    assert whole.table("crs").read == "yes"


def test_a_window_nobody_had_read_is_closed_and_what_was_read_of_it_stays() -> None:
    base = library.protocol("linvoseltamab-us-2025-07", "outpatient-us")
    row = {"regimen": "monotherapy", "dose": "step_up_dose_2", "min_days": 1, "max_days": 9}
    window = made(("window", row), base=base).label.regimens[0].steps[1].window
    assert (window.min_days, window.max_days, window.missing) == (5, 9, "")
    backwards = label(("window", {**row, "max_days": 4}), base=base)
    problems = drafting.judged(backwards, pathway(base=base)).problems
    assert any("runs backwards" in problem for _, problem in problems)


AGENT = {"drug_class": "a class", "example": "a medicine", "dose": "1 mg", "route": "oral"}


def test_what_goes_before_a_dose_is_filled_dose_by_dose_and_what_was_read_of_it_stays() -> None:
    base = library.protocol("linvoseltamab-us-2025-07", "outpatient-us")
    row = {"before": ["step_up_dose_1"], "timing": "an hour before", "agents": [AGENT]}
    found = made(("premedication", row), base=base).label
    first, second = found.regimens[0].steps[:2]
    assert precautions.before(found, first).startswith("an hour before: a medicine 1 mg, oral (a class)")
    assert "required before this dose" in precautions.before(found, first)
    assert "(this site's own entry: PI, 2.4, page 5, 7/2025 [SITE-1])" in precautions.before(found, first)
    assert "ask: " in precautions.before(found, second)
    assert found.table("premedication").read == "partly"


# volumes

ROWS = [
    {
        "doses": ["step_up_dose_1"], "strength": "10", "vial_millilitres": "3", "vials": 1,
        "from_kg": low, "to_kg": high, "mg": mg, "millilitres": ml,
    }
    for low, high, mg, ml in (("65", "69", "4", "0.4"), ("70", "74", "4.3", "0.43"))
]  # fmt: skip


@pytest.mark.parametrize("row", tables.rows("site-dispensing.md"), ids=tables.title)
def test_the_sites_table_answers_or_asks(row) -> None:
    found = made(*(("dispensing", each) for each in ROWS), base=TECLISTAMAB).label
    amount = dosing.amount(found, found.regimens[0].steps[0], Decimal(row["weight kg"]))
    if row["mg drawn up"] == "ask":
        assert (amount.table_mg, amount.volume.partition(":")[0]) == (None, "ask")
        assert amount.to_give == amount.calculated_mg
    else:
        assert amount.to_give == Decimal(row["mg drawn up"])
        assert amount.volume.startswith(row["volume"] + " of 10 mg/mL, 1 vial of 3 mL")
    assert amount.calculated_mg == Decimal("0.06") * Decimal(row["weight kg"])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"millilitres": "4"}, "hold 40 mg, not 4 mg"),
        ({"mg": "40", "millilitres": "4", "vials": 2}, "more than 20% from"),
        ({"vials": 2}, "already hold"),
        ({"millilitres": "0.4", "vial_millilitres": "0.3"}, "do not hold"),
        ({"to_kg": "60"}, "the lower one first"),
        ({"from_kg": None, "to_kg": None}, "needs its weight band"),
        ({"doses": ["nothing"]}, "no such dose"),
    ],
)
def test_a_row_of_volumes_that_cannot_be_is_found(wrong, said) -> None:
    row = {key: value for key, value in (ROWS[0] | wrong).items() if value is not None}
    problems = drafting.judged(label(("dispensing", row), base=TECLISTAMAB), pathway()).problems
    assert any(said in problem for _, problem in problems), problems


def test_bands_that_meet_are_found() -> None:
    rows = [("dispensing", row) for row in (ROWS[0], {**ROWS[1], "from_kg": "69"})]
    problems = drafting.judged(label(*rows, base=TECLISTAMAB), pathway()).problems
    assert any("same dose and weight as row 1" in problem for _, problem in problems)


# compare


def test_whatever_differs_has_a_line_and_nothing_else() -> None:
    """Every value of a pathway, changed alone, shows itself with both its values."""
    for value in drafting.NUMBERS:
        content = pathway(Change(value, 7777))
        new = drafting.judged(json.loads(BASE.label.text), content).protocol
        groups = comparing.differences(BASE, new)
        lines = [line for group in groups for line in group.lines]
        was = drafting.worded(drafting.get(json.loads(BASE.pathway.text), value))
        assert any((line.old, line.new) == (was, "7777") for line in lines), value
    assert comparing.differences(BASE, BASE) == ()


@pytest.mark.parametrize("one", library.known_labels(), ids=lambda one: one.id)
def test_any_two_labels_can_be_held_side_by_side(one) -> None:
    groups = comparing.differences(BASE, Protocol(one, BASE.pathway))
    assert bool(groups) == (one.id != BASE.label.id)


# what if


def test_what_if_counts_one_text_a_question() -> None:
    sample = trying.Sample(MONDAY, Decimal(70))
    tried = trying.on_sample(BASE, sample, zone="America/New_York")
    assert (tried.step, tried.on, tried.decision) == ("step_up_dose_1", MONDAY, None)
    assert sum(count for _, count in tried.texts) == sum(len(due.ask) for due in tried.due)
    assert tried.texts[0][0] == MONDAY


def test_what_if_late_asks_where_the_label_was_not_read_and_answers_where_the_site_read_it() -> None:
    sample = trying.Sample(MONDAY, Decimal(70), given=(Given("step_up_dose_1", MONDAY),), days_late=7)
    asked = trying.on_sample(BASE, sample, zone="America/New_York")
    assert (asked.decision.decision, asked.due) == ("ask", ())
    own = made(restart("step_up_dose_1", "3-28", "repeat_dose:step_up_dose_1"))
    answered = trying.on_sample(own, sample, zone="America/New_York")
    assert (answered.decision.decision, answered.step) == ("give", "step_up_dose_1")
    assert answered.due[0].due_at.date() >= answered.on
    with pytest.raises(Refusal, match="from 0 to 400"):
        trying.on_sample(own, trying.Sample(MONDAY, Decimal(70), days_late=401), zone="America/New_York")


def test_an_hour_of_night_of_changed_clocks_is_counted_in_elapsed_hours() -> None:
    sample = trying.Sample(date(2027, 3, 13), Decimal(70))
    due = trying.on_sample(BASE, sample, zone="America/New_York").due
    assert due[-1].due_at - due[0].due_at == timedelta(hours=168 - due[0].hour)
