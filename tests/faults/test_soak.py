"""A minute of trouble on real processes, kills and faults and clock steps, and everybody is answered."""

import json
import subprocess
import sys

import pytest

from tests.local import trees
from tests.service import ROOT

pytestmark = pytest.mark.processes


@pytest.mark.timeout(
    600
)  # it ends when all is quiet: three minutes, and longer where other tests have the machine
def test_after_a_minute_of_trouble_nobody_was_left_unanswered() -> None:
    command = [sys.executable, "manage.py", "soak", "--minutes", "1", "--seed", "7", "--json"]
    done = subprocess.run(
        command, cwd=ROOT, env=trees.environment(), capture_output=True, text=True, timeout=580, check=False
    )
    found = json.loads(done.stdout[done.stdout.index("{") :])
    assert (done.returncode, found["wrong"]) == (0, []), done.stderr
    assert sum(found["happened"].values()) > 5, "something befell it"
