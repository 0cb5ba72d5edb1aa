"""From the week to a suggested date to a moved dose; and a calendar address made, fetched and revoked. At 320 px."""

import urllib.error
import urllib.request

import pytest

from stepup.local import browsers
from tests.browser.test_dose_record import _is_sound
from tests.browser.test_every_screen import (  # noqa: F401 - fixtures
    NARROW,
    _tab_to,
    cookies,
    opened,
    service,
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.processes,
    pytest.mark.skipif(not browsers.found(), reason="no Chromium on this machine"),
]


def test_a_suggested_date_is_taken_with_the_keyboard_alone_at_320_pixels(opened, base) -> None:  # noqa: F811
    page = opened(size=NARROW)
    page.goto(f"{base}/week/")
    _is_sound(page)
    _tab_to(page, "for frank specimen")
    page.keyboard.press("Enter")
    page.wait_for_url("**/course/4/move/#suggested")
    _is_sound(page)
    _tab_to(page, "show what changes")
    while ":" not in page.evaluate("document.activeElement.innerText"):
        _tab_to(page, "show what changes")
    page.keyboard.press("Enter")
    page.wait_for_selector("#changes")
    assert page.evaluate("document.activeElement.id") == "changes"
    assert page.locator("#against").count() == 0, "nothing stands against what was suggested"
    assert page.locator("#gaps").count() == 0
    _is_sound(page)
    _tab_to(page, "why the dose is moved")
    page.keyboard.type("To agree")
    _tab_to(page, "step-up dose 1 to")
    page.keyboard.press("Enter")
    page.wait_for_url("**/patient/4/**")
    page.goto(f"{base}/week/")
    assert page.get_by_text("Find a date for Frank Specimen").count() == 0


def test_an_address_is_made_fetched_and_revoked_with_the_keyboard_alone_at_320_pixels(opened, base) -> None:  # noqa: F811
    page = opened(size=NARROW)
    page.goto(f"{base}/on-call/")
    _tab_to(page, "calendar feeds")
    page.keyboard.press("Enter")
    page.wait_for_url("**/calendars/")
    _tab_to(page, "unit’s calendar")
    page.keyboard.press("Enter")
    page.wait_for_selector("#address")
    assert page.evaluate("document.activeElement.id") == "made"
    _is_sound(page)
    address = page.input_value("#address")
    with urllib.request.urlopen(address, timeout=10) as answer:
        assert answer.read().startswith(b"BEGIN:VCALENDAR")
    page.goto(f"{base}/calendars/")
    assert page.locator("#address").count() == 0, "shown once"
    _tab_to(page, "the address made")
    page.keyboard.press("Enter")
    _tab_to(page, "why it is revoked")
    page.keyboard.type("tablet lost")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Revoked: that address answers nobody any more.")
    _is_sound(page)
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(address, timeout=10)
