"""A patient is assessed in a real browser at 320 px by keyboard alone: nothing scripted, nothing kept unread."""

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
PATIENT = "/patient/4/"


def text(page: Page) -> str:
    return page.locator("main").inner_text().replace("\u00a0", " ")


def choose(page: Page, group: str, answer: str) -> None:
    """Answer one question with the space bar."""
    page.get_by_role("group", name=group, exact=True).get_by_label(answer, exact=True).focus()
    page.keyboard.press("Space")


def answer_crs(page: Page, pressure: str) -> None:
    choose(page, "What do you assess?", "CRS alone")
    write(page, "Highest temperature since it began", "101.5")
    choose(page, "Given since it began", "nothing of these")
    choose(page, "Low blood pressure", pressure)
    choose(page, "Low oxygen", "no oxygen needed")
    choose(page, "Does something else explain all of this (CRS)?", "no, or not settled")


def test_from_the_worksheet_to_a_grade_that_holds_and_a_second_clinician(browser, base) -> None:
    page = signed_in(browser, base, "nora")
    page.goto(f"{base}{PATIENT}")
    press(page, "link", "Assess CRS and ICANS")
    reads_well(page)
    press(page, "button", "Show the grade")
    assert "errors" in page.evaluate("document.activeElement.className"), "the focus is on what is missing"
    assert "Say whether oxygen is needed, and how it is given." in text(page)
    reads_well(page)
    for point in ("Says the year", "Says the month"):
        choose(page, point, "right")
    press(page, "button", "Add up the points")
    assert page.evaluate("document.activeElement.innerText").startswith("ICE 2 of 2 asked")
    answer_crs(page, "one vasopressor, with or without vasopressin (grade 3)")
    press(page, "button", "Show the grade")
    assert page.evaluate("document.activeElement.id") == "grade", "the focus is on the grade"
    assert "CRS grade 3" in text(page)
    assert "Where they disagree" in text(page)
    reads_well(page)
    press(page, "button", "Keep CRS grade 3 for")
    page.wait_for_selector("text=Kept: CRS grade 3.")
    assert "CRS grade 3 is not recorded as over" in text(page), "the next dose holds"
    lowers_it(page, base)
    agrees(signed_in(browser, base, "paul", "dark"), base)


def lowers_it(page: Page, base: str) -> None:
    """With a reason, and until somebody else agrees it changes nothing."""
    press(page, "link", "Assess CRS and ICANS")
    answer_crs(page, "low, no vasopressor needed (grade 2)")
    press(page, "button", "Show the grade")
    assert "CRS grade 3 stands until a second clinician" in text(page)
    write(page, "Why the grade is lower now", "vasopressor stopped at noon")
    reads_well(page)
    press(page, "button", "Keep CRS grade 2 for")
    page.wait_for_selector("text=stands until a second clinician agrees")
    assert page.get_by_role("link", name="Read the lower grade").count() == 0, "a nurse does not read it"


def agrees(page: Page, base: str) -> None:
    page.goto(f"{base}{PATIENT}")
    press(page, "link", "Read the lower grade")
    assert "vasopressor stopped at noon" in text(page)
    reads_well(page)
    choose(page, "Do you agree that the grade is lowered?", "yes, I have seen the patient or the findings")
    press(page, "button", "Keep my reading for")
    page.wait_for_selector("text=Kept. The lower grade counts.")
    reads_well(page)
