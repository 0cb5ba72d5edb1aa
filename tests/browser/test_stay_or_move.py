"""A newer version, from freezing it to the last answer, in a real browser at 320 px and by keyboard alone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.keyboard import IN_A_BROWSER, press, reads_well, signed_in, write
from tests.service import Service, demo

pytestmark = IN_A_BROWSER

CURRENT = "row:1"  # the protocol the demo's teclistamab courses run on


@pytest.fixture(scope="module")
def service(tmp_path_factory) -> Iterator[Service]:
    with demo(tmp_path_factory.mktemp("versions")) as service:
        yield service


def test_one_course_moves_to_a_newer_version_and_another_stays(browser, base) -> None:
    protocol = a_newer_version(browser, base)
    page = signed_in(browser, base, "paul", "dark")
    page.goto(protocol)
    press(page, "button", "Sign as prescriber: I have read all of this page")
    page.wait_for_selector("text=2 courses in progress on an earlier version wait for an answer.")
    press(page, "link", "Stay or move, course by course")
    page.wait_for_selector("text=2 without an answer")
    asked = page.url
    reads_well(page)

    press(page, "link", "See what changes for Dora Example")
    page.wait_for_selector("text=1 thing would be different for this patient")
    assert "Minutes until the patient is reached" in page.locator("main").inner_text()
    reads_well(page)
    write(page, "Why it stays or moves", " ")
    press(page, "button", "Move Dora Example to")
    page.wait_for_selector("text=Nothing was saved.")
    assert "errors" in page.evaluate("document.activeElement.className")
    write(page, "Why it stays or moves", "the first dose is still to come")
    press(page, "button", "Move Dora Example to")
    page.wait_for_selector("text=Answered: this course moved to At home in our town, version 1")
    reads_well(page)

    page.goto(f"{base}/patient/1/")
    press(page, "link", "Answer stay or move")
    assert "keeps the check-ins it was planned with" in page.locator("main").inner_text()
    write(page, "Why it stays or moves", "in the middle of the step-up")
    press(page, "button", "Stay on Outpatient step-up, watched at home")
    page.wait_for_selector("text=Answered: this course stays")
    page.goto(asked)
    shown = page.locator("main").inner_text()
    assert "Every course in progress has its answer." in shown
    assert "in the middle of the step-up" in shown
    reads_well(page)
    page.goto(f"{base}/course/3/version/")
    reads_well(page)


def a_newer_version(browser: Browser, base: str) -> str:
    """A pharmacist changes one value of what is in use, freezes it and signs; where it is read."""
    page: Page = signed_in(browser, base, "petra")
    page.goto(f"{base}/drafts/")
    page.get_by_label("Begin as").select_option(CURRENT)
    write(page, "Short name", "home")
    write(page, "Title", "At home in our town")
    press(page, "button", "Begin this draft")
    press(page, "link", "Change: Calling people")
    write(page, "Minutes until the patient is reached", "20")
    write(page, "Why", "our night team answers later")
    press(page, "button", "Save this change of the draft")
    page.wait_for_selector("text=Changed: minutes until the patient is reached.")
    press(page, "button", "Freeze version 1 of At home in our town for signing")
    page.wait_for_selector("text=Frozen.")
    protocol = page.url.partition("#")[0]
    press(page, "button", "Sign as pharmacist: I have read all of this page")
    page.wait_for_selector("text=Signed: ")
    return protocol
