"""The board: danger is never filtered away, similar names warn on both rows, and many patients cost no more queries."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from monitoring import board, board_filter, board_words, escalations, inbound, names, watches
from monitoring.board_filter import Filter
from monitoring.models import Patient
from monitoring.rules import DEFAULT
from notifications import clock
from tests import makers, wards_of_many
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def site():
    site = makers.a_site()
    makers.a_responder(site, 1, name="Dr A")
    return site


def watched(site, name: str, *, hours_ago: int = 0) -> None:
    given_at = NOON - hours_ago * HOUR
    watches.open_(
        makers.a_patient(site, name=name), drug="teclistamab", step="step_up_dose_1", protocol="p", rules=DEFAULT,
        given_at=given_at, ends_at=given_at + 168 * HOUR, times=[], now=given_at,
    )  # fmt: skip


def shown(site, **chosen: str) -> set[str]:
    look = board.look(site, now=NOON, chosen=Filter(**chosen))
    return {row.name for section in look.sections for row in section.rows}


@pytest.fixture
def ward(site):
    """A case, somebody in the first day, somebody in the third, and somebody not watched."""
    urgent = makers.a_patient(site, name="Case Umber")
    case, _ = escalations.raise_concern(site=site, patient=urgent, urgency="urgent", headline="x", now=NOON)
    watched(site, "Early Vermilion", hours_ago=3)
    watched(site, "Later Olive", hours_ago=49)
    makers.a_patient(site, name="Quiet Sienna")
    return case


@pytest.mark.parametrize(
    ("chosen", "seen"),
    [
        ({}, {"Early Vermilion", "Later Olive", "Quiet Sienna"}),
        ({"hours": "first"}, {"Early Vermilion"}),
        ({"hours": "second"}, {"Later Olive"}),
        ({"hours": "later"}, set()),
        ({"drug": "teclistamab"}, {"Early Vermilion", "Later Olive"}),
        ({"drug": "elranatamab"}, set()),
        ({"nurse": "Nobody"}, set()),
        ({"show": "watched"}, {"Early Vermilion", "Later Olive"}),
        ({"show": "cases"}, set()),
        ({"show": "watched", "hours": "second", "drug": "teclistamab"}, {"Later Olive"}),
    ],
)
def test_ux2b_whatever_is_chosen_a_case_is_shown_and_the_filter_says_so_in_words(
    site, ward, chosen, seen
) -> None:
    assert shown(site, **chosen) == seen | {"Case Umber"}
    words = Filter(**chosen).words()
    assert words.endswith("Open cases are always shown.") == bool(chosen)
    assert all(part in words for part in (chosen.get("drug", ""), chosen.get("nurse", "")))


@pytest.mark.parametrize("hours", board_filter.HOURS)
def test_ux2b_the_words_stand_above_the_list_and_the_choice_stays(hours) -> None:
    site = makers.a_site()
    page = makers.signed_in(makers.a_clinician(site)).get(reverse("board"), {"hours": hours}).content.decode()
    words = board_filter.HOURS[hours][2]
    assert f"Showing only patients {words}. Open cases are always shown." in page
    assert f'<option value="{hours}" selected>{words}</option>' in page


def test_an_address_that_asks_for_what_nobody_offered_shows_everything() -> None:
    assert Filter.read({"hours": "never", "show": "none", "other": "x"}) == board_filter.ALL


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Anna Kowalski", "Jan Kowalski", True),
        ("Maria Sanchez", "Maria Sanches", True),
        ("Ann Lee", "Anne Lee", True),
        ("Rosa Alvarez", "Rosa Álvarez", True),
        ("陳大文", "陳大明", False),
        ("Dora Example", "Frank Specimen", False),
        ("Anna Abel", "Boris Brandt", False),
    ],
)
def test_ux2a_similar_names_caution_on_both_rows(site, one, other, alike) -> None:
    for name in (one, other):
        makers.a_patient(site, name=name)
    rows = [row for section in board.look(site, now=NOON).sections for row in section.rows]
    assert {row.name: row.like for row in rows} == (
        {one: other, other: one} if alike else {one: "", other: ""}
    )


def test_ux2a_no_similar_pair_is_told_apart_by_its_letters_alone() -> None:
    """The short cut may only ever spare work."""
    listed = sorted(
        {f"{a} {b}{c}" for a in wards_of_many.FIRST[:6] for b in wards_of_many.LAST[:8] for c in "ax"}
    )
    found = names.alike({name: name for name in listed})
    slow = {one for one in listed for other in listed if one != other and names.similar(one, other)}
    assert set(found) == slow


def test_a_row_that_was_written_before_says_what_is_true_now(site) -> None:
    """Rows are kept as long as they say the same: a minute, a case, a wall each make another."""
    watched(site, "Early Vermilion", hours_ago=3)

    def read(at, *, wall=False) -> str:
        [row] = [row for section in board.look(site, now=at).sections for row in section.rows]
        return board_words.row(row, now=at, zone=site.time_zone, wall=wall).replace("\N{NO-BREAK SPACE}", " ")

    first = read(NOON)
    assert "given 3 h ago" in first
    assert read(NOON) == first
    assert "given 3 h 01 min ago" in read(NOON + MINUTE)
    assert "E. V." in read(NOON, wall=True)
    assert "Vermilion" not in read(NOON, wall=True)
    patient = Patient.objects.get()
    escalations.raise_concern(site=site, patient=patient, urgency="urgent", headline="a fever", now=NOON)
    assert "a fever" in read(NOON)


def test_ux16a_the_board_takes_as_many_queries_for_many_patients_as_for_few() -> None:
    few = wards_of_many.fill(patients=5, cases=1, now=NOON)
    with CaptureQueriesContext(
        connection,
    ) as first:
        board.look(few, now=NOON)
    many = wards_of_many.fill_more(few, patients=40, cases=8, now=NOON)
    with CaptureQueriesContext(connection) as then:
        look = board.look(many, now=NOON)
    assert look.watched == 45
    assert len(then) == len(first)


def test_with_nothing_open_the_board_says_so_and_when_it_looked() -> None:
    site = makers.a_site()
    makers.a_responder(site, 1, name="Dr A", since=clock.now())
    page = makers.signed_in(makers.a_clinician(site)).get(reverse("board")).content.decode()
    assert "0 open alarms. Last check" in page
    assert "On call now: <b>Dr A</b> until" in page


@pytest.mark.parametrize("query", ["", "?wall=1"], ids=["at a desk", "on a wall"])
def test_what_nobody_has_stands_above_whatever_can_wait(query) -> None:
    """Each notice about days to come, or of what may be read later, pushes it one screen down on a telephone."""
    now = clock.now()
    site = makers.a_site()
    makers.a_responder(site, 1, name="Dr A", since=now, days=1)  # and nobody after
    patient = makers.a_patient(site, now=now)
    inbound.receive(
        provider_sid="SM-board-1", sender=patient.phone, sent_to=site.patient_number, body="a green door", now=now
    )  # fmt: skip
    nobody_has = {"site": site, "urgency": "emergency", "headline": "a fever of 39.4", "now": now}
    escalations.raise_concern(patient=makers.a_patient(site, now=now), **nobody_has)
    page = makers.signed_in(makers.a_clinician(site)).get(reverse("board") + query).content.decode()
    case = page.index("Nobody has it yet")
    for notice in ("Nobody is on call for", "On call now:", "unread reply"):
        assert case < page.index(notice), notice
    assert page.count("Nobody has it yet") == 1


def test_the_wall_shows_initials_and_nothing_to_press(site) -> None:
    now = clock.now()
    patient = makers.a_patient(site, name="Rosa Alvarez", now=now)
    escalations.raise_concern(site=site, patient=patient, urgency="urgent", headline="a fever", now=now)
    page = makers.signed_in(makers.a_clinician(site)).get(reverse("board"), {"wall": "1"}).content.decode()
    rows = page[page.index('id="rows"') : page.index("</main>")]
    assert "R. A." in rows
    assert not [word for word in ("Rosa", "Alvarez", patient.identifier, "<button", "<form") if word in rows]
