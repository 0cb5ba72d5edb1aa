"""What stood in the tables before a change of their shape is still there after it."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from notifications.models import Rotation
from tests import makers
from tests.notifications.arranging import START, begin, names, nurse

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def migrate():
    """Bring the tables to a named migration of `notifications`; afterwards to the newest again."""

    def to(*names_: str) -> None:
        executor = MigrationExecutor(connection)
        leaves = executor.loader.graph.leaf_nodes("notifications")
        executor.migrate([("notifications", name) for name in names_] or leaves)

    yield to
    to()
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def test_a_rotation_goes_by_the_clock_its_site_had_and_is_only_ended_as_before(migrate) -> None:
    homes = [makers.a_site(time_zone=zone) for zone in ("America/New_York", "Europe/Berlin")]
    rows = [begin(home, nurse(home)) for home in homes]
    migrate("0013_find_what_was_tried_again")
    migrate()
    found = [Rotation.objects.get(pk=row.pk) for row in rows]
    assert [row.time_zone for row in found] == ["America/New_York", "Europe/Berlin"]
    assert [names(home, START) for home in homes] == [["Nurse N"], ["Nurse N"]]
    with pytest.raises(IntegrityError, match="only ended"), transaction.atomic():
        Rotation.objects.filter(pk=rows[0].pk).update(time_zone="America/Chicago")
