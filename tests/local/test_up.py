"""`manage.py up` from outside: real processes around a service of a few lines."""

import os
import pwd
import shutil
import signal
import socket
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from stepup.local import ports as quiet
from stepup.local import servers
from stepup.local.folder import DataFolder
from tests.local import trees
from tests.waiting import until

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(not Path("/proc/self").exists(), reason="counts processes as Linux shows them"),
]
PARTS = ["postgres", "valkey", "web", "worker", "engine", "double"]


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Path]:
    planted = trees.plant(tmp_path / "tree")
    yield planted
    servers.remove(DataFolder(planted / ".stepup"))


@pytest.fixture
def ports(free_port: int) -> list[str]:
    other = quiet.free_port(besides=[free_port])
    return ["--port", str(free_port), "--double-port", str(other)]


def answer(running: trees.Up) -> str:
    port = running.status()["ports"]["web"]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=60) as response:
        return response.read().decode()


def test_one_life_from_the_first_start_to_ctrl_c(tree: Path, ports: list[str]) -> None:
    with trees.up(tree, *ports, "--once-ready", str(tree / "ready.json")) as first:
        first.wait_until_ready()
        until((tree / "ready.json").exists, "the file for whoever waits")
        assert sorted(first.status()["pids"]) == sorted(PARTS)
        assert answer(first) == "1"  # the demo's person
        output = first.output.read_text()
        assert f"http://127.0.0.1:{ports[1]}/" in output
        assert "a-password-for-the-demo" in output
        told = trees.manage(tree, "demo")
        assert (told.returncode, told.stdout) == (0, "filled before\n")  # on the same database
        assert first.stop() == 0
    assert trees.processes_of(tree) == []
    assert not (tree / ".stepup" / "status.json").exists()

    with trees.up(tree, *ports) as second:
        assert answer(second.wait_until_ready()) == "1"  # what was kept
        assert second.stop(signal.SIGTERM) == 0
    assert trees.processes_of(tree) == []


def test_a_killed_part_comes_back_and_a_killed_supervisor_leaves_nobody(tree: Path, ports: list[str]) -> None:
    with trees.up(tree, *ports) as running:
        running.wait_until_ready()
        before = running.status()
        for part in PARTS:
            os.kill(before["pids"][part], signal.SIGKILL)
        until(lambda: not set(running.status()["pids"].values()) & set(before["pids"].values()), "new ones")
        until(lambda: sorted(running.status()["pids"]) == sorted(PARTS), "all of them")
        assert running.status()["ports"] == before["ports"]
        until(lambda: _answers(running), "the service answers again")

        running.process.kill()
        running.process.wait()
        until(lambda: trees.processes_of(tree) == [], "nobody is left")

    with trees.up(tree, *ports) as again:  # at once, on what was left behind
        assert answer(again.wait_until_ready()) == "1"


def test_a_part_that_keeps_crashing_ends_the_whole_with_its_last_words(tree: Path, ports: list[str]) -> None:
    with trees.up(tree, *ports, SMALL_SERVICE_BREAKS="yes") as running:
        assert running.process.wait(timeout=60) == 1
        errors = running.errors.read_text()
    assert "engine ended with status 1, for the 5th time within 60 seconds" in errors
    assert "the engine broke on purpose" in errors
    assert trees.processes_of(tree) == []


def test_a_taken_port_is_named_with_the_option_that_changes_it(tree: Path, ports: list[str]) -> None:
    with socket.create_server(("127.0.0.1", int(ports[1]))):
        refused = trees.manage(tree, "up", *ports)
        assert refused.returncode == 2
        assert refused.stderr == (
            f"Port {ports[1]} is taken: choose another with --port, or let --any-port take a free one.\n"
        )
        with trees.up(tree, *ports, "--any-port") as running:
            taken = running.wait_until_ready().status()["ports"]
            assert len({int(ports[1]), taken["web"], taken["double"]}) == 3
            second = trees.manage(tree, "up", *ports, "--any-port")
            assert second.returncode == 2
            assert f"process {running.process.pid}" in second.stderr


def test_commands_without_up(tree: Path) -> None:
    planned = trees.manage(tree, "plan")
    assert (planned.stdout, planned.stderr, planned.returncode) == ("the plan\n", "", 0)
    assert not (tree / ".stepup").exists()
    assert trees.manage(tree, "demo").stdout == "filled\n"  # on a database that was made and migrated for it
    assert trees.manage(tree, "demo").stdout == "filled before\n"
    assert trees.processes_of(tree) == []


@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("setpriv"), reason="only root becomes somebody else"
)
def test_an_ordinary_user(ports: list[str]) -> None:
    nobody = pwd.getpwnam("nobody")
    place = Path(tempfile.mkdtemp(prefix="stepup-ordinary-"))
    try:
        place.chmod(0o755)
        tree = trees.plant(place / "tree")
        for path in (tree, *tree.rglob("*")):
            os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
        if not _may_run(tree / ".venv" / "bin" / "python"):
            pytest.skip("this test run's own Python is closed to other users")
        become = ("setpriv", "--reuid", str(nobody.pw_uid), "--regid", str(nobody.pw_gid), "--clear-groups")
        with trees.up(tree, *ports, prefix=become) as running:
            assert answer(running.wait_until_ready()) == "1"
            assert running.stop() == 0
        assert trees.processes_of(tree) == []
    finally:
        shutil.rmtree(place)


def _answers(running: trees.Up) -> bool:
    try:
        return answer(running) == "1"
    except OSError:
        return False


def _may_run(program: Path) -> bool:
    """Whether everybody may reach the program, through all the folders above it."""
    real = program.resolve()
    return all(folder.stat().st_mode & 0o001 for folder in (real, *real.parents))
