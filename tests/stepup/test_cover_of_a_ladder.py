"""A rung of the signed ladder that has nobody: a gap wherever gaps are shown, and asked about before a dose."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse

from monitoring import pulse, watches
from monitoring.models import Watch
from notifications import clock, oncall, overrides
from notifications.models import Clinician, Role, Site, TimeOff
from protocols.errors import Refusal
from protocols.ladder import Rung
from stepup import cover, feeds, invariants, rota
from tests import makers
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
HOUR = timedelta(hours=1)
PRESCRIBER = (Rung(("on call 1",)), Rung(("prescriber",)))


@pytest.fixture
def site() -> Site:
    """A nurse on place 1 for a month."""
    site = makers.a_site()
    nurse = makers.a_clinician(site, phone=makers.a_phone())
    oncall.add_shift(site, nurse, 1, starts_at=NOON - HOUR, ends_at=NOON + 30 * 24 * HOUR)
    return site


def on_place_2(site: Site, role: str, *, hours: int) -> Clinician:
    who = makers.a_clinician(site, role, phone=makers.a_phone())
    oncall.add_shift(site, who, 2, starts_at=NOON - HOUR, ends_at=NOON + hours * HOUR)
    return who


def off(who: Clinician, since: int, until: int) -> None:
    """Time off from one hour to another."""
    overrides.take_time_off(who, starts_at=NOON + since * HOUR, ends_at=NOON + until * HOUR, by=who, now=NOON)


def gaps(site: Site, *ladder: Rung) -> list[tuple[str, int, int]]:
    """Whom the ladder misses in the next day, from which hour to which."""
    found = oncall.gaps(site, since=NOON, until=NOON + 24 * HOUR, ladders=[ladder])
    return [(one.named, (one.starts_at - NOON) // HOUR, (one.ends_at - NOON) // HOUR) for one in found]


@pytest.mark.parametrize(
    ("calls", "missing"),
    [
        (("prescriber",), [("rung 2 (prescriber)", 0, 24)]),
        (("prescriber", "nurse"), []),
        (("prescriber", "on call 1"), []),
        (("on call 1",), []),
        (("on call 2",), [("rung 2 (on call 2)", 0, 24)]),
        (("on call 2", "on call 1"), []),
        (("person:nobody",), [("rung 2 (person:nobody)", 0, 24)]),
    ],
    ids=[
        "a role nobody has",
        "one of two roles",
        "a role or a place",
        "a place",
        "a place the list does not have",
        "one of two places",
        "a name nobody has",
    ],
)
def test_a_rung_that_calls_somebody_who_is_not_there_is_a_gap(site, calls, missing) -> None:
    assert gaps(site, Rung(("on call 1",)), Rung(calls)) == missing


def test_a_place_is_missed_once_however_long_somebody_had_it(site) -> None:
    ladder = (Rung(("on call 1",)), Rung(("on call 2",)))
    on_place_2(site, Role.NURSE, hours=6)
    assert gaps(site, *ladder) == [("rung 2", 6, 24)]


def test_a_course_is_not_opened_on_a_ladder_of_which_only_the_first_place_is_filled(site) -> None:
    with pytest.raises(Refusal, match=r"on rung 2 \(on call 2\) from"):
        makers.a_course(makers.a_patient(site), uncovered_why="", is_ready=False)
    makers.a_responder(site, 2, name="Dr Second")
    assert makers.a_course(makers.a_patient(site), uncovered_why="", is_ready=False).uncovered == 0


def test_a_role_is_missed_for_the_hours_it_is_not_on_call(site) -> None:
    on_place_2(site, Role.PRESCRIBER, hours=24)
    assert gaps(site, *PRESCRIBER) == []
    Clinician.objects.filter(role=Role.PRESCRIBER, site=site).update(phone="")
    assert ("rung 2 (prescriber)", 0, 24) in gaps(site, *PRESCRIBER), "nobody would hear the page"


def test_a_person_named_counts_only_while_they_can_be_paged(site) -> None:
    lead = makers.a_clinician(site, Role.PRESCRIBER, phone=makers.a_phone())
    rung = Rung((f"person:{lead.username}",))
    assert gaps(site, rung) == []
    Clinician.objects.filter(pk=lead.pk).update(is_active=False)
    assert len(gaps(site, rung)) == 1


def test_a_person_named_is_missed_while_they_are_away_unless_another_is_there(site) -> None:
    first, second = (makers.a_clinician(site, Role.PRESCRIBER, phone=makers.a_phone()) for _ in range(2))
    alone, both = (
        Rung(tuple(f"person:{who.username}" for who in named)) for named in ([first], [first, second])
    )
    off(first, 6, 12)
    named = f"rung 1 (person:{first.username})"
    assert gaps(site, alone) == [(named, 6, 12)]
    assert gaps(site, both) == []
    off(second, 10, 14)
    assert gaps(site, both) == [(f"rung 1 (person:{first.username}, person:{second.username})", 10, 12)]


def test_time_off_that_was_taken_back_opens_no_gap(site) -> None:
    lead = makers.a_clinician(site, Role.PRESCRIBER, phone=makers.a_phone())
    off(lead, 6, 12)
    overrides.end_time_off(TimeOff.objects.get().pk, by=lead, now=NOON + HOUR)
    assert gaps(site, Rung((f"person:{lead.username}",))) == []


def test_a_gap_of_the_signed_ladder_stands_on_the_board_the_list_the_feed_and_in_i11(site) -> None:
    makers.a_dose(makers.a_course(makers.a_patient(site)))
    watch = Watch.objects.get()
    rules = watch.rules | {
        "ladder": [*watch.rules["ladder"][:1], watch.rules["ladder"][1] | {"calls": ["prescriber"]}]
    }
    assert [one.named for one in invariants.uncovered_hours(NOON)] == ["rung 2 (on call 2)"]
    Watch.objects.update(rules=rules)
    on_place_2(site, Role.PRESCRIBER, hours=12)
    named = "rung 2 (prescriber)"
    assert watches.current(watch.patient) is not None
    assert named in [one.named for one in pulse.take(site, ladders=cover.ladders_of(site), now=NOON).ahead]
    assert named in [one.named for one in rota.sheet(site, now=NOON).gaps]
    assert f"Nobody on call, {named}" in [one.title for one in feeds._gaps(site, NOON)]
    assert named in [one.named for one in invariants.uncovered_hours(NOON)]


def test_a_gap_of_a_ladder_s_own_rung_is_mended_on_no_place_that_has_somebody() -> None:
    """On call 1, a prescriber, on call 2: the ladder's second rung is not the second place, on which a nurse stands."""
    site, now = makers.a_site(), clock.now()
    makers.on_call(site, since=now)
    makers.a_dose(makers.a_course(makers.a_patient(site, now=now), now=now), given_at=now, now=now)
    watch = Watch.objects.get()
    first, second, *_ = watch.rules["ladder"]
    Watch.objects.update(rules=watch.rules | {"ladder": [first, second | {"calls": ["prescriber"]}, second]})
    lead = makers.signed_in(makers.a_clinician(site, Role.LEAD))
    answer = lead.get(reverse("on-call"))
    sheet = answer.context["sheet"]
    assert [(head.rung, head.whom) for head in sheet.heads] == [(1, ""), (2, ""), (2, "prescriber")]
    tomorrow = [[part.name for part in cell.parts] for cell in sheet.days[1].cells]
    assert tomorrow == [["Dr A"], ["Dr Second"], [""]]
    page = answer.content.decode()
    assert "Ladder, rung 2 (prescriber)" in page
    [link] = re.findall(r'href="([^"]*override/\?rung=[^"]*)"', page)
    form = lead.get(unescape(link)).context["form"]
    assert (form["rung"].value(), form["starts_on"].value() is not None) == ("", True)
