"""A station nobody sits at: the lock page keeps what was typed, a calm wall grows dark, and nothing moves unasked."""

from datetime import UTC, datetime

import psycopg
import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.sessions.backends.db import SessionStore
from django.test import override_settings

from monitoring import idle
from stepup.local.folder import DataFolder
from tests.browser.keyboard import IN_A_BROWSER, NARROW, PASSWORD, reads_well
from tests.browser.rules import RULES
from tests.browser.screenshots import CARLOS, OUR_NUMBER
from tests.waiting import until

pytestmark = IN_A_BROWSER
TEN_MINUTES = 601_000  # milliseconds on the page's own clock
MOVING = """() => Array.from(document.querySelectorAll("*")).filter((one) => {
  const style = getComputedStyle(one);
  const takes = parseFloat(style.animationDuration) + parseFloat(style.transitionDuration);
  return takes > 0 || style.scrollBehavior === "smooth";
}).length"""


def leave(service, page) -> None:
    """Let the session of this page not have been used for longer than a station may be left."""
    [key] = [one["value"] for one in page.context.cookies() if one["name"] == "sessionid"]
    secret = DataFolder(service.folder).secrets().secret_key
    with (
        override_settings(SECRET_KEY=secret),
        psycopg.connect(service.status["addresses"]["database"]) as database,
    ):
        [kept] = database.execute(
            "SELECT session_data FROM django_session WHERE session_key = %s", [key]
        ).fetchone()
        session = SessionStore().decode(kept)
        session[idle.KEY] = (datetime.now(UTC) - 2 * idle.AFTER).isoformat()
        database.execute(
            "UPDATE django_session SET session_data = %s WHERE session_key = %s",
            [SessionStore().encode(session), key],
        )


def test_the_lock_page_keeps_what_was_typed_until_the_password_comes(service, opened, base) -> None:
    page = opened(size=NARROW)
    page.goto(f"{base}/course/3/hold/")
    page.get_by_label("Why", exact=False).first.fill("waits for a blood count")
    leave(service, page)
    page.locator("main form button").first.click()
    assert page.locator("h1").inner_text() == "Locked: is it still you?"
    assert "nothing you typed is lost" in page.locator("main").inner_text()
    assert page.evaluate("document.activeElement.id") == "unlock"
    reads_well(page)
    page.keyboard.type("not the password")
    page.keyboard.press("Enter")
    assert page.locator("[role=alert]").inner_text().strip(), "says so"
    page.fill("#unlock", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "#result" in address)
    assert service.rows("SELECT 1 FROM stepup_hold WHERE reason LIKE %s", "%waits for a blood count%")


@pytest.mark.parametrize("path", ["/board/", "/patient/1/", "/course/1/calendar/"])
def test_nothing_moves_for_whoever_asked_for_less_motion(opened, base, path) -> None:
    page = opened(reduced_motion="reduce")
    page.goto(base + path)
    assert page.evaluate(MOVING) == 0


def test_a_calm_wall_grows_dark_and_lights_up_with_the_first_danger(service, opened, base) -> None:
    page = opened()
    page.clock.install()
    page.goto(f"{base}/board/?wall=1")
    assert page.locator("#rows tr.open").count() == 0

    def let_pass(milliseconds: int) -> None:
        with page.expect_response("**/board/rows/**"):
            page.clock.fast_forward(milliseconds)
        page.wait_for_timeout(50)
        page.clock.run_for(1_500)

    let_pass(TEN_MINUTES)
    let_pass(6_000)
    assert "dim" in page.evaluate("document.body.className").split()
    assert Axe().run(page, options=RULES).violations_count == 0
    service.provider.text(CARLOS, OUR_NUMBER, "38.4")
    until(lambda: service.rows("SELECT 1 FROM monitoring_escalation WHERE state = 'open'"), "a case")
    let_pass(6_000)
    assert "dim" not in page.evaluate("document.body.className").split()
