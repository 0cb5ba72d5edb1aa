"""A pharmacist's day in a real browser: draft, change, compare, what if, a label row by two, and two signatures."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.keyboard import IN_A_BROWSER, press, reads_well, signed_in, write
from tests.service import Service, demo

pytestmark = IN_A_BROWSER


@pytest.fixture(scope="module")
def service(tmp_path_factory) -> Iterator[Service]:
    with demo(tmp_path_factory.mktemp("pharmacy")) as service:
        yield service


def test_a_protocol_of_the_sites_own_from_draft_to_two_signatures(browser, base) -> None:
    page = signed_in(browser, base, "petra")
    page.goto(f"{base}/protocols/")
    reads_well(page)
    press(page, "link", "Drafts of this site")
    page.wait_for_url("**/drafts/")
    reads_well(page)
    page.get_by_label("Begin as").select_option("known:elranatamab-us-2025-07+outpatient-us")
    write(page, "Short name", "home")
    write(page, "Title", "At home in our town")
    press(page, "button", "Begin this draft")
    page.wait_for_selector("text=Begun: At home in our town, version 1.")
    draft = page.url.partition("#")[0]
    reads_well(page)

    press(page, "link", "Change: Calling people")
    reads_well(page)
    write(page, "Minutes until the patient is reached", "many")
    write(page, "Why", "our night team answers later")
    press(page, "button", "Save this change of the draft")
    page.wait_for_selector("text=Nothing was saved.")
    assert "errors" in page.evaluate("document.activeElement.className")
    reads_well(page)
    write(page, "Minutes until the patient is reached", "20")
    press(page, "button", "Save this change of the draft")
    page.wait_for_selector("text=Changed: minutes until the patient is reached.")
    assert page.get_by_text("this site’s own: decided by the site").first.is_visible()
    page.goto(f"{draft}change/?part=rhythm")
    reads_well(page)
    page.goto(f"{draft}change/?item=travel")
    reads_well(page)

    enter_a_row(browser, base, draft)
    confirm_the_row(page, draft)

    page.goto(draft)
    press(page, "link", "Compare with what is in use")
    reads_well(page)
    shown = page.locator("main").inner_text()
    assert "minutes until the patient is reached" in shown.lower()
    page.goto(draft)
    press(page, "link", "Try it on a made-up patient")
    write(page, "Doses so far", "step_up_dose_1 2027-03-01")
    write(page, "Days late with the next one", "7")
    press(page, "button", "Show what would happen")
    page.wait_for_selector("text=Texts a day to this patient")
    reads_well(page)
    assert "give step-up dose 1" in page.locator("main").inner_text()

    page.goto(draft)
    press(page, "button", "Freeze version 1 of At home in our town for signing")
    page.wait_for_selector("text=Frozen. A pharmacist and a prescriber now read this page and sign it.")
    protocol = page.url.partition("#")[0]
    reads_well(page)
    press(page, "button", "Sign as pharmacist: I have read all of this page")
    page.wait_for_selector("text=Signed: ")
    assert page.get_by_role("button", name="Sign as").count() == 0
    prescriber = signed_in(browser, base, "paul", "dark")
    prescriber.goto(protocol)
    press(prescriber, "button", "Sign as prescriber: I have read all of this page")
    prescriber.wait_for_selector("text=Signed: ")
    assert "signature missing" not in prescriber.locator("main").inner_text()
    page.goto(f"{base}/compare/")
    reads_well(page)


def enter_a_row(browser: Browser, base: str, draft: str) -> None:
    """A nurse reads a made-up row in the label."""
    nurse = signed_in(browser, base, "nora")
    nurse.goto(f"{draft}row/?kind=restart")
    reads_well(nurse)
    write(nurse, "From day", "8")
    write(nurse, "To day, included", "28")
    nurse.get_by_label("What the label says").select_option("repeat_dose:step_up_dose_1")
    nurse.get_by_label("With premedication").select_option("yes")
    write(nurse, "The row as printed", "a made-up bound")
    for label, words in (
        ("Document", "A label"),
        ("Its revision date", "7/2025"),
        ("Section or table", "2.4"),
        ("Page", "5"),
    ):
        write(nurse, label, words)
    press(nurse, "button", "Enter this row for")
    nurse.wait_for_selector("text=Somebody else now types the deciding values again")
    press(nurse, "link", "Type it again")
    nurse.wait_for_selector("text=You entered this row.")
    reads_well(nurse)
    nurse.goto(f"{draft}row/?kind=dispensing")
    reads_well(nurse)


def confirm_the_row(page: Page, draft: str) -> None:
    """The pharmacist types it again, first with another figure."""
    page.goto(draft)
    press(page, "link", "Type it again")
    write(page, "From day", "8")
    write(page, "To day, included", "27")
    page.get_by_label("What the label says").select_option("repeat_dose:step_up_dose_1")
    page.get_by_label("With premedication").select_option("yes")
    press(page, "button", "Confirm with my own reading")
    page.wait_for_selector("text=The rows differ.")
    reads_well(page)
    write(page, "To day, included", "28")
    press(page, "button", "Confirm with my own reading")
    page.wait_for_selector("text=Confirmed: both readings agree.")
