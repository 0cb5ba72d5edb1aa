"""A clinician at a phone of 320 px, using nothing but the keyboard."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.rules import RULES

NARROW = {"width": 320, "height": 640}


def signed_in(browser: Browser, base: str, name: str, scheme: str = "light") -> Page:
    page = browser.new_context(viewport=NARROW, color_scheme=scheme).new_page()
    page.goto(f"{base}/sign-in/")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", "step-up-at-home")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{base}/board/")
    return page


def reads_well(page: Page) -> None:
    """Nothing scrolls sideways, and assistive technology can read it, in both themes."""
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= NARROW["width"], f"{page.url} is {wide} px wide"
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, found.generate_report()


def press(page: Page, role: str, name: str) -> None:
    """Reach a control and use it with the keyboard."""
    control = page.get_by_role(role, name=name).first
    control.focus()
    assert page.evaluate("document.activeElement !== document.body"), name
    with page.expect_navigation():
        page.keyboard.press("Enter")


def write(page: Page, label: str, words: str) -> None:
    """Replace what stands in a field, by keyboard."""
    page.get_by_label(label).first.focus()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type(words)
