"""What an idle turn, a text or a dose reads must not grow with what is finished, whatever it was planned for."""

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection

from benchmarks import rows
from monitoring import background, checkins, closer, codes, inbound, watches
from monitoring.models import Canary, CloserQuestions, Patient, Task, Watch
from notifications import audit, outbox, prepared, reconcile
from notifications.glance import Glance
from notifications.models import Message, ProviderReport
from stepup import engine, invariants, obstacles
from stepup.models import Course
from tests import makers, ready
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]

IDLE = NOON + timedelta(minutes=5)
OF_ALL = {"I11"}  # is answered from the rota
BROKEN = {name: (query,) for name, query in invariants.QUERIES.items() if name not in OF_ALL}
GLANCES = {"due": engine.DUE, "unsettled": engine.UNSETTLED, "broken": Glance(BROKEN)}
ROWS = 1500  # in each table; more than the last lines of the ledger, which are read again each time
PAGES_MORE = 10
"""That deeper indexes may cost all looks together; one table that is read whole costs 22 or more."""


KINDS = {datetime: "timestamptz", int: "bigint", str: "text"}
FOUND_BY: list[tuple[Any, str, str]] = [
    (outbox._next, "rows", "Index Scan using delivery_due"),  # what waits
    (reconcile._arrived_first, "update", "Index Cond: ((token)"),  # one delivery, by the token of its report
    (checkins.in_need, "rows", "checkin_to_come"),  # what is to come of a watch
]


@pytest.fixture(scope="module", autouse=True)
def _of_its_own(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[None]:
    """A new database: in the one that tests share lies what thousands of them took back, to be read and planned for."""
    new = urlsplit(ready.named(tmp_path_factory.mktemp("own"))["DATABASE_URL"]).path.removeprefix("/")
    with django_db_blocker.unblock():
        connection.close()
    shared, connection.settings_dict["NAME"] = connection.settings_dict["NAME"], new
    yield
    with django_db_blocker.unblock():
        connection.close()
    connection.settings_dict["NAME"] = shared


def _a_ward() -> Patient:
    """One whose watch goes well, beside one finished row of everything that grows; nothing is due."""
    site = makers.a_site()
    nurse = makers.a_responder(site, 1, name="Nurse N")
    watched, over = (makers.a_patient(site) for _ in range(2))
    for patient in (over, watched):
        makers.a_dose(makers.a_course(patient), given_at=NOON, now=NOON)
    closer.begin(Watch.objects.get(patient=over), why="just below the fever line", now=NOON)
    rows.history(over, by=nurse, now=NOON)
    CloserQuestions.objects.update(ended_at=NOON, ended_by=nurse, ended_why="well")
    Task.objects.filter(done_at=None).update(done_at=NOON, done_by=nurse, outcome="read")
    ProviderReport.objects.create(token="t", payload={}, received_at=NOON, applied_at=NOON)
    text = Message.objects.earliest("pk")
    Canary.objects.create(site=site, token="c", text=text, sent_at=NOON - timedelta(hours=1), lapsed_at=NOON)
    audit.seal()
    return watched


def _rows(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {table}")
        cursor.execute(f"SELECT count(*) FROM {table}")
        return cursor.fetchone()[0]


def _asked_by_a_text(patient: Patient) -> dict[str, tuple[str, list[Any]]]:
    """The statements that find whoever wrote and what bears on it, each with its values."""
    about = {"now": IDLE, "patient": patient.pk, "sender": patient.phone}
    asked: dict[Any, dict[str, Any]] = {
        inbound._nobody_elses: {"phone": patient.phone},
        background._asked: about,
        background._watched: about,
    }
    found = {}
    for marked, values in asked.items():
        one = marked.statement("first")
        found[marked.__name__] = one.text, one.places.put_in(one.left, values)
    return found


def _asked_by_a_dose(patient: Patient) -> dict[str, tuple[str, list[Any]]]:
    """The statements that say what stands against a dose and what keeps a watch open."""
    [course], [watch] = Course.objects.filter(patient=patient), Watch.objects.filter(patient=patient)
    return {
        "against a dose": obstacles.STANDS.asked(IDLE, patient=patient.pk, course=course.pk),
        "keeps a watch open": watches.HOLDS.asked(IDLE, patient=patient.pk, watch=watch.pk),
    }


def _pages_read(statement: str, values: list[Any]) -> int:
    """How many pages the statement reads, planned once for any value as a connection that asks it often does."""
    kinds = ", ".join(KINDS[type(value)] for value in values)
    given = ", ".join(prepared.literal(value) for value in values)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        places = (f"${n}" for n in range(1, len(values) + 1))
        cursor.execute(f"PREPARE asked ({kinds}) AS {statement % tuple(places)}")
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE asked ({given})")
        found = cursor.fetchone()[0]
        cursor.execute("DEALLOCATE asked")
    plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]


def test_an_idle_turn_a_text_or_a_dose_reads_no_more_of_twice_as_many_finished_rows() -> None:
    watched = _a_ward()
    asked = _asked_by_a_text(watched) | _asked_by_a_dose(watched)
    asked["a code for a case"] = codes._HAVE.asked(IDLE, code="1234")
    asked |= {name: glance.asked(IDLE) for name, glance in GLANCES.items()}
    pages: dict[str, list[int]] = {name: [] for name in asked}
    for size in (ROWS, 2 * ROWS):
        rows.copy(size - ROWS, size)
        assert min(_rows(table) for table, *_ in rows.GROWING + rows.LEDGER) >= size
        for glance in GLANCES.values():
            assert glance.at(IDLE) == set(), "nothing is due: every look is taken"
        for name, (statement, values) in asked.items():
            pages[name].append(_pages_read(statement, values))
    for name, (few, many) in pages.items():
        assert many <= few + PAGES_MORE, (name, pages)
    for marked, form, by in FOUND_BY:
        assert by in _plan(marked.statement(form)), "by the index that was made for it"


def _plan(statement: Any) -> str:
    """How the database would carry it out for any values."""
    places, values = count(1), statement.places.put_in(statement.left, statement.places.stands)
    kinds = iter(["::timestamptz" if isinstance(value, datetime) else "" for value in values])
    with connection.cursor() as cursor:
        asked = re.sub("%s", lambda _: f"${next(places)}{next(kinds)}", statement.text)
        cursor.execute(f"EXPLAIN (GENERIC_PLAN) {asked}")
        return "\n".join(line for [line] in cursor.fetchall())
