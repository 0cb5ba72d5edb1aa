"""The reply inbox in a real browser, by keyboard at 320 px: from the board to the words, a translation, and done."""

import re

import pytest
from playwright.sync_api import Page

from stepup.local import browsers
from tests.browser.keyboard import press, reads_well, signed_in, write
from tests.browser.test_pharmacists_day import service  # noqa: F401 - a fixture

pytestmark = [
    pytest.mark.browser,
    pytest.mark.processes,
    pytest.mark.skipif(not browsers.found(), reason="no Chromium on this machine"),
]
ASKED = "¿Puedo llevar a mi perro el lunes?"


def text(page: Page) -> str:
    return page.locator("main").inner_text().replace("\u00a0", " ")


def test_from_the_board_to_the_words_a_translation_and_done(browser, base) -> None:
    page = signed_in(browser, base, "nora")
    assert "3 unread replies" in text(page)
    press(page, "link", "Read the replies")
    page.wait_for_url("**/replies/")
    reads_well(page)
    assert ASKED in text(page)
    assert "2 times" in text(page)
    assert "This service cannot show or play it" in text(page)
    press(page, "button", re.compile("Read and decide.*Gloria Muestra"))
    reads_well(page)
    assert "Nora Demo, RN is reading it" in text(page)
    translates(page)
    calls(page)
    write(page, "What came of it", "Dogs may wait outside, told her")
    press(page, "button", "Read, nothing more")
    page.wait_for_url("**/replies/#result")
    assert "Nothing to read." in text(page)
    page.goto(f"{base}/board/")
    assert "unread" not in text(page)


def translates(page: Page) -> None:
    page.get_by_text("Type what it says in English").focus()
    page.keyboard.press("Enter")
    write(page, "What it says, in English", "May I bring my dog on Monday?")
    press(page, "button", "Keep this translation")
    shown = text(page)
    assert ASKED in shown
    assert "May I bring my dog on Monday? Typed by Nora Demo, RN" in shown
    assert "not by a professional interpreter" in shown
    reads_well(page)


def calls(page: Page) -> None:
    page.get_by_label("Nobody answered").focus()
    page.keyboard.press("Space")
    press(page, "button", "Record the call")
    assert "Called the patient: nobody answered" in text(page)
