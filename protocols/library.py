"""The labels and pathways this service knows, loaded once and proved whole before anyone may use them.

A new drug, revision or way of giving is one more file in `data/labels` or `data/pathways`; no code changes.
"""

import json
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, TypeVar

from protocols import drafting, parsing, proving, proving_pathways
from protocols.errors import Refusal
from protocols.model import Label
from protocols.parsing import BrokenLabel
from protocols.pathway import Pathway, Protocol

__all__ = [
    "DATA",
    "BrokenLabel",
    "known_labels",
    "label",
    "pathway",
    "pathways",
    "protocol",
    "protocol_of",
    "thaw",
]

DATA = Path(__file__).parent / "data"

T = TypeVar("T", Label, Pathway)


def known_labels(folder: Path = DATA) -> tuple[Label, ...]:
    """Every label, by id. Raises BrokenLabel naming file, table, row and problem if one cannot be trusted."""
    return _labels(folder)


def pathways(folder: Path = DATA) -> tuple[Pathway, ...]:
    """Every pathway, by id. Raises BrokenLabel like `known_labels`."""
    return _pathways(folder)


def label(label_id: str, folder: Path = DATA) -> Label:
    """The label of exactly that id, revision included. Refuses any other name and says which there are."""
    return _named(label_id, known_labels(folder), what="label")


def pathway(pathway_id: str, folder: Path = DATA) -> Pathway:
    """The pathway of exactly that id. Refuses any other name and says which there are."""
    return _named(pathway_id, pathways(folder), what="pathway")


def protocol(label_id: str, pathway_id: str, folder: Path = DATA) -> Protocol:
    """The label and the pathway together. Refuses unknown names, and a pathway of another jurisdiction."""
    found = Protocol(label(label_id, folder), pathway(pathway_id, folder))
    if found.label.jurisdiction != found.pathway.jurisdiction:
        raise Refusal(
            "unknown-protocol",
            f"{label_id} is a {found.label.jurisdiction} label and {pathway_id} "
            f"a {found.pathway.jurisdiction} pathway: choose two of one jurisdiction.",
        )
    return found


def protocol_of(protocol_id: str, folder: Path = DATA) -> Protocol:
    """The protocol of an id as `Protocol.id` writes it, `LABEL+PATHWAY`."""
    label_id, _, pathway_id = protocol_id.partition("+")
    return protocol(label_id, pathway_id, folder)


@lru_cache(maxsize=64)
def thaw(text: str) -> Protocol:
    """The protocol that `Protocol.as_text` wrote, with the same fingerprint, whatever the data files say by now.

    It was proved when it was signed and is not proved again: a course keeps the version it started with.
    """
    content = json.loads(text)
    return Protocol(_thawed(Label, content["label"]), _thawed(Pathway, content["pathway"]))


def _thawed(kind: type[T], content: dict[str, Any]) -> T:
    return parsing.build(kind, content, file=f"approved {content['id']}", text=parsing.canonical(content))


@cache
def _labels(folder: Path) -> tuple[Label, ...]:
    return tuple(_load(Label, path) for path in sorted((folder / "labels").glob("*.toml")))


@cache
def _pathways(folder: Path) -> tuple[Pathway, ...]:
    return tuple(_load(Pathway, path) for path in sorted((folder / "pathways").glob("*.toml")))


def _load(kind: type[T], path: Path) -> T:
    """One file, parsed, proved, and carrying its canonical text."""
    loaded = parsing.read(kind, path, _problems)
    if drafting.is_own(loaded.id):
        raise BrokenLabel(path.name, "id", f"{loaded.id!r} is kept for what sites make themselves")
    if loaded.id != path.stem:
        raise BrokenLabel(path.name, "id", f"{loaded.id!r} is not the name of the file")
    return loaded


def _problems(loaded: Label | Pathway) -> Iterable[tuple[str, str]]:
    if isinstance(loaded, Label):
        return proving.label_problems(loaded)
    return proving_pathways.pathway_problems(loaded)


def _named(wanted: str, known: Iterable[T], *, what: str) -> T:
    """The one of that id; otherwise a refusal that says what to type."""
    by_id = {item.id: item for item in known}
    if wanted in by_id:
        return by_id[wanted]
    near = [known_id for known_id in by_id if wanted and known_id.startswith(f"{wanted}-")]
    if near:
        raise Refusal("unknown-protocol", f"{wanted} needs its revision: type {' or '.join(near)}.")
    raise Refusal("unknown-protocol", f"No {what} is called {wanted!r}. Known: {', '.join(by_id) or 'none'}.")
