"""A Chromium for a whole module, and where the board of its service is."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from stepup.local import browsers
from tests.browser.screenshots import FLAGS


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=browsers.found(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def base(service) -> str:
    return str(service.status["addresses"]["board"]).rstrip("/")
