"""The project's own `.venv`, filled from a lock with one tiny package."""

import hashlib
import importlib.util
import signal
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest

from stepup.local import venv as venvs
from stepup.local.trouble import Trouble
from stepup.local.venv import RUN_LOCK, TEST_LOCK, Venv
from tests.local import trees
from tests.waiting import until

METADATA = "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: by-hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A source tree whose lock names one package, which pip finds in a folder and nowhere else."""
    wheel = tmp_path / "packages" / "tiny-1.0-py3-none-any.whl"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tiny.py", "answer = 42\n")
        archive.writestr("tiny-1.0.dist-info/METADATA", METADATA)
        archive.writestr("tiny-1.0.dist-info/WHEEL", WHEEL)
        archive.writestr("tiny-1.0.dist-info/RECORD", "tiny.py,,\ntiny-1.0.dist-info/RECORD,,\n")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))
    tree = tmp_path / "tree"
    tree.mkdir()
    for lock in (RUN_LOCK, TEST_LOCK):
        (tree / lock).write_text(
            f"tiny==1.0 \\\n    --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"
        )
    return tree


def imports_it(venv: Venv) -> bool:
    return (
        subprocess.run([venv.python, "-c", "import tiny"], check=False, capture_output=True).returncode == 0
    )


def test_it_is_prepared_once(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    venv = Venv(root)
    venv.prepare(TEST_LOCK)
    assert imports_it(venv)
    shown = capfd.readouterr()
    assert "Preparing .venv" in shown.err
    assert shown.out == ""  # standard output is for answers
    written = {path: path.lstat().st_mtime_ns for path in (root / ".venv").rglob("*")}
    venv.prepare(TEST_LOCK)
    venv.prepare(RUN_LOCK)  # the test lock holds all of it
    assert {path: path.lstat().st_mtime_ns for path in (root / ".venv").rglob("*")} == written
    assert capfd.readouterr() == ("", "")


def test_a_changed_lock_and_an_interrupted_set_up_are_noticed(
    root: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    venv = Venv(root)
    venv.prepare()
    (root / RUN_LOCK).write_text("# a new line\n" + (root / RUN_LOCK).read_text())
    venv.prepare()
    assert "Installing" in capfd.readouterr().err
    (venv.folder / ".stepup-unfinished").touch()
    half_done = venv.folder / "half-done"
    half_done.touch()
    venv.prepare()
    assert imports_it(venv)
    assert not half_done.exists()


def test_another_hash_is_refused(root: Path) -> None:
    lock = root / RUN_LOCK
    lock.write_text(lock.read_text()[:-9] + "00000000\n")
    with pytest.raises(Trouble, match="HASHES") as refused:
        Venv(root).prepare()
    assert refused.value.status == 1
    assert not imports_it(Venv(root))
    assert not (root / ".venv" / ".stepup-locks").exists()


def test_two_at_once_take_turns(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    at_once = [threading.Thread(target=Venv(root).prepare) for _ in range(2)]
    for one in at_once:
        one.start()
    for one in at_once:
        one.join()
    assert imports_it(Venv(root))
    assert capfd.readouterr().err.count("Preparing .venv") == 1


def test_a_system_without_venv_gets_the_name_of_the_package(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        venvs.importlib.util, "find_spec", lambda name: None if name == "ensurepip" else find(name)
    )
    with pytest.raises(Trouble, match="python3-venv") as refused:
        Venv(root).prepare()
    assert refused.value.status == 2


def test_an_older_python_gets_a_sentence() -> None:
    pretend = (
        "import runpy, sys; sys.version_info = (3, 10, 9); runpy.run_path('manage.py', run_name='__main__')"
    )
    refused = subprocess.run(
        [sys.executable, "-c", pretend], cwd=trees.REPOSITORY, capture_output=True, text=True, check=False
    )
    assert refused.returncode == 2
    assert refused.stderr.startswith("StepUp needs Python 3.11 or newer")
    assert refused.stderr.count("\n") == 1


def test_the_set_up_needs_nothing_installed() -> None:
    alone = f"import sys; sys.path.insert(0, {str(trees.REPOSITORY)!r}); import stepup.local.commands"
    bare = subprocess.run(
        [sys.executable, "-I", "-S", "-c", alone], capture_output=True, text=True, check=False
    )
    assert bare.returncode == 0, bare.stderr


def test_killed_set_up_takes_pip_with_it(root: Path) -> None:
    script = (
        f"from pathlib import Path; from stepup.local.venv import Venv; Venv(Path({str(root)!r})).prepare()"
    )
    setting_up = subprocess.Popen(
        [sys.executable, "-c", script], cwd=trees.REPOSITORY, stderr=subprocess.DEVNULL
    )
    until((root / ".venv").exists, "it has begun")
    setting_up.send_signal(signal.SIGKILL)
    setting_up.wait()
    if Path("/proc/self").exists():
        until(lambda: trees.processes_of(root) == [], "nobody is left")
    venv = Venv(root)
    venv.prepare()
    assert imports_it(venv)
