"""The story on real processes, with one of them killed in the middle: nothing changes but seconds."""

from pathlib import Path

import pytest

from tests.faults import night
from tests.service import Service, demo, running
from tests.waiting import until

pytestmark = pytest.mark.processes


@pytest.mark.parametrize("victim", ["worker", "engine", "valkey"])
def test_h12_killing_a_part_in_the_middle_of_the_story_costs_only_seconds(
    tmp_path: Path, victim: str
) -> None:
    # A broker that is to be killed is the service's own.
    with running(tmp_path) if victim == "valkey" else demo(tmp_path) as service:
        night.dose_is_given_and_checked(service)
        service.provider.text(night.DORA, night.OUR_NUMBER, "38.6 and shaking")
        service.kill(victim)
        night.one_page_arrives(service)
        service.kill(victim)
        night.case_is_taken_reached_and_resolved(service)
        night.nothing_is_broken(service)


def test_a_check_in_goes_out_at_its_hour_and_the_next_rung_at_its_minute(tmp_path: Path) -> None:
    with demo(tmp_path) as service:
        _a_check_in_and_two_rungs(service)


def _a_check_in_and_two_rungs(service: Service) -> None:
    night.dose_is_given_and_checked(service)
    service.move_clock(4 * 3600)
    until(lambda: night.asked(service), "the check-in of hour 4", seconds=night.PAGED_WITHIN)
    service.provider.text(night.DORA, night.OUR_NUMBER, "101.4")
    night.one_page_arrives(service)
    assert service.provider.texts_to(night.RAVI) == []
    service.move_clock(15 * 60)
    until(lambda: service.provider.texts_to(night.RAVI), "the second rung's page", seconds=night.PAGED_WITHIN)
    night.case_is_taken_reached_and_resolved(service)
    night.nothing_is_broken(service)
