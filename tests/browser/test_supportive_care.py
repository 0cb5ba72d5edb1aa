"""Supportive care in a real browser, by keyboard at 320 px: work list, record, taking back, rule, and paper."""

import re

from playwright.sync_api import Page

from tests.browser.keyboard import IN_A_BROWSER, press, reads_well, signed_in, write

pytestmark = IN_A_BROWSER
CARLOS = "Carlos Ejemplo"


def text(page: Page) -> str:
    return page.locator("main").inner_text().replace("\u00a0", " ")


def overdue(page: Page) -> int:
    return int(re.search(r"(\d+) overdue", text(page))[1])


def test_from_the_work_list_to_a_record_back_and_to_the_site_s_own_rule(browser, base) -> None:
    page = signed_in(browser, base, "nora")
    page.goto(f"{base}/tasks/")
    press(page, "link", "Supportive care:")
    page.wait_for_url("**/supportive-care/")
    reads_well(page)
    before = overdue(page)
    press(page, "link", f"Record full blood count, {CARLOS}")
    reads_well(page)
    write(page, "Result, exactly as you read it", "ANC low, see report")
    write(page, "Neutrophils, the number alone", "0.4")
    press(page, "button", "Record full blood count for")
    page.wait_for_selector("text=Nothing was saved.")
    assert "errors" in page.evaluate("document.activeElement.className"), "the focus is on what is wrong"
    reads_well(page)
    write(page, "Its unit, as on the report", "x10^9/L")
    press(page, "button", "Record full blood count for")
    page.wait_for_selector("text=Recorded: full blood count")
    assert page.url.endswith("/supportive-care/#result"), "back on the list"
    assert overdue(page) == before - 1
    assert f"{CARLOS}. Neutrophils 0.4 x10^9/L, below 0.5 x10^9/L" in text(page)
    assert page.get_by_role("link", name="Decide", exact=False).count() == 0, "a nurse does not decide"
    reads_well(page)
    takes_it_back(page, base, before)
    sets_a_rule(signed_in(browser, base, "petra", "dark"), base)
    prints_without_menus(page, base)


def takes_it_back(page: Page, base: str, before: int) -> None:
    """From the sheet of the course, where the entry stays, struck through."""
    page.get_by_role("link", name=CARLOS).first.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    reads_well(page)
    press(page, "link", "Take back full blood count")
    reads_well(page)
    write(page, "Why it is taken back", "another patient's report")
    press(page, "button", f"Take this entry of {CARLOS} back")
    page.wait_for_selector("text=Taken back. The entry stays visible, struck through.")
    struck = page.locator(".struck", has_text="ANC low, see report")
    assert struck.is_visible()
    assert "line-through" in struck.evaluate("e => getComputedStyle(e).textDecorationLine")
    assert "To read" not in text(page)
    page.goto(f"{base}/supportive-care/")
    assert overdue(page) == before


def sets_a_rule(page: Page, base: str) -> None:
    """What nobody has read asks, until the site says how often."""
    page.goto(f"{base}/supportive-care/?item=cmv")
    assert "no rule for cytomegalovirus was read in full" in text(page)
    press(page, "link", "This site’s own rules")
    reads_well(page)
    press(page, "link", "Set the rule for cytomegalovirus")
    reads_well(page)
    write(page, "Every how many days", "28")
    write(page, "What the site takes this from", "minutes of our meeting")
    press(page, "button", "Set this site’s rule for cytomegalovirus")
    page.wait_for_selector("text=This site's own rule for cytomegalovirus is set.")
    reads_well(page)
    page.goto(f"{base}/supportive-care/?item=cmv")
    assert "no rule for cytomegalovirus was read in full" not in text(page)
    press(page, "link", re.compile(f"or decide ?: cytomegalovirus, {CARLOS}"))
    reads_well(page)
    page.get_by_label("Decided for this patient").focus()
    page.keyboard.press("Space")
    write(page, "What and why", "our virologist asks for it")
    press(page, "button", "Keep this answer on")
    page.wait_for_selector("text=Nothing was saved.")
    reads_well(page)


def prints_without_menus(page: Page, base: str) -> None:
    page.goto(f"{base}/supportive-care/")
    page.emulate_media(media="print", color_scheme="light")
    for hidden in ("header.top", ".filter", "td.no-print"):
        assert not page.locator(hidden).first.is_visible(), hidden
    assert page.locator("caption", has_text="Overdue").is_visible()
    assert "Made " in text(page)
    assert len(page.pdf(prefer_css_page_size=True)) > 5000


def test_a_low_count_is_recorded_and_ended_with_the_value_it_came_back_to(browser, base) -> None:
    page = signed_in(browser, base, "nora")
    page.goto(f"{base}/patient/2/")
    press(page, "link", "Record a reaction")
    for choice in ("Low blood count", "grade 3"):
        page.get_by_label(choice, exact=True).press("Space")
    page.get_by_label("Which count is low").select_option("platelets")
    write(page, "Its value as reported", "18.5")
    press(page, "button", "Record the reaction of")
    page.wait_for_selector("text=Recorded: platelets 18.5")
    reads_well(page)
    write(page, "What platelets came back to", "52")
    press(page, "button", "Record that platelets 18.5")
    page.wait_for_selector("text=back to platelets 52")
    assert "blood counts and other reactions have not been read" in text(page), "the label's part asks"
    reads_well(page)
