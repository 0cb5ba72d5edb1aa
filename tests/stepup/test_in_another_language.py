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

from notifications import clock
from notifications.models import Role, Site
from tests import kept, makers

pytestmark = [pytest.mark.database, pytest.mark.django_db]


class Bracketed(NullTranslations):
    """A language in which each sentence of the catalogue stands in brackets."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

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
    r"|English|Spanish|Traditional Chinese|(\w{3} )?(\d\d \w{3} \d{4}|\d\d:\d\d)( \d\d:\d\d)?( [A-Z]{3})?"
    r"|teclistamab-cqyv, US: .*|(, )?Step-up dose 1,?|every dose|(later steps and )?maintenance doses( only)?"
    r"|(Satur|Sun)day|page by (voice|text)|reply to a patient|scheduled check-in"
)
PAGES = {
    Role.LEAD: (
        "reports", "administration", "adoption", "closed-days", "unit-hours", "on-call", "calendars", "status",
        "texts", "downtime", "add-person",
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


@pytest.mark.parametrize(("role", "page"), [(role, page) for role, pages in PAGES.items() for page in pages])
def test_a_page_says_nothing_of_its_own_outside_the_catalogue(site, bracketed, role, page) -> None:
    browser = Client()
    browser.force_login(makers.a_clinician(site, role, name=f"Nurse {role}"))
    seen = Bare()
    seen.feed(browser.get(reverse(page)).content.decode())
    assert "⟦" in seen.all
    left = [words for words in seen.words if not DATA.fullmatch(words.replace("\N{NO-BREAK SPACE}", " "))]
    assert left == []


def test_a_bare_sentence_is_seen() -> None:
    seen = Bare()
    seen.feed("<p>⟦<b>Nobody</b> has it⟧ <span>Nobody has it</span></p>")
    assert seen.words == ["Nobody has it"]
