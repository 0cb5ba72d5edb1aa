"""Every text: in every ready language, in few segments, complete, and without a word that could betray the patient."""

import re
from pathlib import Path

import pytest

from protocols import betraying, gsm, library, rulebook, wording
from protocols.errors import Refusal
from protocols.parsing import BrokenLabel

FACTS = {
    "oncall_number": "+1 215-555-0100",
    "emergency_number": "911",
    "next_time": "Tue 22:00 EST",
    "end_time": "03/09 22:00 EST",
    "value": "101.4 F",
    "dose_mg": "20",
    "urgency": "EMERGENCY",
    "code": "4821",
    "codes": "4821, 3317, 9081",
    "link": "https://stepup.hospital.example/e/AB12CD34EF56GH78IJ90KLMN",
    "minutes": "15",
    "who": "Responder on call",
    "time": "22:01 EST",
    "what": "the outcome",
}
EVERYTHING = {(code, key): words for code, one in wording.load().items() for key, words in one.texts.items()}
SPOKEN_ONLY = {"voice", "read_back"}
TO_CLINICIANS = ("page.", "voice.page.", "voice.desk")


def filled(code: str, key: str) -> str:
    role = EVERYTHING.get((code, "role.responder"), "")
    return EVERYTHING[code, key].format_map({**FACTS, "role": role})


@pytest.mark.parametrize(("code", "key"), EVERYTHING, ids=lambda part: part)
def test_each_text(code: str, key: str) -> None:
    words = filled(code, key)
    assert not re.search(r"[{}]", words), "a fact was not filled in"
    assert not betraying.words_in(words)
    if not key.startswith("voice."):
        assert wording.segments(words) <= (1 if key.startswith("page.") else 2), len(words)
        assert wording.is_gsm7(words) or code == "zh-Hant", (
            "one sign outside the alphabet doubles the segments"
        )
    if code == "es":
        assert words.isascii()


def test_every_language_has_every_text_a_patient_may_receive() -> None:
    for_patients = {key for code, key in EVERYTHING if code == "en" and not key.startswith(TO_CLINICIANS)}
    for code in wording.languages():
        assert {key for one, key in EVERYTHING if one == code} - {
            key for key in wording.load()["en"].texts if key.startswith(TO_CLINICIANS)
        } == for_patients


def test_the_same_text_needs_the_same_facts_in_every_language() -> None:
    for code, key in EVERYTHING:
        assert wording.facts_of(key, code) == wording.facts_of(key, "en"), (code, key)


def test_every_question_can_be_asked_and_asked_again() -> None:
    for question in {one.id for one in rulebook.load().questions.values()} - SPOKEN_ONLY:
        for code in wording.languages():
            assert wording.has(f"ask.{question}", code)
            again = wording.load()[code].texts[f"again.{question}"]
            assert again.endswith(wording.load()[code].texts[f"ask.{question}"])


def test_which_languages_are_ready() -> None:
    assert wording.languages() == {"en": True, "es": True, "zh-Hant": False}


def test_no_wording_claims_an_approval_it_does_not_have() -> None:
    assert all(language.approved_by.startswith("nobody") for language in wording.load().values())


def test_a_text_is_filled_in() -> None:
    assert (
        wording.text("reply.read_back", "en", value="101.4 F")
        == "Did you mean 101.4 F? Reply 1 for yes or 2 for no"
    )


def test_facts_a_text_does_not_need_are_ignored_and_braces_in_a_fact_stay_words() -> None:
    assert "{x}" in wording.text("reply.read_back", "en", value="{x}", oncall_number="1")


@pytest.mark.parametrize(
    ("key", "language", "facts", "code"),
    [
        ("reply.urgent", "zh-Hant", FACTS, "language-not-ready"),
        ("reply.urgent", "fr", FACTS, "language-not-ready"),
        ("reply.nothing", "en", FACTS, "unknown-text"),
        ("page.text", "es", FACTS, "unknown-text"),
        ("reply.urgent", "en", {"oncall_number": "1"}, "missing-fact"),
        ("reply.urgent", "en", {"oncall_number": "", "emergency_number": "911"}, "missing-fact"),
    ],
)
def test_what_cannot_be_said_whole_is_refused(
    key: str, language: str, facts: dict[str, str], code: str
) -> None:
    with pytest.raises(Refusal) as refused:
        wording.text(key, language, **facts)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "key", [key for code, key in EVERYTHING if code == "en" and key.startswith("reply.")]
)
def test_a_text_about_a_problem_names_a_number_to_call(key: str) -> None:
    numberless = {"reply.read_back", "reply.wrong_number"}
    assert key in numberless or wording.facts_of(key) & {"oncall_number", "emergency_number"}


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("á" * 70, 1),
        ("á" * 71, 2),
        ("發" * 134, 2),
        ("發" * 135, 3),
        ("🙂" * 35, 1),
        ("🙂" * 36, 2),
    ],
)
def test_segments(text: str, count: int) -> None:
    assert wording.segments(text) == count


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("language = ", "not a file of texts"),
        ('language = "xx"\n[texts]\nagain = "a"', "not a file of texts"),
        ('language = "xx"\nready = true\napproved_by = "x"\n[texts]\nagain = "a"\nk = "{"', "braces"),
        ('language = "xx"\nready = true\napproved_by = "x"\n[texts]\nagain = "a"\nk = "{}"', "no name"),
    ],
)
def test_a_broken_file_of_texts_is_named(tmp_path: Path, content: str, problem: str) -> None:
    (tmp_path / "texts.xx.toml").write_text(content, "utf-8")
    with pytest.raises(BrokenLabel, match=f"texts.xx.toml.*{problem}"):
        wording.load(tmp_path)


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("Don\u2019t wait \u2013 call\u2026", "Don't wait - call..."),
        ("¿Cómo está?", "¿Como esta?"),
        ("mañana é", "mañana é"),
        ("line one\r\nline two", "line one\nline two"),
        ("well 🙂 發燒", "well 🙂 發燒"),
    ],
)
def test_what_keyboards_put_in_is_made_plain_and_nothing_else(typed: str, sent: str) -> None:
    assert gsm.plain(typed) == sent


def test_every_medicine_of_every_label_would_betray_it() -> None:
    for label in library.known_labels():
        assert betraying.words_in(f"your {label.drug.upper()} today"), label.id
        assert betraying.words_in(f"your {label.brand} today"), label.id


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Please come to the clinic", ("clinic",)),
        ("Did you take the DEX?", ("dex",)),
        ("Take your temperature now, and is anybody with you?", ()),
        ("index card", ()),
    ],
)
def test_words_that_betray(text: str, found: tuple[str, ...]) -> None:
    assert betraying.words_in(text) == found


def test_a_name_betrays_as_a_word_of_its_own() -> None:
    assert betraying.names_in("Hi ROSA, is Jo there?", "Rosa Alvarez", "Jo Li") == ("Rosa",)
    assert betraying.names_in("This is your nurse", "Nurse N") == ()
    assert betraying.names_in("Rosary", "Rosa Alvarez") == ()
