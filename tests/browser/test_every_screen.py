"""Every screen in a real browser: readable by machines and by tired people, in both themes, from 320 px up."""

import gzip
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page

from tests.browser import rules
from tests.browser.addresses import SCREENS, WITHOUT_SIGN_IN
from tests.browser.keyboard import IN_A_BROWSER, NARROW, PARTED, WIDE, follow, signs, tab_to, type_into
from tests.browser.screenshots import ALMA, DORA, LUZ, OUR_NUMBER, ROSA
from tests.service import Service, demo
from tests.waiting import until

pytestmark = IN_A_BROWSER

OPEN_SCREENS = pytest.mark.parametrize("path", WITHOUT_SIGN_IN.values(), ids=WITHOUT_SIGN_IN.keys())


WIDTH = "document.documentElement.scrollWidth"
# What has the focus: its outline in px, whether it is on top where it stands, how tall it is (24 for links in text).
FOCUS = """() => {
  const e = document.activeElement, box = e.getBoundingClientRect(), style = getComputedStyle(e);
  const at = document.elementFromPoint(box.x + Math.min(box.width, 20) / 2, box.y + box.height / 2);
  const inline = style.display === "inline";
  return {what: e.outerHTML.slice(0, 90), outline: parseFloat(style.outlineWidth), height: inline ? 24 : box.height,
          top: at !== null && (e.contains(at) || at.contains(e))};
}"""


@pytest.fixture(scope="module")
def service(tmp_path_factory) -> Iterator[Service]:
    with demo(tmp_path_factory.mktemp("screens")) as service:
        service.provider.text(ALMA, OUR_NUMBER, "38.6 and shaking")
        until(lambda: service.provider.texts_to(ROSA), "a page, so that there is a case to look at")
        service.provider.text(LUZ, OUR_NUMBER, "STOP")
        service.provider.text(DORA, OUR_NUMBER, "STOP")
        ended = "SELECT 1 FROM monitoring_patient WHERE texting_ended_at IS NOT NULL"
        until(lambda: service.rows(ended), "texts to Dora to have ended")
        yield service


@pytest.fixture(scope="module")
def at(service, base) -> Callable[[str], str]:
    """The whole address of one of the screens."""
    [(number,)] = service.rows("SELECT min(id) FROM monitoring_escalation")
    return lambda path: base + path.format(case=number)


@pytest.fixture(scope="module", params=SCREENS.values(), ids=SCREENS.keys())
def screen(request, browser, at, session) -> Iterator["Screen"]:
    """Each screen opened once, as a nurse: to open one takes longer than to look at it from every side."""
    context = browser.new_context(viewport=WIDE)
    context.add_cookies(session("nora"))
    yield Screen(context.new_page(), at(request.param))
    context.close()


class Screen:
    """An open page, and what the browser had to say about it."""

    def __init__(self, page: Page, address: str) -> None:
        self._page, self.said = page, []
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        self.status = page.goto(address).status

    def seen(self, *, scheme: str = "light", size: dict[str, int] = WIDE, text: int = 100) -> Page:
        """The page as somebody sees it who has this theme, this window, and text at so many per cent."""
        self._page.emulate_media(color_scheme=scheme)
        self._page.set_viewport_size(size)
        self._page.evaluate("text => { document.documentElement.style.fontSize = text }", f"{text}%")
        return self._page


def test_no_script_or_style_breaks_the_content_policy(screen) -> None:
    assert screen.status == 200
    assert screen.said == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_ux11a_assistive_technology_can_read_it(screen, scheme) -> None:
    rules.readable(screen.seen(scheme=scheme))


def test_ux11c_nothing_scrolls_sideways_at_320_pixels(screen) -> None:
    assert screen.seen(size=NARROW).evaluate(WIDTH) <= NARROW["width"]


def test_ux11c_text_at_twice_its_size_still_fits(screen) -> None:
    assert screen.seen(size={"width": 640, "height": 800}, text=200).evaluate(WIDTH) <= 640


@pytest.mark.parametrize("scheme", ["light", "dark"])
@OPEN_SCREENS
def test_assistive_technology_can_read_what_needs_no_sign_in(opened, base, path, scheme) -> None:
    page = opened(who="nobody", scheme=scheme, size=NARROW)
    page.goto(base + path)
    rules.readable(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


def test_somebody_locked_out_still_sees_the_desk_and_the_emergency_number(opened, base) -> None:
    page = opened(who="nobody")
    page.goto(f"{base}/sign-in/")
    shown = page.locator(".help").inner_text().replace("\u00a0", " ")
    assert "(555) 010-0100" in shown
    assert "911" in shown


@pytest.mark.parametrize("path", ["/patient/1/", "/patient/3/", "/course/3/dose/", SCREENS["protocol"]])
def test_ux9b_an_amount_and_its_unit_never_part(opened, base, path) -> None:
    page = opened(size=NARROW)
    page.goto(base + path)
    assert page.evaluate(PARTED) == []


@pytest.mark.parametrize("language", ["en", "es"])
def test_ux6a_the_emergency_page_needs_no_sign_in_no_script_and_under_60_kb(opened, base, language) -> None:
    nurse = opened()
    nurse.goto(f"{base}/patient/1/")
    address = re.search(r"/e/\w+", nurse.content())
    assert address
    page = opened(who="nobody", size=NARROW, java_script_enabled=False)
    answer = page.goto(f"{base}{address[0]}/?in={language}")
    assert page.locator("html").get_attribute("lang") == language
    first = page.locator(".first")
    assert first.is_visible()
    assert first.bounding_box()["y"] + first.bounding_box()["height"] <= NARROW["height"], (
        "before any scrolling"
    )
    assert "(555) 010-0100" in first.inner_text().replace("\u00a0", " ").replace("\u2011", "-")
    styles = page.request.get(base + "/static/stepup/stepup.css").body()
    assert len(answer.body()) + len(gzip.compress(styles)) < 60_000, "with its one style sheet, as it is sent"


def test_ux6a_the_emergency_page_prints_on_one_sheet_in_each_language_and_with_the_facts(
    opened, base
) -> None:
    nurse = opened()
    nurse.goto(f"{base}/patient/1/")
    address = re.search(r"/e/\w+", nurse.content())
    page = opened(who="nobody", java_script_enabled=False)
    for language in ("en", "es"):
        page.goto(f"{base}/e/?in={language}")
        assert _sheets(page) == 1, language
    for language, said in (("en", "This patient: Alma Sample"), ("es", "Este paciente: Alma Sample")):
        page.goto(f"{base}{address[0]}/?in={language}")
        page.fill("input[name=born_on]", "03/14/1958")
        page.get_by_role("button").click()
        page.wait_for_selector(f"text={said}")
        assert _sheets(page) == 1, f"with the facts, {language}"


def _sheets(page) -> int:
    """On how many sheets of US Letter, the smaller paper, a page prints."""
    return page.pdf(format="Letter").count(b"/Type /Page\n")


def test_what_is_open_before_a_dose_is_stated_with_the_keyboard_alone(opened, base) -> None:
    page = opened(size=NARROW)
    page.goto(f"{base}/patient/4/")
    page.get_by_role("link", name="State what is met", exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/readiness/")
    page.get_by_label("Met", exact=True).first.focus()  # the caregiver: the phone above is not ticked
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("Gail Specimen")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Kept: 1 item.")
    page.goto(f"{base}/patient/4/")
    shown = page.locator(".decision").inner_text()
    assert "caregiver tonight" not in shown
    assert "rescue drugs in stock" in shown


def test_ux3b_a_dose_is_moved_with_the_keyboard_alone_at_320_pixels(opened, base) -> None:
    """A date typed, its changes read where the focus lands, a reason chosen by its first letter, the final button."""
    page = opened(size=NARROW)
    page.goto(f"{base}/course/4/move/")
    tab_to(page, "new date")
    in_four_days = datetime.now(UTC) + timedelta(days=4)
    page.keyboard.type(f"{in_four_days:%m%d%Y}")
    type_into(page, "new time", "1005")
    page.keyboard.press("Enter")
    page.wait_for_selector("#changes")
    assert page.evaluate("document.activeElement.id") == "changes"
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    rules.readable(page)
    type_into(page, "why the dose is moved", "Chair")
    type_into(page, "in your own words", "no chair before")
    if page.locator("textarea[name=override]").count():
        tab_to(page, "hours nobody covers")
        page.keyboard.type("the desk answers")
    follow(page, "step-up dose 1 to", to=f"{base}/patient/4/**")
    shown = page.locator("main").inner_text().replace("\u00a0", " ")
    assert "10:05 E" in shown
    assert "by Nora Demo, RN: chair, staff or drug supply. no chair before" in shown


def test_a_course_is_held_and_the_hold_lifted_with_the_keyboard_alone(opened, base) -> None:
    nurse, prescriber = opened(size=NARROW), opened(who="paul", size=NARROW)
    nurse.goto(f"{base}/patient/3/")
    follow(nurse, "hold doses", to=f"{base}/course/3/hold/")
    type_into(nurse, "why no dose may be given", "chest infection, culture sent")
    tab_to(nurse, "hold every dose of dora example")
    nurse.keyboard.press("Enter")
    nurse.wait_for_selector("text=Hold: no dose now")
    assert nurse.get_by_text("Lift the hold").count() == 0, "a nurse does not lift it"
    prescriber.goto(f"{base}/patient/3/")
    tab_to(prescriber, "lift the hold of nora demo")
    prescriber.keyboard.press("Enter")
    prescriber.wait_for_selector("text=Without this hold, the next dose now")
    rules.readable(prescriber)
    assert prescriber.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    type_into(prescriber, "why doses may go on", "culture negative, afebrile for two days")
    tab_to(prescriber, "lift this hold for dora example")
    prescriber.keyboard.press("Enter")
    prescriber.wait_for_selector("text=Lifted. The next dose now:")


def test_hours_and_chairs_are_entered_with_the_keyboard_alone_at_320_pixels(opened, base) -> None:
    page = opened(size=NARROW)
    page.goto(f"{base}/hours/")
    type_into(page, "number of chairs", "3")
    type_into(page, "monday, opens", "0800")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Nothing was saved.")
    assert page.input_value("#id_places") == "3"
    tab_to(page, "monday, closes")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "id_closes_0", "the mistake leads to its field"
    page.keyboard.type("1630")
    tab_to(page, "set these hours and chairs")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=These hours and chairs hold from")
    assert "Monday 08:00 to 16:30" in page.locator("main").inner_text().replace("\u00a0", " ")
    rules.readable(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


def test_ux11b_a_case_is_taken_with_the_keyboard_alone_and_focus_lands_on_the_result(opened, at) -> None:
    page = opened(who="rosa")
    page.goto(at(SCREENS["case"]))
    for _ in range(40):
        page.keyboard.press("Tab")
        if "take" in page.evaluate("document.activeElement.innerText || ''").lower():
            break
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Rosa Demo, RN has it")
    assert page.evaluate("document.activeElement.id") == "result"
    assert "You have it." in page.locator("#result").inner_text()


@pytest.mark.parametrize("name", ["board", "patient", "case", "record a dose", "on call"])
def test_ux11a_focus_is_seen_and_uncovered_and_help_stands_first(opened, at, name) -> None:
    """Tab by tab through the screen at 320 px: a thick outline, nothing on top of it, and large enough to press."""
    page = opened(size=NARROW, reduced_motion="reduce")
    page.goto(at(SCREENS[name]))
    assert page.evaluate("document.body.querySelector('.skip + .help a[href^=tel]') !== null")
    for _ in range(25):
        page.keyboard.press("Tab")
        seen = page.evaluate(FOCUS)
        if seen["what"].startswith("<body"):
            break  # round, after the last of a short page
        assert seen["outline"] >= 3, seen
        assert seen["top"], seen
        assert seen["height"] >= 24, seen


def test_ux11c_below_60rem_the_board_is_cards_and_each_fact_has_its_name(opened, base) -> None:
    page = opened(size=NARROW)
    page.goto(f"{base}/board/")
    row = page.locator(".worklist tbody tr").first
    assert page.evaluate("e => getComputedStyle(e).display", row.element_handle()) == "block"
    said = "e => getComputedStyle(e, '::before').content"
    assert page.evaluate(said, row.locator("td[data-label]").first.element_handle()) == '"What"'
    assert row.locator(".button").bounding_box()["height"] >= 44, (
        "what answers a P1 is large enough for a thumb"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_prescriber_revokes_an_order_at_320_pixels(opened, base, scheme) -> None:
    page = opened(who="paul", scheme=scheme, size=NARROW)
    page.goto(f"{base}/pocket-order/1/revoke/")
    rules.readable(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    assert page.evaluate(PARTED) == []


def test_a_number_is_corrected_and_texts_let_go_with_the_keyboard_alone_at_320_pixels(opened, base) -> None:
    page = opened(size=NARROW)
    page.goto(f"{base}/patient/3/")
    assert "A nurse must telephone" in page.locator("main .notice.danger").inner_text()
    follow(page, "Let texts go again", to=re.compile("/contacts/"))
    type_into(page, "Patient's mobile phone", "my daughter's")
    signs(page)
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Nothing was saved.")
    assert "errors" in page.evaluate("document.activeElement.className"), "the focus is on what is wrong"
    assert page.input_value("#id_phone") == "my daughter's"
    tab_to(page, "Patient's mobile phone")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "id_phone", "the error leads to its field"
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("+1 555 011 0033")
    signs(page)
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Corrected: telephone.")
    tab_to(page, "I spoke with Dora Example on (555) 011-0033")
    page.keyboard.press("Space")
    tab_to(page, "Let texts to the patient go again")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Texts to the patient go again.")
    assert page.locator("main .notice.danger").count() == 0
    assert page.locator("text=telephone corrected").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


def test_a_fact_that_is_missing_is_named_and_focus_goes_to_the_list_of_mistakes(opened, base) -> None:
    page = opened(size=NARROW)
    page.goto(f"{base}/course/4/readiness/")
    page.get_by_role("group", name="Rescue drugs in stock").get_by_label("Met", exact=True).check()
    page.get_by_role("button", name="Keep what I stated").click()
    page.wait_for_selector("text=Nothing was saved.")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    assert (
        page.get_by_role("group", name="Rescue drugs in stock").get_by_label("Met", exact=True).is_checked()
    )


def test_a_new_weight_is_compared_and_used_with_the_keyboard_alone(opened, base) -> None:
    page = opened(size=NARROW)
    page.goto(f"{base}/course/3/weight/")
    page.get_by_label("Weight in kg").focus()
    page.keyboard.type("65.5")
    page.get_by_label("Weighed how").focus()
    page.keyboard.type("chair")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Nothing is saved yet")
    assert page.evaluate("document.activeElement.id") == "compare", (
        "whoever cannot see hears the question first"
    )
    shown = page.locator(".decision").inner_text().replace("\u00a0", " ")
    assert "0.06 mg/kg x 64 kg = 3.84 mg" in shown
    assert "0.06 mg/kg x 65.5 kg = 3.93 mg" in shown
    rules.readable(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    page.get_by_role("button", name="keep 64").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/patient/3/#result")
    assert "64 kg stays in use" in page.locator("#result").inner_text().replace("\u00a0", " ")
