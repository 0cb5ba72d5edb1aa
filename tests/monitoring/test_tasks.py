"""A task joins another about the same thing, and joining can only hurry it."""

import pytest

from monitoring import worklist
from monitoring.models import Task
from tests.home import HOUR, Home
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture
def home() -> Home:
    return Home()


@pytest.mark.parametrize("soon_first", [True, False])
def test_a_task_that_joins_another_keeps_the_earlier_time_and_pages(home, soon_first) -> None:
    soon = {"due_at": NOON + HOUR, "pages_when_late": True}
    later = {"due_at": NOON + 8 * HOUR, "pages_when_late": False}
    for facts in (soon, later) if soon_first else (later, soon):
        worklist.open_task(site=home.site, patient=home.patient, what="call", now=NOON, **facts)
    task = Task.objects.get()
    assert (task.due_at, task.pages_when_late) == (NOON + HOUR, True)


def test_a_task_that_is_done_is_not_joined(home) -> None:
    about = {
        "site": home.site,
        "patient": home.patient,
        "what": "call",
        "due_at": NOON,
        "pages_when_late": True,
    }
    done = worklist.open_task(**about, now=NOON)
    worklist.finish(done.pk, by=home.doctors[0], outcome="called", now=NOON)
    assert worklist.open_task(**about, now=NOON + HOUR) != done
