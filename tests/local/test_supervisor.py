"""The supervisor and its children, with shell scripts for programs."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stepup.local import processes, supervisor
from stepup.local.processes import Child
from stepup.local.supervisor import Supervisor
from stepup.local.trouble import Trouble
from tests.local import trees
from tests.waiting import until


@pytest.fixture
def keeper() -> Iterator[Supervisor]:
    kept = Supervisor()
    yield kept
    kept.stop()


def child(folder: Path, name: str, script: str, **facts: object) -> Child:
    log = folder / f"{name}.log"
    log.touch()
    return Child(
        name=name,
        command=["sh", "-c", script],
        environment={"PATH": os.defpath},
        log=log,
        folder=folder,
        **facts,  # type: ignore[arg-type]
    )


def is_running(pid: int) -> bool:
    return bool(processes.command_of(pid))


def test_what_is_needed_is_ready_first(tmp_path: Path, keeper: Supervisor) -> None:
    answered = tmp_path / "answered"
    server = child(tmp_path, "server", f"sleep 0.3; touch {answered}; sleep 60", answers=answered.exists)
    user = child(tmp_path, "user", f"test -e {answered} && echo found; sleep 60", needs=[server])
    keeper.start([server, user])
    until(lambda: user.log.read_text() == "found\n", "the user found its server")


def test_a_crashed_child_is_started_again_and_its_group_swept(tmp_path: Path, keeper: Supervisor) -> None:
    helper = tmp_path / "helper"
    one = child(tmp_path, "one", f"sleep 60 & echo $! > {helper}; wait")
    keeper.start([one])
    until(lambda: helper.exists() and helper.read_text(), "it has started a helper")
    first, first_helper = keeper.pids()["one"], int(helper.read_text())
    os.kill(first, signal.SIGKILL)
    until(lambda: keeper.step() or keeper.pids().get("one", first) != first, "it runs again")
    until(lambda: not is_running(first_helper), "its helper is gone")


def test_one_that_keeps_crashing_ends_with_the_end_of_its_log(
    tmp_path: Path, keeper: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_PAUSES", (0, 0, 0, 0))
    bad = child(tmp_path, "bad", "seq 1 40; exit 7")
    keeper.children.append(bad)
    with pytest.raises(Trouble) as ended:
        keeper.watch()
    first, *rest = str(ended.value).splitlines()
    assert first.startswith("bad ended with status 7, for the 5th time within 60 seconds.")
    assert rest == [str(number) for number in range(11, 41)]  # thirty lines
    assert ended.value.status == 1


def test_one_that_never_answers_is_named(tmp_path: Path, keeper: Supervisor) -> None:
    with pytest.raises(Trouble, match="mute did not answer within 0 seconds"):
        keeper.start([child(tmp_path, "mute", "sleep 60", answers=lambda: False)], patience=0.2)


def test_stopping_is_in_order_and_kills_what_will_not_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    diary = tmp_path / "diary"
    ready = tmp_path / "ready"
    says = f"trap 'echo {{0}} >> {{1}}; exit' TERM; echo >> {ready}; while :; do sleep 0.05; done"
    server = child(tmp_path, "server", says.format("server", diary))
    user = child(tmp_path, "user", says.format("user", diary), needs=[server])
    deaf = child(
        tmp_path, "deaf", f"trap '' TERM; echo >> {ready}; while :; do sleep 0.05; done", needs=[server]
    )
    kept = Supervisor()
    kept.start([server, user, deaf])
    pids = kept.pids().values()
    until(lambda: ready.exists() and ready.read_text() == "\n\n\n", "each shell to set its trap")
    patient = processes.stop_in_order
    monkeypatch.setattr(supervisor, "stop_in_order", lambda children, patience: patient(children, patience=1))
    kept.stop()
    assert diary.read_text().split() == ["user", "server"]
    assert not any(map(is_running, pids))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a child to its parent")
def test_children_do_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    script = (
        "import os, time; from pathlib import Path; from stepup.local.processes import Child; "
        f"folder = Path({str(tmp_path)!r}); "
        "one = Child('one', ['sleep', '60'], {'PATH': os.defpath}, folder / 'log', folder); "
        "one.start(); print(one.process.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script], cwd=trees.REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert "sleep 60" in processes.command_of(pid)
    parent.kill()
    parent.wait()
    until(lambda: not is_running(pid), "the child is gone")


def test_only_the_program_with_the_mark_is_ended(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as bystander:
        processes.end_leftover(bystander.pid, mark=str(tmp_path), stop_signal=signal.SIGTERM)
        assert bystander.poll() is None
        bystander.kill()
