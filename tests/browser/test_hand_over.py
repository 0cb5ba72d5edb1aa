"""The hand-over on screen and on one sheet of paper, and a course transferred by keyboard alone at 320 px."""

import re

import pytest

from tests.browser.keyboard import IN_A_BROWSER, NARROW, follow, reads_well, tab_to, type_into

pytestmark = IN_A_BROWSER


# A usual course on top of a night's alarm: seven doses, two reactions.
USUAL = """() => {
  const row = document.querySelector("#doses ~ table tbody tr"), none = document.querySelector("#grades + p");
  for (let n = 0; n < 6; n++) row.after(row.cloneNode(true));
  const said = "CRS grade 1 (ASTCT 2019), graded Wed 25 Nov 2026 05:21 EST by Rosa Demo, RN; over Thu 26 Nov 2026"
    + " 05:21 EST, recorded by Rosa Demo, RN. When its case was closed: emergency department, seen and sent home";
  none.outerHTML = `<ul><li>${said}</li><li>${said}</li></ul>`;
}"""


@pytest.mark.parametrize(("course", "more"), [(1, "() => 0"), (3, "() => 0"), (1, USUAL)])
def test_ux11d_a_hand_over_is_one_printed_page_without_menus(opened, base, course, more) -> None:
    page = opened(scheme="dark")
    page.goto(f"{base}/course/{course}/hand-over/")
    page.evaluate(more)
    page.emulate_media(media="print", color_scheme="light")
    assert page.locator(".paper-only", has_text="Printed").is_visible()
    assert not page.locator("header.top").is_visible()
    assert not page.locator(".no-print").first.is_visible()
    paper = page.evaluate("getComputedStyle(document.querySelector('.sheet')).backgroundColor")
    assert paper == "rgb(255, 255, 255)"
    sheets = re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True, format="Letter"))
    assert len(sheets) == 1


def test_a_course_is_transferred_with_the_keyboard_alone_at_320_pixels(opened, base) -> None:
    page = opened(who="paul", size=NARROW)
    page.goto(f"{base}/patient/4/")
    follow(page, "hand-over, to print", to="**/course/4/hand-over/")
    reads_well(page)
    follow(page, "back to the record", to=f"{base}/patient/4/")
    follow(page, "transfer to another site", to="**/course/4/transfer/")
    reads_well(page)
    type_into(page, "hospital or practice that goes on", "General Hospital")
    type_into(page, "who takes over there", "Dr Grace Other")
    type_into(page, "their telephone", "the desk")
    type_into(page, "why the course is transferred", "moved to her daughter")
    tab_to(page, "transfer the course of")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Nothing was saved.")
    assert page.input_value("#id_to_phone") == "the desk"
    reads_well(page)
    tab_to(page, "their telephone")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "id_to_phone", "the mistake leads to its field"
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("(555) 010-7777")
    follow(page, "transfer the course of", to="**/course/4/hand-over/#result")
    shown = page.locator("main").inner_text().replace("\u00a0", " ")
    assert "Transferred to General Hospital on " in shown
    assert "Dr Grace Other takes over, (555) 010-7777" in shown.replace("\u2011", "-")
    reads_well(page)
    page.goto(f"{base}/patient/4/")
    shown = page.locator("main").inner_text()
    assert "Transferred to General Hospital on " in shown
    assert "Record a dose that was given" not in shown
    reads_well(page)
