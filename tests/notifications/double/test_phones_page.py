"""The page of simulated phones in a real browser: people write, read, answer, press keys and move the clock."""

import os
import shutil
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from notifications.double.server import Double
from tests.notifications.double.conftest import DOCTOR, PAGER, PATIENT, SENDER, client_of
from tests.notifications.double.control import ask
from tests.notifications.double.service import Service
from tests.notifications.double.test_calls import KEYS, WORDS, document, menu, place
from tests.notifications.double.test_control import give_a_clock

pytestmark = pytest.mark.browser

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CAREGIVER, STRANGER = "+15550100002", "+15550100099"
HANDSETS = [
    {"number": PATIENT, "label": "Patient", "kind": "patient", "to": SENDER},
    {"number": CAREGIVER, "label": "Caregiver", "kind": "caregiver", "to": SENDER},
    {"number": DOCTOR, "label": "On call, first", "kind": "oncall", "to": PAGER},
    {"number": "+15550100003", "label": "A second patient", "kind": "patient", "to": SENDER},
    {"number": STRANGER, "label": "A stranger", "kind": "stranger", "to": SENDER},
]
TOO_SMALL = """() => [...document.querySelectorAll("button, a:not(.skip), input:not([type=hidden]), summary")]
    .map((one) => [one.outerHTML, one.getBoundingClientRect()])
    .filter(([, box]) => box.width && Math.min(box.height, box.width) < 44)"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    names = ("chromium-headless-shell", "chromium", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None and os.environ.get("CI") != "true":
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def double(start) -> Double:
    double = start(pace=1.0)
    ask(double, "PUT", "/double/handsets", HANDSETS)
    return double


@pytest.fixture
def page(browser: Browser, double: Double) -> Iterator[Page]:
    """The page, which must not report a single error while it is used."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda problem: errors.append(str(problem)))
    page.goto(double.url + "/")
    yield page
    context.close()
    assert not errors


def test_it_says_what_it_is_and_shows_every_phone(page, service):
    expect(page.get_by_text("Nothing leaves this machine")).to_be_visible()
    for handset in HANDSETS:
        expect(page.get_by_test_id(f"tab-{handset['number']}")).to_be_visible()
    expect(page.get_by_test_id(f"phone-{PATIENT}")).to_contain_text(PATIENT)
    expect(page.get_by_test_id("board-link")).to_have_attribute("href", f"{service.url}/board/")


def test_enter_sends_and_the_state_is_shown(page, service: Service):
    box = page.get_by_test_id(f"text-{PATIENT}")
    box.fill("38.6 and shaking")
    box.press("Enter")
    thread = page.get_by_test_id(f"thread-{PATIENT}")
    expect(thread).to_contain_text("38.6 and shaking")
    expect(thread).to_contain_text("· sent")
    expect(box).to_have_value("")
    expect(box).to_be_focused()
    assert service.wait("/webhooks/twilio/inbound")[0].form["Body"] == "38.6 and shaking"


def test_news_leaves_typed_words_focus_and_the_cursor_alone(page, double):
    box = page.get_by_test_id(f"text-{PATIENT}")
    box.press_sequentially("38.")
    client_of(double).messages.create(to=PATIENT, from_=SENDER, body="Temperature? See http://127.0.0.1:1/x.")
    thread = page.get_by_test_id(f"thread-{PATIENT}")
    expect(thread).to_contain_text("delivered")
    expect(thread.get_by_role("link")).to_have_attribute("href", "http://127.0.0.1:1/x")
    expect(box).to_be_focused()
    page.keyboard.type("6")
    expect(box).to_have_value("38.6")


def test_news_elsewhere_is_counted_until_somebody_looks(page, double):
    page.get_by_test_id(f"text-{PATIENT}").focus()
    client_of(double).messages.create(to=CAREGIVER, from_=SENDER, body="Please look after them.")
    tab = page.get_by_test_id(f"tab-{CAREGIVER}")
    expect(tab).to_contain_text("1 new")
    tab.click()
    expect(tab).not_to_contain_text("new")


def test_a_long_conversation_stays_where_it_was_scrolled_to(page, double):
    client = client_of(double)
    for number in range(20):
        client.messages.create(to=PATIENT, from_=SENDER, body=f"Question {number}")
    thread = page.get_by_test_id(f"thread-{PATIENT}")
    expect(thread).to_contain_text("Question 19")
    assert thread.evaluate("one => one.scrollTop + one.clientHeight >= one.scrollHeight - 1")
    thread.evaluate("one => { one.scrollTop = 0 }")
    client.messages.create(to=PATIENT, from_=SENDER, body="The newest")
    expect(thread).to_contain_text("The newest")
    assert thread.evaluate("one => one.scrollTop") == 0


def test_quick_replies_and_the_code_of_the_newest_page(page, double, service):
    page.get_by_test_id(f"quick-{PATIENT}-0").click()
    assert service.wait("/webhooks/twilio/inbound")[0].form["Body"] == "98.6"
    client_of(double).messages.create(to=DOCTOR, from_=PAGER, body="URGENT. Reply 4821 to take it.")
    code = page.get_by_test_id(f"quick-{DOCTOR}-0")
    expect(code).to_contain_text("4821")
    code.click()
    taken = service.wait("/webhooks/twilio/inbound", 2)[1].form
    assert (taken["From"], taken["To"], taken["Body"]) == (DOCTOR, PAGER, "4821")


def test_a_call_is_answered_heard_and_answered_with_a_key(page, double, service):
    service.answers[WORDS] = menu()
    service.answers[KEYS] = document("<Say>You have it.</Say>", '<Pause length="60"/>')
    place(client_of(double), service)
    expect(page.get_by_test_id(f"tab-{DOCTOR}")).to_contain_text("ringing")
    page.get_by_test_id(f"answer-{DOCTOR}").click()
    spoken = page.get_by_test_id(f"spoken-{DOCTOR}")
    expect(spoken).to_contain_text("Press 1 to take it.")
    page.get_by_test_id(f"key-{DOCTOR}-1").click()
    expect(spoken).to_contain_text("You have it.")
    expect(spoken).to_contain_text("Key pressed")
    page.get_by_test_id(f"hangup-{DOCTOR}").click()
    expect(page.get_by_test_id(f"call-{DOCTOR}")).to_be_empty()
    expect(page.get_by_test_id(f"thread-{DOCTOR}")).to_contain_text("Call answered")
    assert service.at(KEYS)[0].form["Digits"] == "1"


@pytest.mark.parametrize(
    ("button", "shown"), [("decline", "Call declined"), ("voicemail", "Voicemail took the call")]
)
def test_a_call_is_declined_or_goes_to_voicemail(page, double, service, button, shown):
    service.answers[WORDS] = document("<Say>Call us.</Say>")
    place(client_of(double), service)
    page.get_by_test_id(f"{button}-{DOCTOR}").click()
    expect(page.get_by_test_id(f"thread-{DOCTOR}")).to_contain_text(shown)


def test_a_phone_with_nothing_on_it_waits_behind_its_tab(page, double):
    phone = page.get_by_test_id("phone-+15550100003")
    expect(phone).to_be_hidden()
    page.get_by_test_id("tab-+15550100003").click()
    expect(phone).to_be_visible()


def test_a_number_nobody_set_up_appears_when_it_is_written_to(page, double):
    page.get_by_test_id(f"text-{PATIENT}").fill("half a sen")
    client_of(double).messages.create(to="+15550100777", from_=SENDER, body="Welcome")
    expect(page.get_by_test_id("phone-+15550100777")).to_contain_text("Welcome")
    expect(page.get_by_test_id(f"text-{PATIENT}")).to_have_value("half a sen")


def test_the_clock_is_moved_or_says_why_not(page, service):
    service.answers["/demo/clock"] = (403, "")
    page.get_by_test_id("clock-plus-300").click()
    expect(page.get_by_test_id("trouble")).to_contain_text("would not move its clock")
    give_a_clock(service)
    page.get_by_test_id("clock-plus-14400").click()
    expect(page.get_by_test_id("clock-offset")).to_have_text("Demo clock: 4 h 00 min ahead")


def test_an_impossible_text_is_explained_and_not_lost(page, double):
    box = page.get_by_test_id(f"text-{PATIENT}")
    box.fill("   ")
    page.get_by_test_id(f"send-{PATIENT}").click()
    expect(page.get_by_test_id(f"problem-{PATIENT}")).to_have_text("Type something to send.")


def test_words_are_shown_as_words(page, double):
    client_of(double).messages.create(to=PATIENT, from_=SENDER, body="<b>38 > 37 & rising</b>")
    expect(page.get_by_test_id(f"thread-{PATIENT}")).to_contain_text("<b>38 > 37 & rising</b>")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_it_can_be_read_and_used_at_any_width_in_any_light(browser, double, service, width, scheme):
    client = client_of(double)
    client.messages.create(to=PATIENT, from_=SENDER, body="Temperature? " + "a-very-long-word" * 8)
    ask(double, "POST", "/double/inbound", {"from": PATIENT, "to": SENDER, "body": "38.6 and shaking"})
    service.answers[WORDS] = menu()
    ringing, talking = place(client, service), place(client, service, to=CAREGIVER)
    ask(double, "POST", f"/double/calls/{talking}/answer", {})
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    page.goto(double.url + "/")
    expect(page.get_by_test_id(f"answer-{DOCTOR}")).to_be_visible()
    expect(page.get_by_test_id(f"key-{CAREGIVER}-1")).to_be_visible()
    assert ringing in page.content()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(TOO_SMALL) == []
    assert [problem["id"] for problem in Axe().run(page).response["violations"]] == []
    context.close()


def test_it_asks_nobody_else_for_anything(browser, double):
    context = browser.new_context()
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(double.url + "/")
    expect(page.get_by_test_id("clock-now")).not_to_be_empty()
    assert all(address.startswith((double.url, "data:")) for address in asked)
    context.close()


def test_without_javascript_a_text_can_still_be_sent(browser, double, service):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(double.url + "/")
    page.get_by_test_id(f"text-{PATIENT}").fill("98.6")
    page.get_by_test_id(f"send-{PATIENT}").click()
    expect(page.get_by_test_id(f"thread-{PATIENT}")).to_contain_text("98.6")
    assert service.wait("/webhooks/twilio/inbound")[0].form["Body"] == "98.6"
    context.close()
