"""What the documents name exists: every variable in .env.example, every test in the safety list."""

import re

from tests.local.trees import REPOSITORY


def variables(pattern: str, *paths: str) -> set[str]:
    return {
        name for path in paths for name in re.findall(pattern, (REPOSITORY / path).read_text(), re.MULTILINE)
    }


def test_env_example_names_exactly_what_is_read() -> None:
    named = variables(r"^([A-Z][A-Z_]*)=", ".env.example")
    read = variables(r'env\.\w+\(\s*"([A-Z_]+)"', "stepup/settings.py")
    read |= variables(r"\$\{([A-Z_]+)", "docker-compose.yml")
    read |= variables(r'environ\.get\("(STEPUP_[A-Z_]+)"', "stepup/local/browsers.py")
    assert named == read


def test_every_variable_has_a_comment_above_it() -> None:
    blocks = (REPOSITORY / ".env.example").read_text().strip().split("\n\n")
    assert all(block.startswith("#") for block in blocks)


def test_every_test_that_the_lists_of_hazards_and_faults_name_is_there() -> None:
    named = variables(r"`(test_\w+)`", "docs/safety.md", "docs/faults.md")
    tests = [str(path.relative_to(REPOSITORY)) for path in (REPOSITORY / "tests").rglob("test_*.py")]
    assert named - variables(r"^\s*def (test_\w+)\(", *tests) == set()
    assert len(named) > 100
