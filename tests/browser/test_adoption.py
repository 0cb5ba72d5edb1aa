"""Gradual adoption in a real browser: a stage set, a dose refused and overridden, and the next stage opened."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page

from stepup.local import browsers
from tests.browser.test_dose_record import _is_sound
from tests.browser.test_every_screen import (  # noqa: F401 - fixtures
    NARROW,
    _sign_in,
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
DORA = "/patient/3/"


def _shown(page: Page) -> str:
    return page.locator("main").inner_text().replace("\u00a0", " ")


def test_a_site_goes_on_by_stages_with_the_keyboard_alone(opened, browser, base, service) -> None:  # noqa: F811
    prescriber = opened(who="paul", size=NARROW)
    _a_stage_is_set(prescriber, base)
    _a_move_is_refused(opened(size=NARROW), base)
    _one_dose_is_let_beyond(prescriber, base)
    service.move_clock(int(timedelta(days=1).total_seconds()))
    lead = browser.new_context(viewport=NARROW)
    lead.add_cookies(_sign_in(browser, base, "lena"))
    _the_next_stage_is_opened(lead.new_page(), base)
    lead.close()


def _a_stage_is_set(page: Page, base: str) -> None:
    page.goto(f"{base}/protocols/")
    _tab_to(page, "which doses are given at home")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{base}/adoption/")
    assert "No stage was set." in _shown(page)
    _tab_to(page, "doses given at home")
    page.keyboard.type("maintenance")
    _tab_to(page, "days since this stage began")
    page.keyboard.type("1")
    _tab_to(page, "reactions of grade 3 or 4")
    page.keyboard.type("0")
    _is_sound(page)
    _tab_to(page, "why these doses and numbers")
    page.keyboard.type("our board began so")
    _tab_to(page, "set this stage and its numbers")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{base}/adoption/#result")
    assert "Given at home: maintenance doses only" in _shown(page)
    _is_sound(page)


def _a_move_is_refused(page: Page, base: str) -> None:
    page.goto(base + DORA)
    assert "This dose is beyond it." in _shown(page)
    _is_sound(page)
    _tab_to(page, "move this dose")
    page.keyboard.press("Enter")
    page.wait_for_url("**/move/")
    _tab_to(page, "new date")
    page.keyboard.type(f"{datetime.now(UTC) + timedelta(days=4):%m%d%Y}")
    _tab_to(page, "new time")
    page.keyboard.type("1005")
    page.keyboard.press("Enter")
    page.wait_for_selector(".errors")
    assert "is beyond what this site gives at home: maintenance doses only" in _shown(page)
    assert "0 of 1 days since this stage began" in _shown(page)


def _one_dose_is_let_beyond(page: Page, base: str) -> None:
    page.goto(base + DORA)
    _tab_to(page, "override the stage for one dose")
    page.keyboard.press("Enter")
    page.wait_for_url("**/stage/")
    _tab_to(page, "why this dose is given at home")
    page.keyboard.type("lives next door")
    _is_sound(page)
    _tab_to(page, "let this dose of dora example go home")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{base}{DORA}**")
    assert "lives next door" in _shown(page)
    assert "This dose is beyond it." not in _shown(page)
    _is_sound(page)


def _the_next_stage_is_opened(page: Page, base: str) -> None:
    page.goto(f"{base}/adoption/")
    assert "The numbers are met." in _shown(page)
    _tab_to(page, "give later steps and maintenance doses at home")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{base}/adoption/#result")
    shown = _shown(page)
    assert "Stage opened: later steps and maintenance doses" in shown
    assert "1 of 1 days since this stage began" in shown
    assert "Nobody has set the numbers that open it." in shown
    _is_sound(page)
