"""What follows what: counted doses, intervals that only a clinician opens, and properties of every label at once."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import delays, dosing, library, planning, precautions, reactions, schedule
from protocols.regimens import Given
from tests.examples import examples

MONDAY = date(2026, 3, 2)
LABELS = library.known_labels()
PLANS = [(label, regimen) for label in LABELS for regimen in label.regimens]
REGIMENS = [pytest.param(*each, id=f"{each[0].id}, {each[1].id}") for each in PLANS]

ELRANATAMAB_US = library.label("elranatamab-us-2025-07")
LINVOSELTAMAB_US = library.label("linvoseltamab-us-2025-07")
MOSUNETUZUMAB_US = library.label("mosunetuzumab-us-2022-12")
TALQUETAMAB_EU = library.label("talquetamab-eu-2023")
ELRANATAMAB_EU = library.label("elranatamab-eu-2024")
GLOFITAMAB_US = library.label("glofitamab-us-2023")
TARLATAMAB_US = library.label("tarlatamab-us-2024")


def followed(label, weeks: int, regimen: str | None = None) -> list[Given]:
    """A course given to the day of its plan."""
    doses = planning.plan(label, MONDAY, regimen=regimen, weight_kg=Decimal(70), weeks=weeks)
    return [Given(dose.step, dose.on) for dose in doses if dose.calculated_mg is not None]


def later(history: list[Given], days: int) -> date:
    return history[-1].on + timedelta(days=days)


def test_a_printed_number_of_doses_moves_the_schedule_on() -> None:
    history = followed(LINVOSELTAMAB_US, 13)
    assert [dose.step for dose in history].count("weekly") == 10
    answer = delays.resume_course(LINVOSELTAMAB_US, history, on=later(history, 7))
    assert (answer.step, answer.amount) == ("biweekly", "200 mg")
    before = delays.resume_course(LINVOSELTAMAB_US, history[:-1], on=later(history[:-1], 7))
    assert before.step == "weekly"


def test_without_a_history_the_number_is_named() -> None:
    answer = delays.resume(LINVOSELTAMAB_US, last="weekly", days=7)
    assert answer.step == "weekly"
    assert answer.unless == "unless 10 of these doses were given: then dose every 2 weeks follows"
    assert delays.resume(GLOFITAMAB_US, last="cycles_3_12", days=21).unless.endswith("then the schedule ends")


@pytest.mark.parametrize(
    "history",
    [
        [Given("weekly", MONDAY)],
        [*followed(LINVOSELTAMAB_US, 6), Given("step_up_dose_1", later(followed(LINVOSELTAMAB_US, 6), 60)),
         Given("weekly", later(followed(LINVOSELTAMAB_US, 6), 80))],
    ],
    ids=["a record without its beginning", "a step-up begun again"],
)  # fmt: skip
def test_a_count_nobody_can_trust_asks(history: list[Given]) -> None:
    answer = delays.resume_course(LINVOSELTAMAB_US, history, on=later(history, 7))
    assert answer.decision == "ask"
    assert "how many of the 10 doses" in answer.because.lower()
    [planned] = planning.plan_after(LINVOSELTAMAB_US, history, weight_kg=None)
    assert "not clear from this record" in planned.sum


def test_half_the_dose_follows_the_second_cycle_of_mosunetuzumab() -> None:
    answer = delays.resume(MOSUNETUZUMAB_US, last="cycle_2", days=21)
    assert (answer.action, answer.step, answer.amount) == ("proceed_next", "cycle_3_on", "30 mg")


def test_cycles_nine_to_seventeen_need_a_clinician() -> None:
    history = followed(MOSUNETUZUMAB_US, 30)
    assert [dose.step for dose in history].count("cycle_3_on") == 6
    asked = delays.resume_course(MOSUNETUZUMAB_US, history, on=later(history, 21))
    assert asked.decision == "ask"
    assert "partial response or stable disease" in asked.because
    confirmed = delays.resume_course(MOSUNETUZUMAB_US, history, on=later(history, 21), phase="cycle_9_on")
    assert (confirmed.step, confirmed.amount) == ("cycle_9_on", "30 mg")
    after = planning.plan_after(MOSUNETUZUMAB_US, history, phase="cycle_9_on", weight_kg=None, weeks=40)
    assert [dose.step for dose in after] == ["cycle_9_on"] * 9
    assert after[-1].notes == ("the last dose of the schedule (cycles 9 to 17)",)


def test_a_schedule_that_ends_says_so() -> None:
    history = followed(GLOFITAMAB_US, 104)
    assert [dose.step for dose in history].count("cycles_3_12") == 10
    answer = delays.resume_course(GLOFITAMAB_US, history, on=later(history, 21))
    assert answer.decision == "ask"
    assert "no dose after" in answer.because
    assert planning.plan_after(GLOFITAMAB_US, history, weight_kg=None) == ()
    last = planning.plan(GLOFITAMAB_US, MONDAY, weight_kg=None, weeks=104)[-1]
    assert "the last dose of the schedule (cycles 3 to 12)" in last.notes


def test_every_4_weeks_is_proposed_when_its_doses_and_weeks_are_reached() -> None:
    doses = planning.plan(LINVOSELTAMAB_US, MONDAY, weight_kg=None, weeks=40)
    proposed = [dose for dose in doses if any(note.startswith("proposed: ") for note in dose.notes)]
    assert {dose.step for dose in proposed} == {"biweekly"}
    full = [dose for dose in doses if dose.calculated_mg == 200]
    assert full.index(proposed[0]) + 1 == 17
    assert (proposed[0].on - MONDAY).days // 7 + 1 == 24
    assert {dose.step for dose in doses if dose.on > proposed[0].on} == {"biweekly"}


@pytest.mark.parametrize(("since", "decision"), [(168 - 1, "ask"), (168, "give"), (168 + 1, "give")])
def test_every_4_weeks_waits_for_24_weeks_of_every_2_weeks(since, decision) -> None:
    """A patient who reached every 2 weeks late, in week 31, is in week 49 long before 24 weeks of it have passed."""
    regimen = ELRANATAMAB_US.regimens[0]
    phase = regimen.phase("every_4_weeks")
    begun = MONDAY + timedelta(weeks=30)
    stands = schedule.Standing(MONDAY, {"biweekly": 1}, {"biweekly": begun})
    missing = schedule.unmet(regimen, phase, stands, begun + timedelta(days=since))
    assert ("ask" if missing else "give") == decision
    if missing:
        assert missing.startswith("dose every 4 weeks needs 24 weeks of dose every 2 weeks, which began on ")


def test_weeks_of_an_interval_that_no_record_shows_ask() -> None:
    regimen = ELRANATAMAB_US.regimens[0]
    stands = schedule.Standing(MONDAY, {}, {})
    said = schedule.unmet(regimen, regimen.phase("every_4_weeks"), stands, MONDAY + timedelta(weeks=60))
    assert said.endswith("which this record cannot show")


@pytest.mark.parametrize("label", ["elranatamab-us-2023", "elranatamab-us-2025-07", "elranatamab-eu-2024"])
@pytest.mark.parametrize(("week", "reached"), [(24, False), (25, True)])
def test_every_2_weeks_begins_in_week_25(label, week, reached) -> None:
    regimen = library.label(label).regimens[0]
    stands = schedule.Standing(MONDAY, {}, {})
    on = MONDAY + timedelta(weeks=week - 1)
    assert (schedule.unmet(regimen, regimen.phase("biweekly"), stands, on) == "") is reached


def test_every_4_weeks_waits_for_seventeen_doses_of_200_mg() -> None:
    history = followed(LINVOSELTAMAB_US, 24)
    full = [dose for dose in history if dose.step in {"first_treatment_dose", "weekly", "biweekly"}]
    assert len(full) == 17
    ready = delays.resume_course(LINVOSELTAMAB_US, history, on=later(history, 14), phase="every_4_weeks")
    assert ready.step == "every_4_weeks"
    missed = [dose for dose in history if dose != full[4]]
    short = delays.resume_course(LINVOSELTAMAB_US, missed, on=later(missed, 14), phase="every_4_weeks")
    assert short.decision == "ask"
    assert "17 full doses before it, and 16 were given" in short.because
    after = planning.plan_after(LINVOSELTAMAB_US, history, phase="every_4_weeks", weight_kg=None, weeks=12)
    assert [(dose.on - history[-1].on).days for dose in after] == [14, 42, 70]
    [asks] = planning.plan_after(LINVOSELTAMAB_US, missed, phase="every_4_weeks", weight_kg=None, weeks=12)
    assert "16 were given" in asks.sum


def test_a_longer_interval_too_early_asks_whatever_a_clinician_says() -> None:
    history = followed(ELRANATAMAB_EU, 10)
    answer = delays.resume_course(ELRANATAMAB_EU, history, on=later(history, 7), phase="biweekly")
    assert answer.decision == "ask"
    assert "week 25 at the earliest" in answer.because


@pytest.mark.parametrize("label_id", ["elranatamab-us-2023", "elranatamab-eu-2024"])
def test_after_the_last_printed_week_the_decision_asks_like_the_plan(label_id: str) -> None:
    label = library.label(label_id)
    history = followed(label, 104)
    answer = delays.resume_course(label, history, on=later(history, 7))
    assert answer.decision == "ask"
    assert "weeks 2 to 24 only" in answer.because
    confirmed = delays.resume_course(label, history, on=later(history, 7), phase="biweekly")
    assert confirmed.step == "biweekly"


def test_a_change_to_another_amount_that_nobody_read_asks() -> None:
    history = followed(TALQUETAMAB_EU, 30, "weekly")
    answer = delays.resume_course(
        TALQUETAMAB_EU, history, on=later(history, 7), regimen="weekly", phase="biweekly"
    )
    assert answer.decision == "ask"
    assert "0.8 mg/kg" in answer.because
    [asks] = planning.plan_after(
        TALQUETAMAB_EU, history, regimen="weekly", phase="biweekly", weight_kg=Decimal(70)
    )
    assert asks.calculated_mg is None


def test_the_same_amount_is_another_dose_in_another_regimen() -> None:
    label = library.label("talquetamab-us-2023-08")
    weekly = delays.resume(label, last="first_treatment_dose", days=7, regimen="weekly")
    biweekly = delays.resume(label, last="step_up_dose_3", days=7, regimen="biweekly")
    assert (weekly.step, weekly.amount) == ("weekly", "0.4 mg/kg")
    assert (biweekly.step, biweekly.amount) == ("first_treatment_dose", "0.8 mg/kg")


def test_another_medicine_is_asked_about_from_its_own_label() -> None:
    first = planning.plan(GLOFITAMAB_US, MONDAY, weight_kg=None)[0]
    assert (first.step, first.sum) == ("obinutuzumab", "1,000 mg")
    for said in (first.premedication, first.volume):
        assert said.startswith("ask: ")
        assert "from the label of obinutuzumab" in said


def test_a_printed_volume_informs_and_still_asks() -> None:
    step = ELRANATAMAB_EU.regimens[0].steps[1]
    volume = dosing.amount(ELRANATAMAB_EU, step, None).volume
    assert volume.startswith("ask: No table of volumes has been approved")
    assert "To inform only, the label prints 0.8 mL for 32 mg" in volume


def test_observation_goes_by_the_number_of_the_dose() -> None:
    doses = planning.plan(TARLATAMAB_US, MONDAY, weight_kg=None, weeks=30)
    hours = [dose.observation.split("; ")[0].removeprefix("observe after the infusion, ") for dose in doses]
    assert hours[2:10] == ["6 to 8 hours"] * 3 + ["3 to 4 hours"] * 4 + ["2 hours"]


def test_the_dose_after_a_reaction_is_observed_as_its_label_says() -> None:
    ruling = reactions.next_after(TARLATAMAB_US, kind="crs", grade=2, resolved=True)
    assert ruling.observe == "monitor, 22 to 24 hours from the start of the infusion"
    assert reactions.next_after(TARLATAMAB_US, kind="crs", grade=1, resolved=True).observe == ""
    unread = reactions.next_after(library.label("teclistamab-eu-2022"), kind="crs", grade=2, resolved=True)
    assert (unread.decision, unread.observe.endswith("48 hours")) == ("ask", True)


@pytest.mark.parametrize(("hours", "decision"), [(None, "hold"), ("71.9", "hold"), ("72", "give")])
def test_a_row_that_prints_hours_without_symptoms_holds_until_they_have_passed(hours, decision: str) -> None:
    clear = None if hours is None else Decimal(hours)
    ruling = reactions.next_after(GLOFITAMAB_US, kind="crs", grade=1, resolved=True, clear_hours=clear)
    assert ruling.decision == decision


def test_the_second_dose_of_200_mg_has_its_own_premedication() -> None:
    doses = planning.plan(library.label("linvoseltamab-eu-2025"), MONDAY, weight_kg=None, weeks=6)
    said = [dose.premedication for dose in doses]
    assert "dexamethasone 40 mg, intravenous" in said[2]
    assert "else 10 mg" in said[3]
    assert said[4].startswith("only when CRS")
    weekly = library.label("linvoseltamab-eu-2025").regimens[0].phases[0]
    unknown = precautions.before(library.label("linvoseltamab-eu-2025"), weekly)
    assert unknown.startswith("dose 1 of it: ")
    assert "; dose 2 on of it: " in unknown


@pytest.mark.parametrize(("label", "regimen"), REGIMENS)
@given(seed=st.randoms(use_true_random=False), days=st.integers(0, 120), kept=st.integers(1, 40))
@examples(10)
def test_the_order_in_which_doses_were_entered_changes_nothing(label, regimen, seed, days, kept) -> None:
    history = followed(label, 26, regimen.id)[:kept]
    shuffled = list(history)
    seed.shuffle(shuffled)
    on = later(history, days)
    assert delays.resume_course(label, shuffled, on=on, regimen=regimen.id) == delays.resume_course(
        label, history, on=on, regimen=regimen.id
    )
    assert planning.plan_after(label, shuffled, regimen=regimen.id, weight_kg=Decimal(70), weeks=4) == (
        planning.plan_after(label, history, regimen=regimen.id, weight_kg=Decimal(70), weeks=4)
    )


@given(pick=st.integers(0, 999), light=st.decimals(25, 300, places=2), heavy=st.decimals(25, 300, places=2))
@examples(60)
def test_a_heavier_person_never_gets_less(pick: int, light: Decimal, heavy: Decimal) -> None:
    label, regimen = PLANS[pick % len(PLANS)]
    light, heavy = sorted((light, heavy))
    for dose in regimen.doses:
        less, more = (dosing.amount(label, dose, weight).calculated_mg for weight in (light, heavy))
        assert (less is None and more is None) or less <= more


ZONES = ("America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia", "UTC")


@given(
    zone=st.sampled_from(ZONES),
    at=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),
    hour=st.integers(0, 23),
    days=st.integers(0, 120),
)
@examples(60)
def test_days_are_calendar_days_whatever_the_clocks_do(zone: str, at: datetime, hour: int, days: int) -> None:
    place = ZoneInfo(zone)
    given_at = at.replace(tzinfo=UTC).astimezone(place)
    next_at = datetime.combine(given_at.date() + timedelta(days=days), datetime.min.time(), place)
    next_at = next_at.replace(hour=hour)
    label = library.label("teclistamab-us-2025-03")
    history = [Given("step_up_dose_1", given_at.date())]
    answer = delays.resume_course(label, history, on=next_at.date())
    assert answer == delays.resume(label, last="step_up_dose_1", days=days)
