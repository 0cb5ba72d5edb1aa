"""`manage.py test`: how it counts, and what it does when a part cannot run."""

import sys
from pathlib import Path

import pytest

from stepup.local import browsers, parts, suite
from stepup.local.parts import Counts
from tests import places

REPORT = """\
<testsuites><testsuite>
  <testcase name="passes"/>
  <testcase name="fails"><failure/></testcase>
  <testcase name="passes, then its clean-up breaks"><error/></testcase>
  <testcase name="is skipped"><skipped/></testcase>
</testsuite></testsuites>
"""


def test_every_test_counts_once(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(REPORT)
    counts = parts._counted(report)
    assert str(counts + Counts(passed=2)) == "3 passed, 2 failed, 1 skipped"


def test_a_pytest_that_breaks_down_is_a_failure(tmp_path: Path) -> None:
    assert parts._counted(tmp_path / "never-written.xml") == Counts()
    broken = parts.pytest("Broken", Path(sys.executable), ["--no-such-option"], {})
    assert broken == Counts(failed=1)


@pytest.mark.parametrize(("ci", "counts"), [("true", Counts(failed=1)), ("", Counts(skipped=1))])
def test_a_part_that_cannot_run_fails_only_where_nothing_may_be_left_out(
    ci: str, counts: Counts, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CI", ci)
    assert parts.not_run("Browser tests", "no Chromium was found on the PATH") == counts
    assert "Browser tests: not run" in capsys.readouterr().out


def test_a_check_counts_as_one(capfd: pytest.CaptureFixture[str]) -> None:
    assert parts.check("True", ["true"], {}) == Counts(passed=1)
    assert parts.check("False", ["false"], {}) == Counts(failed=1)


def test_options_are_ours_and_the_rest_is_for_pytest() -> None:
    assert suite._split(["--fast"]) == ({"--fast"}, [])
    assert suite._split(["tests/protocols", "-x"]) == (set(), ["tests/protocols", "-x"])
    assert suite._split(["--fast", "--", "-k", "--fast"]) == ({"--fast"}, ["-k", "--fast"])


@pytest.mark.parametrize(
    ("test", "is_found"),
    [
        ("tests/faults/test_soak.py::test_after_a_minute", True),
        ("tests/notifications/double/test_phones_page.py::test_a_page", True),
        ("tests/notifications/double/test_calls.py::test_a_call", False),
        ("tests/faults_of_old/test_soak.py::test_after_a_minute", False),
    ],
)
def test_tests_of_the_whole_service_are_looked_for_in_their_places(test: str, is_found: bool) -> None:
    assert suite.has_its_place(test) is is_found


def test_no_test_of_the_whole_service_is_lost_from_the_run(request) -> None:
    """One that stands anywhere else is collected with the unit tests, not chosen there, and never looked for again."""
    collected = request.config.stash[places.OF_THE_WHOLE_SERVICE]
    assert [test for test in collected if not suite.has_its_place(test)] == []


def test_the_last_line_is_the_counts_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(suite.Venv, "prepare", lambda self, lock: self.python)
    monkeypatch.setattr(suite.parts, "pytest", lambda *given: Counts(passed=3, skipped=1))
    assert suite.main(["--fast"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "3 passed, 0 failed, 1 skipped"
    monkeypatch.setattr(suite.parts, "pytest", lambda *given: Counts(passed=3, failed=1))
    assert suite.main(["--fast"]) == 1


def test_a_browser_is_taken_from_the_environment_or_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STEPUP_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(browsers, "_MAC", tmp_path / "none")
    assert browsers.found() == ""
    for name in ("google-chrome", "chromium"):
        (tmp_path / name).touch(mode=0o755)
    assert browsers.found() == str(tmp_path / "chromium")
    monkeypatch.setenv("STEPUP_CHROMIUM", "/opt/chromium")
    assert browsers.found() == "/opt/chromium"
