"""Every sentence a patient, a caregiver or a clinician may receive, from `data/texts.*.toml`, one file a language.

A text is never half in one language and half in another: a language that lacks a text, or needs other facts for it,
stops the service when it starts. Nothing here says that the words are approved: a named person of each site does, of
exactly the content that `content` and `fingerprint` give.
"""

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, Literal

from protocols import proving_texts, rulebook
from protocols.errors import Refusal
from protocols.gsm import is_gsm7, segments
from protocols.parsing import BrokenLabel, canonical

__all__ = ["facts_of", "has", "is_gsm7", "languages", "segments", "text"]

DATA = Path(__file__).parent / "data"
FOR_CLINICIANS = "en"


@dataclass(frozen=True)
class Language:
    """One language: its English name, where its words come from, and the texts by key.

    `to_clinicians` names those no patient receives. `alphabet` is `any` where the language needs more than GSM-7.
    """

    code: str
    name: str
    note: str
    alphabet: Literal["gsm7", "any"]
    texts: Mapping[str, str]
    to_clinicians: frozenset[str]

    @property
    def to_patients(self) -> dict[str, str]:
        """What a patient or a caregiver may receive, reminders included."""
        return {key: words for key, words in self.texts.items() if key not in self.to_clinicians}


@cache
def load(folder: Path = DATA) -> Mapping[str, Language]:
    """Every language of the folder by code. Raises BrokenLabel naming the file and text that cannot be used."""
    found = {}
    for path in sorted(folder.glob("texts.*.toml")):
        try:
            language = _language(tomllib.loads(path.read_text("utf-8")))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
            raise BrokenLabel(path.name, "", f"not a file of texts ({error})") from error
        _prove(language, path.name)
        found[language.code] = language
    _prove_complete(found)
    return found


def _language(raw: Mapping[str, Any]) -> Language:
    clinicians = raw.get("clinician_texts", {})
    texts = _with_reminders({**raw["texts"], **clinicians})
    return Language(raw["language"], raw["name"], raw["note"], raw["alphabet"], texts, frozenset(clinicians))


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
            named = proving_texts.fields(words)
        except ValueError as error:
            raise BrokenLabel(file, key, f"its braces do not match ({error})") from error
        if not all(name.isidentifier() for name in named):
            raise BrokenLabel(file, key, "a fact in braces has no name")
    for judged in _judged(language, language.texts):
        if judged.problems:
            raise BrokenLabel(file, judged.key, judged.problems[0])


def _judged(language: Language, texts: Mapping[str, str]) -> Iterator[proving_texts.Judged]:
    for key, words in texts.items():
        yield proving_texts.judge(key, words, language.texts, code=language.code, alphabet=language.alphabet)


def _prove_complete(found: Mapping[str, Language]) -> None:
    """Every language has every text a patient may receive, each with the same facts: none is ever borrowed."""
    every = {
        key: proving_texts.fields(words) for one in found.values() for key, words in one.to_patients.items()
    }
    for language in found.values():
        file, own = f"texts.{language.code}.toml", language.to_patients
        if missing := sorted(every.keys() - own.keys()):
            raise BrokenLabel(file, missing[0], "missing: another language has this text")
        for key, words in own.items():
            if proving_texts.fields(words) != every[key]:
                raise BrokenLabel(file, key, "needs other facts than in another language")


def languages() -> tuple[str, ...]:
    """The code of every language there are texts in."""
    return tuple(load())


def name(code: str) -> str:
    """A language by its English name; a code nobody knows stays as it is."""
    found = load().get(code)
    return found.name if found else code


def note(code: str) -> str:
    """Where the words of a language come from."""
    return _known(code).note


@cache
def content(code: str) -> str:
    """What a person approves of a language: its texts and what the answers mean, as canonical JSON."""
    questions = {one.id: _meaning(one) for one in rulebook.load().questions.values()}
    return canonical({"texts": _known(code).to_patients, "questions": questions})


def _meaning(question: rulebook.Question) -> dict[str, Any]:
    """What the answers to a question mean; where that was read does not change what a patient is asked."""
    named = {
        field.name: getattr(question, field.name) for field in fields(question) if field.name != "source"
    }
    return {key: dict(value) if isinstance(value, Mapping) else value for key, value in named.items()}


@cache
def fingerprint(code: str) -> str:
    """SHA-256 of `content`: equal only if every word and every meaning is equal."""
    return hashlib.sha256(content(code).encode()).hexdigest()


@cache
def judged(code: str) -> tuple[proving_texts.Judged, ...]:
    """Every text a patient may receive, as it is read, with what can be measured of it."""
    language = _known(code)
    return tuple(_judged(language, language.to_patients))


def _known(code: str) -> Language:
    found = load().get(code)
    if found is None:
        there = ", ".join(languages())
        raise Refusal("unknown-language", f"There are no texts in {code!r}. There are: {there}.")
    return found


def has(key: str, language: str = FOR_CLINICIANS) -> bool:
    """Whether there is such a text in that language."""
    found = load().get(language)
    return found is not None and key in found.texts


def facts_of(key: str, language: str = FOR_CLINICIANS) -> frozenset[str]:
    """The facts that a text needs. Refuses a key nobody wrote."""
    return proving_texts.fields(_template(key, load()[language]))


def text(key: str, language: str, /, **facts: str) -> str:
    """The text of that key in that language with its facts filled in; facts it does not need are ignored.

    Refuses (`unknown-language`, `unknown-text`, `missing-fact`) rather than send half a sentence.
    """
    words = _template(key, _known(language))
    needed = proving_texts.fields(words)
    missing = sorted(name for name in needed if not facts.get(name))
    if missing:
        raise Refusal("missing-fact", f"The text {key!r} cannot be sent without {', '.join(missing)}.")
    return words.format_map({name: facts[name] for name in needed})


def _template(key: str, language: Language) -> str:
    if key not in language.texts:
        raise Refusal("unknown-text", f"There is no text {key!r} in {language.code!r}.")
    return language.texts[key]
