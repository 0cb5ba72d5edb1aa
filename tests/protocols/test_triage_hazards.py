"""The hazards that triage controls, each with the test that fails when its control is removed."""

from datetime import date
from decimal import Decimal

import pytest

from protocols import judging, library, rulebook, triage, vitals
from protocols.triage import Context

ASKED = Context(asked="temperature")
MONDAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("reply", "unit"), [("38", "C"), ("38.0", "C"), ("98", "F"), ("98.6", "F"), ("100.4", "F")]
)
def test_h02_the_unit_follows_from_the_range(reply: str, unit: str) -> None:
    [reading] = triage.assess(reply, ASKED).readings
    assert (reading.unit, reading.inferred, reading.value) == (unit, True, Decimal(reply))


@pytest.mark.parametrize(
    "typo",
    [
        "1014", "1004", "384", "38,4", "386", "10.14", "101. 4", "10 1.4", "1O1.4", "l01.4", "101,4", "1 01.4", "38;4",
        "101:4",
    ],
)  # fmt: skip
def test_h03_a_lost_point_is_a_fever_until_denied(typo: str) -> None:
    assert triage.assess(typo, ASKED).urgency in {"urgent", "emergency"}


@pytest.mark.parametrize(
    ("typed", "asks"), [("1014", "101.4 F"), ("386", "38.6 C"), ("986", "98.6 F"), ("98.6C", "98.6 F")]
)
def test_h03_the_value_is_read_back(typed: str, asks: str) -> None:
    assert triage.assess(typed, ASKED).read_back == asks


def test_h04_the_fever_line_is_exact_in_both_units() -> None:
    book = rulebook.load()
    for unit, low, line, high in (("C", "36.00", "38.0", "42.50"), ("F", "97.00", "100.4", "108.00")):
        value = Decimal(low)
        while value <= Decimal(high):
            assert (vitals.band(value, unit, book) == "fever") is (value >= Decimal(line))
            value += Decimal("0.01")


def test_h04_nothing_is_rounded_on_the_way() -> None:
    assert triage.assess("37.96", ASKED).urgency == "routine"
    assert triage.assess("100.39", ASKED).urgency == "routine"
    assert triage.assess("100.40", ASKED).urgency == "urgent"


def test_the_fever_line_is_the_one_the_pathways_use() -> None:
    lines = rulebook.load().temperature["fever"]
    for pathway in library.pathways():
        assert (pathway.fever_c, pathway.fever_f) == (lines["C"], lines["F"])


def test_h19_of_two_contradicting_answers_the_graver_stands() -> None:
    assert triage.assess("no, yes", Context(asked="breath")).urgency == "emergency"


def test_h27_taking_the_pocket_dose_pages_and_masks() -> None:
    found = triage.assess("took my dex at 3pm, 98.6 now", ASKED)
    assert (found.urgency, found.took_pocket_dose, found.masked) == ("urgent", True, True)
    assert all(reading.masked for reading in found.readings if reading.kind == "temperature")


def test_h30_only_a_measured_undoubted_fever_is_called_fever() -> None:
    """The instruction for the pocket dose hangs on this rule: words, doubts and symptoms must not fire it."""
    fired = {
        text: {one.id for one in triage.assess(text, ASKED).rules}
        for text in ("fever", "yes", "1014", "101C", "chills")
    }
    assert all("FEVER" not in rules for rules in fired.values())
    assert "FEVER" in {one.id for one in triage.assess("101", ASKED).rules}


def test_h31_a_stranger_on_the_number_is_recognised() -> None:
    for text in ("wrong number", "who is this", "numero equivocado", "打錯了"):
        assert triage.assess(text, ASKED).control == "wrong_number"


def test_h35_no_score_is_made_from_a_text() -> None:
    right = triage.assess("Monday March 2, the dog is in the yard", Context(asked="thinking", today=MONDAY))
    assert (right.urgency, right.human_task) == ("routine", True)
    assert not any(char.isdigit() for char in right.because.partition("(")[0])


@pytest.mark.parametrize(
    "answer",
    ["Tuesday March 3, the dog is in the yard", "March 12, all is well here", "the dog is in the yard"],
)
def test_h36_a_wrong_or_missing_date_pages(answer: str) -> None:
    assert triage.assess(answer, Context(asked="thinking", today=MONDAY)).urgency == "urgent"


TUESDAY = date(2026, 11, 3)


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        ("Tuesday November 3 2026. The dog is asleep", "DATE-RIGHT"),
        ("Tuesday November 3 1987. The dog is asleep", "DATE-WRONG"),
        ("Tuesday 3 November 2025, nice weather", "DATE-WRONG"),
        ("11/3/26 Tuesday lovely day out", "DATE-RIGHT"),
        ("11/3/25 Tuesday lovely day out", "DATE-WRONG"),
        ("3/11/2026 martes hoy es bueno", "DATE-RIGHT"),
        ("11/5 tuesday good day today", "DATE-WRONG"),
        ("Tue 3.11.2026 all is well", "DATE-RIGHT"),
        ("98.6 and then 1.3 of it", "DATE-MISSING"),
        ("Nov 8, I have 3 dogs and a cat", "DATE-WRONG"),
        ("3rd of November, we had 8 eggs", "DATE-RIGHT"),
        ("Tuesday, I have 2 dogs here", "DATE-RIGHT"),
        ("Tuesday, I may go out today", "DATE-RIGHT"),
        ("Tuesday 5th I feel good today", "DATE-WRONG"),
        ("martes 5, hoy estoy bien", "DATE-WRONG"),
        ("I had 3 eggs in November", "DATE-MISSING"),
        ("星期二 十一月三日 天氣很好", "DATE-RIGHT"),
        ("星期二十一月三日，天氣很好", "DATE-RIGHT"),
        ("十一月三號，我在家看電視", "DATE-RIGHT"),
        ("星期二 十二月三日 天氣很好", "DATE-WRONG"),
        ("2026年11月3日 星期二 我吃了早餐", "DATE-RIGHT"),
        ("十一月廿三日，我在家看電視", "DATE-WRONG"),
    ],
)
def test_h36_weekday_month_day_and_year_must_fit_and_no_other_number_counts(answer: str, rule: str) -> None:
    found = triage.assess(answer, Context(asked="thinking", today=TUESDAY))
    assert rule in {one.id for one in found.rules}


@pytest.mark.parametrize(
    "answer",
    [
        "lunes 2 de marzo, estoy en casa hoy",
        "星期一 3月2日 我今天在家裡休息",
        "3/2 Monday I am home today",
        "2026-03-02 monday we had good soup",
    ],
)
def test_h36_the_date_is_read_in_every_language(answer: str) -> None:
    fired = {one.id for one in triage.assess(answer, Context(asked="thinking", today=MONDAY)).rules}
    assert "DATE-RIGHT" in fired


def test_h40_a_picture_reaches_a_person_even_beside_a_normal_reading() -> None:
    assert triage.assess("98.6", Context(asked="temperature", media=1, in_watch="no")).human_task
    assert triage.assess("", Context(asked="temperature", media=1)).human_task


def test_h41_a_machine_does_not_answer() -> None:
    found = triage.assess("Automatic reply", ASKED)
    assert (found.automatic, found.answers) == (True, ())


@pytest.mark.parametrize("asked", ["temperature", "symptoms", "thinking", "free", ""])
@pytest.mark.parametrize(
    "text",
    [
        'Liked "Time to check in. What is your temperature? Reply with the number, like 98.6"',
        "Loved “If you feel worse before then, do not wait: call 555-0100”",
        "Reacted 👍 to “1 Chills or shaking. 2 Dizzy. 3 Hard to breathe”",
        'Le gustó "Qué temperatura tiene? Responda con el número, por ejemplo 37.0"',
        "對「您發燒嗎」表示喜歡",
        "Sorry, I can't talk right now. Call you later.",
    ],
)
def test_h41_a_reaction_is_no_answer_and_its_quotation_is_not_read(text: str, asked: str) -> None:
    found = triage.assess(text, Context(asked=asked or None))
    assert (found.urgency, found.automatic, found.answers, found.readings) == ("clarify", True, (), ())


def test_h41_what_stands_beside_a_quotation_is_read() -> None:
    assert triage.assess('Liked "98.6" but I am shaking', ASKED).urgency == "urgent"
    assert triage.assess('"shaking" is what I said', ASKED).urgency == "urgent"


@pytest.mark.parametrize(
    "reply",
    [
        "no just took it",
        "no, taken at 3pm",
        "none, 500 mg at 2",
        "no, la tome",
        "無 下午3點",
        "none 98.6 at 2",
    ],
)
def test_h28_a_no_to_the_medicine_question_does_not_hide_what_was_taken(reply: str) -> None:
    found = triage.assess(reply, Context(asked="medicine"))
    assert "MEDICINE-UNNAMED" in {one.id for one in found.rules}
    assert (found.human_task, found.masked) == (True, True)


@pytest.mark.parametrize("reply", ["none", "none taken", "no dex", "no he tomado nada", "nothing taken"])
def test_h28_a_plain_no_to_the_medicine_question_is_one(reply: str) -> None:
    assert triage.assess(reply, Context(asked="medicine")).urgency == "none"


@pytest.mark.parametrize("reply", ["Yes it's 98.4", "yes ma'am 98.4", "si, 36.5"])
def test_a_yes_that_only_introduces_a_normal_number_is_no_fever(reply: str) -> None:
    assert triage.assess(reply, ASKED).urgency == "none"


@pytest.mark.parametrize(
    "reply", ["yes", "yes 986", "yes 98.6 chills", "yes, no, 98.6", "yes over 98", "yes 98.6 hm"]
)
def test_any_other_yes_to_the_temperature_question_is_one(reply: str) -> None:
    assert triage.assess(reply, ASKED).urgency in {"urgent", "emergency"}


@pytest.mark.parametrize(
    ("asked", "reply"),
    [
        ("symptoms", "just one question"), ("symptoms", "un abrazo"), ("symptoms", "一切都好"), ("symptoms", "1-5 no"),
        ("caregiver", "yes had 2 naps today"), ("caregiver", "1, took 3 walks"), ("caregiver", "not 2 or 3"),
        ("caregiver", "he ate two eggs and is fine"), ("temperature", "有空再量"),
    ],
)  # fmt: skip
def test_a_digit_in_a_phrase_is_no_digit_of_the_menu(asked: str, reply: str) -> None:
    found = triage.assess(reply, Context(asked=asked))
    assert (found.urgency, found.human_task) == ("clarify", True)


@pytest.mark.parametrize(
    ("asked", "reply"),
    [
        ("symptoms", "one and three"),
        ("symptoms", "una y dos"),
        ("caregiver", "3 naps"),
        ("symptoms", "no 3"),
        ("symptoms", "一"),
    ],
)
def test_digits_in_words_and_first_digits_still_count(asked: str, reply: str) -> None:
    assert triage.assess(reply, Context(asked=asked)).urgency in {"urgent", "emergency"}


@pytest.mark.parametrize(
    ("asked", "reply"),
    [
        ("free", "nurse please now"), ("free", "enfermera por favor"), ("free", "醫生 請"),
        ("temperature", "98.6 I am at the doctor now"), ("temperature", "98.6 so so"),
        ("temperature", "98.6 not shaking now"), ("temperature", "is 99.3 ok?"),
    ],
)  # fmt: skip
def test_harmless_words_that_together_are_news_reach_a_person(asked: str, reply: str) -> None:
    assert triage.assess(reply, Context(asked=asked)).human_task


@pytest.mark.parametrize(
    ("asked", "reply", "urgency"),
    [
        ("breath", "a little", "emergency"),
        ("breath", "only on stairs", "emergency"),
        ("breath", "sometimes", "emergency"),
        ("breath", "no muy bien", "emergency"),
        ("breath", "會", "emergency"),
        ("dizzy", "a bit", "urgent"),
        ("symptoms", "all of them", "emergency"),
        ("symptoms", "todos", "emergency"),
        ("symptoms", "a little", "urgent"),
        ("symptoms", "a little tired", "clarify"),
        ("symptoms", "not all of them", "clarify"),
        ("bp", "really low", "urgent"),
        ("bp", "baja", "urgent"),
        ("oxygen", "低", "urgent"),
        ("temperature", "high", "urgent"),
    ],
)
def test_a_yes_by_degrees_is_a_yes(asked: str, reply: str, urgency: str) -> None:
    assert triage.assess(reply, Context(asked=asked)).urgency == urgency


@pytest.mark.parametrize(
    ("asked", "reply", "language"),
    [
        ("caregiver", "normal", "en"), ("caregiver", "She seems normal", "en"), ("caregiver", "está bien", "es"),
        ("caregiver", "一樣", "zh-Hant"), ("breath", "respiro bien", "es"), ("breath", "breathing easy", "en"),
    ],
)  # fmt: skip
def test_the_words_of_a_good_option_are_its_digit(asked: str, reply: str, language: str) -> None:
    found = triage.assess(reply, Context(asked=asked, language=language))
    assert (found.urgency, found.answers) == ("none", (asked,))
    assert triage.assess(f"{reply} xyzzy", Context(asked=asked, language=language)).urgency == "clarify"


@pytest.mark.parametrize("reply", ["不一樣", "跟平常不一樣"])
def test_a_good_option_after_a_no_is_the_bad_one(reply: str) -> None:
    assert triage.assess(reply, Context(asked="caregiver", language="zh-Hant")).urgency == "urgent"


@pytest.mark.parametrize(
    ("reply", "upper", "lower", "urgency"),
    [
        ("sys 85 dia 50 pulse 90", 85, 50, "urgent"), ("85 on top 50 on bottom", 85, 50, "urgent"),
        ("高壓85 低壓50", 85, 50, "urgent"), ("bp 88", 88, None, "urgent"), ("top number 82", 82, None, "urgent"),
        ("alta 120 baja 80", 120, 80, "none"), ("top 120", 120, None, "clarify"),
    ],
)  # fmt: skip
def test_a_pressure_is_read_from_the_words_for_its_values(reply, upper, lower, urgency) -> None:
    found = triage.assess(reply, Context(asked="bp", language="es"))
    [pressure] = [one for one in found.readings if one.kind == "blood_pressure"]
    assert (pressure.value, pressure.second, found.urgency) == (upper, lower, urgency)


def test_a_number_that_can_be_a_fever_is_no_pressure_for_the_word_before_it() -> None:
    assert triage.assess("temperatura alta 39", ASKED).urgency == "urgent"
    assert triage.assess("top 101", ASKED).urgency == "urgent"


@pytest.mark.parametrize("reply", ["alto", "baja", "BAJA"])
def test_a_word_that_may_be_a_height_stops_no_texts_after_a_measurement_was_asked_for(reply: str) -> None:
    for asked in ("temperature", "bp"):
        found = triage.assess(reply, Context(asked=asked))
        assert (found.control, found.human_task) == ("", True)
    assert triage.assess(reply, Context(asked="symptoms")).control == "opt_out"


def test_h09_another_measurement_after_the_watch_still_reaches_a_person() -> None:
    assert triage.assess("pulse 150", Context(in_watch="closed")).human_task


def test_the_label_shown_is_never_a_grade() -> None:
    assert triage.assess("38.6 and shaking", ASKED).provisional_grade == "possible CRS - needs assessment"
    assert triage.assess("he is confused", ASKED).provisional_grade == "possible ICANS - needs assessment"
    assert triage.assess("98.6", ASKED).provisional_grade is None


def test_no_fever_is_called_a_reaction_only() -> None:
    assert "infection" in triage.assess("101", ASKED).because


def test_a_broken_rule_becomes_a_task_for_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: judging.Judgement) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(judging.Judgement, "judge", broken)
    found = triage.assess("98.6", ASKED)
    assert (found.urgency, found.human_task, found.rules[0].id) == ("clarify", True, "PARSER-ERROR")


def test_a_value_that_was_read_back_is_confirmed_by_a_plain_yes_only() -> None:
    asked = Context(asked="read_back", pending="98.6 F")
    assert triage.assess("1", asked).urgency == "none"
    assert triage.assess("1", asked).answers == ("read_back", "temperature")
    assert triage.assess("yes", Context(asked="read_back", pending="101.4 F")).urgency == "urgent"
    assert triage.assess("2", asked).urgency == "clarify"
    assert triage.assess("yes but shaking", asked).urgency == "urgent"


@pytest.mark.parametrize(
    ("before", "asked", "reply", "urgency", "rule"),
    [
        ("fever", "symptoms", "2", "emergency", "RED-FLAG-WITH-FEVER"),
        ("fever", "bp", "85/60", "emergency", "PRESSURE-LOW-WITH-FEVER"),
        ("fever", "fluids", "no", "urgent", "URGENT-WITH-FEVER"),
        ("chills", "temperature", "38.6", "emergency", "RED-FLAG-WITH-FEVER"),
        ("chills", "temperature", "99.6", "urgent", "RECHECK-WITH-SYMPTOM"),
        ("confusion", "thinking", "hello there it is nice", "emergency", "DATE-WRONG-AND-CONFUSED"),
    ],
)
def test_what_was_said_an_hour_ago_counts_beside_what_is_said_now(
    before, asked, reply, urgency, rule
) -> None:
    alone = triage.assess(reply, Context(asked=asked, today=MONDAY))
    found = triage.assess(reply, Context(asked=asked, today=MONDAY, recent=(before,)))
    assert rule not in {one.id for one in alone.rules}
    assert rule in {one.id for one in found.rules}
    assert found.urgency == urgency


def test_a_doubtful_fever_is_carried_on_only_once_it_is_confirmed() -> None:
    assert triage.carried(["POSSIBLE-FEVER", "CASE-OPEN", "NORMAL"]) == ()
    assert triage.carried(["FEVER", "SAID-FEVER", "CHILLS", "DIZZY"]) == ("chills", "dizzy", "fever")


@pytest.mark.parametrize("low", ["94.2", "34.5"])
def test_a_very_low_temperature_is_read_back_and_pages_once_it_is_confirmed(low: str) -> None:
    first = triage.assess(low, ASKED)
    assert (first.urgency, first.human_task, first.read_back[:4]) == ("clarify", True, low)
    asked = Context(asked="read_back", pending=first.read_back)
    confirmed = triage.assess("yes", asked)
    assert (confirmed.urgency, confirmed.read_back) == ("urgent", "")
    assert triage.assess("2", asked).urgency == "clarify"
    assert triage.assess("95.5", ASKED).read_back == "", "low, and not so low that it is doubted"
