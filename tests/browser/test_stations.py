"""A station nobody sits at: the lock page keeps what was typed, a calm wall grows dark, and nothing moves unasked."""

from datetime import UTC, datetime

import psycopg
import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.test import override_settings

from monitoring import idle
from stepup.local.folder import DataFolder
from tests.browser import rules
from tests.browser.keyboard import IN_A_BROWSER, NARROW, PASSWORD, follow, reads_well, tab_to
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
    rules.readable(page)
    service.provider.text(CARLOS, OUR_NUMBER, "38.4")
    until(lambda: service.rows("SELECT 1 FROM monitoring_escalation WHERE state = 'open'"), "a case")
    let_pass(6_000)
    assert "dim" not in page.evaluate("document.body.className").split()


# Says on the console what the sign says once it is shown: while an answer is on its way nothing else can be asked.
TELL = """() => { const sign = document.querySelector("[data-working]");
  const tell = () => sign.hidden || console.log("shown: " + sign.innerText);
  new MutationObserver(tell).observe(sign, {attributes: true}); }"""


def test_what_is_not_answered_at_once_says_so_and_a_file_is_not_waited_for(opened, base) -> None:
    """The answer is held back until the sign was seen; a card is a file, and the page it is asked from stays."""
    page, held = opened(size=NARROW), []

    def hold(route) -> None:
        held.append(route)

    page.goto(f"{base}/course/3/hold/")
    page.get_by_label("Why", exact=False).first.fill("waits for a blood count, too")
    page.evaluate(TELL)
    page.route("**/course/3/hold/", hold)
    with page.expect_console_message(lambda message: message.text.startswith("shown: ")) as told:
        page.locator("main form button").first.click(no_wait_after=True)
    assert "nothing has to be pressed again" in told.value.text
    held[0].continue_()
    page.wait_for_url(lambda address: "#result" in address)
    assert page.locator("[data-working]").is_hidden()
    page.goto(f"{base}/patient/2/card/")
    with page.expect_download():
        page.get_by_role("button", name="Print the card").click()
    assert page.locator("[data-working]").is_hidden()


def test_ux11b_a_question_mark_lists_the_shortcuts_and_single_keys_can_be_turned_off(opened, base) -> None:
    page = opened()
    page.goto(f"{base}/patient/1/")
    page.keyboard.press("?")
    listed = page.locator("dialog[data-keys]")
    assert listed.is_visible()
    listed.get_by_role("checkbox").check()
    page.keyboard.press("Escape")
    assert listed.is_hidden()
    page.keyboard.press("?")
    page.keyboard.press("b")
    assert listed.is_hidden(), "a key that is turned off does nothing, for whoever speaks to the screen"
    assert "/patient/1/" in page.url
    page.reload()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    listed.get_by_role("checkbox").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    page.wait_for_url("**/board/")


@pytest.mark.parametrize(
    "path", ["/board/", "/course/1/calendar/", "/course/1/hand-over/", "/downtime/", "/patient/1/", "/e/"]
)
def test_ux11d_what_is_printed_is_black_on_white_with_its_time_and_without_menus(opened, base, path) -> None:
    """A night theme prints in black on white, too; the number of the page is set in the style sheet's margin."""
    page = opened(scheme="dark")
    page.goto(base + path)
    page.emulate_media(media="print", color_scheme="dark")
    for what in ("nav", "main button", ".skip", ".filter", "header.top"):
        shown = [one for one in page.locator(what).all() if one.is_visible()]
        assert not shown, what
    paper = "getComputedStyle(document.body)"
    assert page.evaluate(f"{paper}.backgroundColor") in {"rgb(255, 255, 255)", "rgba(0, 0, 0, 0)"}
    assert page.evaluate(f"{paper}.color") == "rgb(0, 0, 0)"
    assert page.locator("time, footer, .standing").last.inner_text().strip()
    assert len(page.pdf(prefer_css_page_size=True)) > 5000
    sheets = page.evaluate(
        "Array.from(document.styleSheets, s => Array.from(s.cssRules, r => r.cssText).join(' ')).join(' ')"
    )
    assert 'counter(page) " of " counter(pages)' in sheets


@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("ada", "/administration/sites/new/"),
        ("ada", "/administration/"),
        ("ada", "/status/trial/"),
        ("otto", "/patient/1/look/"),
    ],
)
def test_pages_of_an_administrator_and_an_auditor_read_well_at_320_pixels(opened, base, who, path) -> None:
    page = opened(who=who, size=NARROW)
    assert page.goto(base + path).status == 200
    reads_well(page)


def test_ux11b_somebody_from_outside_says_why_with_the_keyboard_alone(opened, base) -> None:
    page = opened(who="otto", size=NARROW)
    page.goto(f"{base}/patient/1/")
    assert page.locator("h1").inner_text() == "Say why you open this record"
    assert "Alma Sample" not in page.content()
    tab_to(page, "In your own words")
    page.keyboard.type("case of the month")
    follow(page, "Keep the reason", to=f"{base}/patient/1/")
    assert page.locator("h1").inner_text() == "Alma Sample"
