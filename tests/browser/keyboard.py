"""A clinician at a phone of 320 px, using nothing but the keyboard; and what every page is held to."""

import re

import pytest
from playwright.sync_api import Browser, Page

from stepup.local import browsers
from tests.browser import rules

IN_A_BROWSER = [
    pytest.mark.browser,
    pytest.mark.processes,
    pytest.mark.skipif(not browsers.found(), reason="no Chromium on this machine"),
]
PASSWORD = "step-up-at-home"  # of everybody in the demo
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 320, "height": 640}
# Numbers and units in running text with a space between them where a line may break.
PARTED = """() => {
  const found = [], texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode, inside = text.parentElement;
    const breaks = getComputedStyle(inside).whiteSpaceCollapse && getComputedStyle(inside).textWrapMode !== "nowrap";
    if (breaks && /\\d (mg|kg|mL|mcg)\\b/.test(text.data)) found.push(text.data.trim());
  }
  return found;
}"""


def signed_in(browser: Browser, base: str, name: str, scheme: str = "light") -> Page:
    """A narrow page of somebody who has typed their name and password."""
    page = browser.new_context(viewport=NARROW, color_scheme=scheme).new_page()
    page.goto(f"{base}/sign-in/")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{base}/board/")
    return page


def signs(page: Page, password: str = PASSWORD) -> None:
    """Type the password again where the page asks for it; soon after signing in it does not."""
    asked = page.get_by_label("Your password, again")
    if asked.count():
        asked.fill(password)


def words(page: Page) -> str:
    """What the page says, with spaces that part nothing written as plain ones."""
    return page.locator("main").inner_text().replace("\u00a0", " ").replace("\u2011", "-")


def reads_well(page: Page, *, amounts: bool = False) -> None:
    """Nothing scrolls sideways, and assistive technology can read both themes.

    With `amounts`, no amount parts from its unit; where a page quotes a source, the quotation keeps its own spaces.
    """
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= page.viewport_size["width"], f"{page.url} is {wide} px wide"
    parted = page.evaluate(PARTED) if amounts else []
    assert parted == [], f"{page.url} parts {parted}"
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        rules.readable(page)


def tab_to(page: Page, wanted: str) -> None:
    """Press Tab until what has the focus says `wanted`, as its text or as its label."""
    said = """(e => e === document.body ? "" : [e.innerText, ...[...(e.labels || [])].map(l => l.innerText)].join(" "))
      (document.activeElement)"""
    for _ in range(80):
        page.keyboard.press("Tab")
        if wanted.casefold() in page.evaluate(said).replace("\u00a0", " ").casefold():
            return
    raise AssertionError(f"Tab never reached {wanted!r}.")


def follow(page: Page, wanted: str, *, to: str) -> None:
    """Tab to a link or button, press it, and wait for the page at the address it leads to."""
    tab_to(page, wanted)
    page.keyboard.press("Enter")
    page.wait_for_url(to)


def type_into(page: Page, label: str, typed: str) -> None:
    """Tab to a field and type over what stands in it. A date is typed in the order its parts have the focus."""
    tab_to(page, label)
    if page.evaluate("['text', 'textarea'].includes(document.activeElement.type)"):
        page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type(typed)


def press(page: Page, role: str, name: str | re.Pattern[str]) -> None:
    """Reach a control and use it with the keyboard."""
    control = page.get_by_role(role, name=name).first
    control.focus()
    assert page.evaluate("document.activeElement !== document.body"), name
    with page.expect_navigation():
        page.keyboard.press("Enter")


def write(page: Page, label: str, typed: str) -> None:
    """Replace what stands in a field, by keyboard."""
    page.get_by_label(label).first.focus()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type(typed)
