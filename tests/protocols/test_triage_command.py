"""`manage.py triage`: a table of replies in, one JSON object a line out."""

import io
import json
import sys
from pathlib import Path

import pytest

from stepup.management.commands.triage import Command
from tests.corpus import CORPUS

PROMISED = ("id", "urgency", "human_task", "provisional_grade", "readings", "rules", "because")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, object]]:
    Command().run_from_argv(["manage.py", "triage", *arguments])
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as ended:
        Command().run_from_argv(["manage.py", "triage", *arguments])
    said = capsys.readouterr()
    assert (ended.value.code, said.out) == (2, "")
    [line] = said.err.splitlines()
    return line


def table(tmp_path: Path, content: str | bytes) -> str:
    path = tmp_path / "replies.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def test_every_row_gets_one_object_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    found = run(capsys, str(CORPUS / "development.csv"))
    assert len(found) == 250
    assert all(list(one)[: len(PROMISED)] == list(PROMISED) for one in found)
    assert [one["id"] for one in found[:2]] == ["dev-001", "dev-002"]


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.csv")), ids=lambda path: path.stem)
def test_every_corpus_is_a_table_it_can_read(capsys: pytest.CaptureFixture[str], path: Path) -> None:
    assert len(run(capsys, str(path))) > 50


def test_only_the_reply_is_needed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    [found] = run(capsys, table(tmp_path, "\ufeffReply\n38.6 and shaking\n"))
    assert (found["id"], found["urgency"], found["human_task"]) == ("1", "emergency", True)


def test_every_column_is_read(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    head = "id,asked,reply,language,drug,step,hour,in_watch,sender,known"
    rows = 'a,Q_TEMP,"98,6",es,teclistamab,step_up_dose_1,26.5,closed,patient,\nb,q_symptom_menu,3,,,,,,,'
    found = run(capsys, table(tmp_path, f"{head}\n{rows}\n"))
    assert [(one["id"], one["urgency"]) for one in found] == [("a", "none"), ("b", "emergency")]


def test_standard_input_is_read(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("asked,reply\nbreath,sí\n".encode())))
    [found] = run(capsys)
    assert found["urgency"] == "emergency"


def test_one_document_on_request(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    Command().run_from_argv(["manage.py", "triage", table(tmp_path, "reply\n98.6\n101\n"), "--json"])
    assert [one["id"] for one in json.loads(capsys.readouterr().out)] == ["1", "2"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "column names"),
        ("id,text\n1,98.6\n", "column names"),
        ("reply,reply\n98.6,101\n", "column names"),
        ('reply\n"98.6\n', "not CSV"),
        ("id,reply\n1,98.6,101\n", "columns"),
        ("id,reply\n1\n", "columns"),
        (b"\xff\xfe\x00", "UTF-8"),
        ("reply,in_watch\n98.6,maybe\n", "in_watch"),
        ("reply,sender\n98.6,dog\n", "sender"),
        ("reply,hour\n98.6,soon\n", "hour"),
        ("reply,asked\n98.6,temperature\n98.6,fevr\n", "Row 2: asked is 'fevr'; write temperature, "),
        ("reply,asked\n", "no reply"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_in_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: str | bytes, says: str
) -> None:
    assert says in refused(capsys, table(tmp_path, content))


def test_a_file_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "cannot be read" in refused(capsys, str(tmp_path / "nothing.csv"))
