"""Two clinicians assess one patient at once: one worksheet counts, the other's writer reads it first."""

import pytest

from monitoring import assessed, assessments
from monitoring.assessments import Worksheet
from monitoring.models import Assessment, Reaction
from notifications import clock
from notifications.models import Role
from protocols.errors import Refusal
from tests import bedside, makers
from tests.races.crowd import at_once, problems

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


def test_of_two_who_assess_at_once_one_is_told_and_nothing_is_doubled(site) -> None:
    now = clock.now()
    patient = makers.a_patient(site, now=now)
    people = [makers.a_clinician(site) for _ in range(2)]
    sheets = [Worksheet(crs=bedside.crs_found(grade)) for grade in (1, 2)]
    results = at_once(
        *[
            lambda by=by, sheet=sheet: assessments.record(patient.pk, sheet, seen=0, by=by, now=now)
            for by, sheet in zip(people, sheets, strict=True)
        ]
    )
    [told] = problems(results)
    row = Assessment.objects.get()
    assert isinstance(told, Refusal)
    assert told.code == "assessed-meanwhile"
    assert row.by.name in told.sentence
    assert Reaction.objects.get().grade == row.crs


def test_of_two_who_read_a_lower_grade_at_once_one_counts(site) -> None:
    now = clock.now()
    patient = makers.a_patient(site, now=now)
    writer, *readers = [makers.a_clinician(site, Role.PRESCRIBER) for _ in range(3)]
    bedside.assessed_as(patient, 4, by=writer, now=now)
    row = bedside.assessed_as(patient, 1, by=writer, now=now, why="better")
    results = at_once(
        *[
            lambda by=by, agrees=agrees: assessments.read(
                row.pk, agrees=agrees, words="so it is", by=by, now=now
            )
            for by, agrees in zip(readers, (True, False), strict=True)
        ]
    )
    [told] = problems(results)
    assert isinstance(told, Refusal)
    assert told.code == "not-waiting"
    row.refresh_from_db()
    assert assessed.standing(patient)["crs"].grade == (1 if row.reading.agrees else 4)
