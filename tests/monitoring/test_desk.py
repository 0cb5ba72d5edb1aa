"""The number patients are told to call is rung each week; while its test call is late nobody is enrolled."""

from datetime import timedelta

import pytest

from monitoring import desk, worklist
from monitoring.models import Task
from notifications import phones
from notifications.models import Clinician, Site
from protocols.errors import Refusal
from stepup import engine
from tests import makers
from tests.home import HOUR, MINUTE
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
WEEK = timedelta(days=7)


@pytest.fixture
def site() -> Site:
    return makers.a_site()


@pytest.fixture
def nurse(site) -> Clinician:
    return makers.a_clinician(site)


def wanted(site: Site) -> list[Task]:
    return list(Task.objects.filter(site=site, done_at=None))


def answered(site: Site, nurse: Clinician, *, at) -> None:
    [task] = wanted(site)
    worklist.finish(task.pk, by=nurse, outcome="the night desk answered", now=at)


def test_h44_the_number_is_rung_each_week_and_once_at_a_time(site, nurse) -> None:
    for minutes in range(3):
        engine.slow_tick(now=NOON + minutes * MINUTE)
    [task] = wanted(site)
    assert phones.for_reading(site.oncall_number) in task.what
    answered(site, nurse, at=NOON + HOUR)
    desk.look_after(now=NOON + HOUR + WEEK - MINUTE)
    assert not wanted(site)
    desk.look_after(now=NOON + HOUR + WEEK)
    assert len(wanted(site)) == 1


def test_h44_a_changed_number_is_rung_at_once(site, nurse) -> None:
    desk.look_after(now=NOON)
    answered(site, nurse, at=NOON)
    Site.objects.filter(pk=site.pk).update(oncall_number="+12155550177")
    desk.look_after(now=NOON + MINUTE)
    assert "(215) 555-0177" in wanted(site)[0].what


def test_h44_while_nobody_answers_there_nobody_is_enrolled(site, nurse) -> None:
    desk.look_after(now=NOON)
    late = NOON + worklist.SAME_DAY
    makers.a_patient(site, now=late - MINUTE)
    with pytest.raises(Refusal, match="its test call is late") as refused:
        makers.a_patient(site, now=late)
    assert refused.value.code == "number-untested"
    makers.a_patient(makers.a_site(), now=late)
    answered(site, nurse, at=late)
    makers.a_patient(site, now=late)
