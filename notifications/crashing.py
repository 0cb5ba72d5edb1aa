"""Points at which a test may end the process, to show that nothing is lost there. Anywhere else they do nothing.

A test build names a file in STEPUP_CRASH_SWITCH; when a process reaches the point written in it, the file goes and the
process ends as by `kill -9`, once. Production never reads the variable.
"""

import os
import signal
from pathlib import Path

from django.conf import settings

CLAIMED = "delivery claimed"
BEFORE_POST = "before POST"
AFTER_POST = "after POST"
RECORDED = "delivery recorded"
BEFORE_COMMIT_TEXT = "text, before commit"
AFTER_COMMIT_TEXT = "text, after commit"
REPORT_STORED = "report stored"
BEFORE_COMMIT_REPORT = "report, before commit"
BEFORE_COMMIT_CASE = "case climbed, before commit"
AFTER_COMMIT_CASE = "case climbed, after commit"
POINTS = (
    CLAIMED, BEFORE_POST, AFTER_POST, RECORDED, BEFORE_COMMIT_TEXT, AFTER_COMMIT_TEXT, REPORT_STORED,
    BEFORE_COMMIT_REPORT, BEFORE_COMMIT_CASE, AFTER_COMMIT_CASE,
)  # fmt: skip


def point(name: str) -> None:
    """Go on; or, where a test asked for it, end here and now."""
    if settings.CRASH_SWITCH:
        _end_if_asked(Path(settings.CRASH_SWITCH), name)


def _end_if_asked(switch: Path, name: str) -> None:
    try:
        asked = switch.read_text()
        if asked == name:
            switch.unlink()  # whoever takes the file away is the one that ends
            os.kill(os.getpid(), signal.SIGKILL)
    except FileNotFoundError:
        return
