"""The virtual ward, run as whoever plans the people for a programme runs it."""

import json
import subprocess
import sys

import pytest

from tests.local import trees

pytestmark = pytest.mark.processes


def test_two_clinics_are_lived_through_side_by_side_and_added_up() -> None:
    command = [sys.executable, "manage.py", "simulate", "--patients", "101", "--days", "1", "--json"]
    done = subprocess.run(
        command, cwd=trees.REPOSITORY, env=trees.environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert (found["patients"], found["broken"]) == (101, {})
    assert found["checkins"]["answered"] > 0
    assert found["checks"] > 24, "what is broken is looked for before whatever the service does"
