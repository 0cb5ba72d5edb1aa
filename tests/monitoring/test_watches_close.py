"""A watch closes at its end, and only when nothing is open: whatever still needs somebody holds it."""

import pytest

from monitoring import checkins, escalations, watches, worklist
from monitoring.models import CheckIn, Reaction, Watch
from tests import makers
from tests.home import HOUR, MINUTE, Home
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
END = NOON + 168 * HOUR


@pytest.fixture
def home() -> Home:
    """The last check-in of the watch has been answered."""
    home = Home()
    home.watch.checkins.update(state=CheckIn.State.ANSWERED, next_at=None, ended_at=END)
    return home


def a_case(home: Home) -> None:
    escalations.raise_concern(
        site=home.site, patient=home.patient, urgency="urgent", headline="fever", now=END - HOUR
    )


def a_task(home: Home) -> None:
    worklist.open_task(
        site=home.site, patient=home.patient, what="call", due_at=END + HOUR, pages_when_late=True, now=END
    )


def a_check_in(home: Home) -> None:
    checkins.ask_again_in(home.watch, minutes=1, now=END - MINUTE)


def a_reaction(home: Home) -> None:
    nurse = makers.a_clinician(home.site)
    Reaction.objects.create(patient=home.patient, kind="crs", grade=1, noted_at=END, noted_by=nurse)


@pytest.mark.parametrize("something", [a_case, a_task, a_check_in, a_reaction])
def test_a_watch_does_not_close_over(home, something) -> None:
    something(home)
    assert watches.close_due(now=END + MINUTE) == 0
    assert watches.current(home.patient) is not None


def test_h46_a_watch_with_nothing_open_closes_at_its_end_and_says_so(home) -> None:
    assert watches.close_due(now=END - MINUTE) == 0
    assert watches.close_due(now=END) == 1
    assert Watch.objects.get().closed_at == END
    said = home.texts_to(home.patient.phone)[-1]
    assert "have ended" in said
    assert {"100.4", home.site.oncall_number, home.site.emergency_number} <= set(
        said.replace(":", " ").replace(",", " ").split()
    )
