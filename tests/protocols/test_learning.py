"""What a site may teach the rules, and that nothing it teaches can lower what any text means."""

from functools import cache
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from protocols import learned, learning, lexicon, triage
from protocols.errors import Refusal
from protocols.triage import URGENCIES, Context
from tests import corpus
from tests.examples import examples, some
from tests.protocols.test_triage_properties import ADDED, GRAVE, LISTED_EXCEPTIONS

LEXICON = lexicon.load()
ROWS = [
    (row["reply"], row["asked"], row.get("language") or "en", row["gold"])
    for name in ("development", "held_out", "fresh", "other_eyes", "themes")
    for row in corpus.rows(name)
]
MAY = [
    ("en", "toast and tea"),
    ("en", "walked the doggy"),
    ("en", "Cooking  DINNER"),
    ("en", "lying on the couch"),
    ("es", "mirando la novela"),
    ("zh-Hant", "跟之前"),
]
MAY_NOT = [
    ("phrase-danger", "en", "shaky hands"),
    ("phrase-danger", "en", "mi fiebre"),  # of any language
    ("phrase-danger", "es", "my chills"),
    ("phrase-danger", "zh-Hant", "在發抖"),
    ("phrase-danger", "en", "chest of drawers"),  # a word that a sign of danger begins with
    ("phrase-danger", "en", "my tylenol"),
    ("phrase-danger", "es", "tome paracetamol"),
    ("phrase-danger", "zh-Hant", "吃了普拿疼"),
    ("phrase-danger", "en", "please call"),
    ("phrase-danger", "en", "feverr gone"),
    ("phrase-near-danger", "en", "chezt of drawers"),
    ("phrase-near-danger", "en", "werm today"),
    ("phrase-signs", "en", "since 7 pm"),
    ("phrase-signs", "en", "ninety eight"),
    ("phrase-signs", "en", "toast 🍞"),
    ("phrase-signs", "en", "twenty sheep"),
    ("phrase-number", "en", "my weight"),
    ("phrase-number", "en", "very celsius"),
    ("phrase-number", "es", "grados centigrados"),
    ("phrase-denial", "en", "nope dinner"),
    ("phrase-denial", "es", "jamas cenamos"),
    ("phrase-denial", "zh-Hant", "無所謂"),
    ("phrase-meaning", "en", "cancel dinner"),
    ("phrase-meaning", "en", "wrong number"),
    ("phrase-meaning", "en", "maybe later"),
    ("phrase-meaning", "es", "creo que si"),
    ("phrase-meaning", "en", "kinda dinner"),
    ("phrase-length", "en", "after"),
    ("phrase-length", "en", "ate an egg with mary and jane and joe"),
    ("phrase-length", "zh-Hant", "看"),
    ("phrase-stop", "en", "toast, tea"),
    ("phrase-unfinished", "en", "the neighbours are"),
    ("phrase-known", "en", "good morning dear team"),
    ("phrase-language", "tl", "toast and tea"),
]


@pytest.mark.parametrize(("language", "words"), MAY, ids=[words for _, words in MAY])
def test_harmless_words_may_be_learned(language: str, words: str) -> None:
    assert learning.judged(words, language=language) == learning.normal_form(words)


@pytest.mark.parametrize(
    ("code", "language", "words"), MAY_NOT, ids=[f"{code}: {words}" for code, _, words in MAY_NOT]
)
def test_whatever_any_rule_reads_is_refused(code: str, language: str, words: str) -> None:
    with pytest.raises(Refusal) as refused:
        learning.judged(words, language=language)
    assert refused.value.code in {code, *ALSO.get(code, ())}, refused.value.sentence


ALSO = {
    # One no is read as a danger word of its own, another as a denial; both are refused.
    "phrase-denial": {"phrase-danger", "phrase-meaning"},
    "phrase-meaning": {"phrase-danger"},
    "phrase-number": {"phrase-danger"},
}


def explained(text: str, *phrases: str, asked: str = "temperature", language: str = "en") -> triage.Finding:
    return triage.assess(text, Context(asked=asked, language=language, phrases=phrases))


def test_a_learned_phrase_explains_words_and_the_finding_names_it() -> None:
    before = explained("98.6 cooking dinner")
    after = explained("98.6 Cooking dinner!", "cooking dinner", "toast and tea")
    assert ("NOT-UNDERSTOOD" in [one.id for one in before.rules], before.urgency) == (True, "clarify")
    assert (after.urgency, after.learned) == ("none", ("cooking dinner",))


UNEXPLAINED = {
    "an answer of no in its clause": "no cooking dinner 98.6",
    "a denial in its clause": "no fever cooking dinner 98.6",
    "a no in its clause": "98.6 not cooking dinner",
    "a no behind it": "98.6 cooking dinner no",
    "trouble in its clause": "98.6 stopped cooking dinner",
    "a stop inside": "98.6 cooking. dinner",
    "another order": "98.6 dinner cooking",
    "a word between": "98.6 cooking big dinner",
    "a word more": "98.6 cooking dinner blurgh",
    "half of it": "98.6 cooking",
}


@pytest.mark.parametrize("text", UNEXPLAINED.values(), ids=UNEXPLAINED)
def test_anything_else_still_goes_to_a_person(text: str) -> None:
    found = explained(text, "cooking dinner")
    assert (found.urgency, found.human_task) == ("clarify", True)


def test_after_the_medicine_question_nothing_learned_counts() -> None:
    assert explained("none, nolotil", "nolotil", asked="medicine").human_task


def test_a_value_that_was_read_back_is_not_confirmed_by_a_learned_phrase() -> None:
    context = Context(asked="read_back", pending="97.0 F", phrases=("cooking dinner",))
    assert triage.assess("yes", context).urgency == "none"
    assert triage.assess("yes cooking dinner", context).human_task


def test_the_version_names_the_phrases_and_is_plain_without() -> None:
    assert triage.version(()) == triage.RULES_VERSION
    named = triage.version(("toast and tea", "cooking dinner"))
    assert named == triage.version(("cooking dinner", "toast and tea"))
    assert named.startswith(f"{triage.RULES_VERSION}+")
    assert len(named) <= 80
    assert named != triage.version(("cooking dinner",))


def _learnable() -> dict[str, tuple[str, ...]]:
    """Every phrase that could be learned from any reply of the corpora, by language: far more than a site approves."""
    found: dict[str, set[str]] = {}
    for reply, asked, language, _ in ROWS:
        found.setdefault(language, set()).update(
            learning.suggested(reply, asked=asked or None, language=language)
        )
    for language, words in MAY:
        found[language].add(learning.normal_form(words))
    return {language: tuple(sorted(phrases)) for language, phrases in found.items()}


LEARNABLE = _learnable()


@cache
def _both(
    reply: str, asked: str, language: str, phrases: tuple[str, ...]
) -> tuple[triage.Finding, triage.Finding]:
    context = {"asked": asked or None, "language": language}
    return triage.assess(reply, Context(**context)), triage.assess(reply, Context(**context, phrases=phrases))


def test_there_is_something_to_learn() -> None:
    assert all(
        len(LEARNABLE[language]) >= least for language, least in (("en", 15), ("es", 3), ("zh-Hant", 2))
    )


def test_no_corpus_reply_that_pages_changes_with_everything_learned() -> None:
    """M, F and H replies of every set: with all phrases learned at once, no alarm is lower and none has other rules."""
    for reply, asked, language, gold in some(ROWS):
        before, after = _both(reply, asked, language, LEARNABLE.get(language, ()))
        if before.urgency in {"emergency", "urgent"} or gold in "MF":
            assert (after.urgency, after.human_task) == (before.urgency, before.human_task), reply
            assert after.rules == before.rules, reply


def test_a_learned_phrase_takes_away_no_rule_but_the_one_about_unexplained_words() -> None:
    for reply, asked, language, _ in some(ROWS):
        before, after = _both(reply, asked, language, LEARNABLE.get(language, ()))
        gone = {one.id for one in before.rules} - {one.id for one in after.rules}
        assert gone <= {"NOT-UNDERSTOOD"}, reply
        assert [one for one in after.readings if one.kind != "well"] == [
            one for one in before.readings if one.kind != "well"
        ], reply


PHRASES = st.lists(st.sampled_from(LEARNABLE["en"]), min_size=1, max_size=6).map(tuple)
ALARMING = [
    (reply, asked)
    for reply, asked, language, _ in ROWS
    if language == "en"
    and triage.assess(reply, Context(asked=asked or None)).urgency in {"emergency", "urgent"}
]


@examples(600)
@given(row=st.sampled_from(ALARMING), phrases=PHRASES, before=st.booleans())
def test_a_learned_phrase_beside_an_alarm_never_lowers_it(
    row: tuple[str, str], phrases: tuple[str, ...], before: bool
) -> None:
    reply, asked = row
    text = f"{phrases[0]} {reply}" if before else f"{reply} {phrases[0]}"
    without, learned_too = _both(text, asked, "en", phrases)
    alone = triage.assess(reply, Context(asked=asked or None))
    if without.urgency in {"emergency", "urgent"}:
        assert learned_too.urgency == without.urgency
        assert learned_too.rules in (without.rules, alone.rules), "what the phrase explains, or as if unsaid"
    assert learned_too.human_task


@examples(600)
@given(base=st.sampled_from(GRAVE), added=ADDED, phrases=PHRASES)
def test_with_any_phrases_learned_adding_words_never_lowers_a_page(
    base: tuple[str, str], added: str, phrases: tuple[str, ...]
) -> None:
    reply, asked = base
    more = f"{added} {phrases[0]}"  # of which some make a count of the digit before them: `and 3 bottles of beer`
    assume(not LISTED_EXCEPTIONS & set(more.casefold().split()))
    before, after = (explained(text, *phrases, asked=asked) for text in (reply, f"{reply} {more}"))
    assume(before.urgency in {"emergency", "urgent"})
    assume({(one.kind, one.name) for one in before.readings} != {("answer", "yes")})
    assert URGENCIES.index(after.urgency) <= URGENCIES.index(before.urgency)
    assert after.human_task


@examples(400)
@given(
    phrases=PHRASES,
    words=st.lists(st.sampled_from(sorted(LEXICON.danger_words)), min_size=1, max_size=4).map(" ".join),
)
def test_words_added_to_a_learned_phrase_never_lower_what_they_say_alone(
    phrases: tuple[str, ...], words: str
) -> None:
    alone = explained(f"98.6 {words}")
    if alone.urgency in {"emergency", "urgent"}:
        assert explained(f"98.6 {words}. {phrases[0]}", *phrases).urgency in {"emergency", "urgent"}


@examples(300)
@given(words=st.lists(st.sampled_from(sorted(LEXICON.danger_words)), min_size=1, max_size=3).map(" ".join))
def test_no_mix_of_words_that_any_rule_of_danger_reads_can_be_learned(words: str) -> None:
    try:
        normal = learning.judged(words, language="en")
    except Refusal:
        return
    assert not LEXICON.danger.find(normal.split())
    assert {word for word in normal.split() if len(word) > 1} <= learning.harmless_words()


def test_a_long_text_costs_no_more_with_many_phrases() -> None:
    many = tuple(f"word{chr(97 + n % 26)}{chr(97 + n // 26 % 26)} and tea" for n in range(500))
    assert explained(" ".join(many)[:1600], *many).rules


def test_suggestions_are_pieces_that_would_be_accepted() -> None:
    assert learning.suggested("98.6, toast and tea, kinda", asked="temperature", language="en") == [
        "toast and tea"
    ]
    for language, phrases in LEARNABLE.items():
        assert all(learning.judged(phrase, language=language) == phrase for phrase in phrases)


def test_clauses_hold_every_place_once() -> None:
    page = learning.page_of("98.6. toast, tea")
    clauses = learned.clauses(page)
    assert [place for clause in clauses for place in clause] == [0, 1, 2]
    assert all(a.stop == b.start for a, b in pairwise(clauses))
