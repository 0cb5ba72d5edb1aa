"""What stood in the tables before a change of their shape is still there after it."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from stepup.models import Course
from tests import makers

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
THEN = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)


@pytest.fixture
def migrate():
    """Bring the tables to a named migration of `stepup`; afterwards to the newest again."""

    def to(name: str):
        executor = MigrationExecutor(connection)
        executor.migrate([("stepup", name)])
        return executor.loader.project_state([("stepup", name)]).apps

    yield to
    newest()


def newest() -> None:
    """Bring the tables to the newest migration, which the models of today fit."""
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes("stepup"))


def test_a_course_s_weight_becomes_its_first_weighing_and_its_doses_keep_it(migrate) -> None:
    site = makers.a_site()
    patient, nurse = makers.a_patient(site), makers.a_clinician(site)
    old = migrate("0006_readiness_is_append_only")
    protocol = old.get_model("stepup", "SiteProtocol").objects.create(
        site_id=site.pk, protocol_id="x", label_id="x", pathway_id="x", fingerprint="x", content="{}"
    )
    course = old.get_model("stepup", "Course").objects.create(
        site_id=site.pk, patient_id=patient.pk, protocol=protocol, regimen="x", start_on=date(2026, 11, 2),
        weight_kg=Decimal("82.5"), weighed_on=date(2026, 11, 1), weighed_by="a nurse", opened_by_id=nurse.pk,
        opened_at=THEN,
    )  # fmt: skip
    old.get_model("stepup", "Dose").objects.create(
        course=course, step="x", given_at=THEN, given_on=THEN.date(), given_mg=1, recorded_by_id=nurse.pk,
        recorded_at=THEN,
    )  # fmt: skip
    newest()
    course = Course.objects.get(pk=course.pk)
    weight = course.weight
    assert (weight.kg, weight.weighed_on, weight.weighed_by) == (
        Decimal("82.5"),
        date(2026, 11, 1),
        "a nurse",
    )
    assert (weight.recorded_by, weight.recorded_at, weight.answer.at) == (nurse, THEN, THEN)
    assert course.doses.get().weight == weight
