"""The readiness list on the screen: only what was ticked is kept, and a mistake costs nothing that was typed."""

import html
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from notifications import clock
from notifications.models import AuditEntry
from stepup import readiness
from stepup.models import Course
from tests import makers
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
FIRST, SECOND = "step_up_dose_1", "step_up_dose_2"


@pytest.fixture
def course() -> Course:
    """A course on which nobody has stated anything."""
    site = makers.a_site()
    makers.on_call(site)
    return makers.a_course(makers.a_patient(site), is_ready=False)


@pytest.fixture
def screen(course, monkeypatch) -> Callable[..., Any]:
    """The list as a nurse opens it, and as she posts it."""
    monkeypatch.setattr(clock, "now", lambda: NOON)
    client = Client()
    client.force_login(course.opened_by, backend="django.contrib.auth.backends.ModelBackend")
    path = reverse("readiness", args=[course.pk])

    def asked(typed: dict[str, str] | None = None, **head: Any) -> Any:
        if typed is None:
            return client.get(path)
        listed = readiness.of(course, step=FIRST, now=NOON)
        return client.post(path, {"step": FIRST, "dose_number": "1", "seen": str(listed.seen)} | head | typed)

    return asked


def test_only_what_was_ticked_is_kept(course, screen) -> None:
    typed = {"infection-met": "on", "travel-met": "on", "travel-minutes": "25", "bloods-on": "2027-03-01"}
    assert screen(typed).status_code == 302
    assert [(row.item, row.state, row.minutes) for row in course.readiness_statements.all()] == [
        ("travel", "met", 25), ("infection", "met", None),
    ]  # fmt: skip
    assert AuditEntry.objects.get(act="stated readiness").detail["items"] == {
        "travel": "met",
        "infection": "met",
    }


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"travel-met": "on", "travel-minutes": "45"}, "The protocol allows 30 minutes at most."),
        ({"travel-met": "on", "travel-minutes": "half an hour"}, "Type whole minutes, like 20."),
        ({"travel-met": "on"}, "Type how many minutes."),
        ({"travel-minutes": "20"}, "Say what this is: met, not met or waived."),
        ({"caregiver-met": "on", "caregiver-instead": "open", "caregiver-reason": "away"}, "take one of the two back"),
        ({"caregiver-instead": "open"}, "Say why in a few words."),
        ({"caregiver-instead": "waived", "caregiver-reason": "a neighbour"}, "Only a prescriber may waive this."),
        ({"bloods-met": "on", "bloods-on": "2027-02-30"}, "That date does not exist"),
        ({"bloods-met": "on", "bloods-on": "2027-03-02"}, "That day is still to come."),
    ],
    ids=lambda value: "-".join(value.values()) if isinstance(value, dict) else "",
)  # fmt: skip
def test_a_mistake_is_named_and_what_was_typed_stays(course, screen, typed, sentence) -> None:
    answer = screen(typed | {"emergency-met": "on", "emergency-said": "Dr Who"})
    shown = html.unescape(answer.content.decode())
    assert answer.status_code == 422
    assert sentence in shown
    assert "Nothing was saved." in shown
    assert 'value="Dr Who"' in shown
    assert not course.readiness_statements.exists()


@pytest.mark.parametrize(
    "head", [{"dose_number": "2"}, {"step": SECOND}, {"dose_number": "x"}, {"seen": ""}, {"seen": "-1"}]
)
def test_an_old_page_keeps_nothing_and_offers_no_tick_again(course, screen, head) -> None:
    answer = screen({"infection-met": "on"}, **head)
    assert answer.status_code == 422
    assert "checked" not in answer.content.decode()
    assert not course.readiness_statements.exists()


def test_a_page_on_which_nothing_was_ticked_says_so(screen) -> None:
    answer = screen({"bloods-on": "2027-03-01"})
    assert answer.status_code == 422
    assert "Say something of one item at least." in answer.content.decode()


def test_the_record_shows_each_item_with_a_word_and_who_said_it(course, screen) -> None:
    said = [makers.a_statement("infection", course, now=NOON)]
    readiness.state(course.pk, said, step=FIRST, dose_number=1, seen=0, by=course.opened_by, now=NOON)
    shown = html.unescape(screen().content.decode())
    assert course.opened_by.name in shown
    assert shown.count("</svg>open") == 18 - 3, "infection, weight and on call are met"
