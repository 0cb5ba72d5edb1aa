"""The main pages in a language that puts brackets round every sentence: what is left bare was not marked."""

import re
from collections.abc import Iterator
from gettext import NullTranslations
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import trans_real

from monitoring import escalations
from monitoring.models import Escalation, EscalationEvent
from notifications import clock
from notifications.models import Message, Role, Site
from stepup import approvals, courses, handover
from stepup.models import Course
from tests import kept, makers

pytestmark = [pytest.mark.database, pytest.mark.django_db]


CONTEXT = "\x04"  # between what a short word stands for and the word


class Bracketed(NullTranslations):
    """A language in which each sentence of the catalogue stands in brackets."""

    def gettext(self, message: str) -> str:
        return f"⟦{message.rpartition(CONTEXT)[2]}⟧"

    def ngettext(self, one: str, many: str, number: int) -> str:
        return f"⟦{one if number == 1 else many}⟧"

    def to_language(self) -> str:
        return "xx"


@pytest.fixture
def bracketed() -> Iterator[None]:
    trans_real._active.value = Bracketed()
    yield
    del trans_real._active.value


class Bare(HTMLParser):
    """The text of a page that stands in no bracket; a bracket may hold marks of emphasis."""

    def __init__(self) -> None:
        super().__init__()
        self.depth, self.all = 0, ""
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.all += data
        bare = ""
        for sign in data:
            self.depth += (sign == "⟦") - (sign == "⟧")
            bare += sign if not self.depth and sign not in "⟦⟧" else "|"
        self.words += [part.strip() for part in bare.split("|") if re.search(r"[^\W\d_]{2}", part)]


# What no catalogue holds: names, dates and time zones; a drug, its doses and the stages of it, which protocols name.
DATA = re.compile(
    r"(· )?StepUp|Test (Hospital|Patient|Caregiver) \d+,?|Dr A,?"
    r"|Nurse \w+,?|(nurse|pharmacist|prescriber) \d+|(Emergency|Urgent):|America/New_York"
    r"|English|Spanish|Traditional Chinese|(\w{3} )?(\d\d \w{3} \d{4}|(\d{4} )?\d\d:\d\d)( \d\d:\d\d)?( [A-Z]{3})?"
    r"|teclistamab-cqyv, US: .*|(, )?(Step-up dose \d|First treatment dose),?|every dose"
    r"|(later steps and )?maintenance doses( only)?"
    r"|(Satur|Sun)day|page by (voice|text)|reply to a patient|scheduled check-in"
)
HEADLINE = "a headline as it was stored"
# On the pages of one patient also: amounts with their sums, days of the plan, who was called, codes of cases.
OF_A_PATIENT = re.compile(
    r"\b(h|min|mg|kg|mg/kg|x|Day|a nurse|Dose every 2 weeks|[Cc]ase \d{4}"
    r"|EST|EDT|UTC|Test (Hospital|Patient|Caregiver|Pharmacist)|Dr (A|Emergency)|(nurse|pharmacist|prescriber) \d+"
    r"|Rung \d: Dr A, by text and voice|fingerprint \w{64}|(teclistamab, )?[Ss]tep-up dose \d"
    r"|met|waived|not met|open|English|America/New_York|StepUp|T-\d+)\b"
)
PAGES = {
    Role.LEAD: (
        "reports", "administration", "adoption", "closed-days", "unit-hours", "on-call", "on-call-duty", "calendars",
        "status", "texts", "downtime", "add-person",
    ),
    Role.NURSE: ("board", "tasks", "inbox", "week", "own-shifts"),
}  # fmt: skip


@pytest.fixture(scope="module")
def site(django_db_setup: None, django_db_blocker: Any) -> Iterator[Site]:
    with kept.made(_ward, django_db_blocker) as site:
        yield site


def _ward() -> Site:
    now = clock.now()
    site = makers.a_site()
    makers.a_responder(site, 1, name="Dr A", since=now)
    makers.a_course(makers.a_patient(site, now=now), now=now)
    return site


@pytest.fixture(scope="module")
def treated(django_db_setup: None, django_db_blocker: Any) -> Iterator[Course]:
    with kept.made(_treated, django_db_blocker) as course:
        yield course


def _treated() -> Course:
    """A course with a dose, and a case that is open."""
    now = clock.now()
    site = makers.a_site()
    makers.a_responder(site, 1, name="Dr A", since=now)
    course = makers.a_course(makers.a_patient(site, now=now), now=now)
    makers.a_dose(course, given_at=now)
    escalations.raise_concern(site=site, patient=course.patient, urgency="urgent", headline=HEADLINE, now=now)
    return course


def stored(course: Course) -> list[str]:
    """What the rows and the signed protocol say on the pages of this course, the longest first."""
    protocol = approvals.content(course.protocol)
    found = {
        HEADLINE,
        protocol.pathway.title,
        protocol.label.name,
        protocol.label.brand,
        protocol.label.route,
    }
    found |= {protocol.id, *(regimen.title for regimen in protocol.label.regimens)}
    for rule in protocol.pathway.readiness:
        found |= {
            rule.name,
            rule.asks,
            rule.why,
            *rule.one_of,
            "nobody has published this; a proposal of ours",
        }
    for row in course.readiness_statements.all():
        found |= {row.said, row.reason}
    for event in (*course.events.all(), *EscalationEvent.objects.all()):
        found |= {event.what, event.text}
    found |= {"no dose while a case is unresolved", "Hold: no dose now"}  # an answer about the next dose
    for dose in courses.plan(course):
        found |= {
            dose.name,
            dose.sum,
            dose.source,
            dose.premedication,
            f"7 days after {dose.name}",
            dose.observation,
            *map(str, dose.notes),
        }
    found |= {*handover.next_dose_lines(course, now=clock.now()), "a test without a rota", "Full blood count"}
    found |= set(Message.objects.values_list("body", flat=True))
    return sorted(filter(None, found), key=len, reverse=True)


def remains(words: str, known: list[str]) -> bool:
    """Whether letters are left when what is stored, names, amounts and times are taken away."""
    left = words.replace("\N{NO-BREAK SPACE}", " ")
    for one in known:
        left = re.sub(rf"(?<!\w){re.escape(one)}(?!\w)", " ", left, flags=re.IGNORECASE)
    return bool(re.search(r"[^\W\d_]{2}", OF_A_PATIENT.sub(" ", left)))


@pytest.mark.parametrize("page", ["patient", "case", "readiness", "record-dose", "hand-over", "temperatures"])
def test_a_page_of_one_patient_says_nothing_of_its_own_outside_the_catalogue(
    treated, bracketed, page
) -> None:
    of_patient = {"patient", "temperatures"}
    row = Escalation.objects.get() if page == "case" else treated.patient if page in of_patient else treated
    browser = makers.signed_in(makers.a_clinician(treated.site, Role.NURSE, name="Nurse nurse"))
    seen = Bare()
    seen.feed(browser.get(reverse(page, args=[row.pk])).content.decode())
    known = stored(treated)
    left = [words for words in seen.words if not DATA.fullmatch(words) and remains(words, known)]
    assert not left, "\n".join(left)


@pytest.mark.parametrize(("role", "page"), [(role, page) for role, pages in PAGES.items() for page in pages])
def test_a_page_says_nothing_of_its_own_outside_the_catalogue(site, bracketed, role, page) -> None:
    browser = Client()
    browser.force_login(makers.a_clinician(site, role, name=f"Nurse {role}"))
    seen = Bare()
    seen.feed(browser.get(reverse(page)).content.decode())
    assert "⟦" in seen.all
    left = [words for words in seen.words if not DATA.fullmatch(words.replace("\N{NO-BREAK SPACE}", " "))]
    assert not left, "\n".join(left)


def test_a_bare_sentence_is_seen() -> None:
    seen = Bare()
    seen.feed("<p>⟦<b>Nobody</b> has it⟧ <span>Nobody has it</span></p>")
    assert seen.words == ["Nobody has it"]
