"""A list from another system: shown as it would be, refused by line where it can be read in two ways."""

from datetime import datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from notifications import clock, given_hours, oncall
from notifications.models import Clinician, GivenHours, Message, Role, Shift, Site
from protocols.errors import Refusal
from stepup import rota_import
from tests import makers
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
GOOD = ("DTSTART;TZID=America/New_York:20270302T200000", "DTEND;TZID=America/New_York:20270303T080000")


@pytest.fixture
def site() -> Site:
    return makers.a_site()


@pytest.fixture
def people(site) -> list[Clinician]:
    return [
        makers.a_clinician(site, name=name, phone=makers.a_phone())
        for name in ("Nurse N", "Nurse M", "Nurse O B")
    ]


def an_event(*lines: str, title: str = "On call: Nurse M") -> str:
    return "\r\n".join(["BEGIN:VEVENT", "UID:1", *(lines or GOOD), f"SUMMARY:{title}", "END:VEVENT"])


def a_file(*events: str) -> bytes:
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//other//EN"]
    return "\r\n".join([*head, *events, "END:VCALENDAR", ""]).encode()


def read(raw: bytes, site: Site, people: list[Clinician], *, now: datetime = NOON) -> rota_import.Read:
    return rota_import.read(raw, site=site, people=people, rung=1, now=now)


def test_events_become_shifts_in_the_zone_they_name(site, people) -> None:
    later = ("DTSTART:20270304T010000Z", "DURATION:PT12H")
    found = read(a_file(an_event(), an_event(*later, title="nurse-o b / night")), site, people)
    assert found.problems == ()
    by = makers.a_clinician(site, Role.LEAD)
    made = rota_import.accept(found, site=site, rung=1, by=by, now=NOON)
    assert [(one.clinician.name, one.period.lower, one.period.upper - one.period.lower) for one in made] == [
        ("Nurse M", datetime.fromisoformat("2027-03-03T01:00:00+00:00"), 12 * HOUR),
        ("Nurse O B", datetime.fromisoformat("2027-03-04T01:00:00+00:00"), 12 * HOUR),
    ]


def test_whoever_a_list_puts_on_call_reads_so_in_one_text_however_many_turns_it_has(site, people) -> None:
    later = ("DTSTART:20270304T010000Z", "DURATION:PT12H")
    found = read(a_file(an_event(), an_event(*later)), site, people)
    rota_import.accept(found, site=site, rung=1, by=makers.a_clinician(site, Role.LEAD), now=NOON)
    assert GivenHours.objects.count() == 2
    given_hours.tell_due(now=NOON)
    [text] = Message.objects.all()
    assert text.clinician == people[1]
    assert "rung 1, Tue 02 Mar 20:00 EST to Wed 03 Mar 08:00 EST, and later." in text.body


@pytest.mark.parametrize(
    ("start", "length", "ends_at"),
    [
        (";TZID=America/New_York:20270301T080000", "P7D", "2027-03-08T08:00:00-05:00"),
        (";TZID=America/New_York:20270301T080000", "P1W", "2027-03-08T08:00:00-05:00"),
        (";TZID=America/New_York:20270313T200000", "PT12H", "2027-03-14T09:00:00-04:00"),
        (";TZID=America/New_York:20271106T080000", "PT23H", "2027-11-07T06:00:00-05:00"),
        (":20271101T120000Z", "P7D", "2027-11-08T12:00:00+00:00"),
    ],
)
def test_a_duration_counts_hours_as_they_pass(site, people, start, length, ends_at) -> None:
    """Of days it is taken over only where days of the clock are as long, which a file in UTC always says."""
    [row] = read(a_file(an_event(f"DTSTART{start}", f"DURATION:{length}")), site, people).rows
    assert row.ends_at == datetime.fromisoformat(ends_at)


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (an_event("DTSTART;VALUE=DATE:20270302", "DTEND;VALUE=DATE:20270303"), "whole days and no hours"),
        (an_event("DTSTART:20270302T200000", "DTEND:20270303T080000"), "no time zone that is known"),
        (an_event("DTSTART;TZID=Our/Ward:20270302T200000", GOOD[1]), "no time zone that is known"),
        (
            an_event("DTSTART;TZID=America/New_York:20270314T023000", "DURATION:PT8H"),
            "show 14 Mar 02:30 never",
        ),
        (
            an_event("DTSTART;TZID=America/New_York:20271107T013000", "DURATION:PT8H"),
            "show 07 Nov 01:30 twice",
        ),
        (an_event(GOOD[0]), "does not say when it ends"),
        (an_event(GOOD[0], "DTEND;TZID=America/New_York:20270302T190000"), "ends before it starts"),
        (an_event(GOOD[0], "DURATION:P90D"), "longer than two months"),
        (an_event(GOOD[0], "DURATION:P999999999D"), "longer than two months"),
        (an_event("DTSTART;TZID=America/New_York:20271101T080000", "DURATION:P7D"), "Give a DTEND"),
        (an_event("DTSTART;TZID=America/New_York:20271106T080000", "DURATION:PT24H"), "Give a DTEND"),
        (an_event("DTSTART;TZID=America/New_York:20270313T080000", "DURATION:P1DT2H"), "Give a DTEND"),
        (an_event("DTSTART;TZID=America/New_York:99991231T200000", "DURATION:PT2H"), "9999 cannot be meant"),
        (an_event("DTSTART:yesterday", GOOD[1]), "cannot be read"),
        (an_event(*GOOD, title="On call"), "names nobody"),
        (an_event(*GOOD, title="Nurse M or Nurse N"), "names Nurse"),
        (an_event(*GOOD, title="Petra"), "cannot take a case"),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused_by_its_line(site, people, event, says) -> None:
    people.append(makers.a_clinician(site, Role.PHARMACIST, name="Petra", phone=makers.a_phone()))
    found = read(a_file(an_event("DTSTART:20270401T010000Z", "DURATION:PT1H"), event), site, people)
    [problem] = found.problems
    assert says in problem.sentence
    assert problem.line == 10
    with pytest.raises(Refusal, match="Nothing was taken over"):
        rota_import.accept(found, site=site, rung=1, by=people[0], now=NOON)
    assert not Shift.objects.exists()


def test_events_that_overlap_each_other_or_the_list_are_refused(site, people) -> None:
    makers.a_responder(site, 1, name="Dr A", since=NOON + 40 * DAY, days=2)
    taken = an_event("DTSTART:20270410T160000Z", "DURATION:PT1H")
    found = read(a_file(an_event(), an_event(title="Nurse O B"), taken), site, people)
    assert [(one.line, one.sentence.split(".")[0]) for one in found.problems] == [
        (10, "It overlaps the event on line 4"),
        (16, "A shift that begins Fri 09 Apr 13:00 EDT is on rung 1 already"),
    ]


def test_what_is_on_the_list_already_is_counted_and_only_the_rest_is_taken_over(site, people) -> None:
    """The other system's list grew by one night, and its file has all of them, one night half over."""
    nights = [
        an_event(f"DTSTART:202703{day:02}T010000Z", "DURATION:PT12H", title=one.name)
        for day, one in zip((3, 4, 5), people, strict=True)
    ]
    by = makers.a_clinician(site, Role.LEAD)
    rota_import.accept(read(a_file(*nights[:2]), site, people), site=site, rung=1, by=by, now=NOON)
    now = datetime.fromisoformat("2027-03-03T07:00:00+00:00")
    again = read(a_file(*nights), site, people, now=now)
    assert ([row.clinician.name for row in again.rows], again.problems, again.there) == (["Nurse O B"], (), 2)
    rota_import.accept(again, site=site, rung=1, by=by, now=now)
    assert Shift.objects.count() == 3
    assert read(a_file(*nights), site, people, now=now).there == 3


@pytest.mark.parametrize(
    ("title", "start", "length"),
    [
        ("Nurse N", "20270303T010000Z", "PT12H"),
        ("Nurse M", "20270303T010000Z", "PT11H"),
        ("Nurse M", "20270303T020000Z", "PT11H"),
    ],
    ids=["another person", "another end", "another start"],
)
def test_a_shift_that_differs_is_no_shift_that_is_there(site, people, title, start, length) -> None:
    by = makers.a_clinician(site, Role.LEAD)
    rota_import.accept(read(a_file(an_event()), site, people), site=site, rung=1, by=by, now=NOON)
    other = an_event(f"DTSTART:{start}", f"DURATION:{length}", title=title)
    found = read(a_file(other), site, people)
    assert (len(found.problems), found.there) == (1, 0)
    assert "is on rung 1 already" in found.problems[0].sentence


def test_an_event_under_way_is_shown_and_taken_over_from_now_on(site, people) -> None:
    """The file is read two hours into the night, after somebody's shift of the hour before."""
    starts_at = datetime.fromisoformat("2027-03-03T01:00:00+00:00")
    now = starts_at + 2 * HOUR
    oncall.add_shift(site, people[0], 1, starts_at=starts_at, ends_at=now)
    found = read(a_file(an_event()), site, people, now=now)
    assert ([row.starts_at for row in found.rows], found.problems) == ([now], ())
    by = makers.a_clinician(site, Role.LEAD)
    [made] = rota_import.accept(found, site=site, rung=1, by=by, now=now + HOUR)
    assert made.period.lower == now + HOUR


def test_what_is_over_or_cancelled_is_left_out_and_counted(site, people) -> None:
    gone = an_event(*GOOD, "STATUS:CANCELLED", title="nobody at all")
    found = read(a_file(an_event(), gone), site, people, now=NOON + 9 * DAY)
    assert (found.rows, found.problems, found.left_out) == ((), (), 2)


@pytest.mark.parametrize("raw", [b"", b"hello", b"\xff\xfe", b"x" * 200_001, a_file()], ids=range(5))
def test_a_file_that_is_no_calendar_is_refused_whole(site, people, raw) -> None:
    [problem] = read(raw, site, people).problems
    assert problem.line == 0


def test_a_file_is_shown_before_it_is_taken_over(site, people) -> None:
    client: Client = makers.signed_in(makers.a_clinician(site, Role.LEAD))
    start = (clock.now() + DAY).replace(microsecond=0)
    event = an_event(f"DTSTART:{start:%Y%m%dT%H%M%SZ}", "DURATION:PT8H")
    file = SimpleUploadedFile("rota.ics", a_file(event), content_type="text/calendar")
    shown = client.post(reverse("import-rota"), {"rung": "2", "file": file})
    assert "Nurse M" in shown.content.decode()
    assert not Shift.objects.exists()
    accepted = {"rung": "2", "text": shown.context["text"], "accept": "yes"}
    answer = client.post(reverse("import-rota"), accepted, follow=True)
    assert "Shifts that are new on rung 2: 1. There already: 0." in answer.content.decode()
    assert [one.name for one in oncall.who(site, 2, now=start)] == ["Nurse M"]
    again = client.post(reverse("import-rota"), {"rung": "2", "text": shown.context["text"]}).content.decode()
    assert "1 event left out: its shift is on the list already." in again


def test_a_file_with_a_problem_offers_nothing_to_accept(site, people) -> None:
    client: Client = makers.signed_in(makers.a_clinician(site, Role.LEAD))
    file = SimpleUploadedFile("rota.ics", a_file(an_event(title="On call")), content_type="text/calendar")
    page = client.post(reverse("import-rota"), {"rung": "1", "file": file}).content.decode()
    assert "Line 4" in page
    assert 'name="accept"' not in page
