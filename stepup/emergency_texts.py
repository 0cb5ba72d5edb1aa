"""What the emergency page says, language by language, from `emergency_data/*.toml`.

Every language says the same, statement by statement and source by source: one that lacks something, or cites something
else, cannot be loaded. Nothing here says that the words are approved: `emergency_approvals` does, per site.
"""

import hashlib
import re
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from protocols.parsing import BrokenLabel, canonical

FOLDER = Path(__file__).parent / "emergency_data"
ENGLISH = "en"
SOURCES = "sources.toml"
PLACE = re.compile(r"{\w+}")


@dataclass(frozen=True)
class Advice:
    """The page in one language. `body` is what is said, with each statement's sources as numbers of the list; `facts`
    is how what is known of the patient is put."""

    code: str
    name: str
    note: str
    version: str
    written_on: date
    review_on: date
    words: dict[str, str]
    facts: dict[str, str]
    body: dict[str, Any]
    sources: tuple[dict[str, str], ...]
    fingerprint: str

    def expired(self, today: date) -> bool:
        """Whether the advice is past the day until which it is valid."""
        return today > self.review_on


@cache
def load(folder: Path = FOLDER) -> dict[str, Advice]:
    """Every language by its code, English first. Raises BrokenLabel naming the file that cannot be used."""
    common = tomllib.loads((folder / SOURCES).read_text("utf-8"))
    files = sorted(path for path in folder.glob("*.toml") if path.name != SOURCES)
    found = {}
    for path in sorted(files, key=lambda path: path.stem != ENGLISH):
        try:
            found[path.stem] = _advice(path, common)
        except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
            raise BrokenLabel(path.name, "", f"not a file of the emergency page ({error})") from error
    for advice in found.values():
        if _shape(advice) != _shape(found[ENGLISH]):
            raise BrokenLabel(
                f"{advice.code}.toml", "", "does not say what the English page says, line by line"
            )
    return found


def _advice(path: Path, common: dict[str, Any]) -> Advice:
    read = tomllib.loads(path.read_text("utf-8"))
    dated = {key: str(value) if isinstance(value, date) else value for key, value in common.items()}
    content = canonical({"common": dated, "language": read})
    body = {key: read[key] for key in ("first", "recognise", "treat", "not", "transfer", "crs", "icans")}
    listed = [source["id"] for source in common["sources"]]
    for said in [*body["recognise"], *body["treat"], body["crs"], body["icans"]]:
        said["numbers"] = [_number(listed, source) for source in said["sources"]]
    return Advice(
        code=path.stem,
        name=read["name"],
        note=read["note"],
        version=common["version"],
        written_on=common["written_on"],
        review_on=common["review_on"],
        words=read["words"],
        facts=read["facts"],
        body=body,
        sources=tuple(common["sources"]),
        fingerprint=hashlib.sha256(content.encode()).hexdigest(),
    )


def _number(listed: list[str], source: str) -> int:
    if source not in listed:
        raise KeyError(f"cites {source}, which the list of sources does not have")
    return listed.index(source) + 1


def _shape(advice: Advice) -> object:
    """What must be equal in every language: which words there are, who is cited where, how the tables are laid out."""
    body = advice.body
    lists = [[said.get("numbers") for said in body[key]] for key in ("recognise", "treat", "transfer")]
    tables = [
        (
            body[key]["numbers"],
            len(body[key]["columns"]),
            [[bool(cell) for cell in row] for row in body[key]["rows"]],
        )
        for key in ("crs", "icans")
    ]
    return sorted(advice.words), _places(advice.facts), lists, tables


def _places(sentences: dict[str, str]) -> list[tuple[str, list[str]]]:
    """Which sentences there are, and what is put into each."""
    return [(key, sorted(PLACE.findall(said))) for key, said in sorted(sentences.items())]


def of(code: str) -> Advice:
    """The page in a language; in English where there is none in that one."""
    found = load()
    return found.get(code, found[ENGLISH])


def content(code: str) -> str:
    """Everything the fingerprint covers, as canonical text."""
    advice = of(code)
    said = {"words": advice.words, "facts": advice.facts, "body": advice.body}
    return canonical({**said, "sources": list(advice.sources)})


def whole(advice: Advice) -> list[tuple[str, str]]:
    """Every sentence of the page by its place, for whoever approves it."""
    body = advice.body
    said = [("first", body["first"]["says"])]
    for key in ("recognise", "treat", "transfer"):
        said += [(f"{key} {place}", line["says"]) for place, line in enumerate(body[key], start=1)]
    said.append(("not", body["not"]["says"]))
    for key in ("crs", "icans"):
        table = body[key]
        said.append((f"{key} columns", " | ".join(table["columns"])))
        said += [
            (f"{key} row", " | ".join(cell or advice.words["not_used"] for cell in row))
            for row in table["rows"]
        ]
        said.append((f"{key} note", table["note"]))
    said += [(f"fact {key}", advice.facts[key]) for key in sorted(advice.facts)]
    return said + [(f"word {key}", advice.words[key]) for key in sorted(advice.words)]
