"""One's own on call: offers to and from colleagues, time off and what it opens, cases at a change of shift."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from monitoring import escalations
from notifications import clock, oncall, overrides
from notifications.models import Clinician, Role, Site, Swap
from tests import makers
from tests.notifications.arranging import a_day_each
from tests.stepup.test_on_call_screens import shown, words

pytestmark = [pytest.mark.database, pytest.mark.django_db]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def site() -> Site:
    return makers.a_site()


@pytest.fixture
def people(site) -> list[Clinician]:
    """Nurse N tomorrow, Nurse M the day after, both on rung 1."""
    return a_day_each(site, clock.now() + DAY)


@pytest.fixture
def clients(people) -> list[Client]:
    return [makers.signed_in(person) for person in people]


def on_call(site: Site, days: float) -> list[str]:
    return [one.name for one in oncall.who(site, 1, now=clock.now() + days * DAY)]


def offer(clients: list[Client], people: list[Clinician]) -> Swap:
    """Nurse N offers tomorrow for the day after."""
    form = clients[0].get(reverse("own-shifts")).context["form"]
    given, back = (form.fields[name].choices[1][0] for name in ("given", "back"))
    clients[0].post(reverse("own-shifts"), {"given": given, "to": people[1].pk, "back": back})
    return Swap.objects.get()


def test_an_offer_is_shown_to_the_colleague_who_accepts_it(site, people, clients) -> None:
    swap = offer(clients, people)
    assert "waits for Nurse M" in words(clients[0].get(reverse("own-shifts")))
    assert "Nurse N offers rung 1" in words(clients[1].get(reverse("own-shifts")))
    answer = clients[1].post(reverse("answer-swap", args=[swap.pk]), {"answer": "accept"}, follow=True)
    assert "Accepted: the on-call list has changed." in words(answer)
    assert (on_call(site, 1.5), on_call(site, 2.5)) == (["Nurse M"], ["Nurse N"])


def test_an_answer_without_a_word_declines(site, people, clients) -> None:
    swap = offer(clients, people)
    clients[1].post(reverse("answer-swap", args=[swap.pk]))
    assert on_call(site, 1.5) == ["Nurse N"]
    assert Swap.objects.get().state == "declined"


def test_time_off_names_what_it_leaves_to_nobody(site, people, clients) -> None:
    days = [shown(site, clock.now() + n * DAY) for n in (1.5, 4)]
    typed = {
        "clinician": people[0].pk, "starts_on": days[0][0], "starts_at": days[0][1], "ends_on": days[1][0],
        "ends_at": days[1][1],
    }  # fmt: skip
    page = words(clients[0].post(reverse("time-off"), typed, follow=True))
    assert "Nurse N is not called for that time. It leaves 1 of their spans on call to nobody." in page
    assert "Put somebody there" in page
    clients[0].post(reverse("end-time-off", args=[people[0].time_off.get().pk]))
    assert on_call(site, 1.8) == ["Nurse N"]


def test_a_responder_notes_and_sees_their_own_time_off_alone(site, people) -> None:
    responder = makers.a_clinician(site, Role.RESPONDER, name="Dr A", phone=makers.a_phone())
    now = clock.now()
    overrides.take_time_off(people[0], starts_at=now, ends_at=now + DAY, by=people[0], now=now)
    page = makers.signed_in(responder).get(reverse("time-off"))
    assert "Nobody has time off." in words(page)
    assert [name for _, name in page.context["form"].fields["clinician"].choices] == ["Dr A"]


def test_a_case_is_accepted_on_the_list_by_whoever_came_on(site, people, clients) -> None:
    now = clock.now()
    oncall.add_shift(site, people[0], 2, starts_at=now - 2 * HOUR, ends_at=now - HOUR)
    oncall.add_shift(site, people[1], 2, starts_at=now - HOUR, ends_at=now + HOUR)
    case, _ = escalations.raise_concern(
        site=site,
        patient=makers.a_patient(site, now=now),
        urgency="urgent",
        headline="a fever",
        now=now - 2 * HOUR,
    )
    escalations.take(case.pk, by=people[0], now=now - 90 * timedelta(minutes=1), how="text")
    assert f"Case {case.code} , urgent: still with Nurse N, off call since" in words(
        clients[0].get(reverse("on-call"))
    )
    assert "Cases to accept" in words(clients[1].get(reverse("own-shifts")))
    clients[1].post(reverse("accept-case", args=[case.pk]))
    case.refresh_from_db()
    assert case.owner == people[1]
