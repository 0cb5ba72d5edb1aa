"""A process killed (-9) at every point between two commits: nothing is lost and nothing said twice."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from notifications import crashing
from tests.faults import night
from tests.service import Service, demo
from tests.waiting import until

pytestmark = pytest.mark.processes
WITHIN = 60
FURTHER = 35  # past a lease, and past the time after which the provider is asked again

# What the service texts to itself arrives whenever it likes.
HEARD = f"SELECT count(*) FROM monitoring_reply WHERE sender = '{night.DORA}'"
HARMLESS, FEVER = "Thank you", "38.6 and shaking"


@pytest.fixture(scope="module")
def switch(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("switch") / "die-at"


@pytest.fixture(scope="module")
def service(tmp_path_factory, switch) -> Iterator[Service]:
    with demo(tmp_path_factory.mktemp("service"), STEPUP_CRASH_SWITCH=str(switch)) as service:
        night.dose_is_given_and_checked(service)
        yield service


def a_text(service: Service) -> None:
    """The patient texts something that is answered."""
    service.provider.text(night.DORA, night.OUR_NUMBER, HARMLESS)


def a_climb(service: Service) -> None:
    """A case is open, and its next rung comes due."""
    if not service.rows("SELECT 1 FROM monitoring_escalation WHERE state = 'open'"):
        service.provider.text(night.DORA, night.OUR_NUMBER, FEVER)
        until(lambda: service.rows("SELECT 1 FROM monitoring_escalation WHERE state = 'open'"), "the case")
    service.move_clock(15 * 60)


AT: list[tuple[str, Callable[[Service], None]]] = [
    (point, a_climb if point.startswith("case") else a_text) for point in crashing.POINTS
]


@pytest.mark.parametrize(("point", "happens"), AT, ids=[point for point, _ in AT])
def test_killed_at_any_point_nothing_is_lost_and_nothing_said_twice(service, switch, point, happens) -> None:
    before = service.rows(HEARD)[0][0]
    switch.write_text(point)
    happens(service)
    until(lambda: not switch.exists(), f"a process to die at {point!r}", seconds=WITHIN)
    if happens is a_text:
        count = f"{HEARD} AND understood_at IS NOT NULL"
        until(lambda: service.rows(count)[0][0] == before + 1, "the text, once", seconds=WITHIN)
    service.move_clock(FURTHER)
    until(lambda: not night.still_on_its_way(service), "everything to be settled", seconds=WITHIN)
    night.every_text_is_accounted_for_once(service)


def test_afterwards_every_invariant_holds(service) -> None:
    until(lambda: night.is_healthy(service), "a healthy service", seconds=WITHIN)
