"""What a broken invariant leads to: the engine mends it within half a minute, or the health page is red until somebody
does.

Nothing is broken in silence: before it is mended, too, the engine's next turn has counted it.
"""

import json
from collections.abc import Callable, Mapping

import pytest
from django.test import Client

from monitoring import escalations
from monitoring.models import Escalation
from notifications import clock, gateway, heartbeat
from notifications.models import Heartbeat, Message, Shift
from stepup import engine, invariants
from tests.makers import NOON
from tests.stepup.nights import (
    CASES,
    HOUR,
    SECOND,
    Night,
    a_reply_from_the_future,
    a_report_from_the_future,
    a_sign_from_the_future,
    ask_nothing_more,
    report_on_two,
    send_twice,
    set_the_clock_back,
)

pytestmark = [pytest.mark.database, pytest.mark.django_db]
TURNS = [NOON + n * 5 * SECOND for n in range(1, 7)]


def quiet_provider(method: str, path: str, fields: Mapping[str, object]) -> tuple[int, str]:
    """A provider that takes everything, lists nothing and knows of nothing it is asked about."""
    if method == "POST":
        sid = ("CA" if "Calls" in path else "SM") + f"{abs(hash(str(fields))):032d}"[:32]
        return 201, json.dumps({"sid": sid, "status": "queued"})
    kind = "calls" if "Calls" in path else "messages"
    return 200, json.dumps({kind: [], "page": 0, "page_size": 50, "next_page_uri": None})


def leave_a_gap(night: Night, _: int) -> None:
    period = Shift.objects.get(rung=2).period
    Shift.objects.filter(rung=2).update(period=type(period)(period.lower, NOON + 23 * HOUR))


MENDED, RED = "mended", "red until somebody acts"
OTHERS: list[tuple[str, Callable[[Night, int], None], int]] = [
    ("I8", send_twice, 0),
    ("I9", ask_nothing_more, 0),
    ("I11", leave_a_gap, 0),
    ("I12", set_the_clock_back, 3600),
    ("I8 reports", report_on_two, 0),
    ("I12 replies", a_reply_from_the_future, 3600),
    ("I12 reports", a_report_from_the_future, 3600),
    ("I12 signs", a_sign_from_the_future, 3600),
]
# No engine can take back a text, find somebody for an hour, set a clock or ask a ward; what it cannot mend it says.
LEADS_TO = (
    {name: MENDED for name, _, _ in CASES}
    | {name: RED for name, _, _ in OTHERS}
    | {"I9": MENDED, "I12 signs": MENDED, "I17": RED}
)
ROWS = [(*case, LEADS_TO[case[0]]) for case in [*CASES, *OTHERS]]


def test_every_invariant_has_its_row() -> None:
    assert set(LEADS_TO) == set(invariants.QUERIES)


@pytest.mark.parametrize(("name", "breaks", "seconds", "leads_to"), ROWS, ids=[row[0] for row in ROWS])
def test_what_is_found_is_mended_within_seconds_or_said_until_it_is(
    night, name, breaks, seconds, leads_to
) -> None:
    breaks(night, seconds)
    assert name in invariants.counts(now=NOON + SECOND), "found"
    with gateway.through(quiet_provider):
        for at in TURNS:
            engine.tick(now=at)
    engine.check(now=TURNS[-1])
    said = heartbeat.figures(heartbeat.CHECKS)["broken"]
    assert (name in said) is (leads_to == RED)
    Heartbeat.objects.update(at=clock.now())
    answer = Client().get("/healthz")
    assert (name in answer.json()["broken_invariants"]) is (leads_to == RED)
    assert leads_to == MENDED or answer.status_code == 503


def test_a_desk_that_is_rung_for_want_of_anybody_is_not_rung_every_second(night) -> None:
    Shift.objects.all().delete()
    night.all_arrives()
    escalations.hand_back(taken(night).pk, by=night.first, now=NOON, reason="off duty")
    for at in TURNS:
        engine.act(now=at)
    assert Message.objects.filter(to=night.site.oncall_number).count() == 1


def taken(night: Night) -> Escalation:
    return escalations.take(night.case.pk, by=night.first, now=NOON, how="screen")
