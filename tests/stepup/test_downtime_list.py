"""The paper for an outage: the right number to ring, and nobody with an open case left off."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from monitoring import escalations, readings, watches
from monitoring.models import Finding, Patient
from monitoring.rules import DEFAULT
from notifications import clock
from notifications.models import Role
from stepup import appointments, downtime, downtime_words, holds
from tests import makers
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture
def site():
    return makers.a_site()


def a_case(patient: Patient) -> None:
    escalations.raise_concern(
        site=patient.site, patient=patient, urgency="urgent", headline="fever after the watch", now=NOON
    )


def a_watch_that_is_over(patient: Patient) -> None:
    two_days = timedelta(days=2)
    watch = watches.open_(
        patient, drug="teclistamab", step="weekly", protocol="p", rules=DEFAULT,
        given_at=NOON - two_days, ends_at=NOON, times=[], now=NOON - two_days,
    )  # fmt: skip
    assert watches.close_due(now=NOON) == 1, watch


def test_each_rung_has_the_number_of_whoever_is_on_it(site) -> None:
    """Two people of one name: the list rings the one on call."""
    on_call = makers.a_responder(site, 1, name="Kim Lee")
    makers.a_clinician(site, Role.NURSE, name="Kim Lee", phone=makers.a_phone())
    assert [line.phone for line in downtime.make(site, now=NOON).on_call] == [on_call.phone]


def test_an_open_case_outside_a_watch_is_on_the_list(site) -> None:
    makers.a_responder(site, 1, name="Dr A")
    watched, after, never, well = (makers.a_patient(site) for _ in range(4))
    makers.a_dose(makers.a_course(watched), given_at=NOON)
    a_watch_that_is_over(after)
    a_watch_that_is_over(well)
    a_case(after)
    a_case(never)
    made = downtime.make(site, now=NOON)
    assert [line.patient for line in made.lines] == [after, never, watched]
    assert [line.hours for line in made.lines] == [48, None, 0]


def test_another_sites_case_is_not(site) -> None:
    other = makers.a_site()
    makers.a_responder(other, 1, name="Dr B")
    a_case(makers.a_patient(other))
    assert downtime.make(site, now=NOON).lines == ()


def test_the_list_says_when_the_next_dose_is_and_who_is_held(site, capsys) -> None:
    """The paper has to answer it when the screens are away."""
    now = clock.now()
    makers.on_call(site, since=now)
    nurse, patient = makers.a_clinician(site), makers.a_patient(site, now=now)
    course = makers.a_course(patient, now=now)
    makers.a_dose(course, given_at=now)
    put = appointments.move(
        course.pk, at=now + timedelta(days=4), seen_before=appointments.seen(course), reason="other",
        words="agreed", by=nurse, now=now,
    )  # fmt: skip
    holds.place(course.pk, reason="chest infection", by=nurse, now=now)
    call_command("downtime_list", site=site.slug)
    paper = capsys.readouterr().out
    at = put.planned_at.astimezone(ZoneInfo(site.time_zone))
    assert f"next dose planned: Step-up dose 2, {at:%a %d %b %Y %H:%M %Z}; HELD: chest infection" in paper
    browser = Client()
    browser.force_login(nurse, backend="django.contrib.auth.backends.ModelBackend")
    shown = browser.get("/downtime/").content.decode()
    assert "<b>Held:</b> chest infection" in shown


def test_the_list_says_where_to_send_each_patient_and_where_nobody_wrote_it_down(site) -> None:
    """On the screen, on paper, as a table and for programs; never a guess from another patient or an earlier watch."""
    known = makers.a_patient(site, emergency_department="General, 1 River Street, +1 555 016 0001")
    asked = makers.a_patient(site)
    for patient in (known, asked):
        a_case(patient)
    made = downtime.make(site, now=NOON)
    named, unknown = (
        [said for said in downtime_words.facts(site, line) if said.startswith("emergency department")]
        for line in sorted(made.lines, key=lambda line: line.patient.pk)
    )
    assert named == ["emergency department to send to: General, 1 River Street, +1 555 016 0001"]
    assert unknown == ["emergency department to send to: not written down, ask"]
    names, *rows = downtime_words.table(made)
    cells = [row[names.index("emergency_department")] for row in rows]
    assert sorted(cells) == ["General, 1 River Street, +1 555 016 0001", "not written down, ask"]
    programs = [row["emergency_department"] for row in downtime_words.document(made)["patients"]]
    assert None in programs
    browser = makers.signed_in(makers.a_clinician(site))
    shown = browser.get("/downtime/").content.decode()
    assert shown.count("General, 1 River Street") == shown.count("not written down: ask") == 1


def test_the_list_takes_as_many_queries_for_many_patients_as_for_few(site) -> None:
    def watched(number: int) -> int:
        for _ in range(number):
            makers.a_dose(makers.a_course(makers.a_patient(site)), given_at=NOON)
        with CaptureQueriesContext(connection) as queries:
            downtime.make(site, now=NOON)
        return len(queries)

    few = watched(2)
    assert watched(3) == few


def test_the_medicines_are_those_of_each_patients_newest_readings(site) -> None:
    patients = [makers.a_patient(site) for _ in range(2)]
    for patient in patients:
        a_case(patient)
        for minutes in range(downtime.HEARD + 3):
            kind = {"kind": "medicine", "name": f"dose {minutes}", "words": "took it"}
            Finding.objects.create(
                site=site, patient=patient, at=NOON + timedelta(minutes=minutes), urgency="none", because="x",
                readings=[kind], human_task=False,
            )  # fmt: skip
    made = downtime.make(site, now=NOON + timedelta(hours=1))
    for line in made.lines:
        assert list(line.medicines) == readings.table(line.patient, limit=downtime.HEARD)


def test_the_list_is_printed_whoever_is_on_it(site, capsys) -> None:
    nurse = makers.a_clinician(site)
    makers.a_responder(site, 1, name="Dr A", since=clock.now())
    after, never = makers.a_patient(site), makers.a_patient(site)
    a_watch_that_is_over(after)
    a_case(after)
    a_case(never)
    call_command("downtime_list", site=site.slug)
    paper = capsys.readouterr().out
    assert "no longer watched" in paper
    assert "no dose recorded" in paper
    call_command("downtime_list", site=site.slug, json=True)
    browser = Client()
    browser.force_login(nurse)
    page = browser.get("/downtime/")
    assert page.status_code == 200
    assert all(patient.name in page.content.decode() for patient in (after, never))
