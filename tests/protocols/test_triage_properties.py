"""What holds for every text, tried on many."""

import json
import os
import subprocess
import sys
from functools import cache

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from protocols import lexicon, triage
from protocols.lexicon import one_slip
from protocols.replies import understand
from protocols.triage import URGENCIES, Context
from tests import corpus
from tests.examples import examples, some

LEXICON = lexicon.load()
ROWS = [
    (row["reply"], row["asked"], row["gold"])
    for name in ("development", "held_out", "fresh")
    for row in corpus.rows(name)
]
OTHER = corpus.rows("other_eyes") + corpus.rows("themes")
GRAVE = [(reply, asked) for reply, asked, gold in ROWS if gold in "MF"]
GRAVE += [(row["reply"], row["asked"]) for row in OTHER if row["gold"] in "MF"]
LISTED_EXCEPTIONS = (
    {"mg", "mgs", "mcg", "ml", "milligrams", "miligramos", "毫", "no", "free"}
    | LEXICON.sets["counted"]
    | set("空忙事人切樣样點点些直下般起次定向天會陣")
    | {
        "abrazo",
        "beso",
        "momento",
        "momentito",
        "segundo",
        "rato",
        "poco",
        "poquito",
        "pregunta",
        "question",
        "more",
    }
)
"""The only words that may come after and lower: milligrams after a round number, `fiebre no`, `fever free`, what makes
a count of a digit (`and 3 naps`, `三餐`, `un abrazo`), and what makes another word of a yes (`有空`)."""
KNOWN_WORDS = sorted(
    {word for index in (LEXICON.danger, LEXICON.plain, LEXICON.meanings) for word in index.words()}
    - LISTED_EXCEPTIONS
)
SIGNS = ["98.6", "101", "7", "3 pm", "%", "120/80", "c", "f", "-", "👍", "2155551234", "(", "?", "8:30"]
ADDED = st.lists(st.sampled_from(KNOWN_WORDS + SIGNS) | st.text(max_size=8), min_size=1, max_size=4).map(
    " ".join
)


def assess(text: str, asked: str = "temperature") -> triage.Finding:
    return triage.assess(text, Context(asked=asked or None))


@examples(1500)
@example(base=("100.4 %", "temperature"), added="fine")
@example(base=("100.4 %", "temperature"), added="bien")
@example(base=("100.4%", "temperature"), added="sure no fever")
@example(base=("101 por ciento", "symptoms"), added="seguro")
@example(base=("101 o2", "oxygen"), added=", ok")
@example(base=("93 o2", "temperature"), added=", fine")
@example(base=("89 spo2", "voice"), added=". no fever")
@example(base=("really low", "bp"), added="0")
@given(base=st.sampled_from(GRAVE), added=ADDED)
def test_adding_words_never_lowers_a_page(base: tuple[str, str], added: str) -> None:
    reply, asked = base
    assume(not LISTED_EXCEPTIONS & set(added.casefold().split()))
    before, after = assess(reply, asked), assess(f"{reply} {added}", asked)
    assume(before.urgency in {"emergency", "urgent"})
    assume(not _is_a_mere_yes(before))
    assert URGENCIES.index(after.urgency) <= URGENCIES.index(before.urgency), [one.id for one in after.rules]
    assert after.human_task


@examples(400)
@given(
    row=st.sampled_from(OTHER),
    added=st.sampled_from(["fine now", "thanks", "98.6", "no fever", "/80", "over 80", "\n.5", "%"]),
)
def test_a_reassurance_behind_a_reply_takes_no_person_away(row: dict[str, str], added: str) -> None:
    assume(row["gold"] in "MF" and row["in_watch"] == "yes")
    context = Context(asked=row["asked"] or None, language=row["language"])
    assume(not _is_a_mere_yes(triage.assess(row["reply"], context)))
    assert triage.assess(f"{row['reply']} {added}", context).human_task


def _is_a_mere_yes(found: triage.Finding) -> bool:
    """`yes`, which a number behind it makes that number: `yes, 98.4`."""
    return {(one.kind, one.name) for one in found.readings} == {("answer", "yes")}


@examples(600)
@given(added=st.text(max_size=60))
def test_nothing_after_a_fever_makes_it_normal(added: str) -> None:
    assert assess(f"101 {added}").urgency != "none"


@examples(800)
@given(
    text=st.text(max_size=200),
    asked=st.sampled_from(["", "temperature", "symptoms", "oxygen", "bp", "thinking", "voice"]),
)
def test_any_text_ends_in_a_finding(text: str, asked: str) -> None:
    found = assess(text, asked)
    assert found.urgency in URGENCIES
    assert found.rules[0].id != "PARSER-ERROR"
    json.dumps(found.as_dict())


@examples(800)
@given(words=st.lists(st.sampled_from(KNOWN_WORDS + SIGNS), max_size=7))
def test_none_is_concluded_only_when_every_word_was_explained(words: list[str]) -> None:
    text = " ".join(words)
    if assess(text).urgency == "none":
        assert understand(text, asked="temperature", language="en").leftovers == ()


DIGITS = {
    "full width": "０１２３４５６７８９",
    "Arabic": "٠١٢٣٤٥٦٧٨٩",
    "Devanagari": "०१२३४५६७८९",
    "bold": "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗",
}


@pytest.mark.parametrize("script", DIGITS)
def test_the_script_of_the_digits_changes_nothing(script: str) -> None:
    other = str.maketrans(dict(zip("0123456789", DIGITS[script], strict=True)))
    for reply, asked, _ in some(ROWS):
        assert _essence(reply.translate(other), asked) == _essence(reply, asked), reply


CHANGES = {
    "upper case": str.upper,
    "lower case": str.lower,
    "spaces around": lambda text: f"  {text}  ",
    "spaces between": lambda text: text.replace(" ", "   "),
    "hard spaces": lambda text: text.replace(" ", "\u00a0"),
    "exclamation mark": lambda text: f"{text}!",
    "full stop": lambda text: f"{text}.",
    "quotation marks": lambda text: f'"{text}"',
    "curly apostrophe": lambda text: text.replace("'", "\u2019"),
    "zero-width signs": lambda text: text.replace(" ", " \u200b"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_case_spaces_and_punctuation_change_nothing(change) -> None:
    for reply, asked, _ in some(ROWS):
        assert _essence(change(reply), asked) == _essence(reply, asked), reply


@cache
def _essence(reply: str, asked: str) -> tuple[object, ...]:
    found = assess(reply, asked)
    return found.urgency, found.human_task, found.control


def test_the_words_of_the_answer_are_the_same_each_time() -> None:
    assert [assess(reply, asked) for reply, asked, _ in some(ROWS)] == [
        assess(reply, asked) for reply, asked, _ in some(ROWS)
    ]


@given(a=st.text("abc", max_size=6), b=st.text("abc", max_size=6))
def test_one_slip_is_optimal_string_alignment_of_at_most_one(a: str, b: str) -> None:
    assert one_slip(a, b) is (_distance(a, b) <= 1)


def _distance(a: str, b: str) -> int:
    """Optimal string alignment, the textbook way."""
    table = {(i, 0): i for i in range(len(a) + 1)} | {(0, j): j for j in range(len(b) + 1)}
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            table[i, j] = min(
                table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (a[i - 1] != b[j - 1])
            )
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                table[i, j] = min(table[i, j], table[i - 2, j - 2] + 1)
    return table[len(a), len(b)]


UNITS = [
    "no ", "ni ", "nada ", "not 1 or ", "no fever or ", "沒有發燒或", "不是很", "不", "十", "百", "一", "沒有", "ﷺ",
    "1/", "98 6 ", "101 ", "1 0 2 ", "2:", "one hundred and one point ", "shaaking xq ", "nov 3 ", "11月", "over ",
    'Liked "', '"a"', "+1", "l", "1l", "🌡", "\u200b", "chills ", "cant breathe ", "呼吸困難", "phone died ",
    "took tylenol 5 ", "zonked ni ", "w/o ", "a'd ",
]  # fmt: skip
OVERLONG = st.one_of(
    st.binary(max_size=1600).map(lambda raw: raw.decode("utf-8", "replace")),
    st.binary(max_size=1600).map(lambda raw: raw.decode("utf-16", "replace")),
    st.text(max_size=1600),
    st.lists(st.sampled_from(UNITS + KNOWN_WORDS + SIGNS), min_size=1, max_size=4).map(
        lambda unit: ("".join(unit) * 1600)[:1600]
    ),
)
MOST_CALLS = 60_000
"""Calls of functions that one text may cost. The worst one found makes two thirds of them."""


@examples(250)
@given(
    text=OVERLONG, asked=st.sampled_from(["", "temperature", "symptoms", "oxygen", "medicine", "thinking"])
)
def test_any_text_whatever_ends_in_a_finding_after_bounded_work(text: str, asked: str) -> None:
    found, calls = _counted(text, asked)
    assert found.rules[0].id != "PARSER-ERROR"
    assert calls < MOST_CALLS


LONG = "I had soup and a nap and all is well here today, thank you so much for asking. " * 15


@pytest.mark.parametrize(
    ("ending", "urgency"),
    [
        ("now I cant breathe", "emergency"),
        ("shaking with chills", "urgent"),
        ("it was 101.4", "urgent"),
        ("1014", "urgent"),
        ("took my dex", "urgent"),
        ("呼吸困難", "emergency"),
    ],
)
def test_danger_at_the_end_of_a_very_long_text_still_pages(ending: str, urgency: str) -> None:
    found = assess(f"98.6 {LONG} {ending}")
    assert found.urgency == urgency
    assert found.human_task


@pytest.mark.parametrize(
    "text", ["98.6 " * 150, "ok " * 250, "thanks " * 201, "好" * 300, f"98.6. {'fine ' * 220}"]
)
def test_a_very_long_text_is_never_understood_whole(text: str) -> None:
    found = assess(text)
    assert found.urgency == "clarify"
    assert found.human_task


def test_a_finding_is_the_same_in_every_process() -> None:
    script = (
        "import csv, sys; from protocols import triage\n"
        "for row in csv.DictReader(open(sys.argv[1], encoding='utf-8', newline='')):\n"
        "    print(triage.assess(row['reply'], triage.Context(asked=row['asked'] or None)))\n"
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(corpus.CORPUS / "other_eyes.csv")],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
            stdout=subprocess.PIPE,
        )
        for seed in ("1", "2")
    ]
    said = [one.communicate()[0] for one in both]
    assert [one.returncode for one in both] == [0, 0]
    assert said[0] == said[1]


@pytest.mark.parametrize("unit", UNITS)
def test_four_times_the_length_costs_no_more_than_about_four_times_the_work(unit: str) -> None:
    longest = (unit * 1600)[:1600]
    for asked in ("temperature", "symptoms", "thinking"):
        _, short = _counted(longest[:400], asked)
        _, long = _counted(longest, asked)
        assert long < min(6 * short, MOST_CALLS)


def _counted(text: str, asked: str) -> tuple[triage.Finding, int]:
    """The finding, and how many functions were called on the way: a measure of work that no busy machine changes."""
    calls = 0

    def count(frame: object, event: str, arg: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        found = assess(text, asked)
    finally:
        sys.setprofile(None)
    return found, calls
