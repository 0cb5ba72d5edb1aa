"""The rules as data: proved whole when they are read, and refused by name when they are not."""

import ast
import shutil
from pathlib import Path

import pytest

from protocols import rulebook, triage
from protocols.parsing import BrokenLabel
from protocols.rulebook import at_least, worst

FILES = ("triage.toml", "questions.toml", "lexicon.en.toml", "lexicon.es.toml", "lexicon.zh-Hant.toml")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for name in FILES:
        shutil.copy(rulebook.DATA / name, tmp_path)
    return tmp_path


def change(folder: Path, name: str, before: str, after: str) -> None:
    text = (folder / name).read_text("utf-8")
    assert before in text
    (folder / name).write_text(text.replace(before, after, 1), "utf-8")


LABELS_ONLY = {
    "parsing",
    "model",
    "regimens",
}  # reached for reading files strictly; no reply passes through them


def _imported(module: str) -> set[str]:
    """The modules of the rules that one of them imports."""
    tree = ast.parse((rulebook.DATA.parent / f"{module}.py").read_text("utf-8"))
    found: set[str] = set()
    for node in (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)):
        package, _, name = (node.module or "").partition(".")
        if package == "protocols":
            found |= {name} if name else {alias.name for alias in node.names}
    return found


def test_every_module_that_reads_a_reply_is_in_the_fingerprint() -> None:
    reached: set[str] = set()
    waiting = {"triage"}
    while waiting:
        module = waiting.pop()
        reached.add(module)
        waiting |= _imported(module) - reached - LABELS_ONLY
    assert reached == set(rulebook.READERS)


def test_every_rule_cites_a_source_or_says_it_is_ours() -> None:
    book = rulebook.load()
    assert all(rule.source and book.cited(rule) for rule in book.rules.values())


def test_every_emergency_of_the_published_list_is_one() -> None:
    listed = (
        "cannot_wake", "seizure", "one_sided_weakness", "face_drooping", "cannot_speak", "breathing", "blue_lips",
        "passed_out", "chest_pain", "confusion",
    )  # fmt: skip
    symptoms = rulebook.load().symptoms
    assert {name: symptoms[name].urgency for name in listed} == dict.fromkeys(listed, "emergency")


def test_the_fingerprint_follows_the_content(data: Path) -> None:
    assert rulebook.load(data).fingerprint == triage.RULES_VERSION
    other = data / "other"
    other.mkdir()
    for name in FILES:
        shutil.copy(data / name, other)
    change(other, "lexicon.en.toml", '"breathless"', '"breathlesss"')
    assert rulebook.load(other).fingerprint != triage.RULES_VERSION


@pytest.mark.parametrize(
    ("name", "before", "after", "complaint"),
    [
        ("triage.toml", 'urgency = "emergency"', 'urgency = "soon"', "symptom cannot_wake.*soon"),
        ("triage.toml", 'source = ["CROMBIE_T3"]', 'source = ["HEARSAY"]', "HEARSAY"),
        ("triage.toml", 'why = "a tremor"', 'wy = "a tremor"', "symptom tremor.*wy"),
        ("triage.toml", 'id = "tremor"', 'id = "tremble"', "missing: tremor"),
        ("questions.toml", 'yes = "dizzy"', 'yes = "giddy"', "question dizzy.*giddy"),
        ("triage.toml", "[oxygen]", "[oxygen", "triage.toml"),
    ],
)
def test_a_broken_file_is_named(data: Path, name: str, before: str, after: str, complaint: str) -> None:
    change(data, name, before, after)
    with pytest.raises(BrokenLabel, match=complaint):
        rulebook.load(data)


def test_a_missing_file_is_named(data: Path) -> None:
    (data / "questions.toml").unlink()
    with pytest.raises(BrokenLabel, match=r"questions\.toml"):
        rulebook.load(data)


def test_urgencies_are_ordered() -> None:
    assert worst("none", "urgent") == worst("urgent", "none") == "urgent"
    assert at_least("emergency", "urgent")
    assert not at_least("routine", "clarify")
