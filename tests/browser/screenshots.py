"""The pictures in docs/screens, taken from the real service: `python -m tests.browser.screenshots`."""

import re
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from stepup.local import browsers
from tests.service import Service, running
from tests.waiting import until

SCREENS = Path(__file__).resolve().parents[2] / "docs" / "screens"
FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
ALMA, CARLOS, OUR_NUMBER, PAGE_NUMBER = "+15550110001", "+15550110002", "+15550109001", "+15550109002"
ROSA, DORA, LUZ = "+15550100101", "+15550110003", "+15550120002"
WIDE, NARROW = {"width": 1280, "height": 860}, {"width": 320, "height": 700}


def main() -> None:
    """Start the service on a folder of its own, let a night happen, and take every picture."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder)) as service,
        sync_playwright() as player,
    ):
        _a_night(service)
        browser = player.chromium.launch(executable_path=browsers.found(), args=FLAGS)
        _pictures(service, browser)
        browser.close()


def _a_night(service: Service) -> None:
    """One fever nobody has yet, one that somebody has."""
    service.provider.text(CARLOS, OUR_NUMBER, "38.4")
    until(lambda: service.provider.texts_to(ROSA), "the first page")
    code = re.search(r"reply (\d{4})", service.provider.texts_to(ROSA)[0])
    assert code
    service.provider.text(ROSA, PAGE_NUMBER, code[1])
    until(lambda: len(service.provider.texts_to(ROSA)) > 1, "the answer to the code")
    service.provider.text(ALMA, OUR_NUMBER, "38.6 and shaking")
    until(lambda: len(service.provider.texts_to(ROSA)) > 2, "the second page")


def _pictures(service: Service, browser: Browser) -> None:
    base = service.status["addresses"]["board"].rstrip("/")
    page = _signed_in(browser, base, "light")
    _take(page, f"{base}/board/", "board")
    # The first on the board is the case nobody has; which number it has depends on what the service tried before.
    case = base + (page.locator("a[href^='/case/']").first.get_attribute("href") or "")
    _take(page, case, "case")
    _take(page, f"{base}/patient/1/", "patient")
    _take(page, f"{base}/on-call/", "on-call")
    _take(page, f"{base}/course/3/dose/", "record-a-dose")
    _take(page, f"{base}/course/1/calendar/", "course")
    for name in ("administration", "status", "first-run"):
        _take(page, f"{base}/{name}/", name)
    emergency = re.search(r"/e/\w+/?", (page.goto(f"{base}/patient/1/"), page.content())[1])
    assert emergency
    _take(page, service.provider.base + "/", "phones", whole=False)
    dark = _signed_in(browser, base, "dark")
    _take(dark, f"{base}/board/", "board-dark")
    _take(dark, case, "case-dark")
    _take(dark, f"{base}/patient/1/", "patient-dark")
    narrow = _signed_in(browser, base, "light", NARROW)
    _take(narrow, f"{base}/board/", "board-320")
    _take(narrow, case, "case-320")
    _take(narrow, f"{base}/patient/1/", "patient-320")
    _take(narrow, f"{base}/course/1/calendar/", "course-320")
    _take(narrow, base + emergency[0], "emergency-320")


def _signed_in(browser: Browser, base: str, scheme: str, size: dict[str, int] = WIDE) -> Page:
    page = browser.new_context(color_scheme=scheme, viewport=size).new_page()
    page.goto(f"{base}/sign-in/")
    page.fill("input[name=username]", "nora")
    page.fill("input[name=password]", "step-up-at-home")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{base}/board/")
    return page


def _take(page: Page, address: str, name: str, *, whole: bool = True) -> None:
    answer = page.goto(address)
    assert answer is None or answer.ok, f"{address} is no page to show"
    page.wait_for_load_state()
    if not whole:
        page.wait_for_selector("[data-testid^=state-]")
    page.screenshot(path=SCREENS / f"{name}.png", full_page=whole)


if __name__ == "__main__":
    main()
