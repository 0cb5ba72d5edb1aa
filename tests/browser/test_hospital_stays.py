"""A stay in hospital from admission to discharge, by keyboard alone, at 320 px, in both themes, and for machines."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from stepup.local import browsers
from tests.browser.rules import RULES
from tests.browser.test_every_screen import (  # noqa: F401 - fixtures
    NARROW,
    PARTED,
    WIDE,
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


def _is_sound(page: Page) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    assert page.evaluate(PARTED) == []


def _presses(page: Page, words: str, selector: str) -> None:
    _tab_to(page, words)
    page.keyboard.press("Enter")
    page.wait_for_selector(selector)


def test_a_patient_goes_in_and_comes_home_with_the_keyboard_alone_at_320_pixels(opened, base) -> None:  # noqa: F811
    page = opened(size=NARROW)
    page.goto(f"{base}/patient/2/")
    _presses(page, "Admit to hospital", "text=What this does")
    _is_sound(page)
    ago = datetime.now(UTC).astimezone(ZoneInfo("America/New_York")) - timedelta(minutes=5)
    for label, typed in (
        ("Hospital", "Riverside Hospital"), ("Ward", "4B"), ("Telephone of the ward", "the ward"),
    ):  # fmt: skip
        page.get_by_label(label, exact=True).focus()
        page.keyboard.type(typed)
    page.get_by_label("In hospital since").fill(f"{ago:%Y-%m-%d}")
    page.get_by_label("Time", exact=True).fill(f"{ago:%H:%M}")
    _tab_to(page, "why the patient is in hospital")
    page.keyboard.type("fever, the ward telephoned")
    _presses(page, "record that", "text=Nothing was saved.")
    assert "errors" in page.evaluate("document.activeElement.className"), "the focus is on what is wrong"
    _is_sound(page)
    assert page.input_value("#id_ward") == "4B"
    page.get_by_label("Telephone of the ward", exact=True).fill("555 017 7001")
    _presses(page, "record that", ".notice.warn")
    shown = page.locator("main").inner_text().replace("\u00a0", " ")
    assert "Riverside Hospital, 4B" in shown
    assert "Check-ins rest until" in shown
    _is_sound(page)
    page.set_viewport_size(WIDE)
    page.goto(f"{base}/board/")
    assert "in hospital: Riverside Hospital, 4B" in page.locator("main").inner_text()
    _is_sound(page)
    page.set_viewport_size(NARROW)
    page.goto(f"{base}/downtime/")
    assert "The ward watches; ring it before" in page.locator("main").inner_text()
    page.goto(f"{base}/patient/2/")
    _presses(page, "Was never in hospital", "text=Only for a stay that never was.")
    _is_sound(page)
    page.goto(f"{base}/patient/2/")
    _presses(page, "Still in hospital", "text=Ring the ward first.")
    _is_sound(page)
    _presses(page, "is still in hospital", "text=Still in. Check-ins rest")
    _presses(page, "Discharge", "text=left hospital")
    _is_sound(page)
    now = datetime.now(UTC).astimezone(ZoneInfo("America/New_York"))
    page.get_by_label("Left hospital on").fill(f"{now:%Y-%m-%d}")
    page.get_by_label("Time", exact=True).fill(f"{now:%H:%M}")
    _tab_to(page, "where the patient went")
    page.keyboard.type("home, with her daughter")
    _presses(page, "record that", "text=Discharged.")
    shown = page.locator("main").inner_text()
    assert "home, with her daughter" in shown
    assert page.get_by_role("link", name="Discharge").count() == 0
    assert "Admit to hospital" in shown
