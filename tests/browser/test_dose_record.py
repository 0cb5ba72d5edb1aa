"""The record of doses set right and the course calendar, by keyboard, at 320 px, on paper, and for machines."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page

from tests.browser.keyboard import (
    IN_A_BROWSER,
    NARROW,
    WIDE,
    follow,
    reads_well,
    signs,
    tab_to,
    type_into,
    words,
)

pytestmark = IN_A_BROWSER


def _ticks_both_and_presses(page: Page, button: str) -> None:
    for ask in ("The name is", "The date of birth is"):
        tab_to(page, ask)
        page.keyboard.press("Space")
    signs(page)
    tab_to(page, button)
    page.keyboard.press("Enter")


def test_a_dose_given_elsewhere_is_recorded_with_the_keyboard_alone_at_320_pixels(opened, base) -> None:
    page = opened(size=NARROW)
    page.goto(f"{base}/patient/4/")
    follow(page, "given elsewhere or in the past", to="**/dose/past/")
    tab_to(page, "at another hospital or practice")
    page.keyboard.press("Space")
    type_into(page, "which hospital", "General Hospital")
    type_into(page, "given on", f"{datetime.now(UTC) - timedelta(days=40):%m%d%Y}")
    type_into(page, "dose given", "Step-up dose 1")
    type_into(page, "amount given in mg", "3.9")
    type_into(page, "who reported it", "their nurse by telephone")
    type_into(page, "why it is recorded only now", "moved here this week")
    tab_to(page, "check and continue")
    page.keyboard.press("Enter")
    page.wait_for_selector("#changes")
    assert page.evaluate("document.activeElement.id") == "changes"
    reads_well(page, amounts=True)
    assert "Only the day is known." in page.locator("main").inner_text()
    _ticks_both_and_presses(page, "record 3.9")
    page.wait_for_url(f"{base}/patient/4/**")
    shown = page.locator("main").inner_text().replace("\u00a0", " ")
    assert "Given at General Hospital. Known from their nurse by telephone." in shown
    reads_well(page, amounts=True)


def test_after_a_long_delay_it_is_reviewed_and_started_again_with_the_keyboard_alone(opened, base) -> None:
    """Follows the test above: forty days after step-up dose 1 the label starts again, after a recorded review."""
    prescriber, nurse = opened("paul", size=NARROW), opened(size=NARROW)
    prescriber.goto(f"{base}/patient/4/")
    follow(prescriber, "do the second check", to="**/confirm/")
    type_into(prescriber, "your own figure", "3.9")
    signs(prescriber)
    prescriber.keyboard.press("Enter")
    prescriber.wait_for_url(f"{base}/patient/4/**")
    follow(prescriber, "review benefit and risk", to="**/review/")
    reads_well(prescriber, amounts=True)
    type_into(prescriber, "what was weighed", "disease still measurable, no infection, wishes to go on")
    follow(prescriber, "keep this review", to=f"{base}/patient/4/**")
    nurse.goto(f"{base}/course/4/dose/")
    shown = nurse.locator("main").inner_text()
    assert "Step-up dose 1, elranatamab-bcmm" in shown
    assert "disease still measurable, no infection, wishes to go on" in shown
    tab_to(nurse, "it was not given as planned")
    nurse.keyboard.press("Enter")
    type_into(nurse, "why", "the list before it was kept on paper today")
    tab_to(nurse, "check and continue")
    nurse.keyboard.press("Enter")
    nurse.wait_for_selector("text=The name is")
    reads_well(nurse, amounts=True)
    _ticks_both_and_presses(nurse, "record 12")
    nurse.wait_for_url(f"{base}/patient/4/**")
    shown = nurse.locator("main").inner_text().replace("\u00a0", " ")
    assert "the list before it was kept on paper today" in shown
    assert "Step-up dose 2" in shown, "the step-up goes on from the dose that started it again"
    reads_well(nurse, amounts=True)


def test_a_dose_is_corrected_with_the_keyboard_alone_and_the_first_entry_stays(opened, base) -> None:
    page = opened(size=NARROW)
    page.goto(f"{base}/patient/2/")
    follow(page, "correct step-up dose 1", to=re.compile(r"/dose/\d+/correct/"))
    tab_to(page, "the dose, its time or its amount")
    page.keyboard.press("Space")
    type_into(page, "amount given in mg", "3.5")
    type_into(page, "what happened, and how you know", "syringe label read again")
    tab_to(page, "show what this changes")
    page.keyboard.press("Enter")
    page.wait_for_selector("#changes")
    reads_well(page, amounts=True)
    _ticks_both_and_presses(page, "correct to 3.5")
    page.wait_for_url(f"{base}/patient/2/**")
    shown = page.locator("main").inner_text().replace("\u00a0", " ")
    assert "Struck by Nora Demo, RN" in shown
    assert "Because: syringe label read again" in shown
    assert "second check missing" in shown
    reads_well(page, amounts=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_calendar_is_months_on_a_wide_screen_and_a_list_on_a_narrow_one(opened, base, scheme) -> None:
    page = opened(scheme=scheme, size=WIDE)
    page.goto(f"{base}/course/1/calendar/")
    assert page.locator(".month").count() == 3
    assert page.locator(".month").first.is_visible()
    assert "Step-up dose 1 given" in page.locator(".months").inner_text()
    reads_well(page, amounts=True)
    narrow = opened(scheme=scheme, size=NARROW)
    narrow.goto(f"{base}/course/1/calendar/")
    assert not narrow.locator(".month").first.is_visible()
    assert narrow.locator("#as-list").is_visible()
    reads_well(narrow, amounts=True)
    follow(narrow, "move the next dose", to="**/course/1/move/")


def test_the_whole_course_prints_black_on_white_with_its_time(opened, base) -> None:
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


def test_a_signature_asks_for_the_password_again_and_a_wrong_one_loses_nothing(service, opened, base) -> None:
    page = opened(size=NARROW)
    service.move_clock(6 * 60)
    page.goto(f"{base}/patient/2/contacts/")
    type_into(page, "allergies", "latex")
    type_into(page, "your password, again", "not mine")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=That is not your password.")
    assert "errors" in page.evaluate("document.activeElement.className"), "the focus is on what is wrong"
    assert page.get_by_label("Allergies").input_value() == "latex"
    reads_well(page)
    signs(page)
    page.get_by_label("Your password, again").press("Enter")
    page.wait_for_selector("text=Corrected: allergies.")
    page.goto(f"{base}/patient/2/contacts/")
    assert "you gave your password within the last 5 minutes" in words(page)
