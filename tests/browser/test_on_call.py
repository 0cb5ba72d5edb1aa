"""The on-call list at 320 px by keyboard: a test page answered from a real phone, and hours offered to a colleague."""

import os
import re
from pathlib import Path

from tests.browser.keyboard import IN_A_BROWSER, NARROW, WIDE, reads_well, tab_to, words
from tests.service import Service
from tests.waiting import until

pytestmark = IN_A_BROWSER
ROSA, PAGES = "+15550100101", "+15550109002"


def test_a_test_page_goes_out_marked_and_its_answer_proves_the_phone(opened, base, service: Service) -> None:
    page = opened("rosa", size=NARROW)
    page.goto(f"{base}/on-call/mine/")
    reads_well(page)
    assert "never heard from this phone" in words(page)
    tab_to(page, "page me now")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=on their way to you")
    until(
        lambda: any("DRILL, no patient." in text for text in service.provider.texts_to(ROSA)),
        "a test page on Rosa's phone",
    )
    service.provider.text(ROSA, PAGES, "1")
    until(
        lambda: service.rows("SELECT 1 FROM monitoring_reachtest WHERE how = 'text'"),
        "the answer to be heard",
    )
    page.goto(f"{base}/on-call/mine/")
    assert "last heard from this phone" in words(page)
    _look(page, "mine-320")


def test_hours_are_offered_and_accepted_with_the_keyboard_alone(opened, base) -> None:
    page = opened("rosa", size=NARROW)
    page.goto(f"{base}/on-call/mine/")
    page.select_option("select[name=given]", index=2)  # the first that has not begun
    page.select_option("select[name=to]", label="Dr Ravi Demo, responder")
    tab_to(page, "offer them")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Until they accept, the hours are yours.")
    colleague = opened("ravi", size=NARROW)
    colleague.goto(f"{base}/on-call/mine/")
    reads_well(colleague)
    tab_to(colleague, "the offer of rosa demo, rn")
    colleague.keyboard.press("Enter")
    colleague.wait_for_selector("text=Accepted: the on-call list has changed.")
    lead = opened("lena", size=NARROW)
    lead.goto(f"{base}/on-call/")
    reads_well(lead)
    assert "Dr Ravi Demo twice on rungs 1 and 2" in words(lead)
    _look(lead, "list-320")
    lead.set_viewport_size(WIDE)
    _look(lead, "list-wide")
    for name in ("rotations/1", "override", "import", "time-off", "rungs"):
        lead.goto(f"{base}/on-call/{name}/")
        _look(lead, name.replace("/", "-"))


def test_four_hours_of_a_turn_are_offered_from_their_link_by_keyboard(opened, base) -> None:
    page = opened("rosa", size=NARROW)
    page.goto(f"{base}/on-call/mine/")
    page.locator("a", has_text="Offer all or part").nth(1).focus()  # the first that has not begun
    page.keyboard.press("Enter")
    page.wait_for_url("**given=**")
    reads_well(page)
    form = page.locator("form", has_text="Offer hours to a colleague")
    day, hour = (form.locator(f"[name={name}]").input_value() for name in ("starts_on", "starts_at"))
    last = form.locator("[name=ends_on]").input_value()
    assert day < last, "the whole turn is filled in"
    _look(page, "part-320")
    until_ = f"{int(hour[:2]) + 2:02}{hour[2:]}"
    form.locator("[name=ends_on]").fill(day)
    form.locator("[name=ends_at]").fill(until_)
    page.select_option("select[name=to]", label="Dr Ravi Demo, responder")
    tab_to(page, "offer them")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Until they accept, the hours are yours.")
    assert all(f" {at} " in words(page) for at in (hour, until_))
    _look(page, "part-offered-320")
    colleague = opened("ravi", size=NARROW)
    colleague.goto(f"{base}/on-call/mine/")
    _look(colleague, "part-to-answer-320")
    tab_to(colleague, "accept")
    colleague.keyboard.press("Enter")
    colleague.wait_for_selector("text=Accepted: the on-call list has changed.")
    lead = opened("lena", size=WIDE)
    lead.goto(f"{base}/on-call/")
    assert re.search(rf"{hour} E[SD]T to {until_} E[SD]T\s+Dr Ravi Demo", words(lead))
    _look(lead, "part-list-wide")


def test_whoever_keeps_the_list_tabs_past_the_names_on_its_calendar_in_one_step(opened, base) -> None:
    page = opened("lena", size=NARROW)
    page.goto(f"{base}/on-call/")
    names = page.get_by_role("link", name="override on rung").count()
    assert names > 20, "each name on the calendar is a stop"
    tab_to(page, "past the calendar")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert "Change" in page.evaluate("document.activeElement.innerText"), "the first rotation, and no name"


def _look(page, name: str) -> None:
    if os.environ.get("SHOTS"):
        page.screenshot(path=str(Path(os.environ["SHOTS"]) / f"{name}.png"), full_page=True)


def test_a_whole_ladder_is_drilled_by_keyboard_and_its_page_says_who_answered(
    opened, base, service: Service
) -> None:
    page = opened("lena", size=NARROW)
    page.goto(f"{base}/on-call/drills/")
    reads_well(page)
    _look(page, "drills-320")
    page.select_option("select[name=ladder]", value="list")
    tab_to(page, "begin the drill now")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Every text and call says DRILL")
    rung = (
        "SELECT c.phone FROM monitoring_reachtest t JOIN notifications_clinician c ON c.id = t.clinician_id"
        " WHERE t.kind = 'ladder' ORDER BY t.id"
    )
    [[phone]] = until(lambda: service.rows(rung), "the first rung to be called")
    until(lambda: any("DRILL" in text for text in service.provider.texts_to(phone)), "the text of the drill")
    service.provider.text(phone, PAGES, "1")
    until(lambda: len(service.rows(rung)) > 1, "the second rung to be called")
    page.reload()
    reads_well(page)
    assert "by text" in words(page)
    assert "asked, no answer yet" in words(page)
    _look(page, "drill-320")
    page.set_viewport_size(WIDE)
    _look(page, "drill-wide")
