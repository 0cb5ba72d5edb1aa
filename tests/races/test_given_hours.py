"""Two engines that tell somebody of their hours at once, and a change of the list that comes while one does."""

import threading
from datetime import datetime, timedelta

import pytest
from django.db import transaction

from notifications import clock, given_hours, overrides
from notifications.models import Clinician, GivenHours, Message
from tests.races.crowd import at_once, somebody_waits
from tests.waiting import until

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
HOUR = timedelta(hours=1)


def put(who: Clinician, by: Clinician, rung: int, now: datetime) -> None:
    span = {"starts_at": now + HOUR, "ends_at": now + 9 * HOUR}
    overrides.make(who.site, who, rung, **span, why="ill", by=by, now=now)


def told(who: Clinician) -> int:
    return Message.objects.filter(clinician=who, key__startswith="given-hours:").count()


def test_two_engines_tell_somebody_once(doctors) -> None:
    now, telling = clock.now(), threading.Event()
    put(doctors[2], doctors[0], 1, now)

    def first() -> int:
        with transaction.atomic():
            done = given_hours.tell_due(now=now)
            telling.set()
            until(somebody_waits, "the second engine to run into the first")
        return done

    def second() -> int:
        telling.wait(20)
        return given_hours.tell_due(now=now)

    assert at_once(first, second) == [1, 0]
    assert told(doctors[2]) == 1
    assert not GivenHours.objects.filter(settled_at=None).exists()


def test_hours_given_while_an_engine_tells_of_others_are_told_next(doctors) -> None:
    now, telling = clock.now(), threading.Event()
    put(doctors[2], doctors[1], 3, now)

    def tells() -> int:
        with transaction.atomic():
            done = given_hours.tell_due(now=now)
            telling.set()
            given.wait(20)
        return done

    given = threading.Event()

    def gives() -> None:
        telling.wait(20)
        put(doctors[2], doctors[1], 4, now)
        given.set()

    assert at_once(tells, gives)[0] == 1
    assert GivenHours.objects.filter(settled_at=None).count() == 1
    assert (given_hours.tell_due(now=now), told(doctors[2])) == (1, 2)
