"""The on-call list as people keep it: rotations, overrides, gaps to fill, and who is on at any hour."""

import re
from datetime import date, datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from notifications import clock, oncall
from notifications.models import AuditEntry, Clinician, Override, Role, Rotation, Shift, Site
from stepup import rota_forms
from tests import makers

pytestmark = [pytest.mark.database, pytest.mark.django_db]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def site() -> Site:
    return makers.a_site()


@pytest.fixture
def people(site) -> list[Clinician]:
    return [makers.a_clinician(site, name=name, phone=makers.a_phone()) for name in ("Nurse N", "Nurse M")]


@pytest.fixture
def client(site) -> Client:
    return makers.signed_in(makers.a_clinician(site, Role.LEAD))


def shown(site: Site, at: datetime) -> tuple[str, str]:
    """The day and the time a site's clock shows."""
    local = at.astimezone(ZoneInfo(site.time_zone))
    return f"{local:%Y-%m-%d}", f"{local:%H:%M}"


def typed(site: Site, people: list[Clinician], **facts: str) -> dict[str, object]:
    """Weekly turns of both nurses on rung 1, from the start of yesterday's minute."""
    on, at = shown(site, clock.now() - DAY)
    usual = {
        "name": "nurses", "rung": "1", "layer": "1", "turn": "1", "unit": "weeks", "starts_on": on, "hand_over": at,
        "person_1": people[0].pk, "person_2": people[1].pk,
    }  # fmt: skip
    return usual | facts


def words(answer) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())))


def test_a_rotation_is_begun_and_both_weeks_stand_on_the_calendar(client, site, people) -> None:
    answer = client.post(reverse("new-rotation"), typed(site, people), follow=True)
    assert "nurses takes turns on rung 1." in words(answer)
    [row] = Rotation.objects.all()
    assert [turn.clinician.name for turn in row.turns.all()] == ["Nurse N", "Nurse M"]
    now = clock.now()
    assert [oncall.who(site, 1, now=now + n * DAY)[0].name for n in (0, 7)] == ["Nurse N", "Nurse M"]
    page = words(answer)
    assert "every week, hand-over" in page
    assert "To mend" not in page
    marked = [
        part.is_now for day in answer.context["sheet"].days for cell in day.cells for part in cell.parts
    ]
    assert marked.count(True) == 1, "a turn of a week is now on one day only"


def test_a_changed_rotation_takes_the_place_of_the_old_one(client, site, people) -> None:
    client.post(reverse("new-rotation"), typed(site, people))
    old = Rotation.objects.get()
    page = client.get(reverse("change-rotation", args=[old.pk])).content.decode()
    assert 'value="nurses"' in page
    client.post(reverse("change-rotation", args=[old.pk]), typed(site, people[::-1], name="turned round"))
    assert [one.name for one in oncall.who(site, 1, now=clock.now())] == ["Nurse M"]
    old.refresh_from_db()
    assert old.until is not None


def test_a_planned_rotation_leaves_the_one_before_it_in_force_and_is_taken_back(client, site, people) -> None:
    client.post(reverse("new-rotation"), typed(site, people))
    old, on = Rotation.objects.get(), shown(site, clock.now() + 9 * DAY)[0]
    planned = typed(site, people[::-1], name="turned round", from_on=on, from_at="08:00")
    page = words(client.post(reverse("change-rotation", args=[old.pk]), planned, follow=True))
    assert "To mend" not in page
    assert [one.name for one in oncall.who(site, 1, now=clock.now())] == ["Nurse N"]
    row = Rotation.objects.get(name="turned round")
    page = words(client.post(reverse("end-rotation", args=[row.pk]), follow=True))
    until = rota_forms.said(row.since, site.time_zone)
    assert f"turned round will not begin. nurses still ends {until}: for it to go on, change it" in page
    again = typed(site, people, name="goes on", from_on=on, from_at="08:00")
    page = words(client.post(reverse("change-rotation", args=[old.pk]), again, follow=True))
    assert "To mend" not in page


def test_a_rotation_ends_at_a_moment_that_is_said_and_its_hours_after_that_are_gaps(
    client, site, people
) -> None:
    client.post(reverse("new-rotation"), typed(site, people))
    row = Rotation.objects.get()
    for on, at, says in (
        (shown(site, clock.now() - DAY)[0], "08:00", "A rotation ends now or later"),
        ("", "08:00", "Give the date, like 2026-03-02."),
    ):
        answer = client.post(reverse("plan-end", args=[row.pk]), {"end-on": on, "end-at": at})
        assert answer.status_code == 422
        assert says in words(answer)
        assert 'value="nurses"' in answer.content.decode(), "the form above is as it was"
    on = shown(site, clock.now() + 9 * DAY)[0]
    page = client.post(reverse("plan-end", args=[row.pk]), {"end-on": on, "end-at": "08:00"}, follow=True)
    row.refresh_from_db()
    until = rota_forms.said(row.until, site.time_zone)
    assert f"nurses ends {until}. Look for gaps below." in words(page)
    [gap] = page.context["sheet"].gaps
    assert (gap.rung, gap.starts_at) == (1, row.until)
    assert shown(site, row.until) == (on, "08:00")


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"person_1": ""}, "Choose who takes the first turn."),
        ({"opens": "20:00"}, "Give both times, or neither for whole days."),
        ({"turn": "0"}, "Type a whole number from 1 to 366."),
        ({"from_on": "2027-01-01"}, "Give both the date and the time, or neither."),
        ({"from_on": "2020-01-01", "from_at": "08:00"}, "who was on call stays as it was"),
        ({"starts_on": "9999-12-31", "hand_over": "20:00"}, "Check the year"),
        ({"turn": "53", "unit": "weeks"}, "A turn lasts 366 days at most."),
        ({"starts_on": "2199-12-31"}, "more than a year from now"),
    ],
)
def test_what_was_typed_wrongly_is_said_beside_its_field(client, site, people, facts, says) -> None:
    answer = client.post(reverse("new-rotation"), typed(site, people, **facts))
    assert answer.status_code == 422
    assert says in words(answer)
    assert not Rotation.objects.exists()


def test_nights_leave_the_days_as_a_gap_that_an_override_fills(client, site, people) -> None:
    nights = typed(site, people, opens="20:00", closes="08:00", weekdays=["0", "1", "2", "3", "4", "5", "6"])
    page = client.post(reverse("new-rotation"), nights, follow=True).content.decode()
    assert page.count("Put somebody there") >= 13
    link = unescape(re.search(r'href="([^"]*override/\?[^"]*)"', page)[1])
    form = client.get(link).content.decode()
    values = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    gap = oncall.gaps(site, since=clock.now(), until=clock.now() + DAY)[0]
    answer = client.post(
        reverse("override"), {**values, "clinician": people[1].pk, "why": "day cover"}, follow=True
    )
    assert "Nurse M is on rung 1 for that time." in words(answer)
    [row] = Override.objects.all()
    assert abs(row.period.upper - gap.ends_at) < timedelta(minutes=1)
    client.post(reverse("end-override", args=[row.pk]))
    assert AuditEntry.objects.filter(subject=f"override:{row.pk}").count() == 2


def on_the_sheet(page) -> list[tuple[date, list[str]]]:
    """Who stands on each day; where nobody does just now, that begins at the very moment and differs each time."""
    days = page.context["sheet"].days
    return [(day.on, [part.name for cell in day.cells for part in cell.parts]) for day in days]


def test_weeks_further_on_and_weeks_that_have_passed_are_shown(client, site, people) -> None:
    now = clock.now()
    starts_at = now - 40 * DAY
    oncall.add_shift(site, people[1], 1, starts_at=starts_at, ends_at=starts_at + DAY)
    oncall.add_shift(site, people[1], 1, starts_at=now + 30 * DAY, ends_at=now + 31 * DAY)
    client.post(reverse("new-rotation"), typed(site, people, opens="20:00", closes="08:00"))
    page = client.get(reverse("on-call"))
    assert page.context["calendar"] is page.context["sheet"]
    past = client.get(reverse("on-call"), {"from": f"{starts_at - DAY:%Y-%m-%d}"}).context["calendar"]
    assert "Nurse M" in {part.name for day in past.days for cell in day.cells for part in cell.parts}
    assert past.gaps == ()
    assert not past.by_hand
    later = client.get(reverse("on-call"), {"from": f"{now + 28 * DAY:%Y-%m-%d}"})
    found = later.context["calendar"]
    assert len(found.gaps) >= 13
    [shift] = found.by_hand
    assert "14 days earlier" in words(later)
    assert client.post(reverse("remove-shift", args=[shift.id])).status_code == 302
    assert on_the_sheet(later) == on_the_sheet(client.get(reverse("on-call")))


@pytest.mark.parametrize("asked", ["tomorrow", "9999-12-31", "0001-01-01", "20260101T", ""])
def test_a_day_that_cannot_be_shown_is_today(client, site, asked) -> None:
    page = client.get(reverse("on-call"), {"from": asked})
    assert page.context["calendar"].days[0].is_today


def test_a_name_on_the_calendar_leads_to_an_override_of_its_hours(client, site, people) -> None:
    page = client.post(reverse("new-rotation"), typed(site, people), follow=True).content.decode()
    links = [unescape(link) for link in re.findall(r'href="([^"]*override/\?[^"]*)"', page)]
    assert len(links) >= 14
    form = client.get(links[3]).context["form"]
    assert (form["rung"].value(), form["starts_at"].value()) == ("1", "00:00")
    responder = makers.signed_in(makers.a_clinician(site, Role.RESPONDER))
    assert "override/?" not in responder.get(reverse("on-call")).content.decode()


def test_the_pages_beside_the_list_come_before_the_many_names_of_its_calendar(client, site, people) -> None:
    page = client.post(reverse("new-rotation"), typed(site, people), follow=True).content.decode()
    first_name = re.search(r'href="[^"]*override/\?[^"]*"', page).start()
    for beside in ("on-call-duty", "ladder-drills", "time-off", "closed-days", "unit-hours", "calendars"):
        assert page.index(f'href="{reverse(beside)}"') < first_name, beside
    assert page.index('href="#rotations"') < first_name < page.index('id="rotations"')
    responder = makers.signed_in(makers.a_clinician(site, Role.RESPONDER)).get(reverse("on-call"))
    assert 'href="#rotations"' not in responder.content.decode(), "no names to pass"


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_a_day_at_an_end_of_the_calendar_is_refused_and_no_fault(client, people, day) -> None:
    asked = client.get(reverse("on-call"), {"on": day, "at": "23:59"})
    assert "Check the year" in words(asked)
    link = client.get(reverse("override"), {"from": f"{day}T23:59:59+00:00", "to": f"{day}T23:59:59+00:00"})
    assert link.status_code == 200
    span = {"starts_on": day, "starts_at": "23:59", "ends_on": day, "ends_at": "23:59"}
    for page in ("override", "add-shift", "time-off"):
        form = {"clinician": people[0].pk, "rung": "1", "why": "a test", **span}
        answer = client.post(reverse(page), form)
        assert answer.status_code == 422
        assert words(answer).count("Check the year") >= 2


def test_a_shift_put_in_late_begins_now_and_says_so(client, site, people) -> None:
    """From midnight of yesterday until that of the day after tomorrow."""
    client.post(reverse("new-rotation"), typed(site, people))
    before = clock.now()
    days = [shown(site, before + n * DAY)[0] for n in (-1, 2)]
    form = {"clinician": people[1].pk, "rung": "1", "starts_on": days[0], "starts_at": "00:00"}
    answer = client.post(reverse("add-shift"), form | {"ends_on": days[1], "ends_at": "00:00"}, follow=True)
    [row] = Shift.objects.all()
    assert before <= row.period.lower <= clock.now()
    begins = rota_forms.said(row.period.lower, site.time_zone)
    assert f"Nurse M is on rung 1 from {begins} to" in words(answer)


def test_who_is_on_call_at_any_hour_is_answered(client, site, people) -> None:
    client.post(reverse("new-rotation"), typed(site, people))
    on, at = shown(site, clock.now() + 7 * DAY)
    assert "rung 1: Nurse M ." in words(client.get(reverse("on-call"), {"on": on, "at": at}))
    assert "rung 1: nobody ." in words(client.get(reverse("on-call"), {"on": "2020-01-01", "at": "08:00"}))


def test_of_an_hour_that_comes_twice_both_are_answered(client, site, people) -> None:
    """Nurse N has the first of the two, Nurse M the second: the clocks go back on 7 November 2027, at 02:00."""
    change = datetime.fromisoformat("2027-11-07T06:00:00+00:00")
    oncall.add_shift(site, people[0], 1, starts_at=change - HOUR, ends_at=change)
    oncall.add_shift(site, people[1], 1, starts_at=change, ends_at=change + HOUR)
    page = words(client.get(reverse("on-call"), {"on": "2027-11-07", "at": "01:30"}))
    assert "01:30 EDT : rung 1: Nurse N ." in page
    assert "01:30 EST : rung 1: Nurse M ." in page
    missing = words(client.get(reverse("on-call"), {"on": "2027-03-14", "at": "02:30"}))
    assert "03:00 EDT : rung 1: nobody ." in missing


def test_a_rung_of_prescribers_is_named_and_takes_no_nurse(client, site, people) -> None:
    client.post(reverse("set-rung"), {"rung": "2", "title": "prescriber at home", "role": "prescriber"})
    answer = client.post(reverse("new-rotation"), typed(site, people, rung="2"))
    assert "Rung 2 (prescriber at home) is for a prescriber; Nurse N is a nurse." in words(answer)


def test_somebody_on_two_rungs_is_shown(client, site, people) -> None:
    client.post(reverse("new-rotation"), typed(site, people))
    answer = client.post(reverse("new-rotation"), typed(site, people, rung="2", name="second"), follow=True)
    assert "Nurse N twice on rungs 1 and 2: the second call reaches nobody new" in words(answer)


def test_an_ended_rotation_opens_its_gap_at_once(client, site, people) -> None:
    client.post(reverse("new-rotation"), typed(site, people))
    answer = client.post(reverse("end-rotation", args=[Rotation.objects.get().pk]), follow=True)
    assert "Nobody on rung 1" in words(answer)


def test_a_gap_ahead_stands_on_the_board_and_names_the_weeks_of_watches_it_touches(site, people) -> None:
    now = clock.now()
    oncall.add_shift(site, people[0], 1, starts_at=now - DAY, ends_at=now + HOUR)
    oncall.add_shift(site, people[1], 2, starts_at=now - DAY, ends_at=now + 30 * DAY)
    patient = makers.a_patient(site, now=now - HOUR)
    makers.a_dose(makers.a_course(patient, now=now - HOUR), given_at=now - HOUR, now=now)
    nurse = makers.signed_in(people[0])
    assert "Nobody is on call for 1 span of the next 14 days , first on rung 1" in words(
        nurse.get(reverse("board"))
    )
    page = words(nurse.get(reverse("on-call")))
    assert "1 watch under way" in page
    assert "would have hours with nobody to call. See whose" in page
    assert patient.name not in page


def test_a_gap_of_planned_watches_alone_stands_on_the_board(site, people) -> None:
    """Place 2 is called by nothing but the signed ladder of a course whose first dose was not given yet."""
    now = clock.now()
    oncall.add_shift(site, people[0], 1, starts_at=now - HOUR, ends_at=now + 30 * DAY)
    nurse = makers.signed_in(people[0])
    assert "Nobody is on call" not in words(nurse.get(reverse("board")))
    makers.a_course(makers.a_patient(site, now=now), now=now)
    said = "Nobody is on call for 1 span of the next 14 days , first on rung 2"
    assert f"{said} (on call 2) from" in words(nurse.get(reverse("board")))
    oncall.add_shift(site, people[1], 2, starts_at=now - HOUR, ends_at=now + 12 * HOUR)
    assert f"{said} from" in words(nurse.get(reverse("board")))
    oncall.add_shift(site, people[1], 2, starts_at=now + 12 * HOUR, ends_at=now + 30 * DAY)
    assert "Nobody is on call" not in words(nurse.get(reverse("board")))


def test_a_day_that_one_person_has_whole_says_so(client, site, people) -> None:
    zone, now = ZoneInfo(site.time_zone), clock.now()
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    oncall.add_shift(site, people[0], 1, starts_at=today + DAY, ends_at=today + 2 * DAY + 8 * HOUR)
    page = words(client.get(reverse("on-call")))
    assert page.count("all day Nurse N") == 1
    assert re.search(r"00:00 \w+ to 08:00 \w+ Nurse N", page)


@pytest.mark.parametrize("page", ["on-call", "override", "new-rotation"])
def test_whoever_changes_the_list_reads_that_people_are_told(client, people, page) -> None:
    assert "Who has other hours by it is told by text" in words(client.get(reverse(page)))
