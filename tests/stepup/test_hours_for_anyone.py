"""Hours offered to whoever may stand on the rung, on the pages of those who are asked and of whoever offers them."""

from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from notifications import clock, oncall
from notifications.models import Clinician, Role, Site, Swap
from tests import makers
from tests.notifications.arranging import a_day_each, nurse
from tests.stepup.test_on_call_screens import words

pytestmark = [pytest.mark.database, pytest.mark.django_db]
DAY = timedelta(days=1)


@pytest.fixture
def site() -> Site:
    return makers.a_site()


@pytest.fixture
def people(site) -> list[Clinician]:
    """Nurse N tomorrow, Nurse M the day after; Nurse O and Nurse P on no list."""
    return [*a_day_each(site, clock.now() + DAY), nurse(site, "Nurse O"), nurse(site, "Nurse P")]


@pytest.fixture
def clients(people) -> list[Client]:
    return [makers.signed_in(person) for person in people]


def offer(client: Client, **more: str) -> HttpResponse:
    """The first of one's own hours, to anyone."""
    given = client.get(reverse("own-shifts")).context["form"].fields["given"].choices[1][0]
    typed = {"given": given, "to": "anyone", **more}
    return client.post(reverse("own-shifts"), typed, follow=True)


def own(client: Client) -> str:
    return words(client.get(reverse("own-shifts")))


def answer(client: Client, said: str) -> str:
    where = reverse("answer-swap", args=[Swap.objects.get().pk])
    return words(client.post(where, {"answer": said}, follow=True))


def test_it_is_a_choice_beside_the_colleagues(people, clients) -> None:
    choices = clients[0].get(reverse("own-shifts")).context["form"].fields["to"].choices
    assert [str(said) for _, said in choices][:3] == [
        "choose",
        "whoever may stand on this rung",
        "Nurse M, nurse",
    ]


def test_it_stands_on_the_page_of_each_who_is_asked_until_they_answer(site, people, clients) -> None:
    said = words(offer(clients[0]))
    assert "Offered to Nurse M, Nurse O, Nurse P. The first who accepts has the hours" in said
    assert "waits for the first to accept of Nurse M, Nurse O, Nurse P" in own(clients[0])
    for client in clients[1:]:
        page = own(client)
        assert "Nurse N offers rung 1" in page
        assert "whoever may stand on this rung is asked, and the first who accepts has the hours" in page
    answer(clients[1], "decline")
    assert "Nurse N offers rung 1" not in own(clients[1])
    assert "waits for the first to accept of Nurse O, Nurse P" in own(clients[0])
    assert "Accepted: the on-call list has changed." in answer(clients[2], "accept")
    assert [one.name for one in oncall.who(site, 1, now=clock.now() + 1.5 * DAY)] == ["Nurse O"]
    assert "Nurse O has taken those hours already." in answer(clients[3], "accept")
    for client in (clients[0], clients[3]):
        assert "Nurse N offers" not in own(client)
        assert "waits for" not in own(client)


def test_whoever_made_it_takes_it_back(people, clients) -> None:
    offer(clients[0])
    assert "The offer is taken back." in answer(clients[0], "withdraw")
    assert "Nurse N offers rung 1" not in own(clients[1])
    assert Swap.objects.get().state == "withdrawn"


def test_whoever_was_not_asked_sees_nothing_of_it(site, people, clients) -> None:
    offer(clients[0])
    late = makers.signed_in(nurse(site, "Dr A", Role.RESPONDER))
    assert "Nurse N offers rung 1" not in own(late)


def test_hours_in_return_are_asked_of_one_colleague(people, clients) -> None:
    back = clients[0].get(reverse("own-shifts")).context["form"].fields["back"].choices[1][0]
    page = offer(clients[0], back=back)
    assert page.status_code == 422
    assert "Hours in return are asked of one colleague: choose whom." in words(page)
    assert not Swap.objects.exists()


def test_what_is_refused_is_said_beside_whom_it_is_offered_to(people, clients) -> None:
    offer(clients[0])
    page = offer(clients[0])
    assert "You have asked all for part of those hours." in str(page.context["form"].errors["to"])
    Clinician.objects.filter(pk__in=[one.pk for one in people[1:]]).update(phone="")
    Swap.objects.update(state="withdrawn", answered_at=clock.now())
    page = offer(clients[0])
    assert "Nobody else can take rung 1 then" in str(page.context["form"].errors["to"])
