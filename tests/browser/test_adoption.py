"""Gradual adoption in a real browser: a stage set, a dose refused and overridden, and the next stage opened."""

from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page

from tests.browser.keyboard import IN_A_BROWSER, NARROW, follow, reads_well, signs, type_into, words

pytestmark = IN_A_BROWSER
DORA = "/patient/3/"


def test_a_site_goes_on_by_stages_with_the_keyboard_alone(opened, base, service) -> None:
    prescriber = opened(who="paul", size=NARROW)
    _a_stage_is_set(prescriber, base)
    _a_move_is_refused(opened(size=NARROW), base)
    _one_dose_is_let_beyond(prescriber, base)
    service.move_clock(int(timedelta(days=1).total_seconds()))
    _the_next_stage_is_opened(opened(who="lena", size=NARROW), base)


def _a_stage_is_set(page: Page, base: str) -> None:
    page.goto(f"{base}/protocols/")
    follow(page, "which doses are given at home", to=f"{base}/adoption/")
    assert "No stage was set." in words(page)
    type_into(page, "doses given at home", "maintenance")
    type_into(page, "days since this stage began", "1")
    type_into(page, "reactions of grade 3 or 4", "0")
    reads_well(page)
    type_into(page, "why these doses and numbers", "our board began so")
    follow(page, "set this stage and its numbers", to=f"{base}/adoption/#result")
    assert "Given at home: maintenance doses only" in words(page)
    reads_well(page)


def _a_move_is_refused(page: Page, base: str) -> None:
    page.goto(base + DORA)
    assert "This dose is beyond it." in words(page)
    reads_well(page)
    follow(page, "move this dose", to="**/move/")
    type_into(page, "new date", f"{datetime.now(UTC) + timedelta(days=4):%m%d%Y}")
    type_into(page, "new time", "1005")
    page.keyboard.press("Enter")
    page.wait_for_selector(".errors")
    assert "is beyond what this site gives at home: maintenance doses only" in words(page)
    assert "0 of 1 days since this stage began" in words(page)


def _one_dose_is_let_beyond(page: Page, base: str) -> None:
    page.goto(base + DORA)
    follow(page, "override the stage for one dose", to="**/stage/")
    type_into(page, "why this dose is given at home", "lives next door")
    signs(page)
    reads_well(page)
    follow(page, "let this dose of dora example go home", to=f"{base}{DORA}**")
    assert "lives next door" in words(page)
    assert "This dose is beyond it." not in words(page)
    reads_well(page)


def _the_next_stage_is_opened(page: Page, base: str) -> None:
    page.goto(f"{base}/adoption/")
    assert "The numbers are met." in words(page)
    follow(page, "give later steps and maintenance doses at home", to=f"{base}/adoption/#result")
    shown = words(page)
    assert "Stage opened: later steps and maintenance doses" in shown
    assert "1 of 1 days since this stage began" in shown
    assert "Nobody has set the numbers that open it." in shown
    reads_well(page)
