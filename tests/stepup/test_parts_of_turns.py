"""Part of a turn offered, shown and accepted: within the turn, on the site's clock, both clock changes included."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from notifications import clock, oncall, swaps
from notifications.models import Clinician, Site, Swap
from stepup import own_shifts, rota, swap_forms
from tests import makers
from tests.makers import NOON
from tests.notifications.arranging import a_day_each
from tests.stepup.test_on_call_screens import shown, words

pytestmark = [pytest.mark.database, pytest.mark.django_db]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ZONE = "America/New_York"


@pytest.fixture
def site() -> Site:
    return makers.a_site(time_zone=ZONE)


@pytest.fixture
def start(site) -> datetime:
    """08:00 tomorrow at the site; no clocks change in the days after."""
    day = (clock.now().astimezone(ZoneInfo(ZONE)) + DAY).date()
    return datetime(day.year, day.month, day.day, 8, tzinfo=ZoneInfo(ZONE)).astimezone(UTC)


@pytest.fixture
def people(site, start) -> list[Clinician]:
    """Nurse N for 24 hours from tomorrow 08:00, Nurse M the 24 hours after."""
    return a_day_each(site, start)


@pytest.fixture
def clients(people) -> list[Client]:
    return [makers.signed_in(person) for person in people]


def part(site: Site, since: datetime, until: datetime, prefix: str = "") -> dict[str, str]:
    (on, at), (to_on, to_at) = shown(site, since), shown(site, until)
    names = (f"{prefix}{edge}_{what}" for edge in ("starts", "ends") for what in ("on", "at"))
    return dict(zip(names, (on, at, to_on, to_at), strict=True))


def first(client: Client, field: str) -> str:
    """The first hours there are to choose."""
    return str(client.get(reverse("own-shifts")).context["form"].fields[field].choices[1][0])


def on_at(site: Site, *moments: datetime) -> list[str]:
    return ["".join(one.name[-1] for one in oncall.who(site, 1, now=at)) for at in moments]


def test_four_hours_of_a_day_are_offered_shown_and_accepted(site, people, clients, start) -> None:
    typed = {"given": first(clients[0], "given"), "to": people[1].pk}
    typed |= part(site, start + 10 * HOUR, start + 14 * HOUR)
    page = words(clients[0].post(reverse("own-shifts"), typed, follow=True))
    assert "Until they accept, the hours are yours." in page
    swap = Swap.objects.get()
    assert (swap.period.lower, swap.period.upper) == (start + 10 * HOUR, start + 14 * HOUR)
    assert " 18:00 " in page
    offered = words(clients[1].get(reverse("own-shifts")))
    assert "Nurse N offers rung 1" in offered
    assert " 18:00 " in offered
    clients[1].post(reverse("answer-swap", args=[swap.pk]), {"answer": "accept"})
    edges = [start + n * HOUR for n in (9, 10, 13, 14, 23, 24)]
    assert on_at(site, *edges) == ["N", "M", "M", "N", "N", "M"]
    sheet = rota.sheet(site, now=start)
    said = [(one.name, shown(site, one.starts_at)[1]) for one in sheet.days[0].cells[0].parts if one.name]
    assert said == [("Nurse N", "08:00"), ("Nurse M", "18:00"), ("Nurse N", "22:00")]


def test_a_link_beside_the_hours_fills_in_the_whole_of_them(site, people, clients, start) -> None:
    page = clients[0].get(reverse("own-shifts"), {"given": first(clients[0], "given")})
    form = page.context["form"]
    assert part(site, start, start + DAY) == {
        name: str(form[name].value()) for name in ("starts_on", "starts_at", "ends_on", "ends_at")
    }
    assert "?given=" in page.content.decode()


def test_part_of_theirs_is_asked_for_in_return(site, people, clients, start) -> None:
    typed = {name: first(clients[0], name) for name in ("given", "back")} | {"to": people[1].pk}
    typed |= part(site, start, start + HOUR) | part(site, start + 25 * HOUR, start + 27 * HOUR, "back_")
    clients[0].post(reverse("own-shifts"), typed)
    swap = Swap.objects.get()
    assert (swap.back_period.lower, swap.back_period.upper) == (start + 25 * HOUR, start + 27 * HOUR)
    assert "for your rung 1" in words(clients[1].get(reverse("own-shifts")))


@pytest.mark.parametrize(
    ("span", "says"),
    [
        ((-1, 4), "That is outside of these hours: they are from"),
        ((20, 25), "That is outside of these hours: they are from"),
        ((4, 4), "The time ends before it starts."),
        ((5, 4), "The time ends before it starts."),
    ],
)
def test_a_part_lies_within_the_turn(people, clients, start, span, says) -> None:
    typed = {"given": first(clients[0], "given"), "to": people[1].pk}
    typed |= part(people[0].site, *(start + n * HOUR for n in span))
    answer = clients[0].post(reverse("own-shifts"), typed)
    assert answer.status_code == 422
    assert says in words(answer)
    assert not Swap.objects.exists()


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"starts_at": "18:00"}, "Give both the date and the time, or neither."),
        ({"starts_on": "2027-01-01"}, "Give both the date and the time, or neither."),
        ({"ends_on": "9999-12-31", "ends_at": "18:00"}, "Check the year"),
        ({"ends_on": "2027-01-01", "ends_at": "25:00"}, "is not a time"),
        ({"back_starts_on": "2027-01-01"}, "Choose whose hours these are part of"),
    ],
)
def test_what_was_typed_half_is_said_beside_its_field(people, clients, facts, says) -> None:
    typed = {"given": first(clients[0], "given"), "to": people[1].pk, **facts}
    answer = clients[0].post(reverse("own-shifts"), typed)
    assert answer.status_code == 422
    assert says in words(answer)
    assert not Swap.objects.exists()


def test_of_a_turn_under_way_the_rest_is_offered_from_an_hour_that_is_said(site, people, start) -> None:
    now = clock.now()
    oncall.add_shift(site, people[0], 2, starts_at=now - HOUR, ends_at=now + 9 * HOUR)
    client, typed = makers.signed_in(people[0]), {"given": "2.now", "to": people[1].pk}
    answer = client.post(reverse("own-shifts"), typed)
    assert "They have begun: say from when on you mean." in words(answer)
    begun = client.get(reverse("own-shifts"), {"given": "2.now"}).context["form"]
    assert begun["starts_at"].value().endswith(":00")
    full = now.replace(minute=0, second=0, microsecond=0)
    typed |= part(site, full + 3 * HOUR, full + 5 * HOUR)
    client.post(reverse("own-shifts"), typed)
    swap = Swap.objects.get()
    swaps.accept(swap.pk, by=people[1], now=clock.now())
    assert [oncall.who(site, 2, now=full + n * HOUR)[0].name[-1] for n in (2, 3, 4, 5)] == list("NMMN")


def test_of_hours_that_go_on_a_part_is_offered_until_an_hour_that_is_said(site, people, start) -> None:
    now = clock.now()
    oncall.add_shift(site, people[0], 3, starts_at=now - HOUR, ends_at=now + own_shifts.SHOWN + DAY)
    client, typed = makers.signed_in(people[0]), {"given": "3.now", "to": people[1].pk}
    typed |= part(site, start, start + 2 * HOUR)
    answer = client.post(reverse("own-shifts"), {**typed, "ends_on": "", "ends_at": ""})
    assert "They have no end in these four weeks: say until when." in words(answer)
    client.post(reverse("own-shifts"), typed)
    assert Swap.objects.get().period.upper == start + 2 * HOUR


CHANGES = [
    # the clocks of New York: forward on 8 March 2026 at 02:00, back on 1 November 2026 at 02:00
    ("2026-03-08", "00:00 to 08:00", "01:00 to 03:00", 1),
    ("2026-03-08", "00:00 to 08:00", "02:30 to 05:00", "never showed 02:30"),
    ("2026-11-01", "00:00 to 08:00", "00:30 to 03:00", 3.5),
    ("2026-11-01", "00:00 to 08:00", "01:30 to 03:00", "comes twice this night"),
    # an edge of the turn itself is that edge, and of an hour that came twice one showing may lie outside
    ("2026-11-01", "01:30 to 08:00", "01:30 to 03:00", 2.5),
    ("2026-11-01", "00:00 to 01:30", "00:30 to 01:00", 0.5),
]


@pytest.mark.parametrize(("day", "turn", "typed", "then"), CHANGES)
def test_a_night_in_which_the_clocks_change(site, day, turn, typed, then) -> None:
    giver, taker = (makers.a_clinician(site, phone=makers.a_phone()) for _ in range(2))
    starts_at, ends_at = (
        datetime.fromisoformat(f"{day}T{at}").replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC)
        for at in turn.split(" to ")
    )
    choice = swap_forms.Choice(oncall.Stint(1, giver, starts_at, ends_at, "shift", 1), False, False)
    since, until = typed.split(" to ")
    facts = {"given": "x", "to": "y", "starts_on": day, "starts_at": since, "ends_on": day, "ends_at": until}
    form = swap_forms.SwapForm(facts, people={"y": taker}, mine={"x": choice}, theirs={})
    if isinstance(then, str):
        assert not form.is_valid()
        assert then in str(form.errors)
    else:
        assert form.is_valid(), form.errors
        found = form.cleaned_data["hours"]
        assert found.ends_at - found.starts_at == then * HOUR
        assert starts_at <= found.starts_at < found.ends_at <= ends_at


def test_what_a_link_fills_in_is_the_turn_itself_in_a_night_of_an_hour_that_comes_twice(site) -> None:
    giver = makers.a_clinician(site, phone=makers.a_phone())
    starts_at, ends_at = (datetime(2026, 11, 1, hour, 30, tzinfo=UTC) for hour in (5, 12))
    choice = swap_forms.Choice(oncall.Stint(1, giver, starts_at, ends_at, "shift", 1), False, False)
    typed = {name: str(value) for name, value in choice.initial("").items()} | {"given": "x", "to": "y"}
    form = swap_forms.SwapForm(typed, people={"y": giver}, mine={"x": choice}, theirs={})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["hours"] == swaps.Hours(1, starts_at, ends_at)


def test_one_s_choices_keep_their_value_while_the_clock_runs(site) -> None:
    giver = makers.a_clinician(site, phone=makers.a_phone())
    oncall.add_shift(site, giver, 1, starts_at=NOON - HOUR, ends_at=NOON + DAY)
    oncall.add_shift(site, giver, 2, starts_at=NOON + HOUR, ends_at=NOON + DAY)
    read = [own_shifts.of(giver, now=NOON + n * timedelta(minutes=1)).stints for n in range(2)]
    found = [swap_forms.choices(one, NOON + n * timedelta(minutes=1)) for n, one in enumerate(read)]
    assert list(found[0]) == list(found[1])
