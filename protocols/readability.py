"""How many years of school an English text asks for: the Flesch-Kincaid grade, a formula anybody can check.

    0.39 * words / sentences + 11.8 * syllables / words - 15.59

Syllables are counted by rule, so the figure is an estimate. It was made for English and says nothing of any other
language.
"""

import re
from decimal import Decimal

SENTENCE_END = re.compile(r"[.?!](?=\s|$)")
WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
# Endings that are written and not spoken: "called", "please", "makes".
SILENT = re.compile(r"(?:[^aeiouyl]es|[^td]ed|[^aeiouyl]e)$")
VOWELS = re.compile(r"[aeiouy]+")
# Vowels that stand together and are spoken apart: "immediate", "usual". In doubt a word is counted longer.
APART = re.compile(r"ia|iu|ua|uo|eo|(?<![ts])io")


def grade(text: str) -> Decimal:
    """The school year, to one decimal. Numbers are not words; a text without any word is grade 0."""
    sentences = [part for part in SENTENCE_END.split(text.casefold()) if WORD.search(part)]
    words = WORD.findall(text.casefold())
    if not words:
        return Decimal(0)
    per_sentence = len(words) / len(sentences)
    per_word = sum(_syllables(word) for word in words) / len(words)
    return round(Decimal(0.39 * per_sentence + 11.8 * per_word - 15.59), 1)


def _syllables(word: str) -> int:
    spoken = SILENT.sub("", word) if len(word) > 3 else word
    return max(1, len(VOWELS.findall(spoken)) + len(APART.findall(spoken)))
