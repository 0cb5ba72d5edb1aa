"""A service filled with the demo and a Chromium for a whole module, and pages of its people."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from stepup.local import browsers
from tests.browser.keyboard import WIDE, signed_in
from tests.browser.screenshots import FLAGS
from tests.service import Service, demo


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=browsers.found(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def service(tmp_path_factory) -> Iterator[Service]:
    """The demo as it begins. A module that needs more to have happened says so with a fixture of this name."""
    with demo(tmp_path_factory.mktemp("demo")) as service:
        yield service


@pytest.fixture(scope="module")
def base(service) -> str:
    return str(service.status["addresses"]["board"]).rstrip("/")


@pytest.fixture(scope="module")
def session(browser, base) -> Callable[[str], list]:
    """The cookies of somebody's session, who signs in once."""
    kept: dict[str, list] = {}

    def of(name: str) -> list:
        if name not in kept:
            page = signed_in(browser, base, name)
            kept[name] = page.context.cookies()
            page.context.close()
        return kept[name]

    return of


@pytest.fixture
def opened(browser, session) -> Iterator[Callable[..., Page]]:
    """Opens a page as somebody, or as nobody, with a theme and a size."""
    contexts: list[BrowserContext] = []

    def open_(who: str = "nora", scheme: str = "light", size: dict[str, int] = WIDE, **more: object) -> Page:
        context = browser.new_context(color_scheme=scheme, viewport=size, **more)
        contexts.append(context)
        if who != "nobody":
            context.add_cookies(session(who))
        return context.new_page()

    yield open_
    for context in contexts:
        context.close()
