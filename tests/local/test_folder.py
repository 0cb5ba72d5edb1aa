"""The data folder: who holds it, what is kept, and who may read it."""

import stat
from pathlib import Path

import pytest

from stepup.local.folder import DataFolder
from stepup.local.trouble import Trouble


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_one_holder_at_a_time(tmp_path: Path) -> None:
    with DataFolder(tmp_path).held() as ours:
        assert ours
        with DataFolder(tmp_path).held() as theirs:
            assert not theirs
    with DataFolder(tmp_path).held() as next_one:
        assert next_one


def test_a_new_holder_forgets_the_status_of_one_that_was_killed(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.write_status({"ready": True})
    with folder.held():
        assert folder.read_status() == {}


def test_secrets_are_made_once_and_private(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.create()
    made = folder.secrets()
    assert folder.secrets() == made
    assert len(made.secret_key) >= 50
    assert made.account_sid.startswith("AC")
    assert len(made.account_sid) == 34
    assert mode(folder.path / "secret") == 0o600
    folder.write_status({})
    assert mode(folder.status_file) == 0o600
    assert mode(folder.path / "logs") == 0o700
    assert mode(folder.path) in {0o700, 0o711}  # closed to others; root's may be passed through


def test_a_damaged_secret_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("{}")
    with pytest.raises(Trouble, match="damaged"):
        DataFolder(tmp_path).secrets()


def test_logs_of_the_last_starts_are_kept(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.create()
    for start in range(6):
        folder.log("web").write_text(f"start {start}")
    kept = {log.name: log.read_text() for log in (tmp_path / "logs").iterdir()}
    assert kept == {
        "web.log": "start 5",
        "web.log.1": "start 4",
        "web.log.2": "start 3",
        "web.log.3": "start 2",
    }


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Trouble, match="cannot be used"):
        DataFolder(tmp_path / "file" / "data").create()
