"""A Chromium on this machine, for the browser tests."""

import os
import shutil
from pathlib import Path

# The headless shell first: it starts in less than half the time.
_NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
)
_MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def found() -> str:
    """The program to start: what STEPUP_CHROMIUM names, or the first on the PATH; empty when there is none."""
    if named := os.environ.get("STEPUP_CHROMIUM"):
        return named
    for name in _NAMES:
        if path := shutil.which(name):
            return path
    return str(_MAC) if _MAC.exists() else ""
