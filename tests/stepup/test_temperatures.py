"""Temperatures over the hours since a dose: what the rows hold, where it is drawn, and the same in a table."""

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from monitoring import checkins, escalations, inbound, temperature_chart, temperature_rows
from monitoring.models import Patient
from monitoring.temperature_rows import Gap, Hours
from notifications.models import Role, Site
from stepup import corrections, temperatures
from stepup.models import Dose
from tests import kept, makers

pytestmark = [pytest.mark.database, pytest.mark.django_db]
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
NIGHT = datetime.now(UTC).replace(microsecond=0)
NOON = NIGHT - 13 * HOUR


def hears(patient: Patient, words: str, *, after: timedelta) -> None:
    inbound.receive(
        provider_sid=f"SM{makers.a_phone()}", sender=patient.phone, sent_to=patient.site.patient_number,
        body=words, now=NOON + after,
    )  # fmt: skip


@pytest.fixture
def site() -> Site:
    return a_site()


def a_site() -> Site:
    site = makers.a_site(name="Home Hospital")
    makers.on_call(site, since=NOON)
    return site


def a_night() -> Patient:
    """Noon: the dose. 4 h answered in part, then a tablet; 8 h asked in vain; 12 h a fever in doubt, then a fever."""
    site = a_site()
    patient = makers.a_patient(site, name="Alma Example", now=NOON - 2 * HOUR)
    makers.a_dose(makers.a_course(patient, now=NOON - HOUR), given_at=NOON)
    checkins.ask_due(now=NOON + 4 * HOUR)
    for place, words in enumerate(["98.4", "6", "took 650 mg tylenol"]):
        hears(patient, words, after=4 * HOUR + (1 + place) * MINUTE)
    hears(patient, "98.9", after=5 * HOUR)
    checkins.ask_due(now=NOON + 8 * HOUR)
    checkins.ask_due(now=NOON + 12 * HOUR)
    hears(patient, "1005", after=12 * HOUR + 10 * MINUTE)
    hears(patient, "101.2", after=12 * HOUR + 20 * MINUTE)
    return patient


@pytest.fixture(scope="module")
def made_once(django_db_setup, django_db_blocker) -> Iterator[Patient]:
    with kept.made(a_night, django_db_blocker) as patient:
        yield patient


@pytest.fixture
def patient(made_once) -> Patient:
    return Patient.objects.select_related("site").get(pk=made_once.pk)


def hours_of(patient: Patient, *, now=NIGHT) -> Hours:
    return temperature_rows.of(patient, given=temperatures.given(patient), now=now).hours[0]


def told(hours: Hours) -> list[str]:
    """Each fact on a line: hour, what, value, and how far it may be trusted."""
    return [
        f"{fact.hour:.2f} {fact.kind}"
        + (f" {fact.sent}".replace("\N{NO-BREAK SPACE}", " ") if fact.sent else "")
        + (" masked" if fact.is_masked else "")
        + (" doubtful" if fact.is_doubtful else "")
        for fact in hours.facts
    ]


def test_every_fact_of_a_night(patient) -> None:
    assert told(hours_of(patient)) == [
        "0.00 dose",
        "4.00 unanswered",
        "4.02 reading 98.4 °F",
        "4.05 medicine",
        "5.00 reading 98.9 °F masked",
        "8.00 unanswered",
        "12.00 answered",
        "12.17 reading 100.5 °F masked doubtful",
        "12.17 case",
        "12.33 reading 101.2 °F masked",
    ]


def test_a_dose_recorded_late_shows_the_hours_in_which_nobody_asked(site) -> None:
    patient = makers.a_patient(site, now=NOON - 2 * HOUR)
    makers.a_dose(makers.a_course(patient, now=NOON - HOUR), given_at=NOON, now=NOON + 9 * HOUR)
    checkins.ask_due(now=NOON + 9 * HOUR)
    hours = hours_of(patient)
    assert told(hours) == ["0.00 dose", "4.00 unasked", "8.00 unanswered", "12.00 unasked"]
    assert hours.gaps == (Gap(Decimal(0), Decimal(8)), Gap(Decimal(8), Decimal(13)))


def test_a_corrected_dose_moves_the_hours_and_a_struck_one_is_none(patient) -> None:
    dose = Dose.objects.get(course__patient=patient)
    by = makers.a_clinician(patient.site, Role.PRESCRIBER)
    facts = corrections.Facts(dose.step, NOON + HOUR, dose.given_mg)
    dose = corrections.correct(dose.pk, facts, reason="an hour later", by=by, now=NIGHT)
    assert told(hours_of(patient))[:4] == [
        "0.00 dose",
        "3.00 unanswered",
        "3.02 reading 98.4 °F",
        "3.05 medicine",
    ]
    corrections.strike(dose.pk, kind="never_given", reason="the vial was broken", by=by, now=NIGHT)
    hours = hours_of(patient)
    assert not hours.has_dose
    assert not [fact for fact in hours.facts if fact.kind == "dose"]
    assert "was struck" in shown(patient)


def test_what_was_said_before_a_dose_stands_apart(site) -> None:
    patient = makers.a_patient(site, now=NOON - 2 * HOUR)
    hears(patient, "36.6", after=-HOUR)
    record = temperature_rows.of(patient, given=[], now=NIGHT)
    assert not record.hours
    assert [fact.sent for fact in record.outside] == ["36.6\N{NO-BREAK SPACE}°C"]
    assert record.unit == "C"
    page = shown(patient)
    assert "No dose has been watched yet" in page
    assert "36.6 °C" in page


def shown(patient: Patient) -> str:
    client = makers.signed_in(makers.a_clinician(patient.site, Role.PHARMACIST))
    answer = client.get(reverse("temperatures", args=[patient.pk]))
    assert answer.status_code == 200
    return html.unescape(answer.content.decode()).replace("\N{NO-BREAK SPACE}", " ")


def test_the_table_says_what_the_chart_draws(patient) -> None:
    """Each fact a row with its hours as its header; what is drawn is for eyes, and says where the words are."""
    page = shown(patient)
    table = re.search(r"<table.*?</table>", page, re.DOTALL)
    assert table
    assert "<caption>Everything in these hours" in table[0]
    heads = re.findall(r'<th scope="row">(.*?)</th>', table[0])
    long_run = ["13 h 10 min"]  # comes to pass where ten minutes went by since this file was read
    assert [hour for hour in heads if hour not in long_run] == [
        "0 h 00 min", "4 h 00 min", "4 h 01 min", "4 h 03 min", "5 h 00 min", "8 h 00 min", "12 h 00 min",
        "12 h 10 min", "12 h 10 min", "12 h 20 min",
    ]  # fmt: skip
    assert table[0].count("may be masked") == 3
    assert table[0].count("in doubt") == 1
    assert page.count('role="img"') == len(temperature_chart.SIZES)
    assert "The table beneath says the same in words." in page
    assert "Fever line of protocol teclistamab-us-2025-03" in page


def test_a_watch_without_a_reading_says_so(site) -> None:
    patient = makers.a_patient(site, now=NOON - 2 * HOUR)
    makers.a_dose(makers.a_course(patient, now=NOON - HOUR), given_at=NOON)
    assert "No temperature was reported in these hours." in shown(patient)


def test_the_chart_is_one_link_away_from_the_record_and_the_case(patient) -> None:
    client = makers.signed_in(makers.a_clinician(patient.site))
    case = escalations.unresolved(patient)
    address = reverse("temperatures", args=[patient.pk])
    for path in (reverse("patient", args=[patient.pk]), reverse("case", args=[case.pk])):
        assert f'href="{address}"' in client.get(path).content.decode()
