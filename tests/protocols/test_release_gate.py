"""The gate of a release: every labelled reply of the corpus, in three languages. Its README explains the labels."""

from collections import Counter

import pytest

from tests import corpus

MOST_FALSE_ALARMS = 0.05
LEFT_TO_A_PERSON = {"other-en-324", "other-es-194", "other-en-564", "theme-041"}
"""Sentences that do not end, a wrong year without a date to compare it with, and a word too short to be guessed."""

FEWEST = {"en": 1000, "es": 300, "zh-Hant": 250}
THEMES = {
    "number words",
    "other digits",
    "comma decimals",
    "misspelt danger",
    "caregiver",
    "emergency care",
    "death",
    "danger in everyday words",
}


def test_h48_no_page_worthy_reply_is_less_than_urgent_or_read_by_a_person() -> None:
    lost = [
        (row["id"], found.urgency)
        for row, found in corpus.everything()
        if row["gold"] in "MF" and found.urgency not in corpus.PAGED and not corpus.is_read_by_a_person(found)
    ]
    assert lost == []


def test_only_the_known_pages_are_left_to_a_person() -> None:
    left = {
        row["id"]
        for row, found in corpus.everything()
        if row["gold"] in "MF" and found.urgency not in corpus.PAGED
    }
    assert left == LEFT_TO_A_PERSON


def test_no_reply_that_needs_a_person_comes_out_as_none_or_without_one() -> None:
    lost = [
        row["id"]
        for row, found in corpus.everything()
        if row["gold"] in "MFH" and (found.urgency == "none" or not found.human_task)
    ]
    assert lost == []


@pytest.mark.parametrize("name", corpus.SETS)
def test_h15_false_alarms_on_plain_replies_stay_under_5_in_100(name: str) -> None:
    plain = [found for row, found in corpus.judged(name) if row["gold"] in corpus.PLAIN]
    on_format = [found for row, found in corpus.judged(name) if row["gold"] in corpus.ON_FORMAT]
    assert sum(found.urgency in corpus.PAGED for found in plain) < MOST_FALSE_ALARMS * len(plain)
    assert sum(found.urgency not in {"none", "routine"} for found in on_format) < MOST_FALSE_ALARMS * len(
        on_format
    )


def test_the_counts_are_published_as_they_are() -> None:
    readme = (corpus.CORPUS / "README.md").read_text("utf-8")
    assert corpus.published() in readme, f"put this into {corpus.CORPUS}/README.md:\n{corpus.published()}"


@pytest.mark.parametrize("name", [*corpus.SETS, "contexts"])
def test_every_reply_has_its_reason_and_an_id_of_its_own(name: str) -> None:
    rows = corpus.rows(name)
    assert [row["id"] for row in rows if not row["why"].strip()] == []
    assert max(Counter(row["id"] for row in rows).values()) == 1


def test_the_corpus_is_large_enough_in_each_language_and_theme() -> None:
    rows = [row for name in corpus.SETS for row in corpus.rows(name)]
    spoken = Counter(row["language"] for row in rows)
    assert set(spoken) == set(FEWEST)
    assert all(spoken[language] >= fewest for language, fewest in FEWEST.items()), spoken
    for theme in THEMES:
        covered = {row["language"] for row in corpus.rows("themes") if row["theme"] == theme}
        assert covered == set(FEWEST), (theme, covered)
