"""Repeating events of a list from another system: each turn a shift at the hours the event shows, or a refusal."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from notifications import clock, oncall
from notifications.models import Clinician, Role, Shift, Site
from stepup import rota_import, rota_repeats
from tests import makers
from tests.makers import NOON
from tests.stepup.test_on_call_screens import words

pytestmark = [pytest.mark.database, pytest.mark.django_db]
DAY = timedelta(days=1)
NEW_YORK = ZoneInfo("America/New_York")
# NOON is Monday, 1 March 2027. Clocks go forward on Sunday, 14 March at 02:00, back on Sunday, 7 November.


@pytest.fixture
def site() -> Site:
    return makers.a_site()


@pytest.fixture
def people(site) -> list[Clinician]:
    names = ("Nurse N", "Nurse M")
    return [makers.a_clinician(site, name=name, phone=makers.a_phone()) for name in names]


def span(since: str, until: str, zone: str = ";TZID=America/New_York") -> str:
    return f"DTSTART{zone}:{since}\nDTEND{zone}:{until}"


def an_event(*lines: str, title: str = "Nurse N", uid: str = "1") -> str:
    return "\n".join(["BEGIN:VEVENT", f"UID:{uid}", *lines, f"SUMMARY:{title}", "END:VEVENT"])


def a_file(*parts: str) -> bytes:
    text = "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//other//EN", *parts, "END:VCALENDAR", ""])
    return text.replace("\n", "\r\n").encode()


def read(site: Site, people: list[Clinician], *parts: str, now: datetime = NOON) -> rota_import.Read:
    return rota_import.read(a_file(*parts), site=site, people=people, rung=1, now=now)


def said(found: rota_import.Read, zone: ZoneInfo = NEW_YORK) -> list[str]:
    """Each shift: whose it is, and from when until when in a zone."""
    rows = sorted(found.rows, key=lambda row: row.starts_at)
    return [
        f"{row.clinician.name[-1]} "
        + " to ".join(f"{at.astimezone(zone):%d %b %H:%M}" for at in (row.starts_at, row.ends_at))
        for row in rows
    ]


NIGHT = span("20270312T200000", "20270313T080000")
IN_AUTUMN = datetime(2027, 11, 5, 12, tzinfo=UTC)
EXAMPLES = {
    "nights over the change forward end at their hour": (
        NOON,
        [f"{NIGHT}\nRRULE:FREQ=DAILY;COUNT=3"],
        [
            "N 12 Mar 20:00 to 13 Mar 08:00",
            "N 13 Mar 20:00 to 14 Mar 08:00",
            "N 14 Mar 20:00 to 15 Mar 08:00",
        ],
    ),
    "nights over the change back end at their hour": (
        IN_AUTUMN,
        [span("20271105T200000", "20271106T080000") + "\nRRULE:FREQ=DAILY;COUNT=3"],
        [
            "N 05 Nov 20:00 to 06 Nov 08:00",
            "N 06 Nov 20:00 to 07 Nov 08:00",
            "N 07 Nov 20:00 to 08 Nov 08:00",
        ],
    ),
    "weeks over the change forward": (
        NOON,
        [span("20270308T080000", "20270315T080000") + "\nRRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=2"],
        ["N 08 Mar 08:00 to 15 Mar 08:00", "N 22 Mar 08:00 to 29 Mar 08:00"],
    ),
    "an end that is said in UTC": (
        NOON,
        [span("20270302T080000", "20270303T080000") + "\nRRULE:FREQ=DAILY;UNTIL=20270304T130000Z"],
        [
            "N 02 Mar 08:00 to 03 Mar 08:00",
            "N 03 Mar 08:00 to 04 Mar 08:00",
            "N 04 Mar 08:00 to 05 Mar 08:00",
        ],
    ),
    "days of the week that began long ago": (
        NOON,
        [
            span("20200106T200000", "20200107T080000")
            + "\nRRULE:FREQ=WEEKLY;BYDAY=TU,TH;UNTIL=20270306T000000Z"
        ],
        ["N 02 Mar 20:00 to 03 Mar 08:00", "N 04 Mar 20:00 to 05 Mar 08:00"],
    ),
    "the last Friday of a month": (
        NOON,
        [span("20270326T200000", "20270327T080000") + "\nRRULE:FREQ=MONTHLY;BYDAY=-1FR;COUNT=2"],
        ["N 26 Mar 20:00 to 27 Mar 08:00", "N 30 Apr 20:00 to 01 May 08:00"],
    ),
    "every twelve hours": (
        NOON,
        [span("20270302T080000", "20270302T100000") + "\nRRULE:FREQ=HOURLY;INTERVAL=12;COUNT=2"],
        ["N 02 Mar 08:00 to 02 Mar 10:00", "N 02 Mar 20:00 to 02 Mar 22:00"],
    ),
    "days that are left out": (
        NOON,
        [f"{NIGHT}\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE;TZID=America/New_York:20270313T200000"],
        ["N 12 Mar 20:00 to 13 Mar 08:00", "N 14 Mar 20:00 to 15 Mar 08:00"],
    ),
    "days that are left out, said in UTC": (
        NOON,
        [f"{NIGHT}\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE:20270314T010000Z,20270315T000000Z"],
        ["N 12 Mar 20:00 to 13 Mar 08:00"],
    ),
    "days that are added": (
        NOON,
        [f"{NIGHT}\nRDATE;TZID=America/New_York:20270320T200000"],
        ["N 12 Mar 20:00 to 13 Mar 08:00", "N 20 Mar 20:00 to 21 Mar 08:00"],
    ),
    "a turn that somebody else has, from later on": (
        NOON,
        [
            f"{NIGHT}\nRRULE:FREQ=DAILY;COUNT=3",
            "M RECURRENCE-ID;TZID=America/New_York:20270313T200000\n"
            + span("20270313T220000", "20270314T080000"),
        ],
        [
            "N 12 Mar 20:00 to 13 Mar 08:00",
            "M 13 Mar 22:00 to 14 Mar 08:00",
            "N 14 Mar 20:00 to 15 Mar 08:00",
        ],
    ),
    "a turn that is cancelled": (
        NOON,
        [
            f"{NIGHT}\nRRULE:FREQ=DAILY;COUNT=3",
            f"M RECURRENCE-ID;TZID=America/New_York:20270313T200000\n{NIGHT}\nSTATUS:CANCELLED",
        ],
        ["N 12 Mar 20:00 to 13 Mar 08:00", "N 14 Mar 20:00 to 15 Mar 08:00"],
    ),
    "from one turn on, all are somebody else's": (
        NOON,
        [
            f"{NIGHT}\nRRULE:FREQ=DAILY;COUNT=3",
            "M RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=America/New_York:20270313T200000\n"
            + span("20270313T200000", "20270314T080000"),
        ],
        [
            "N 12 Mar 20:00 to 13 Mar 08:00",
            "M 13 Mar 20:00 to 14 Mar 08:00",
            "M 14 Mar 20:00 to 15 Mar 08:00",
        ],
    ),
    "a changed turn whose series the file does not have": (
        NOON,
        [f"RECURRENCE-ID;TZID=America/New_York:20270312T180000\n{NIGHT}"],
        ["N 12 Mar 20:00 to 13 Mar 08:00"],
    ),
    "a rule in UTC, whose hours move on the clock": (
        NOON,
        [span("20270313T010000Z", "20270313T130000Z", "") + "\nRRULE:FREQ=DAILY;COUNT=3"],
        [
            "N 12 Mar 20:00 to 13 Mar 08:00",
            "N 13 Mar 20:00 to 14 Mar 09:00",
            "N 14 Mar 21:00 to 15 Mar 09:00",
        ],
    ),
    "a length in hours, away from a change of clocks": (
        NOON,
        ["DTSTART;TZID=America/New_York:20270302T200000\nDURATION:PT12H\nRRULE:FREQ=DAILY;COUNT=2"],
        ["N 02 Mar 20:00 to 03 Mar 08:00", "N 03 Mar 20:00 to 04 Mar 08:00"],
    ),
}


@pytest.mark.parametrize(("now", "events", "shifts"), EXAMPLES.values(), ids=EXAMPLES.keys())
def test_a_repeating_event_is_a_shift_for_each_of_its_turns(site, people, now, events, shifts) -> None:
    parts = [
        an_event(lines.removeprefix("M "), title="Nurse M" if lines.startswith("M ") else "Nurse N")
        for lines in events
    ]
    found = read(site, people, *parts, now=now)
    assert found.problems == ()
    assert said(found) == shifts


DAILY = f"{NIGHT}\nRRULE:FREQ=DAILY;COUNT=3"
REFUSED = {
    "whole days": (
        ["DTSTART;VALUE=DATE:20270302\nDTEND;VALUE=DATE:20270309\nRRULE:FREQ=WEEKLY"],
        "whole days and no hours",
    ),
    "no zone": ([span("20270302T200000", "20270303T080000", "") + "\nRRULE:FREQ=WEEKLY"], "no time zone that is known"),
    "an hour that is missing one night": (
        [span("20270312T023000", "20270312T230000") + "\nRRULE:FREQ=DAILY;COUNT=4"],
        "show 14 Mar 02:30 never that night",
    ),
    "a length in hours over a change": (
        ["DTSTART;TZID=America/New_York:20270312T200000\nDURATION:PT12H\nRRULE:FREQ=DAILY;COUNT=3"],
        "Give a DTEND",
    ),
    "an end of the rule without a zone": ([f"{NIGHT}\nRRULE:FREQ=DAILY;UNTIL=20270320T200000"], "Give it in UTC"),
    "an end of the rule that is a day": ([f"{NIGHT}\nRRULE:FREQ=DAILY;UNTIL=20270320"], "Give it in UTC"),
    "a day left out that cannot be read": ([f"{DAILY}\nEXDATE:tomorrow"], "Its EXDATE cannot be read"),
    "a rule that cannot be read": ([f"{NIGHT}\nRRULE:often"], "in a way that no rota is read from"),
    "a rule by the minute": ([f"{NIGHT}\nRRULE:FREQ=MINUTELY"], "in a way that no rota is read from"),
    "a day that never comes": (
        [f"{NIGHT}\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"],
        "in a way that no rota is read from",
    ),
    "a pause of nothing": ([f"{NIGHT}\nRRULE:FREQ=DAILY;INTERVAL=0"], "Its repetition cannot be read"),
    "two rules": ([f"{DAILY}\nRRULE:FREQ=WEEKLY"], "by more than one rule"),
    "exceptions by a rule": ([f"{DAILY}\nEXRULE:FREQ=WEEKLY"], "names exceptions by a rule"),
    "a rule older than ten years": (
        [span("20100304T200000", "20100305T080000") + "\nRRULE:FREQ=WEEKLY"],
        "It has repeated since 2010",
    ),
    "two events of one id": ([DAILY, span("20270401T200000", "20270402T080000")], "has its UID"),
    "one turn changed twice": (
        [DAILY, *[f"RECURRENCE-ID;TZID=America/New_York:20270313T200000\n{NIGHT}"] * 2],
        "has its UID",
    ),
    "turns that overlap": ([span("20270302T080000", "20270303T090000") + "\nRRULE:FREQ=DAILY;COUNT=4"], "It overlaps"),
    "too many turns": ([span("20270302T080000", "20270302T090000") + "\nRRULE:FREQ=HOURLY"], "more than 500 shifts"),
}  # fmt: skip


@pytest.mark.parametrize(("events", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_what_repeats_in_two_ways_or_without_end_is_refused_once(site, people, events, says) -> None:
    problems = read(site, people, *(an_event(lines) for lines in events)).problems
    assert [says in one.sentence for one in problems] == [True]


def test_a_title_that_names_nobody_is_refused_once_and_not_for_each_turn(site, people) -> None:
    found = read(site, people, an_event(f"{NIGHT}\nRRULE:FREQ=DAILY;COUNT=9", title="on call"))
    assert len(found.problems) == 1
    changed = an_event(
        f"RECURRENCE-ID;TZID=America/New_York:20270313T200000\n{span('20270313T220000', '20270314T080000')}",
        title="nobody here",
    )
    [problem] = read(site, people, an_event(DAILY), changed).problems
    assert problem.line == 11, "the line of the turn that is changed"


def test_more_repeating_events_than_are_read_are_refused(site, people) -> None:
    many = [an_event(DAILY, uid=str(n)) for n in range(rota_repeats.MOST_REPEATING + 1)]
    [problem] = read(site, people, *many).problems
    assert "of its events repeat" in problem.sentence


ZONE = """BEGIN:VTIMEZONE
TZID:{name}
BEGIN:STANDARD
DTSTART:20071104T020000
RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU
TZOFFSETFROM:{summer}
TZOFFSETTO:{winter}
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:20070311T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU
TZOFFSETFROM:{winter}
TZOFFSETTO:{summer}
END:DAYLIGHT
END:VTIMEZONE"""


@pytest.mark.parametrize("name", ["Eastern Standard Time", "Ward clock", "(UTC-05:00) Eastern Time"])
def test_a_zone_that_the_file_defines_is_read_with_its_changes_of_clocks(site, people, name) -> None:
    zone = ZONE.format(name=name, summer="-0400", winter="-0500")
    hours = span("20270312T200000", "20270313T080000", f';TZID="{name}"')
    found = read(site, people, zone, an_event(f"{hours}\nRRULE:FREQ=DAILY;COUNT=3"))
    assert found.problems == ()
    assert said(found) == [
        "N 12 Mar 20:00 to 13 Mar 08:00",
        "N 13 Mar 20:00 to 14 Mar 08:00",
        "N 14 Mar 20:00 to 15 Mar 08:00",
    ]
    missing = span("20270314T023000", "20270314T080000", f';TZID="{name}"')
    [problem] = read(site, people, zone, an_event(missing)).problems
    assert f"The clocks of {name} show 14 Mar 02:30 never" in problem.sentence


def test_a_zone_of_one_file_is_not_that_of_the_next(site, people) -> None:
    hours = an_event(span("20270302T200000", "20270303T080000", ";TZID=Ward"))
    east = read(site, people, ZONE.format(name="Ward", summer="-0400", winter="-0500"), hours)
    west = read(site, people, ZONE.format(name="Ward", summer="-0700", winter="-0800"), hours)
    assert [said(one) for one in (east, west)] == [
        ["N 02 Mar 20:00 to 03 Mar 08:00"],
        ["N 02 Mar 23:00 to 03 Mar 11:00"],
    ]
    [problem] = read(site, people, hours).problems
    assert "no time zone that is known" in problem.sentence


def test_a_rule_without_end_is_taken_over_for_half_a_year_which_is_said(site, people) -> None:
    weeks = an_event(span("20270301T080000", "20270308T080000") + "\nRRULE:FREQ=WEEKLY;INTERVAL=2")
    others = an_event(
        span("20270308T080000", "20270315T080000") + "\nRRULE:FREQ=WEEKLY;INTERVAL=2",
        title="Nurse M",
        uid="2",
    )
    found = read(site, people, weeks, others)
    assert (len(found.rows), found.going_on, found.problems) == (27, 2, ())
    assert max(row.starts_at for row in found.rows) < NOON + rota_repeats.HORIZON
    by = makers.a_clinician(site, Role.LEAD)
    rota_import.accept(found, site=site, rung=1, by=by, now=NOON)
    since = NOON + DAY
    assert oncall.gaps(site, since=since, until=NOON + rota_repeats.HORIZON - 8 * DAY) == []
    later = read(site, people, weeks, others, now=NOON + 28 * DAY)
    assert (len(later.rows), later.there, later.problems) == (4, 23, ())
    ended = an_event(span("20270301T080000", "20270308T080000") + "\nRRULE:FREQ=WEEKLY;COUNT=5", uid="3")
    assert read(site, people, ended, now=NOON + 60 * DAY).left_out == 1


def test_the_page_says_until_when_a_repeating_event_is_taken_over(site, people) -> None:
    client = makers.signed_in(makers.a_clinician(site, Role.LEAD))
    start = (clock.now() + DAY).astimezone(UTC).replace(microsecond=0)
    hours = span(f"{start:%Y%m%dT%H%M%SZ}", f"{start + DAY / 2:%Y%m%dT%H%M%SZ}", "")
    raw = a_file(an_event(f"{hours}\nRRULE:FREQ=WEEKLY"))
    file = SimpleUploadedFile("rota.ics", raw, content_type="text/calendar")
    shown = client.post(reverse("import-rota"), {"rung": "1", "file": file})
    assert "1 repeating event goes on after" in words(shown)
    sent = {"rung": "1", "text": shown.context["text"], "accept": "yes"}
    assert "Shifts that are new on rung 1: 26." in words(
        client.post(reverse("import-rota"), sent, follow=True)
    )
    assert Shift.objects.count() == 26
