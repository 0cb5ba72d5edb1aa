"""A nurse texts, ends the quiet, records a call and opens a case: by keyboard alone, at 320 px, and for machines."""

from playwright.sync_api import Page

from tests.browser import rules
from tests.browser.keyboard import IN_A_BROWSER, NARROW, WIDE, tab_to

pytestmark = IN_A_BROWSER


def _is_sound(page: Page) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        rules.readable(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def _presses(page: Page, words: str, selector: str) -> None:
    tab_to(page, words)
    page.keyboard.press("Enter")
    page.wait_for_selector(selector)


def test_a_nurse_texts_calls_and_opens_a_case_with_the_keyboard_alone_at_320_pixels(opened, base) -> None:
    page = opened(size=NARROW)
    page.goto(f"{base}/patient/2/")
    _presses(page, "read and write texts", "text=Write a text")
    _is_sound(page)
    tab_to(page, "your text")
    page.keyboard.type("Did the tylenol help?")
    _presses(page, "send this text", "text=Nothing was saved.")
    assert "errors" in page.evaluate("document.activeElement.className"), "the focus is on what is wrong"
    assert page.input_value("#id_say_words") == "Did the tylenol help?"
    _is_sound(page)
    page.locator("#id_say_words").focus()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("Did what you took help? Please answer.")
    _presses(page, "send this text", "text=Sent to the patient.")
    assert "Nora Demo" in page.locator(".notice.warn").inner_text()
    _is_sound(page)
    page.set_viewport_size(WIDE)
    page.goto(f"{base}/board/")
    assert "quiet until" in page.locator("main").inner_text()
    page.set_viewport_size(NARROW)
    page.go_back()
    _presses(page, "i expect no answer", "text=The service goes on by itself from now.")
    assert page.locator(".notice.warn").count() == 0
    _presses(page, "record a call that was made", "text=Did you speak with them?")
    page.get_by_label("Yes, with them").focus()
    page.keyboard.press("Space")
    tab_to(page, "what came of it")
    page.keyboard.type("eats, drinks, thinks clearly")
    _presses(page, "record this call", "text=Recorded.")
    _presses(page, "open a case now", "text=How urgent")
    page.get_by_label("Urgent: page now").focus()
    page.keyboard.press("Space")
    tab_to(page, "what you saw or heard")
    page.keyboard.type("her handwriting has changed")
    _is_sound(page)
    _presses(page, "open a case for", "text=is being called")
    assert "her handwriting has changed" in page.locator("main").inner_text()
