"""Every sentence a patient, a caregiver or a clinician may receive, from `data/texts.*.toml`, one file a language.

A text is never half in one language and half in another: what a language does not have is refused, and so is a
language whose texts nobody has approved for use.
"""

import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from protocols import gsm
from protocols.errors import Refusal
from protocols.gsm import is_gsm7, segments
from protocols.parsing import BrokenLabel

__all__ = ["facts_of", "has", "is_gsm7", "languages", "segments", "text"]

DATA = Path(__file__).parent / "data"
FOR_CLINICIANS = "en"


@dataclass(frozen=True)
class Language:
    """One language: whether its texts may be used, and the texts by key."""

    code: str
    ready: bool
    approved_by: str
    texts: Mapping[str, str]


@cache
def load(folder: Path = DATA) -> Mapping[str, Language]:
    """Every language of the folder by code. Raises BrokenLabel naming the file and text that cannot be used."""
    found = {}
    for path in sorted(folder.glob("texts.*.toml")):
        try:
            raw = tomllib.loads(path.read_text("utf-8"))
            texts = {**raw["texts"], **raw.get("clinician_texts", {})}
            language = Language(raw["language"], raw["ready"], raw["approved_by"], _with_reminders(texts))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
            raise BrokenLabel(path.name, "", f"not a file of texts ({error})") from error
        _prove(language, path.name)
        found[language.code] = language
    return found


def _with_reminders(texts: Mapping[str, str]) -> dict[str, str]:
    """The texts, and for every question `ask.X` its reminder `again.X`: one sentence, then the question."""
    questions = {key: asked for key, asked in texts.items() if key.startswith("ask.") and key.count(".") == 1}
    again = {
        f"again.{key.removeprefix('ask.')}": f"{texts['again']} {asked}" for key, asked in questions.items()
    }
    return {key: words for key, words in texts.items() if key != "again"} | again


def _prove(language: Language, file: str) -> None:
    for key, words in language.texts.items():
        try:
            named = _fields(words)
        except ValueError as error:
            raise BrokenLabel(file, key, f"its braces do not match ({error})") from error
        if not all(name.isidentifier() for name in named):
            raise BrokenLabel(file, key, "a fact in braces has no name")


def _fields(words: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in string.Formatter().parse(words) if name is not None)


def languages() -> dict[str, bool]:
    """Every language by code, and whether its texts are ready for use."""
    return {code: language.ready for code, language in load().items()}


def has(key: str, language: str = FOR_CLINICIANS) -> bool:
    """Whether there is such a text in that language."""
    found = load().get(language)
    return found is not None and key in found.texts


def facts_of(key: str, language: str = FOR_CLINICIANS) -> frozenset[str]:
    """The facts that a text needs. Refuses a key nobody wrote."""
    return _fields(_template(key, load()[language]))


def text(key: str, language: str, /, **facts: str) -> str:
    """The text of that key in that language with its facts filled in; facts it does not need are ignored.

    Refuses (`language-not-ready`, `unknown-text`, `missing-fact`) rather than send half a sentence.
    """
    found = load().get(language)
    if found is None or not found.ready:
        ready = ", ".join(code for code, is_ready in languages().items() if is_ready)
        raise Refusal("language-not-ready", f"Texts in {language!r} are not ready. Ready: {ready}.")
    words = _template(key, found)
    missing = sorted(name for name in _fields(words) if not facts.get(name))
    if missing:
        raise Refusal("missing-fact", f"The text {key!r} cannot be sent without {', '.join(missing)}.")
    return words.format_map({name: facts[name] for name in _fields(words)})


def _template(key: str, language: Language) -> str:
    if key not in language.texts:
        raise Refusal("unknown-text", f"There is no text {key!r} in {language.code!r}.")
    return language.texts[key]


def longest(code: str, facts: Mapping[str, str]) -> dict[str, int]:
    """The segments of every text of a language, ready or not, with these facts filled in: for review by a person."""
    return {key: gsm.segments(words.format_map(facts)) for key, words in load()[code].texts.items()}
