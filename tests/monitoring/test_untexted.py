"""Who is on call and whom no text reaches: still called, and said on the board, on the list and by the health page."""

from datetime import datetime, timedelta

import pytest
from django.db.models import QuerySet
from django.urls import reverse

from monitoring import drills, pulse
from notifications import clock, oncall, untexted
from notifications.models import Clinician, Delivery, Message
from stepup import cover, invariants
from tests import makers
from tests.home import FEVER, HOUR, MINUTE, Home
from tests.makers import NOON
from tests.stepup.test_on_call_screens import words

pytestmark = [pytest.mark.database, pytest.mark.django_db]
STOPPED, DEAD, PASSING = "21610", "30006", "30001"
ASKED = NOON + 4 * HOUR
DAY = timedelta(days=1)


def texts_to(clinician: Clinician) -> QuerySet[Message]:
    return Message.objects.filter(clinician=clinician, channel="text")


@pytest.fixture
def home() -> Home:
    """Dr A was paged for a fever, and texted STOP before: the text was refused."""
    home = Home()
    home.hears(FEVER, at=ASKED)
    home.fails(texts_to(home.doctors[0]), STOPPED, at=ASKED)
    return home


def found(home: Home, now: datetime = ASKED + HOUR) -> list[str]:
    people = untexted.among(home.site.clinicians.all(), now=now)
    return [one.name for one in home.doctors if one.pk in people]


@pytest.mark.parametrize(("code", "names"), [(STOPPED, ["Dr A"]), (DEAD, ["Dr A"]), (PASSING, [])])
def test_a_text_refused_for_good_says_that_none_arrives(home, code, names) -> None:
    home.fails(texts_to(home.doctors[0]), code, at=ASKED)
    assert found(home) == names


def test_a_text_that_arrives_later_a_new_phone_or_a_month_takes_it_back(home) -> None:
    assert found(home, ASKED + 30 * DAY) == ["Dr A"]
    assert found(home, ASKED + 31 * DAY) == []
    Clinician.objects.filter(pk=home.doctors[0].pk).update(phone=makers.a_phone())
    assert found(home) == []
    Clinician.objects.filter(pk=home.doctors[0].pk).update(phone=home.doctors[0].phone)
    assert found(home) == ["Dr A"]
    later = Delivery.objects.filter(message__in=texts_to(home.doctors[0])).latest("pk")
    later.pk, later.token, later.attempt = None, "another", later.attempt + 1
    later.state, later.ended_at = Delivery.State.DELIVERED, ASKED + MINUTE
    later.save()
    assert found(home) == []


def test_their_hours_are_half_a_page_and_they_are_called_all_the_same(home) -> None:
    now = ASKED + MINUTE
    assert oncall.who(home.site, 1, now=now) == [home.doctors[0]]
    assert oncall.gaps(home.site, since=now, until=now + DAY) == []
    assert invariants.uncovered_hours(now) == [oncall.Gap(1, now, now + DAY)]
    assert pulse.take(home.site, ladders=cover.ladders_of(home.site), now=now).untexted == ("Dr A",)
    home.fails(texts_to(home.doctors[0]), PASSING, at=ASKED)
    assert invariants.uncovered_hours(now) == []


def test_the_board_and_the_list_say_whom_no_text_reaches_and_who_is_unproved() -> None:
    """Dr A came on a quarter of an hour ago, was asked, and the question was refused."""
    site, now = makers.a_site(), clock.now()
    doctor, began = makers.a_clinician(site, name="Dr A", phone=makers.a_phone()), now - 15 * MINUTE
    oncall.add_shift(site, doctor, 1, starts_at=began, ends_at=now + DAY)
    reader = makers.signed_in(makers.a_clinician(site))
    assert "No text reaches" not in words(reader.get(reverse("board")))
    drills.begin_due(now=began)
    Delivery.objects.filter(message__clinician=doctor).update(state="failed", error_code=DEAD, ended_at=began)
    drills.look_after(now=began + drills.ANSWER_WITHIN)
    board = words(reader.get(reverse("board")))
    assert "No text reaches Dr A, who is on call in the next 14 days." in board
    assert "unproved" in board
    assert "no text reaches this phone unproved" in words(reader.get(reverse("on-call")))
