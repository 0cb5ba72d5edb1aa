"""What is written once must be what Django writes each time, whatever is put in."""

import importlib
import pkgutil
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import QuerySet, prefetch_related_objects
from psycopg.types.json import Jsonb

import monitoring
import notifications
import protocols
import stepup
from monitoring import escalations
from monitoring.models import Escalation, Patient
from notifications import clock, written
from notifications.models import Delivery
from tests import makers

pytestmark = [pytest.mark.database, pytest.mark.django_db]

for app in (stepup, monitoring, notifications, protocols):
    for module in pkgutil.walk_packages(app.__path__, f"{app.__name__}."):
        if not module.name.startswith(("stepup.local", "stepup.wsgi")):
            importlib.import_module(module.name)
MARKED = [(one, form) for one in written.EVERY for form in one.FORMS]
NAMES = [f"{one.function.__module__}.{one.__name__}-{form}" for one, form in MARKED]
OTHERS: list[dict[type, list[Any]]] = [
    {datetime: [datetime(2026, 3, 8, 1, 59, tzinfo=UTC) + n * timedelta(hours=7) for n in range(9)],
     int: list(range(9)), str: [f"word {n}" for n in range(9)]},
    {datetime: [datetime(1999, 12, 31, 23, tzinfo=UTC) - n * timedelta(days=30) for n in range(9)],
     int: [31_000 - n for n in range(9)], str: ["", "%s", "d'or", "pending", *map(str, range(5))]},
]  # fmt: skip
"""By kind, values that arguments are given; none is what stands for them."""


@pytest.mark.parametrize("others", OTHERS, ids=["usual", "odd"])
@pytest.mark.parametrize(("marked", "form"), MARKED, ids=NAMES)
def test_it_asks_what_django_would_write(marked: Any, form: str, others: dict[type, list[Any]]) -> None:
    values = {name: others[kind][place] for place, (name, kind) in enumerate(marked.places.kinds.items())}
    statement = marked.statement(form)
    text, parameters = marked.form(form, values).get_compiler("default").as_sql()
    asked = marked.places.put_in(statement.parameters, values)
    assert (statement.sql, unwrapped(asked)) == (text, unwrapped(parameters))


def unwrapped(parameters: Iterable[Any]) -> list[Any]:
    """JSON without what psycopg wraps it in: a wrapper equals itself alone."""
    return [value.obj if isinstance(value, Jsonb) else value for value in parameters]


def test_postgresql_understands_them_with_what_never_changes_in_them(db) -> None:
    for marked, form in MARKED:
        kinds = enumerate(marked.places.kinds.items())
        marked.statement(form).ask({name: OTHERS[0][kind][n] for n, (name, kind) in kinds})


def test_what_never_changes_is_written_into_it(db) -> None:
    fixed, left = written.fixed("SELECT %s, %s, %s, '5 %%'", ["d'or %s", [1, 2], 7])
    assert (fixed, left) == ("SELECT 'd''or %%s', %s, 7, '5 %%'", [[1, 2]])
    with connection.cursor() as cursor:
        cursor.execute(fixed, left)
        assert cursor.fetchone() == ("d'or %s", [1, 2], 7, "5 %")


@written.Query
def _open_cases(*, words: str, now: datetime) -> QuerySet[Escalation]:
    waited = Escalation.objects.filter(
        headline=words, state="open", opened_at__lte=now - timedelta(minutes=5)
    )
    return waited.select_related("patient__site")


@pytest.fixture
def ward() -> datetime:
    """A case about a fever, opened now."""
    now = clock.now()
    site = makers.a_site()
    makers.a_responder(site, 1, name="Dr A", since=now)
    patient = makers.a_patient(site, now=now)
    escalations.raise_concern(site=site, patient=patient, urgency="urgent", headline="a fever", now=now)
    return now


def test_it_finds_what_is_there_now_with_what_was_selected_beside_it(ward, django_assert_num_queries) -> None:
    later = ward + timedelta(minutes=5)
    assert _open_cases.rows(words="a fever", now=ward) == _open_cases.rows(words="a cold", now=later) == []
    with django_assert_num_queries(1):
        found = _open_cases.first(words="a fever", now=later)
        assert found is not None
        assert found.patient is not None
        assert found.patient.site.name
    assert found == Escalation.objects.get()
    assert (found.state, found.opened_at) == ("open", ward)
    found.headline = "a cold"
    found.save()
    assert _open_cases.exists(words="a cold", now=later)
    assert not _open_cases.exists(words="a fever", now=later)


def test_what_is_put_along_stands_where_prefetch_related_puts_it(ward, django_assert_num_queries) -> None:
    patient, other = Patient.objects.get(), Patient.objects.get()
    prefetch_related_objects([other], "escalations")
    written.put_along(patient, escalations=_open_cases.rows(words="a fever", now=ward + timedelta(hours=1)))
    assert written.is_along(patient, "escalations")
    assert not written.is_along(Patient.objects.get(), "escalations")
    with django_assert_num_queries(0):
        assert list(patient.escalations.all()) == list(other.escalations.all()) != []
        assert patient.escalations.all()[0].patient is patient
    assert patient.escalations.filter(headline="a fever").count() == 1, "it is the patient's own relation"


def test_called_it_is_the_ordinary_query(ward) -> None:
    assert _open_cases(words="a fever", now=ward + timedelta(hours=1)).filter(urgency="urgent").count() == 1


@written.Update
def _closed(*, pk: int, now: datetime) -> tuple[QuerySet[Delivery], dict[str, Any]]:
    waiting = Delivery.objects.filter(pk=pk, state="pending", message__cancelled_at=None)
    return waiting, {"state": "cancelled", "ended_at": now + timedelta(hours=1)}


def test_an_update_changes_its_rows_and_says_how_many(ward) -> None:
    delivery = Delivery.objects.first()
    assert delivery is not None
    assert [_closed(pk=delivery.pk + 1000, now=ward), _closed(pk=delivery.pk, now=ward)] == [0, 1]
    assert _closed(pk=delivery.pk, now=ward) == 0, "it is guarded"
    delivery.refresh_from_db()
    assert (delivery.state, delivery.ended_at) == ("cancelled", ward + timedelta(hours=1))


@pytest.mark.parametrize("values", [{}, {"pk": None}, {"pk": "7"}], ids=["left out", "none", "another kind"])
def test_an_argument_that_is_missing_or_of_another_kind_is_refused(values, db) -> None:
    with pytest.raises(TypeError, match="pk must be given, as int"):
        _closed(**{"now": clock.now(), **values})


def test_an_argument_that_stands_nowhere_is_refused(db) -> None:
    def odd(*, words: str) -> QuerySet[Escalation]:
        return Escalation.objects.filter(headline=words.lower() + "!")

    with pytest.raises(TypeError, match="words is not in it"):
        written.Query(odd).rows(words="a fever")
    written.EVERY.pop()


@pytest.mark.django_db(transaction=True)
def test_rows_are_locked_inside_a_transaction_only() -> None:
    def mine(*, pk: int) -> QuerySet[Delivery]:
        return Delivery.objects.select_for_update().filter(pk=pk)

    held = written.Query(mine)
    written.EVERY.pop()
    with transaction.atomic():
        assert held.rows(pk=1) == []
    assert connection.get_autocommit()
    with pytest.raises(transaction.TransactionManagementError):
        held.rows(pk=1)


def test_what_is_not_there_is_said_as_django_says_it(db) -> None:
    with pytest.raises(Escalation.DoesNotExist):
        _open_cases.get(words="Silence", now=datetime(2026, 3, 8, tzinfo=UTC))
