"""From the week to a suggested date to a moved dose; and a calendar address made, fetched and revoked. At 320 px."""

import urllib.error
import urllib.request

import pytest

from tests.browser.keyboard import IN_A_BROWSER, NARROW, follow, reads_well, tab_to, type_into

pytestmark = IN_A_BROWSER


def test_a_suggested_date_is_taken_with_the_keyboard_alone_at_320_pixels(opened, base) -> None:
    page = opened(size=NARROW)
    page.goto(f"{base}/week/")
    reads_well(page)
    follow(page, "for frank specimen", to="**/course/4/move/#suggested")
    reads_well(page)
    tab_to(page, "show what changes")
    while ":" not in page.evaluate("document.activeElement.innerText"):
        tab_to(page, "show what changes")
    page.keyboard.press("Enter")
    page.wait_for_selector("#changes")
    assert page.evaluate("document.activeElement.id") == "changes"
    assert page.locator("#against").count() == 0, "nothing stands against what was suggested"
    assert page.locator("#gaps").count() == 0
    reads_well(page)
    type_into(page, "why the dose is moved", "To agree")
    follow(page, "step-up dose 1 to", to="**/patient/4/**")
    page.goto(f"{base}/week/")
    assert page.get_by_text("Find a date for Frank Specimen").count() == 0


def test_an_address_is_made_fetched_and_revoked_with_the_keyboard_alone_at_320_pixels(opened, base) -> None:
    page = opened(size=NARROW)
    page.goto(f"{base}/on-call/")
    follow(page, "calendar feeds", to="**/calendars/")
    tab_to(page, "unit’s calendar")
    page.keyboard.press("Enter")
    page.wait_for_selector("#address")
    assert page.evaluate("document.activeElement.id") == "made"
    reads_well(page)
    address = page.input_value("#address")
    with urllib.request.urlopen(address, timeout=60) as answer:
        assert answer.read().startswith(b"BEGIN:VCALENDAR")
    page.goto(f"{base}/calendars/")
    assert page.locator("#address").count() == 0, "shown once"
    tab_to(page, "the address made")
    page.keyboard.press("Enter")
    type_into(page, "why it is revoked", "tablet lost")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Revoked: that address answers nobody any more.")
    reads_well(page)
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(address, timeout=60)
