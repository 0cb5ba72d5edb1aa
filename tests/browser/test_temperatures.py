"""The chart of a night on a phone, on a wide page and on paper: whole, and told apart without any colour."""

import pytest

from tests.browser import rules
from tests.browser.keyboard import IN_A_BROWSER, NARROW, WIDE

pytestmark = IN_A_BROWSER

# Whatever of the drawing reaches beyond it, as it is really laid out, words included.
OUTSIDE = """() => [...document.querySelectorAll('svg[role=img]')].filter(svg => svg.clientWidth).flatMap(svg => {
  const box = svg.getBoundingClientRect();
  return [...svg.querySelectorAll('path, text, polyline, rect')].filter(one => {
    const its = one.getBoundingClientRect();
    return its.left < box.left - 1 || its.right > box.right + 1 || its.top < box.top - 1 || its.bottom > box.bottom + 1;
  }).map(one => one.outerHTML);
})"""
INKS = """() => [...new Set([...document.querySelectorAll('svg[role=img] .point, svg[role=img] .fever')].flatMap(
  one => [getComputedStyle(one).fill, getComputedStyle(one).stroke]))].filter(ink => ink !== 'none').sort()"""
BLACK, WHITE = "rgb(0, 0, 0)", "rgb(255, 255, 255)"


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
def test_one_whole_chart_for_the_room_there_is(opened, base, size) -> None:
    page = opened(size=size)
    page.goto(f"{base}/patient/1/temperatures/")
    shown = [chart for chart in page.locator("svg[role=img]").all() if chart.is_visible()]
    assert len(shown) == 1
    assert page.evaluate(OUTSIDE) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    rules.readable(page)


def test_on_paper_it_is_black_on_white_without_menus(opened, base) -> None:
    page = opened(scheme="dark")
    page.goto(f"{base}/patient/1/temperatures/")
    page.emulate_media(media="print", color_scheme="light")
    assert page.evaluate(INKS) == [BLACK, WHITE]
    assert page.locator("svg.wide[role=img]").is_visible()
    assert page.locator("table").first.is_visible()
    assert not page.locator("header.top").is_visible()
