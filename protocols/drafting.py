"""A site's own pathway: values changed one by one from a starting point, each marked as the site's own.

Contents are the plain tables of a data file, as canonical JSON holds them. The strict parser and the prover judge the
result like any file; nothing here decides a dose or an hour.
"""

import copy
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from protocols import parsing, proving, proving_pathways
from protocols.errors import Refusal
from protocols.model import Label
from protocols.parsing import BrokenLabel
from protocols.pathway import Pathway, Protocol

Content = dict[str, Any]

OURS = "decided by the site"
MARK = re.compile(r" \(no longer for [^()]*: this site set that itself\)")
LABEL_ROW = "label."  # begins the name of a row of the label that a site had read and leaves out
OWN_ID = re.compile(r"site\d+-")
NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")

# Every value a site may change. One readiness item is one value, `readiness.ID`; so is a whole list of rows.
NUMBERS = {
    "watch_hours": "hours watched after a step-up dose",
    "later_watch_hours": "hours watched after a later dose",
    "concern_every_hours": "hours between questions while a concern is open",
    "silence.again_minutes": "minutes of silence before asking again",
    "silence.caregiver_minutes": "minutes of silence before texting the caregiver",
    "silence.voice_minutes": "minutes of silence before calling",
    "silence.person_minutes": "minutes of silence before telling a person",
    "minutes_per_rung.emergency": "minutes per rung, emergency",
    "minutes_per_rung.urgent": "minutes per rung, urgent",
    "minutes_per_rung.clarify": "minutes per rung, clarify",
    "clarify_minutes": "minutes until what nobody understood is read",
    "reach_minutes": "minutes until the patient is reached",
    "resolve_minutes": "minutes until the outcome is recorded",
    "tell_patient_minutes": "minutes until the patient is told that nobody has it yet",
}
AMOUNTS = {
    "fever_c": "fever from, in °C",
    "fever_f": "fever from, in °F",
    "weight_change_percent": "weight change beyond which a second clinician answers, in %",
}
OTHERS = {
    "note": "what this pathway is for",
    "rhythm": "check-ins after a step-up dose",
    "later_rhythm": "check-ins after later doses",
    "ladder": "the ladder: who is called, in which order",
    "later_doses": "which doses are later doses",
    "in_hospital": "which doses are given in hospital",
    "pocket_dexamethasone": "pocket dexamethasone",
    "proposals": "what nobody has published",
}
VALUES = {**NUMBERS, **AMOUNTS, **OTHERS}


@dataclass(frozen=True)
class Change:
    """One value set by a site. `now` is None for an item taken off; an empty source is the site itself."""

    value: str
    now: Any
    source: str = ""


@dataclass(frozen=True)
class Drafted:
    """What a draft comes to: the protocol if it can be built, and everything that is wrong with it, by place."""

    protocol: Protocol | None
    problems: tuple[tuple[str, str], ...]


def own_id(site: int, name: str, version: int) -> str:
    """The id of a site's own version: no file of the library and no other site can have it."""
    return f"site{site}-{name}-v{version}"


def is_own(any_id: str) -> bool:
    """Whether an id is one of a site's own."""
    return OWN_ID.match(any_id) is not None


def root(any_id: str) -> str:
    """What a site's own id was made from: `site3-home-v2` is `home`; any other id is itself."""
    return re.sub(r"-v\d+$", "", OWN_ID.sub("", any_id, count=1)) if is_own(any_id) else any_id


def called(value: str) -> str:
    """A value by its name in words."""
    if value.startswith("readiness."):
        return f"readiness: {value.removeprefix('readiness.').replace('-', ' ')}"
    if value.startswith(LABEL_ROW):
        return f"row of the label, {value.removeprefix(LABEL_ROW)}"
    return VALUES[value]


def get(content: Mapping[str, Any], value: str) -> Any:
    """The value as it stands in a content; None for an item that is not on the list."""
    if value.startswith("readiness."):
        wanted = value.removeprefix("readiness.")
        return next((row for row in content["readiness"] if row["id"] == wanted), None)
    found: Any = content
    for key in value.split("."):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def drafted(content: Mapping[str, Any], changes: Iterable[Change], *, own_id: str, title: str) -> Content:
    """The content with these changes, newest last. A value set back to what was shipped is the site's own no longer."""
    made: Content = copy.deepcopy(dict(content)) | {"id": own_id, "title": title}
    own = {row["value"]: dict(row) for row in made.get("own", ())}
    for change in changes:
        before = get(made, change.value)
        _set(made, change.value, change.now)
        was = own[change.value]["was"] if change.value in own else worded(_sorted(before))
        own[change.value] = {"value": change.value, "was": was, "source": change.source or OURS}
    kept = [row for value, row in own.items() if row["was"] != worded(_sorted(get(made, value)))]
    made["own"] = kept
    if not kept:
        del made["own"]
    _honest(made, [row["value"] for row in kept])
    return made


def _sorted(value: Any) -> Any:
    """A row with its keys in one order, so that the same values read the same."""
    return dict(sorted(value.items())) if isinstance(value, Mapping) else value


def _set(content: Content, value: str, now: Any) -> None:
    if value.startswith("readiness."):
        wanted = value.removeprefix("readiness.")
        rows = content["readiness"]
        place = next((place for place, row in enumerate(rows) if row["id"] == wanted), len(rows))
        rows[place : place + 1] = [] if now is None else [now]
        return
    if value not in VALUES:
        raise Refusal("unknown-value", f"A pathway has no value called {value!r}.")
    *groups, last = value.split(".")
    inside = content
    for group in groups:
        inside = inside[group]
    inside.pop(last, None)
    if now is not None:
        inside[last] = now


def _honest(content: Content, own: Sequence[str]) -> None:
    """What was published, or proposed, for a value says that it no longer covers a value the site set itself."""
    for row in content["basis"]:
        row["says"] = MARK.sub("", row["says"]) + _mark(row["topic"], own)
    content["proposals"] = [MARK.sub("", said) + _mark(said, own) for said in content["proposals"]]


def _mark(said: str, own: Sequence[str]) -> str:
    head = re.split(r", | and ", said.partition(":")[0])
    left = [value for value in own if any(_speaks_of(name, value) for name in head)]
    return f" (no longer for {', '.join(left)}: this site set that itself)" if left else ""


def _speaks_of(name: str, value: str) -> bool:
    return value == name or value.startswith(f"{name}.") or name.startswith(f"{value}.")


def judged(label: Mapping[str, Any], pathway: Mapping[str, Any]) -> Drafted:
    """The two contents held to the same strict parser and prover as the library's files, every problem by its place."""
    problems: list[tuple[str, str]] = []
    built: list[Any] = []
    for kind, content in ((Label, label), (Pathway, pathway)):
        try:
            built.append(parsing.build(kind, content, file=content["id"], text=parsing.canonical(content)))
        except BrokenLabel as broken:
            problems.append((broken.place, broken.problem))
    for whole in built:
        found = (
            proving.label_problems(whole)
            if isinstance(whole, Label)
            else proving_pathways.pathway_problems(whole)
        )
        problems.extend(found)
    protocol = Protocol(*built) if len(built) == 2 else None
    return Drafted(protocol, tuple(problems))


def same(one: Any, other: Any) -> bool:
    """Whether two values say the same: a 10 and a "10" are one number, and the order of keys says nothing."""
    return bool(_bare(one) == _bare(other))


def _bare(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _bare(inside) for key, inside in value.items() if inside not in (None, "", [])}
    if isinstance(value, list):
        return [_bare(inside) for inside in value]
    return value if isinstance(value, bool) else str(value)


def worded(value: Any) -> str:
    """A value as a person reads it."""
    return "; ".join(_pieces(value)) if isinstance(value, list) and value else "".join(_pieces(value))


def _pieces(value: Any) -> Iterator[str]:
    if value is None or value in ("", []):
        yield "none"
    elif isinstance(value, bool):
        yield "yes" if value else "no"
    elif isinstance(value, Mapping):
        yield _row(value)
    elif isinstance(value, list):
        for row in value:
            yield from _pieces(row)
    else:
        yield str(value)


def _row(row: Mapping[str, Any]) -> str:
    if "every_hours" in row:
        return f"hour {row['from_hour']} to {row['to_hour']} every {row['every_hours']} hours: {', '.join(row['ask'])}"
    return ", ".join(
        f"{key.replace('_', ' ')} {', '.join(map(str, inside)) if isinstance(inside, list) else worded(inside)}"
        for key, inside in row.items()
        if key != "id" and inside not in ("", [], None)
    )
