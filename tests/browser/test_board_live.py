"""The board while it stands open: it renews itself and keeps one's place, and says so when it stands still."""

from collections.abc import Iterator

import pytest

from tests.browser import rules
from tests.browser.keyboard import IN_A_BROWSER, NARROW
from tests.browser.screenshots import ALMA, CARLOS, OUR_NUMBER
from tests.service import Service, demo
from tests.waiting import until

pytestmark = IN_A_BROWSER
RENEWED, STALE = 5_500, 16_000  # milliseconds on the page's own clock
OPEN_CASE = """
    SELECT escalation.id FROM monitoring_escalation escalation JOIN monitoring_patient patient
        ON patient.id = escalation.patient_id WHERE escalation.state = 'open' AND patient.phone = %s
"""  # of this phone: the service's own test alarm is a case too, and may have come first


@pytest.fixture(scope="module")
def service(tmp_path_factory) -> Iterator[Service]:
    """One fever nobody has yet. The last test of the module stops the service."""
    with demo(tmp_path_factory.mktemp("board")) as service:
        service.provider.text(CARLOS, OUR_NUMBER, "38.4")
        until(lambda: service.rows(OPEN_CASE, CARLOS), "a case")
        yield service


def renew(page) -> None:
    """Let five seconds pass on the page's clock, and wait for the answer."""
    with page.expect_response("**/board/rows/**"):
        page.clock.fast_forward(RENEWED)
    page.wait_for_timeout(50)


def test_ux8a_each_priority_has_a_word_a_shape_and_its_place_beside_its_colour(opened, base) -> None:
    """Before the next test gives the last patient without a concern one."""
    page = opened()
    page.goto(f"{base}/board/")
    octagon, triangle = "M8 2h8l6 6v8l-6 6H8l-6-6V8z", "M12 2 23 21H1z"
    drawn = set()
    for mark in page.locator(".worklist tbody td:first-child .mark").all():
        word, path = mark.inner_text().strip(), mark.locator("svg path")
        drawn.add((word, path.get_attribute("d") if path.count() else "circle"))
    assert {("P1", octagon), ("no concern", "circle")} <= drawn
    assert drawn <= {("P1", octagon), ("P2", triangle), ("no concern", "circle")}
    order = [mark.inner_text().strip() for mark in page.locator(".worklist .mark").all()]
    assert order == sorted(order, key=lambda word: {"P1": 1, "P2": 2}.get(word, 3)), "the gravest on top"


def test_ux2c_renewing_keeps_scroll_focus_and_an_open_menu_and_a_new_p1_comes_on_top(
    service, opened, base
) -> None:
    page = opened(size=NARROW)
    page.clock.install()
    page.goto(f"{base}/board/")
    page.locator("details.filter summary").click()
    [(number,)] = service.rows(OPEN_CASE, CARLOS)
    shown = f"case-{number}"
    page.locator(f"#{shown}").focus()
    page.evaluate("window.scrollTo(0, 300)")
    kept = (
        """() => [window.scrollY, document.activeElement.id, document.querySelector("details.filter").open]"""
    )
    before = page.evaluate(kept)
    assert before == [300, shown, True]
    page.evaluate(f"document.querySelector('#{shown}').dataset.old = 'yes'")
    renew(page)
    assert page.evaluate(f"document.querySelector('#{shown}').dataset.old") is None, "it was renewed"
    assert page.evaluate(kept) == before
    service.provider.text(ALMA, OUR_NUMBER, "38.6 and shaking")
    until(lambda: service.rows(OPEN_CASE, ALMA), "another case")
    renew(page)
    assert page.evaluate(kept)[1:] == [shown, True]
    assert "Alma Sample" in page.locator("tr[data-alarm]").first.inner_text(), "the emergency is on top"
    assert page.locator("[data-herald]").inner_text() == "New P1 on the board: 1"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_wall_shows_every_danger_without_a_name_or_anything_to_press(opened, base, scheme) -> None:
    page = opened(scheme=scheme)
    page.goto(f"{base}/board/?wall=1")
    shown = page.locator("#rows").inner_text()
    assert "Carlos" not in shown
    assert page.locator("tr[data-alarm]").count() >= 1
    assert page.locator("main a.button, main button, main input").count() == 0
    rules.readable(page)


def test_ux2c_a_bar_across_the_page_says_since_when_nothing_came_when_the_server_stops(
    service, opened, base
) -> None:
    page = opened(size=NARROW)
    page.clock.install()
    page.goto(f"{base}/board/")
    renew(page)
    bar = page.locator("[data-stale]")
    assert not bar.is_visible()
    service.stop()
    page.clock.fast_forward(STALE)
    bar.wait_for(state="visible")
    assert "Not updating since" in bar.inner_text()
    assert page.locator("[data-since]").inner_text().strip(), "a time of day"
    assert bar.bounding_box()["width"] >= NARROW["width"] - 24
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    assert bar.bounding_box()["y"] >= 0, "it stays in sight"
