"""The nurse's day beside a phone of 320 px, by keyboard alone: a course opened, a dose left out, a longer interval."""

from datetime import UTC, datetime

from tests.browser.keyboard import IN_A_BROWSER, NARROW, follow, reads_well, tab_to, type_into, words

pytestmark = IN_A_BROWSER
IVAN = "/patient/6/"


def test_a_patient_is_enrolled_and_a_course_opened(opened, base) -> None:
    page, today = opened(size=NARROW), datetime.now(UTC)
    page.goto(f"{base}/board/")
    follow(page, "enrol", to="**/patients/new/")
    for label, typed in (
        ("hospital identifier", "D-2001"),
        ("full name", "Test Patient"),
        ("date of birth", "03141960"),
        ("patient's mobile phone", "+1 555 011 0044"),
        ("caregiver's name", "Test Caregiver"),
        ("caregiver's phone", "+1 555 012 0044"),
        ("protocol", "teclistamab"),
        ("day of the first dose", f"{today:%m%d%Y}"),
        ("weight in kg", "7o"),
    ):
        type_into(page, label, typed)
    reads_well(page)
    tab_to(page, "enrol and show the plan")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Nothing was saved.")
    assert "errors" in page.evaluate("document.activeElement.className"), "the focus is on what is wrong"
    assert page.input_value("#id_identifier") == "D-2001", "nothing is typed twice"
    reads_well(page)
    tab_to(page, "weight in kg")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "id_weight_kg", "the mistake leads to its field"
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("70")
    follow(page, "enrol and show the plan", to="**/patient/*/#result")
    shown = words(page)
    assert "Enrolled." in shown
    assert "0.06 mg/kg x 70 kg = 4.2 mg" in shown
    reads_well(page)


def test_a_prescriber_confirms_the_longer_interval_on_the_response_it_rests_on(opened, base) -> None:
    page = opened(who="paul", size=NARROW)
    page.goto(base + IVAN)
    follow(page, "longer interval", to="**/course/5/interval/")
    assert "at least 24 weeks on therapy and partial response or better" in words(page)
    reads_well(page)
    tab_to(page, "confirm dose every 2 weeks for ivan pattern")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "id_response", "what it rests on is asked for"
    page.keyboard.type("very good partial response since June, read today")
    follow(page, "confirm dose every 2 weeks for ivan pattern", to=f"**{IVAN}#result")
    shown = words(page)
    assert "Confirmed. The plan is on the longer interval from the next dose on." in shown
    assert "very good partial response since June, read today" in shown
    reads_well(page)


def test_a_dose_is_left_out_and_the_one_after_it_is_the_next(opened, base) -> None:
    """Follows the test above: of the doses every 2 weeks, the first is left out."""
    page = opened(size=NARROW)
    page.goto(base + IVAN)
    follow(page, "leave this dose out", to="**/course/5/skip/")
    assert "A step-up dose is never left out." in words(page)
    reads_well(page)
    type_into(page, "its time", "1015")
    page.keyboard.press("Enter")
    page.wait_for_selector("#changes")
    assert page.evaluate("document.activeElement.id") == "changes", (
        "whoever cannot see hears the changes first"
    )
    reads_well(page)
    type_into(page, "why a dose is left out", "the patient")
    if page.locator("textarea[name=words][required]").count():
        type_into(page, "in your own words", "away for a week, agreed with the prescriber")
    follow(page, "leave one dose out: the next dose every 2 weeks is on", to=f"**{IVAN}#result")
    shown = words(page)
    assert "Done: skipped." in shown
    assert "10:15 E" in shown
    reads_well(page)
