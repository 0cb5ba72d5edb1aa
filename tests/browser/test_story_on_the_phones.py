"""The story through the screens: one person plays nurse, colleague, patient, caregiver, responder and emergency doctor.

The whole service runs as `manage.py up` starts it; every act is a click or a typed word in a real browser.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from stepup.local import browsers
from tests.service import Service, demo

pytestmark = [pytest.mark.browser, pytest.mark.processes]

PASSWORD = "step-up-at-home"
FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
WITHIN = 60_000  # milliseconds: a page goes through the engine, the queue, a worker and the provider
ROSA, RAVI = "+15550100101", "+15550100102"
FOUR_HOURS, QUARTER = 14400, 900


@dataclass(frozen=True)
class Person:
    """A demo patient and the caregiver beside them; `full_dose` is step-up dose 1 in mg."""

    name: str
    born_on: str
    phone: str
    caregiver_phone: str
    full_dose: str
    drug: str


DORA = Person("Dora Example", "07/30/1963", "+15550110003", "+15550120003", "3.84", "teclistamab")
FRANK = Person("Frank Specimen", "01/09/1949", "+15550110004", "+15550120004", "12", "elranatamab")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    program = browsers.found()
    if not program:
        pytest.skip("No Chromium is on the PATH, and STEPUP_CHROMIUM names none.")
    expect.set_options(timeout=WITHIN)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def street(chromium: Browser, tmp_path: Path) -> Iterator["Street"]:
    with demo(tmp_path) as service:
        yield Street(chromium, service)


class Phone:
    """One handset of the phones page."""

    def __init__(self, page: Page, number: str) -> None:
        self._page, self._number = page, number

    def part(self, name: str, more: str = "") -> Locator:
        return self._page.get_by_test_id(f"{name}-{self._number}{more}")

    def reads(self, words: str, *, times: int = 1) -> None:
        """Wait until the handset shows the words as received, at least that often."""
        received = self.part("thread").locator(".theirs").filter(has_text=words)
        expect(received.nth(times - 1)).to_be_visible()

    def has_not_read(self, words: str) -> None:
        expect(self.part("thread").filter(has_text=words)).to_have_count(0)

    def texts(self, words: str) -> None:
        self._page.get_by_test_id(f"tab-{self._number}").click()
        self.part("text").fill(words)
        self.part("send").click()

    def says_the_newest_code(self) -> None:
        """The quick reply offers the code of the newest page."""
        code = self.part("quick", "-0")
        expect(code).to_have_text(re.compile(r"\d{4}"))
        code.click()

    def answers_and_presses(self, key: str) -> None:
        """Hears the page out: no key counts before it has said which case it is."""
        self.part("answer").click()
        expect(self._page.get_by_text("Press 1 to take it").last).to_be_visible()
        self.part("key", f"-{key}").click()


class Street:
    """Everybody's browser: staff in windows of their own, all phones on one page."""

    def __init__(self, browser: Browser, service: Service) -> None:
        self._browser, addresses = browser, service.status["addresses"]
        self._board, self._opened = addresses["board"], 0
        self.phones = self._window()
        self.phones.goto(addresses["phones"])

    def _window(self, *, scripts: bool = True) -> Page:
        context = self._browser.new_context(java_script_enabled=scripts)
        context.set_default_timeout(WITHIN)
        return context.new_page()

    def phone(self, number: str) -> Phone:
        return Phone(self.phones, number)

    def moves_the_clock(self, seconds: int) -> None:
        shown = self.phones.get_by_test_id("clock-offset")
        before = shown.inner_text()
        self.phones.get_by_test_id(f"clock-plus-{seconds}").click()
        expect(shown).not_to_have_text(before)

    def signs_in(self, username: str) -> Page:
        page = self._window()
        page.goto(self._board)
        page.get_by_label("Sign-in name").fill(username)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("link", name="Board", exact=True)).to_be_visible()
        return page

    def opens_the_patient(self, page: Page, person: Person) -> None:
        page.goto(self._board)
        page.get_by_role("link", name=person.name, exact=True).click()
        expect(page.get_by_role("heading", name=person.name, exact=True)).to_be_visible()

    def opens_the_emergency_page(self, code: str) -> Page:
        """As from a card, on a computer that runs no scripts."""
        page = self._window(scripts=False)
        page.goto(self._board + f"e/{code}/")
        return page


def test_teclistamab_from_the_first_dose_to_the_next_decision(street) -> None:
    nurse = _gives_the_first_dose(street, DORA)
    _answers_the_check_in_late(street, DORA)
    street.phone(DORA.phone).texts("38.6 and shaking")
    street.phone(DORA.phone).reads("We are calling the on-call team now")
    street.phone(ROSA).reads("to take it")
    street.phone(ROSA).answers_and_presses("1")
    street.phone(RAVI).has_not_read("to take it")
    responder = street.signs_in("rosa")
    _reaches_and_resolves(responder)
    street.opens_the_patient(nurse, DORA)
    next_dose = nurse.get_by_role("region", name="Next dose")
    expect(next_dose).to_contain_text("Ask before any dose")
    expect(next_dose).to_contain_text(
        "dose-modification table for cytokine release syndrome has not been read"
    )
    expect(next_dose).to_contain_text("Rule: not read")
    _shows_the_facts_to_an_emergency_doctor(street, nurse, DORA)


def test_elranatamab_when_the_caregiver_sees_the_confusion(street) -> None:
    _is_made_ready(street, FRANK)
    nurse = _gives_the_first_dose(street, FRANK)
    street.phone(FRANK.caregiver_phone).texts("he seems confused")
    street.phone(FRANK.caregiver_phone).reads("Call 911 now")
    street.phone(ROSA).reads("emergency: reply")
    street.phone(ROSA).says_the_newest_code()
    street.phone(ROSA).reads("Call the patient now, then record it")
    _reaches_and_resolves(street.signs_in("rosa"))
    street.opens_the_patient(nurse, FRANK)
    next_dose = nurse.get_by_role("region", name="Next dose")
    expect(next_dose).to_contain_text("step-up dose 2 is at least 2 days after step-up dose 1")
    expect(next_dose).to_contain_text("Premedication before this dose")
    expect(next_dose).to_contain_text("Rule: Elranatamab Dosage")
    _shows_the_facts_to_an_emergency_doctor(street, nurse, FRANK)


def _is_made_ready(street: Street, person: Person) -> None:
    """The nurse proves the phone by a practice text, states what is open, and the answer turns from hold to give."""
    nurse = street.signs_in("nora")
    street.opens_the_patient(nurse, person)
    expect(nurse.get_by_role("region", name="Next dose")).to_contain_text("Hold: no dose now")
    nurse.get_by_role("link", name="State what is met", exact=True).click()
    nurse.get_by_role("button", name="Send the practice text").click()
    street.phone(person.phone).reads("This is a practice text.")
    street.phone(person.phone).texts("98.2")
    street.phone(person.phone).reads("Thank you, we have your text.")
    for item in ("Caregiver tonight", "Rescue drugs in stock"):
        group = nurse.get_by_role("group", name=item)
        group.get_by_label("Met", exact=True).check()
        group.get_by_label("Name").fill("Gail Specimen" if item == "Caregiver tonight" else "Petra Demo")
    nurse.get_by_role("button", name="Keep what I stated").click()
    expect(nurse.get_by_role("status")).to_contain_text("Kept: 2 items.")
    street.opens_the_patient(nurse, person)
    expect(nurse.get_by_role("region", name="Next dose")).to_contain_text("Give step-up dose 1")
    nurse.context.close()


def _gives_the_first_dose(street: Street, person: Person) -> Page:
    """The nurse records step-up dose 1 in two steps; a colleague in another window confirms with her own figure."""
    nurse = street.signs_in("nora")
    street.opens_the_patient(nurse, person)
    nurse.get_by_role("link", name="Record a dose that was given").click()
    nurse.get_by_role("button", name="Check and continue").click()
    nurse.get_by_label(f"The name is {person.name}").check()
    nurse.get_by_label("The date of birth is").check()
    nurse.get_by_role("button", name=re.compile("^Record .* given at")).click()
    expect(nurse.get_by_role("status")).to_contain_text("The watch is open")

    colleague = street.signs_in("noah")
    street.opens_the_patient(colleague, person)
    colleague.get_by_role("link", name="Do the second check").click()
    colleague.get_by_label("Your own figure, in mg").fill(person.full_dose)
    colleague.get_by_role("button", name=f"Confirm my figure for {person.name}").click()
    expect(colleague.get_by_role("status")).to_contain_text("Confirmed: both figures agree.")
    colleague.context.close()
    return nurse


def _answers_the_check_in_late(street: Street, person: Person) -> None:
    """Asked at hour 4, silent until the caregiver is asked to look, then well in every answer."""
    patient = street.phone(person.phone)
    street.moves_the_clock(FOUR_HOURS)
    patient.reads("What is your temperature?")
    street.moves_the_clock(QUARTER)
    street.moves_the_clock(QUARTER)
    street.phone(person.caregiver_phone).reads("Please check on them now.")
    patient.texts("98.6")
    patient.reads("Do you have any now?")
    patient.texts("6")
    patient.reads("any fever pill or steroid?")
    patient.texts("none")
    patient.reads("Thank you. Next check-in:")
    street.phone(ROSA).has_not_read("to take it")


def _reaches_and_resolves(responder: Page) -> None:
    """On the case's own screen: spoke with the patient, graded, and closed with an outcome."""
    responder.get_by_role("link", name=re.compile("^Open case")).click()
    responder.get_by_label("What they said").fill("spoke with both, a doctor is on the way")
    responder.get_by_role("button", name="I have spoken with the patient or caregiver").click()
    responder.get_by_label("Sent to the emergency department").check()
    responder.get_by_label("CRS").select_option("1")
    responder.get_by_label("ICANS").select_option("0")
    responder.get_by_label("What I graded is over now").check()
    responder.get_by_label("Why, and what was done").fill("fever went down, seen by the department")
    responder.get_by_role("button", name=re.compile("^Resolve case")).click()
    expect(responder.get_by_role("status")).to_contain_text("is resolved.")


def _shows_the_facts_to_an_emergency_doctor(street: Street, nurse: Page, person: Person) -> None:
    """From the short address: advice at once, this patient's facts only for the date of birth."""
    code = nurse.get_by_role("link", name="/e/").inner_text().removeprefix("/e/")
    doctor = street.opens_the_emergency_page(code)
    expect(doctor.get_by_role("link", name="(555) 010-0100").first).to_be_visible()
    expect(doctor.locator("body")).not_to_contain_text(person.name)
    doctor.get_by_label("Patient's date of birth").fill(person.born_on)
    doctor.get_by_role("button", name="Show this patient's facts").click()
    facts = doctor.get_by_role("region", name=f"This patient: {person.name}")
    expect(facts).to_contain_text(person.drug)
    expect(facts).to_contain_text("step-up dose 1")
    expect(facts).to_contain_text("grade 1")
