"""A stay in hospital from admission to discharge, by keyboard alone, at 320 px, in both themes, and for machines."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from playwright.sync_api import Page

from tests.browser.keyboard import IN_A_BROWSER, NARROW, WIDE, reads_well, tab_to, type_into

pytestmark = IN_A_BROWSER


def _presses(page: Page, words: str, selector: str) -> None:
    tab_to(page, words)
    page.keyboard.press("Enter")
    page.wait_for_selector(selector)


def test_a_patient_goes_in_and_comes_home_with_the_keyboard_alone_at_320_pixels(opened, base) -> None:
    page = opened(size=NARROW)
    page.goto(f"{base}/patient/2/")
    _presses(page, "Admit to hospital", "text=What this does")
    reads_well(page)
    ago = datetime.now(UTC).astimezone(ZoneInfo("America/New_York")) - timedelta(minutes=5)
    for label, typed in (
        ("Hospital", "Riverside Hospital"), ("Ward", "4B"), ("Telephone of the ward", "the ward"),
    ):  # fmt: skip
        page.get_by_label(label, exact=True).focus()
        page.keyboard.type(typed)
    page.get_by_label("In hospital since").fill(f"{ago:%Y-%m-%d}")
    page.get_by_label("Time", exact=True).fill(f"{ago:%H:%M}")
    type_into(page, "why the patient is in hospital", "fever, the ward telephoned")
    _presses(page, "record that", "text=Nothing was saved.")
    assert "errors" in page.evaluate("document.activeElement.className"), "the focus is on what is wrong"
    reads_well(page)
    assert page.input_value("#id_ward") == "4B"
    page.get_by_label("Telephone of the ward", exact=True).fill("555 017 7001")
    _presses(page, "record that", ".notice.warn")
    shown = page.locator("main").inner_text().replace("\u00a0", " ")
    assert "Riverside Hospital, 4B" in shown
    assert "Check-ins rest until" in shown
    reads_well(page)
    page.set_viewport_size(WIDE)
    page.goto(f"{base}/board/")
    assert "in hospital: Riverside Hospital, 4B" in page.locator("main").inner_text()
    reads_well(page)
    page.set_viewport_size(NARROW)
    page.goto(f"{base}/downtime/")
    assert "The ward watches; ring it before" in page.locator("main").inner_text()
    page.goto(f"{base}/patient/2/")
    _presses(page, "Was never in hospital", "text=Only for a stay that never was.")
    reads_well(page)
    page.goto(f"{base}/patient/2/")
    _presses(page, "Still in hospital", "text=Ring the ward first.")
    reads_well(page)
    _presses(page, "is still in hospital", "text=Still in. Check-ins rest")
    _presses(page, "Discharge", "text=left hospital")
    reads_well(page)
    now = datetime.now(UTC).astimezone(ZoneInfo("America/New_York"))
    page.get_by_label("Left hospital on").fill(f"{now:%Y-%m-%d}")
    page.get_by_label("Time", exact=True).fill(f"{now:%H:%M}")
    type_into(page, "where the patient went", "home, with her daughter")
    _presses(page, "record that", "text=Discharged.")
    shown = page.locator("main").inner_text()
    assert "home, with her daughter" in shown
    assert page.get_by_role("link", name="Discharge").count() == 0
    assert "Admit to hospital" in shown
