"""Every text: in every ready language, in few segments, complete, and without a word that could betray the patient."""

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest

from protocols import betraying, gsm, library, proving_texts, readability, rulebook, wording
from protocols.errors import Refusal
from protocols.parsing import BrokenLabel

FACTS = {**proving_texts.EXAMPLES}
EVERYTHING = {(code, key): words for code, one in wording.load().items() for key, words in one.texts.items()}
SPOKEN_ONLY = {"voice", "read_back"}
TO_CLINICIANS = ("page.", "voice.page.", "voice.desk")


# Put together where they are said: a question by its name, a role, a key, an urgency.
NAMED_IN_PARTS = (
    "ask.",
    "again.",
    "role.",
    "voice.patient.heard.",
    *(f"reply.{urgency}" for urgency in rulebook.URGENCIES),
)
CODE = "".join(
    file.read_text()
    for app in ("monitoring", "notifications", "protocols", "stepup")
    for file in (Path(wording.__file__).parents[1] / app).rglob("*.py")
)


def filled(code: str, key: str) -> str:
    role = EVERYTHING.get((code, "role.responder"), "")
    return EVERYTHING[code, key].format_map({**FACTS, "role": role})


@pytest.mark.parametrize(("code", "key"), EVERYTHING, ids=lambda part: part)
def test_h43_no_text_betrays_an_illness(code: str, key: str) -> None:
    assert not betraying.words_in(filled(code, key))


@pytest.mark.parametrize(("code", "key"), EVERYTHING, ids=lambda part: part)
def test_h21_each_text_is_whole_short_and_in_signs_that_every_phone_shows(code: str, key: str) -> None:
    words = filled(code, key)
    assert not re.search(r"[{}]", words), "a fact was not filled in"
    if not key.startswith("voice."):
        assert wording.segments(words) <= (1 if key.startswith("page.") else 2), len(words)
        assert wording.is_gsm7(words) or code == "zh-Hant", (
            "one sign outside the alphabet doubles the segments"
        )
    if code == "es":
        assert words.isascii()


@pytest.mark.parametrize(
    ("words", "segments"),
    [
        ("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3), ("[" * 80, 1), ("[" * 81, 2),
        ("發" * 70, 1), ("發" * 71, 2), ("發" * 134, 2), ("發" * 135, 3), ("a" * 70 + "發", 2),
    ],
    ids=lambda part: f"{len(part)} signs" if isinstance(part, str) else str(part),
)  # fmt: skip
def test_ux7a_segments_are_counted_as_the_alphabet_of_the_words_counts_them(
    words: str, segments: int
) -> None:
    """One sign outside the plain alphabet halves a segment; a bracket takes the room of two signs."""
    assert wording.segments(words) == segments


@pytest.mark.parametrize("code", wording.languages())
def test_ux7a_no_text_to_a_patient_is_longer_than_two_segments(code: str) -> None:
    texts = [key for one, key in EVERYTHING if one == code and not key.startswith(("voice.", *TO_CLINICIANS))]
    assert texts
    assert [key for key in texts if wording.segments(filled(code, key)) > 2] == []


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


def test_the_languages_of_the_texts() -> None:
    assert {code: wording.name(code) for code in wording.languages()} == {
        "en": "English",
        "es": "Spanish",
        "zh-Hant": "Traditional Chinese",
    }


def test_no_file_of_texts_claims_an_approval() -> None:
    for code in wording.languages():
        assert (
            "ready"
            not in (wording.DATA / f"texts.{code}.toml").read_text("utf-8").split("[texts]")[0].split()
        )


def test_english_reads_at_sixth_grade_and_no_other_language_is_measured() -> None:
    for code in wording.languages():
        for text in wording.judged(code):
            if code != "en" or text.key.startswith("role."):
                assert text.grade is None, text.key
            else:
                assert text.grade <= proving_texts.SIXTH_GRADE, text.key


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("", "0.0"),
        ("98.6", "0.0"),
        ("The cat sat on the mat.", "-1.4"),  # 6 words, 6 syllables: the figure every textbook prints
        ("Call us now. Call us now.", "-2.6"),
        ("We called. Please wait.", "-3.0"),  # endings that are not spoken
        ("Immediate medical evaluation is recommended", "26.5"),
    ],
)
def test_the_reading_grade(text: str, grade: str) -> None:
    assert readability.grade(text) == Decimal(grade)


def test_what_is_approved_is_every_text_of_a_patient_and_the_meaning_of_every_answer() -> None:
    content = json.loads(wording.content("es"))
    assert set(content["texts"]) == {
        key for key in wording.load()["en"].texts if not key.startswith(TO_CLINICIANS)
    }
    assert content["texts"]["ask.breath"].startswith("Le cuesta")
    assert content["questions"]["symptoms"]["menu"]["3"] == "breathing"
    assert len({wording.fingerprint(code) for code in wording.languages()}) == 3


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
        ("reply.urgent", "fr", FACTS, "unknown-language"),
        ("ask.simpler.caregiver", "zh-Hant", FACTS, "unknown-text"),
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


@pytest.mark.parametrize("key", sorted({key for _, key in EVERYTHING}))
def test_no_text_is_kept_that_nobody_is_ever_sent(key: str) -> None:
    """A site would approve words that its patients never read."""
    assert f'"{key}"' in CODE or key.startswith(NAMED_IN_PARTS)


@pytest.mark.parametrize(
    "key", [key for code, key in EVERYTHING if code == "en" and key.startswith("reply.")]
)
def test_a_text_about_a_problem_names_a_number_to_call(key: str) -> None:
    assert key == "reply.read_back" or wording.facts_of(key) & {"oncall_number", "emergency_number"}


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
        (
            'language = "xx"\nname = "x"\nalphabet = "any"\nnote = "x"\n[texts]\nagain = "a"\nk = "{"',
            "braces",
        ),
        (
            'language = "xx"\nname = "x"\nalphabet = "any"\nnote = "x"\n[texts]\nagain = "a"\nk = "{}"',
            "no name",
        ),
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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files of the service, to be spoiled."""
    for path in wording.DATA.glob("texts.*.toml"):
        (tmp_path / path.name).write_text(path.read_text("utf-8"), "utf-8")
    return tmp_path


SPOILED = [
    ("es", '"ask.breath" =', '"ask.else" =', "(ask|again).else: missing"),
    ("zh-Hant", '"reply.noted" =', '"reply.other" =', "reply.other: missing"),
    ("es", "Responda 1 si o 2 no", "Responda {value}", "needs other facts than in another language"),
    ("en", "Is it harder to breathe", "Is it harder to breathe after Tecvayli", "locked screen: tecvayli"),
    ("es", "Le cuesta mas respirar", "Por su mieloma, le cuesta respirar", "locked screen: mieloma"),
    ("es", "Le cuesta mas respirar", "¿Le cuesta más respirar", "outside the plain alphabet"),
    ("en", "Is it harder to breathe", "Is it " + "so much " * 40 + "harder to breathe", "takes 3 segments, 2 at most"),
    ("en", "Is it harder to breathe", "Are respiratory difficulties deteriorating", "reads at grade"),
    ("en", "Is it harder to breathe", "Is it harder {why} to breathe", "no example is written for why"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "was", "now", "problem"), SPOILED, ids=[row[3] for row in SPOILED])
def test_the_service_does_not_start_on_texts_with(folder, code, was, now, problem) -> None:
    wording.load.__wrapped__(folder)
    path = folder / f"texts.{code}.toml"
    words = path.read_text("utf-8")
    assert was in words
    path.write_text(words.replace(was, now), "utf-8")
    with pytest.raises(BrokenLabel, match=problem):
        wording.load.__wrapped__(folder)
