"""`manage.py test`: every check and every test, one part after the other, and a line of counts at the end."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from stepup.local import browsers, environment, interrupts, parts, progress, servers
from stepup.local.folder import DataFolder, Secrets
from stepup.local.parts import Counts
from stepup.local.trouble import Trouble
from stepup.local.venv import TEST_LOCK, Venv

_HELP = """\
usage: manage.py test [--fast] [-- PYTEST-ARGUMENTS ...]

Runs every check and every test. With --fast only the rules of dosing and triage, which need no database.
With arguments for pytest (a path, -k, -x ...) only what they choose.
"""
_EXAMPLES = "--hypothesis-profile=whole"  # registered in tests/examples.py; --fast tries a tenth of them
# Where all tests are that need processes or a browser: to look through the ten thousand others takes each worker as
# long as some of these tests. `tests/local/test_suite.py` fails on a test of theirs anywhere else.
_PLACES = ("tests/faults", "tests/browser", "tests/local", "tests/notifications/double/test_phones_page.py")
_PACKAGES = ("stepup", "monitoring", "notifications", "protocols", "benchmarks", "manage.py")


def main(arguments: Sequence[str]) -> int:
    """Run the parts; the last line is `N passed, N failed, N skipped`. Exit status 1 on any failure."""
    own, chosen = _split(arguments)
    if not own.isdisjoint({"-h", "--help"}):
        print(_HELP, end="")
        return 0
    with interrupts.raised():
        venv = Venv()
        venv.prepare(TEST_LOCK)
        if "--fast" in own:
            counts = _rules(venv, chosen)
        elif chosen:
            counts = _with_servers(
                venv, lambda settings: parts.pytest("Tests", venv.python, chosen, settings)
            )
        else:
            counts = _checks(venv) + _with_servers(venv, lambda settings: _tests(venv, settings))
    print(f"\n{counts}", flush=True)
    return 1 if counts.failed else 0


def has_its_place(test: str) -> bool:
    """Whether a test that needs processes or a browser stands where this run looks for such."""
    return test.startswith(tuple(place if place.endswith(".py") else f"{place}/" for place in _PLACES))


def _split(arguments: Sequence[str]) -> tuple[set[str], list[str]]:
    """Our own options, and what is for pytest: everything else, and everything after `--`."""
    before = list(arguments)
    after = []
    if "--" in before:
        at = before.index("--")
        before, after = before[:at], before[at + 1 :]
    ours = {argument for argument in before if argument in {"--fast", "-h", "--help"}}
    return ours, [argument for argument in before if argument not in ours] + after


def _without_servers() -> dict[str, str]:
    """Settings for what needs no database: there is none at these addresses."""
    return environment.of_service(Secrets.new(), database_url="", redis_url="", kind="test")


def _rules(venv: Venv, chosen: Sequence[str]) -> Counts:
    whole = ["-n", "2", "--dist", "worksteal", "tests/protocols"]
    return parts.pytest("Rules", venv.python, chosen or whole, _without_servers())


def _checks(venv: Venv) -> Counts:
    settings = _without_servers()
    ruff: list[str | Path] = [venv.python, "-m", "ruff"]
    contracts = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return (
        parts.check("Format", [*ruff, "format", "--check", "."], settings)
        + parts.check("Lint", [*ruff, "check", "."], settings)
        + parts.check("Types", [venv.python, "-m", "mypy", *_PACKAGES], settings)
        + parts.check("Import contracts", [venv.python, "-c", contracts], settings)
    )


def _tests(venv: Venv, settings: Mapping[str, str]) -> Counts:
    python = venv.python
    migrations: list[str | Path] = [python, "manage.py", "makemigrations", "--check", "--dry-run"]
    counts = parts.check("Missing migrations", migrations, settings)
    # Stealing: the stories are long and stand together, and one process would be left alone with all of them.
    side_by_side = ["-n", "2", "--dist", "worksteal", _EXAMPLES, "-m", "not processes and not browser"]
    counts += parts.pytest("Unit tests", python, side_by_side, settings)
    return counts + _on_the_whole_service(venv, settings)


def _on_the_whole_service(venv: Venv, settings: Mapping[str, str]) -> Counts:
    """The tests that start the service as real processes, and those that open it in a browser."""
    chromium = browsers.found()
    which = "processes or browser" if chromium else "processes and not browser"
    # They mostly wait, for a service to start, a deadline to pass, a page to come to rest: three at once fill two
    # processors, and while one file waits another draws. A file has one service and one browser for all its tests, so
    # a file stays whole. Which file takes how long is not told by how many tests it has: they go in order of their
    # names, where the long ones of `faults` do not come last.
    by_file = ["-n", "3", "--dist", "loadfile", "--no-loadscope-reorder", "-m", which, *_PLACES]
    counts = parts.pytest(
        "Process and browser tests", venv.python, by_file, {**settings, "STEPUP_CHROMIUM": chromium}
    )
    return (
        counts if chromium else counts + parts.not_run("Browser tests", "no Chromium was found on the PATH")
    )


def _with_servers(venv: Venv, run: Callable[[Mapping[str, str]], Counts]) -> Counts:
    """Run something on a PostgreSQL and a Valkey: throw-away ones, unless the environment names others."""
    folder = DataFolder(Path(tempfile.mkdtemp(prefix="stepup-test-")))
    try:
        with servers.running(folder, venv, durable=False) as running:
            settings = environment.of_service(
                folder.secrets(), database_url=running.database_url, redis_url=running.redis_url, kind="test"
            )
            return run(settings)
    except Trouble as trouble:
        progress.say(f"The tests that need a database did not run. {trouble}")
        return Counts(failed=1)
    finally:
        servers.remove(folder)
