"""What a turn's one statement says must be what its queries would find, at any moment and whatever is due."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from monitoring import escalations
from monitoring.models import Escalation, Page
from notifications import clock
from notifications.glance import NOON, Glance
from stepup import engine, invariants
from tests import makers

pytestmark = [pytest.mark.database, pytest.mark.django_db]

LATER = [timedelta(0), timedelta(minutes=4), timedelta(hours=3), timedelta(days=3), timedelta(days=40)]


@pytest.fixture
def ward() -> datetime:
    """A patient after a dose with a fever nobody has, and one who was never asked anything."""
    now = clock.now()
    site = makers.a_site()
    makers.a_responder(site, 1, name="Dr A", since=now)
    patient = makers.a_patient(site, now=now)
    makers.a_dose(makers.a_course(patient, now=now), given_at=now, now=now)
    makers.a_patient(site, now=now)
    escalations.raise_concern(site=site, patient=patient, urgency="urgent", headline="a fever", now=now)
    return now


@pytest.mark.parametrize("later", LATER, ids=str)
@pytest.mark.parametrize(
    "glance", [engine.DUE, engine.UNSETTLED, invariants.BROKEN], ids=["due", "unsettled", "broken"]
)
def test_one_statement_says_what_each_query_would_find(ward, glance: Glance, later) -> None:
    now = ward + later
    found = {
        name for name, queries in glance.looks.items() if any(query(now=now).exists() for query in queries)
    }
    assert glance.at(now) == found


def test_what_a_question_is_about_is_put_in_where_it_stood_and_nowhere_else(ward) -> None:
    def is_open(*, now: datetime, words: str) -> QuerySet[Escalation]:
        return Escalation.objects.filter(headline=words, state="open", opened_at__lte=now)

    glance = Glance({"open": (is_open,)}, words="anything")
    asked = [glance.at(ward, words=words) for words in ("a fever", "a cold", "anything", "a fever")]
    assert asked == [{"open"}, set(), set(), {"open"}]


def test_a_question_may_be_about_a_second_moment(ward) -> None:
    def opened(*, now: datetime, until: datetime) -> QuerySet[Escalation]:
        return Escalation.objects.filter(opened_at__gte=now, opened_at__lt=until)

    glance, hour = Glance({"opened": (opened,)}, until=NOON + timedelta(days=1)), timedelta(hours=1)
    spans = [(ward - hour, ward), (ward - hour, ward + hour), (ward, ward + hour), (ward + hour, ward)]
    assert [glance.at(since, until=until) for since, until in spans] == [set(), {"opened"}, {"opened"}, set()]


def test_what_is_always_the_same_stands_in_the_statement_itself(ward) -> None:
    words = "100 %s of it's over"

    def is_open(*, now: datetime) -> QuerySet[Escalation]:
        return Escalation.objects.filter(headline=words, headline__contains="%s of", opened_at__lte=now)

    glance = Glance({"open": (is_open,)})
    assert glance.at(ward) == set()
    Escalation.objects.update(headline=words)
    assert (glance.at(ward), glance.at(ward - timedelta(days=1))) == ({"open"}, set())
    assert glance.asked(ward)[1] == [ward], "only the moment is put in"


def test_the_moments_of_the_ward_find_different_things(ward) -> None:
    seen = {frozenset(engine.DUE.at(ward + later)) for later in LATER}
    assert len(seen) >= 3
    assert {"cases", "asked", "unheard", "closed"} <= frozenset().union(*seen)


def test_each_step_of_a_turn_has_its_look_and_each_look_its_step(ward) -> None:
    steps = engine.act(now=ward)
    assert set(engine.DUE.looks) == {*steps, *engine.Lane.names}


@pytest.mark.django_db(transaction=True)
def test_a_table_that_is_away_does_not_silence_a_page(ward) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE monitoring_canary RENAME TO monitoring_canary_away")
        try:
            engine.act(now=ward + timedelta(minutes=16))
        finally:
            cursor.execute("ALTER TABLE monitoring_canary_away RENAME TO monitoring_canary")
    assert Page.objects.count() == 2, "the first at once, the next now"


def test_a_turn_with_nothing_due_asks_next_to_nothing(db) -> None:
    now = clock.now()
    engine.tick(now=now)  # seals what was written, and writes the statements
    with CaptureQueriesContext(connection) as asked:
        engine.tick(now=now)
    looks = [one["sql"] for one in asked if one["sql"].startswith("SELECT EXISTS")]
    beats = [one["sql"] for one in asked if "notifications_heartbeat" in one["sql"]]
    assert len(looks) == 6, "one for the acts, one for each lane, one for what is not settled"
    assert len(looks) + len(beats) == len([one for one in asked if "SAVEPOINT" not in one["sql"]])
