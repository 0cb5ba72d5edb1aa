"""The record of doses set right and the course calendar, by keyboard, at 320 px, on paper, and for machines."""

import re
from datetime import UTC, datetime, timedelta

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
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    assert page.evaluate(PARTED) == []


def _ticks_both_and_presses(page: Page, words: str) -> None:
    for ask in ("The name is", "The date of birth is"):
        _tab_to(page, ask)
        page.keyboard.press("Space")
    _tab_to(page, words)
    page.keyboard.press("Enter")


def test_a_dose_given_elsewhere_is_recorded_with_the_keyboard_alone_at_320_pixels(opened, base) -> None:  # noqa: F811
    page = opened(size=NARROW)
    page.goto(f"{base}/patient/4/")
    _tab_to(page, "given elsewhere or in the past")
    page.keyboard.press("Enter")
    page.wait_for_url("**/dose/past/")
    _tab_to(page, "at another hospital or practice")
    page.keyboard.press("Space")
    _tab_to(page, "which hospital")
    page.keyboard.type("General Hospital")
    _tab_to(page, "given on")
    page.keyboard.type(f"{datetime.now(UTC) - timedelta(days=40):%m%d%Y}")
    _tab_to(page, "dose given")
    page.keyboard.type("Step-up dose 1")
    _tab_to(page, "amount given in mg")
    page.keyboard.type("3.9")
    _tab_to(page, "who reported it")
    page.keyboard.type("their nurse by telephone")
    _tab_to(page, "why it is recorded only now")
    page.keyboard.type("moved here this week")
    _tab_to(page, "check and continue")
    page.keyboard.press("Enter")
    page.wait_for_selector("#changes")
    assert page.evaluate("document.activeElement.id") == "changes"
    _is_sound(page)
    assert "Only the day is known." in page.locator("main").inner_text()
    _ticks_both_and_presses(page, "record 3.9")
    page.wait_for_url(f"{base}/patient/4/**")
    shown = page.locator("main").inner_text().replace("\u00a0", " ")
    assert "Given at General Hospital. Known from their nurse by telephone." in shown
    _is_sound(page)


def test_after_a_long_delay_it_is_reviewed_and_started_again_with_the_keyboard_alone(opened, base) -> None:  # noqa: F811
    """Follows the test above: forty days after step-up dose 1 the label starts again, after a recorded review."""
    prescriber, nurse = opened("paul", size=NARROW), opened(size=NARROW)
    prescriber.goto(f"{base}/patient/4/")
    _tab_to(prescriber, "do the second check")
    prescriber.keyboard.press("Enter")
    prescriber.wait_for_url("**/confirm/")
    _tab_to(prescriber, "your own figure")
    prescriber.keyboard.type("3.9")
    prescriber.keyboard.press("Enter")
    prescriber.wait_for_url(f"{base}/patient/4/**")
    _tab_to(prescriber, "review benefit and risk")
    prescriber.keyboard.press("Enter")
    prescriber.wait_for_url("**/review/")
    _is_sound(prescriber)
    _tab_to(prescriber, "what was weighed")
    prescriber.keyboard.type("disease still measurable, no infection, wishes to go on")
    _tab_to(prescriber, "keep this review")
    prescriber.keyboard.press("Enter")
    prescriber.wait_for_url(f"{base}/patient/4/**")
    nurse.goto(f"{base}/course/4/dose/")
    shown = nurse.locator("main").inner_text()
    assert "Step-up dose 1, elranatamab-bcmm" in shown
    assert "disease still measurable, no infection, wishes to go on" in shown
    _tab_to(nurse, "it was not given as planned")
    nurse.keyboard.press("Enter")
    _tab_to(nurse, "why")
    nurse.keyboard.type("the list before it was kept on paper today")
    _tab_to(nurse, "check and continue")
    nurse.keyboard.press("Enter")
    nurse.wait_for_selector("text=The name is")
    _is_sound(nurse)
    _ticks_both_and_presses(nurse, "record 12")
    nurse.wait_for_url(f"{base}/patient/4/**")
    shown = nurse.locator("main").inner_text().replace("\u00a0", " ")
    assert "the list before it was kept on paper today" in shown
    assert "Step-up dose 2" in shown, "the step-up goes on from the dose that started it again"
    _is_sound(nurse)


def test_a_dose_is_corrected_with_the_keyboard_alone_and_the_first_entry_stays(opened, base) -> None:  # noqa: F811
    page = opened(size=NARROW)
    page.goto(f"{base}/patient/2/")
    _tab_to(page, "correct step-up dose 1")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/dose/\d+/correct/"))
    _tab_to(page, "the dose, its time or its amount")
    page.keyboard.press("Space")
    _tab_to(page, "amount given in mg")
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("3.5")
    _tab_to(page, "what happened, and how you know")
    page.keyboard.type("syringe label read again")
    _tab_to(page, "show what this changes")
    page.keyboard.press("Enter")
    page.wait_for_selector("#changes")
    _is_sound(page)
    _ticks_both_and_presses(page, "correct to 3.5")
    page.wait_for_url(f"{base}/patient/2/**")
    shown = page.locator("main").inner_text().replace("\u00a0", " ")
    assert "Struck by Nora Demo, RN" in shown
    assert "Because: syringe label read again" in shown
    assert "second check missing" in shown
    _is_sound(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_calendar_is_months_on_a_wide_screen_and_a_list_on_a_narrow_one(opened, base, scheme) -> None:  # noqa: F811
    page = opened(scheme=scheme, size=WIDE)
    page.goto(f"{base}/course/1/calendar/")
    assert page.locator(".month").count() == 3
    assert page.locator(".month").first.is_visible()
    assert "Step-up dose 1 given" in page.locator(".months").inner_text()
    _is_sound(page)
    narrow = opened(scheme=scheme, size=NARROW)
    narrow.goto(f"{base}/course/1/calendar/")
    assert not narrow.locator(".month").first.is_visible()
    assert narrow.locator("#as-list").is_visible()
    _is_sound(narrow)
    _tab_to(narrow, "move the next dose")
    narrow.keyboard.press("Enter")
    narrow.wait_for_url("**/course/1/move/")


def test_the_whole_course_prints_black_on_white_with_its_time(opened, base) -> None:  # noqa: F811
    page = opened(scheme="dark")
    page.goto(f"{base}/course/1/calendar/?whole=1")
    page.emulate_media(media="print", color_scheme="light")
    assert page.locator(".paper-only", has_text="Printed").is_visible()
    assert not page.locator("header.top").is_visible()
    assert page.locator(".month").first.is_visible()
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.month')).backgroundColor")
        == "rgb(255, 255, 255)"
    )
    assert len(page.pdf(prefer_css_page_size=True)) > 5000
