"""What a reply says: numbers with their roles, what is said and denied, answers, and what stays unexplained."""

from decimal import Decimal

import pytest

from protocols.menus import MENUS
from protocols.normalise import fold, tokens
from protocols.replies import Understood, understand
from protocols.rulebook import load

NEVER = frozenset({"breathing"})


def said(text: str, asked: str = "temperature", language: str = "en") -> Understood:
    return understand(text, asked=asked or None, language=language, never_denied=NEVER)


def warm(text: str) -> list[tuple[str, str, str]]:
    return [(f"{one.value:f}", one.unit, one.doubt) for one in said(text).of("temperature")]


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("38,2 ºC", "38,2 °c"),
        ("Can’t Breathe", "cant breathe"),
        ("I'll", "i will"),
        ("we're", "we are"),
        ("can?t", "cant"),
        ("ESCALOFRÍOS", "escalofrios"),
        ("３８．５", "38.5"),
        ("٣٨٫٥", "38.5"),
        ("no\u200bfever", "nofever"),
        ("38½", "38.5"),
    ],
)
def test_folding(typed: str, folded: str) -> None:
    assert fold(typed) == folded


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("7:15pm", ["clock"]),
        ("8am", ["clock"]),
        ("120/80", ["pair"]),
        ("215-555-1234", ["phone"]),
        ("(215) 555-1234", ["phone"]),
        ("2155551234", ["phone"]),
        ("2026-03-02", ["date"]),
        ("o2 98", ["word", "number"]),
        ("98-99", ["number", "number"]),
        ("98,101", ["number", "number"]),
        ("發燒", ["word", "word"]),
        ("lol", ["word"]),
    ],
)
def test_tokens(text: str, kinds: list[str]) -> None:
    assert [token.kind for token in tokens(text)] == kinds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("98.6", [("98.6", "F", "")]),
        ("36,8", [("36.8", "C", "")]),
        ("98 6", [("98.6", "F", "")]),
        ("98-6", [("98.6", "F", "")]),
        ("98-99", [("98", "F", ""), ("99", "F", "")]),
        ("101.2 now, was 99 earlier", [("101.2", "F", ""), ("99", "F", "")]),
        ("1014", [("101.4", "F", "point")]),
        ("386", [("38.6", "C", "point")]),
        ("10 1.4", [("101.4", "F", "point")]),
        ("98.6C", [("98.6", "F", "unit")]),
        ("101C", [("101", "F", "unit")]),
        ("38F", [("38", "C", "unit")]),
        ("under 100", [("100", "F", "bound")]),
        ("over 98", [("98", "F", "over")]),
        ("not 101", [("101", "F", "denied")]),
        ("no 101", [("101", "F", "")]),
        ("101 hr", [("101", "F", "role")]),
        ("one oh one point two", [("101.2", "F", "")]),
        ("treinta y ocho y medio", [("38.5", "C", "")]),
        ("三十八度五", [("38.5", "C", "")]),
        ("38度5", [("38.5", "C", "")]),
        ("ninety-eight six", [("98.6", "F", "")]),
        ("99/101", [("99", "F", ""), ("101", "F", "")]),
        ("38/5", [("38.5", "C", "")]),
        ("hr 101", []),
        ("o2 98", []),
        ("bp 101/60", []),
        ("I weigh 180", []),
        ("98%", []),
        ("7:15 pm", []),
        ("call 215-555-1014", []),
        ("took 400 mg", []),
        ("ibuprofen 400", []),
        ("tylenol 2 hours ago", []),
        ("I have no one to call", []),
        ("102 over 30 min ago", [("102", "F", "")]),
        ("101 over 80", [("101", "F", "role")]),
        ("101 /80", [("101", "F", "role")]),
        ("temp is 39 /80", [("39", "C", "role")]),
        ("101/80", []),
        ("tengo 101 con 80 de pulso", [("101", "F", "")]),
        ("36 con 8", [("36.8", "C", "")]),
        ("100 con 4", [("100.4", "F", "")]),
        ("treinta y ocho con cinco", [("38.5", "C", "")]),
        ("120 con 80", []),
        ("38 grados y medio", [("38.5", "C", "")]),
        ("37'2", [("37.2", "C", "")]),
        ("98.6/37", [("98.6", "F", ""), ("37", "C", "")]),
        ("101\n.5", [("101.5", "F", "")]),
        ("38\n½", [("38.5", "C", "")]),
        ("385\n.5", [("38.55", "C", "point")]),
        ("99.8 %", [("99.8", "F", "role")]),
        ("100.4 % fine", [("100.4", "F", "role")]),
        ("101% bien", [("101", "F", "role")]),
        ("100.4 por ciento seguro", [("100.4", "F", "role")]),
        ("100.4 percent sure no fever", [("100.4", "F", "role")]),
        ("1004% ok", [("100.4", "F", "point")]),
        ("100% fine", []),
        ("110% fine", []),
    ],
)
def test_temperatures(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert warm(text) == expected


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("o2 98", "oxygen", "98"),
        ("98 o2", "oxygen", "98"),
        ("hr 120", "heart_rate", "120"),
        ("pulse is 88", "heart_rate", "88"),
        ("120/80", "blood_pressure", "120"),
        ("118 over 70", "blood_pressure", "118"),
        ("bp 90 60", "blood_pressure", "90"),
        ("85/50/90", "blood_pressure", "85"),
        ("85 over 50 /80", "blood_pressure", "85"),
        ("85 over 50 .5", "blood_pressure", "85"),
        ("80 de pulso", "heart_rate", "80"),
        ("98 por ciento", "oxygen", "98"),
        ("98 o2, fine", "oxygen", "98"),
        ("no fever 89 o2", "oxygen", "89"),
        ("no tengo fiebre 93 spo2", "oxygen", "93"),
        ("98 spo2. bien", "oxygen", "98"),
        ("88% sure", "oxygen", "88"),
        ("oxigeno 88 con 76 de pulso", "oxygen", "88"),
        ("pain 8", "pain", "8"),
        ("pain 2/10", "pain", "2"),
        ("I weigh 180", "weight", "180"),
    ],
)
def test_numbers_with_another_role(text: str, kind: str, value: str) -> None:
    assert [one.value for one in said(text).of(kind)] == [Decimal(value)]


def test_a_denied_fever_names_no_low_saturation() -> None:
    assert [one.value for one in said("sin fiebre 93", asked="oxygen").of("oxygen")] == [Decimal(93)]
    assert warm("no fever 101 o2") == [("101", "F", "role")]


def test_a_percentage_that_is_a_figure_of_speech_is_no_saturation() -> None:
    assert said("99% sure no fever").of("oxygen") == []
    assert said("98.6 100% fine").leftovers == ()


@pytest.mark.parametrize("text", ["88/60", "88 over 60", "88 con 76 de pulso", "88 .5"])
def test_a_low_saturation_is_one_whatever_is_joined_to_it(text: str) -> None:
    assert said(text, asked="oxygen").of("oxygen")[0].value in {Decimal(88), Decimal("88.5")}


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("Thanks. I need help", "help"),
        ("thank you please help", "help"),
        ("gracias por favor ayuda", "help"),
        ("謝謝 請幫忙", "help"),
        ("phone me husband died", "died"),
    ],
)
def test_thanks_and_phones_take_no_cry_for_help_away(text: str, meaning: str) -> None:
    assert said(text).said("meaning", meaning)


@pytest.mark.parametrize("text", ["thanks for all your help", "my phone died", "phone battery about to die"])
def test_thanks_for_help_and_a_dead_phone_are_no_alarm(text: str) -> None:
    understood = said(text)
    assert not understood.of("symptom")
    assert not understood.of("meaning") or understood.of("meaning")[0].name not in {"help", "died"}


def test_a_word_after_a_number_takes_a_reassurance_and_never_an_alarm() -> None:
    assert said("103 hr 99 temp").of("temperature")[0].doubt == "role"
    assert warm("98 hr 101") == [("98", "F", "role"), ("101", "F", "")]
    assert warm("98.6 hr 101") == [("98.6", "F", "")]


@pytest.mark.parametrize(
    ("text", "denied", "reported"),
    [
        ("no fever, no chills, cant breathe", {"fever", "chills"}, {"breathing"}),
        ("no fever, chills", {"fever"}, {"chills"}),
        ("no fever or chills", {"fever", "chills"}, set()),
        ("I don't have any fever", {"fever"}, set()),
        ("no fever but shaking", {"fever"}, {"chills"}),
        ("no trouble breathing", set(), {"breathing"}),
        ("no cant wake him", set(), {"cannot_wake"}),
        ("No dizzy", set(), {"dizzy"}),
        ("not dizzy", {"dizzy"}, set()),
        ("no dizziness", {"dizzy"}, set()),
        ("fiebre no", {"fever"}, set()),
        ("fever no", set(), {"fever"}),
        ("no tengo fiebre ni escalofrios", {"fever", "chills"}, set()),
        ("沒有發燒", {"fever"}, set()),
        ("can't stop shaking", set(), {"chills"}),
        ("no se me quita la fiebre", set(), {"fever"}),
    ],
)
def test_denials_stay_in_their_clause(text: str, denied: set[str], reported: set[str]) -> None:
    understood = said(text)
    assert {one.name for one in understood.of("symptom_denied")} == denied
    assert {one.name for one in understood.of("symptom")} == reported


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("no respiro bien", {"breathing", "unwell"}),
        ("36.5, no estoy respirando bien", {"breathing", "unwell"}),
        ("no, respiro bien", set()),
        ("no estoy muy bien", {"unwell"}),
        ("no está muy bien", {"unwell"}),
        ("nada bien", {"unwell"}),
        ("no todo está bien", {"unwell"}),
        ("no todo bien", set()),
        ("no feeling well", {"unwell"}),
        ("no breathing normal", {"unwell"}),
        ("no im feeling well", set()),
        ("no, feeling well", set()),
        ("no all good", set()),
        ("no fever feeling fine", set()),
        ("不正常", {"unwell"}),
        ("不是很好", {"unwell"}),
        ("沒有很好", {"unwell"}),
        ("沒有都很好", set()),
        ("沒有不舒服", set()),
    ],
)
def test_a_no_turns_the_reassurance_it_runs_into(text: str, means: set[str]) -> None:
    understood = said(text, asked="symptoms")
    assert {one.name for one in understood.of("symptom")} == means
    assert bool(understood.leftovers) is bool(means)


def test_a_no_before_a_polite_word_is_no_answer() -> None:
    assert said("沒有好", asked="symptoms", language="zh-Hant").leftovers == ("沒", "有", "好")


@pytest.mark.parametrize(
    "text", ["feaverish", "confuzed", "shakng", "diziness", "siezure", "dizzzzy", "tylonol"]
)
def test_one_slip_towards_danger_is_forgiven(text: str) -> None:
    assert said(text).of("symptom") or said(text).of("medicine")


@pytest.mark.parametrize("text", ["never", "painted", "hills", "color", "hecho", "marco", "child"])
def test_ordinary_words_are_not_read_as_danger(text: str) -> None:
    assert not said(text).of("symptom")


def test_a_guessed_spelling_never_explains_a_word_away() -> None:
    assert said("98.6 no feaverr").leftovers != ()


@pytest.mark.parametrize(
    ("text", "control"),
    [
        ("STOP", "opt_out"), ("Stop!", "opt_out"), ("please stop", "opt_out"), ("stop texting me", "opt_out"),
        ("unsubscribe me please", "opt_out"), ("no more texts please", "opt_out"), ("quit texting me", "opt_out"),
        ("ya no me manden nada", "opt_out"), ("quítenme de la lista", "opt_out"), ("quit shaking", ""),
        ("cancel", "opt_out"), ("退訂", "opt_out"), ("no mas mensajes", "opt_out"), ("stop the shaking", ""),
        ("make it stop", ""), ("END", "opt_out"), ("at the end", ""), ("START", "opt_in"), ("YES", ""),
        ("HELP", "help"), ("INFO", "help"), ("wrong number", "wrong_number"),
    ],
)  # fmt: skip
def test_controls_are_the_whole_meaning(text: str, control: str) -> None:
    assert said(text).control == control


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("took my dex", "steroid", "medicine"),
        ("I did not take the dex", "steroid", "medicine_denied"),
        ("should I take the dex", "steroid", "medicine_asked"),
        ("no tylenol", "antipyretic", "medicine_denied"),
        ("tome paracetamol", "antipyretic", "medicine"),
        ("吃了退燒藥", "antipyretic", "medicine"),
    ],
)
def test_medicines(text: str, name: str, kind: str) -> None:
    assert [(one.kind, one.name, one.masked) for one in said(text).readings if "medicine" in one.kind] == [
        (kind, name, kind == "medicine")
    ]


def test_reassuring_words_need_a_language_that_is_read() -> None:
    assert said("no", language="es-MX").leftovers == ()
    assert said("no", language="zh-TW").leftovers == ()
    assert said("no", language="vi").leftovers == ("no",)
    assert said("I feel fine 36.6", language="vi").leftovers == ("i", "feel", "fine")


def test_a_text_too_long_to_be_read_whole_is_not_understood() -> None:
    assert said("98.6 " * 2000).leftovers == ("...",)


def test_menus_are_the_questions_with_digits() -> None:
    assert {question.id for question in load().questions.values() if question.menu} == MENUS
