"""A ladder that was signed, climbed: whom each rung calls, after which delays, for how many minutes."""

from datetime import timedelta

import pytest

from monitoring import climbing, escalations, ladders
from monitoring.models import Escalation, Page
from monitoring.rules import DEFAULT, WatchRules
from notifications import outbox, overrides
from notifications.models import Delivery, Role
from protocols.ladder import Rung
from tests import makers
from tests.home import HOUR, MINUTE, Home
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
NIGHT = NOON + 10 * HOUR


def raised(home: Home, *rungs: Rung, urgency: str = "urgent") -> Escalation:
    """A case on the patient's watch, whose protocol was signed with this ladder."""
    watch = home.watch
    rules = WatchRules.thaw(watch.rules)
    watch.rules = {**rules.freeze(), "ladder": [vars(rung) for rung in rungs]}
    watch.save()
    case, _ = escalations.raise_concern(
        site=home.site, patient=home.patient, urgency=urgency, headline="fever", watch=watch, now=NIGHT
    )
    return case


def pages(case: Escalation) -> list[tuple[int, str]]:
    return list(case.pages.order_by("pk").values_list("rung", "clinician__name"))


def due(page: Page, route: str) -> timedelta:
    return getattr(page, route).deliveries.get().due_at - page.at


def test_a_watch_keeps_the_ladder_it_was_signed_with() -> None:
    rules = WatchRules.thaw(Home().watch.rules)
    assert [rung.calls for rung in rules.ladder] == [("on call 1",), ("on call 2",)]
    assert WatchRules.thaw(rules.freeze()) == rules
    assert WatchRules.thaw({"per_rung": {"urgent": 3}}).ladder == ()  # frozen before ladders were data


def test_each_route_waits_its_delay_and_the_next_rung_its_own_minutes() -> None:
    home = Home()
    case = raised(home, Rung(("on call 2",), voice_after_minutes=4, urgent_minutes=9), Rung(("on call 1",)))
    page = case.pages.get()
    assert (page.clinician, due(page, "text"), due(page, "voice")) == (
        home.doctors[1],
        0 * MINUTE,
        4 * MINUTE,
    )
    assert case.next_at == NIGHT + 9 * MINUTE
    escalations.climb(now=case.next_at)
    case.refresh_from_db()
    assert pages(case) == [(1, "Dr B"), (2, "Dr A")]
    assert case.next_at == NIGHT + (9 + 15) * MINUTE


@pytest.mark.parametrize(("handed", "waits"), [(False, -15 * MINUTE), (True, 0 * MINUTE)])
def test_a_case_whose_page_was_never_handed_over_keeps_its_place_in_the_queue(handed, waits) -> None:
    """In a storm: those heard of already go before nobody who still waits for a first page."""
    case = raised(Home(), Rung(("on call 1",)), Rung(("on call 2",)))
    if handed:
        case.pages.get().text.deliveries.update(submitted_at=NIGHT)
    escalations.climb(now=case.next_at)
    assert due(case.pages.get(rung=2), "text") == waits


def test_a_rung_has_other_minutes_in_an_emergency() -> None:
    case = raised(Home(), Rung(("on call 1",), emergency_minutes=2, urgent_minutes=9), urgency="emergency")
    assert case.next_at == NIGHT + 2 * MINUTE


def test_a_rung_for_emergencies_is_called_once_the_case_is_one() -> None:
    home = Home()
    case = raised(home, Rung(("on call 2",), from_urgency="emergency"), Rung(("on call 1",)))
    escalations.climb(now=case.next_at)
    assert pages(case) == [(2, "Dr A"), (2, "Dr A")]
    escalations.raise_concern(
        site=home.site, patient=home.patient, urgency="emergency", headline="confused", now=NIGHT + HOUR
    )
    assert pages(case)[2:] == [(1, "Dr B")]
    assert "nobody on rung" not in home.history


def test_a_call_that_still_waits_is_not_made_once_somebody_has_it() -> None:
    home = Home()
    case = raised(home, Rung(("on call 1",), voice_after_minutes=4))
    escalations.take(case.pk, by=home.doctors[0], now=NIGHT + MINUTE, how="text")
    assert case.pages.get().voice.deliveries.get().state == Delivery.State.CANCELLED


@pytest.mark.parametrize(("failing", "waiting"), [("text", "voice"), ("voice", "text")])
def test_where_one_route_fails_the_other_no_longer_waits(failing, waiting) -> None:
    delay = {f"{waiting}_after_minutes": 4}
    page = raised(Home(), Rung(("on call 1",), **delay)).pages.get()
    climbing.notice_unheard_pages(now=NIGHT + MINUTE)
    assert due(page, waiting) == 4 * MINUTE
    outbox.fail(
        getattr(page, failing).deliveries.all(), getattr(page, failing), code="30005", now=NIGHT + MINUTE
    )
    climbing.notice_unheard_pages(now=NIGHT + MINUTE)
    assert due(page, waiting) == MINUTE


def test_a_role_is_everybody_of_it_who_is_on_call_and_a_person_is_that_one() -> None:
    home = Home()
    nurse = makers.a_clinician(home.site, Role.NURSE, phone=makers.a_phone())
    pharmacist = makers.a_clinician(home.site, Role.PHARMACIST, phone=makers.a_phone())
    roles = {doctor.role for doctor in home.doctors}
    rungs = [Rung((*roles,)), Rung((f"person:{nurse.username}",)), Rung((f"person:{pharmacist.username}",))]
    stand = ladders.at(home.site, rungs, now=NIGHT)
    assert [list(one.people) for one in stand[:3]] == [home.doctors, [nurse], []]


def test_somebody_named_who_is_away_is_not_called_and_costs_no_time() -> None:
    home = Home()
    first, _ = home.doctors
    overrides.take_time_off(
        first, starts_at=NIGHT - HOUR, ends_at=NIGHT + 15 * MINUTE, by=first, now=NIGHT - HOUR
    )
    rungs = (Rung((f"person:{first.username}",)), Rung(("on call 2",)))
    case = raised(home, *rungs)
    assert pages(case) == [(2, "Dr B")]
    assert "Nobody is on rung 1. Somebody must cover it." in [event.text for event in case.events.all()]
    back = ladders.at(home.site, rungs, now=NIGHT + 15 * MINUTE)
    assert list(back[0].people) == [first], "and is called again from the end of it"


def test_people_are_looked_up_when_they_are_paged() -> None:
    home = Home()
    case = raised(home, Rung(("on call 1",)), Rung(("on call 2",)), Rung(("on call 1", "on call 2")))
    home.doctors[1].phone = ""
    home.doctors[1].save()
    escalations.climb(now=case.next_at)
    case.refresh_from_db()
    assert pages(case) == [(1, "Dr A"), (3, "Dr A")]
    assert "Nobody is on rung 2. Somebody must cover it." in [event.text for event in case.events.all()]
    assert case.next_at == NIGHT + 30 * MINUTE  # the empty rung cost no time


def test_outside_a_watch_every_place_of_the_list_is_a_rung() -> None:
    assert DEFAULT.ladder == ()
    home = Home()
    assert [list(one.people) for one in ladders.at(home.site, (), now=NIGHT)] == [
        [one] for one in home.doctors
    ]
