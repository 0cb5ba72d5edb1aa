"""Breaks that must never go unnoticed, each with the tests that see it; and the tests that speak for each module."""

from collections.abc import Sequence
from dataclasses import dataclass

ANY_ORDER = "tests/notifications/test_any_order.py"
SETTLING = "tests/notifications/test_settling.py"
DELIVER = "tests/notifications/test_outbox_deliver.py"


@dataclass(frozen=True)
class Break:
    """In `file`, `new` instead of `old`, which stands there once; or, `whole`, instead of all of it."""

    name: str
    file: str
    old: str
    new: str
    tests: Sequence[str] = (ANY_ORDER,)
    whole: bool = False


OUTBOX, RECONCILE = "notifications/outbox.py", "notifications/reconcile.py"
CASES, INBOUND, SILENCE = "monitoring/escalations.py", "monitoring/inbound.py", "monitoring/silence.py"

BREAKS = [
    Break("no lease recovery", RECONCILE,
          "held = Delivery.objects.filter(lease_until__lte=now)", "held = Delivery.objects.none()"),
    Break("a ladder that ends", CASES,
          "    if case.state == State.OPEN:\n        _page_next_rung(case, now)\n    else:",
          "    if case.state == State.OPEN and case.round > 1:\n        pass\n"
          "    elif case.state == State.OPEN:\n        _page_next_rung(case, now)\n    else:"),
    Break("no look before the POST", OUTBOX,
          "ours.filter(state=State.CLAIMED, message__cancelled_at=None, message__not_after__gt=now)",
          "ours.filter(state=State.CLAIMED)"),
    Break("a text stored in a transaction of its own", INBOUND,
          "    with transaction.atomic():\n        body = body.replace", "    if True:\n        body = body.replace"),
    Break("marked as understood and never read", INBOUND,
          "    try:\n        with transaction.atomic():\n            _understand(reply, now)\n",
          "    try:\n        pass\n"),
    Break("taken without a next act", CASES,
          "        next_at=now + timedelta(minutes=rules.reach),\n", "        next_at=now + timedelta(days=9),\n"),
    Break("tried again blindly", OUTBOX,
          "ours.filter(state=State.SUBMITTING).update(state=State.AMBIGUOUS, lease_until=None, due_at=now)",
          "ours.filter(state=State.SUBMITTING).update(state=State.PENDING, lease_until=None, due_at=now)"),
    Break("silence of the provider never asked about", RECONCILE,
          "overdue = Delivery.objects.filter(state=State.ACCEPTED, deadline_at__lte=now)",
          "overdue = Delivery.objects.filter(state=State.ACCEPTED, deadline_at=None)"),
    Break("a stale fence accepted", OUTBOX,
          "ours = Delivery.objects.filter(pk=delivery.pk, fence=delivery.fence)\n    still_wanted",
          "ours = Delivery.objects.filter(pk=delivery.pk)\n    still_wanted", (DELIVER,)),
    Break("not found is sent again at once", RECONCILE,
          "elif now - submitted_at < SETTLE_AFTER:", "elif now - submitted_at < SETTLE_AFTER * 0:", (SETTLING,)),
    Break("a late report moves a state back", RECONCILE,
          "    if rank <= delivery.status_rank:\n        return\n", "", ("tests/notifications/test_reports.py",)),
    Break("the patient is never told that nobody has it", CASES,
          "+ _tell_waiting_patients(now, limit)", "+ 0"),
    Break("silence stops climbing", SILENCE,
          "    late = CheckIn.objects.filter(state=State.ASKED, next_at__lte=now - patience)",
          "    late = CheckIn.objects.filter(state=State.ASKED, next_at=None)"),
]  # fmt: skip

TESTS_OF: dict[str, Sequence[str]] = {
    "stepup/engine.py": ("tests/stepup/test_health.py", "tests/stories/test_nights_that_went_wrong.py", ANY_ORDER),
    "monitoring/escalations.py": (
        "tests/monitoring/test_calling.py", "tests/races/test_cases.py", "tests/stepup/test_invariants_queries.py",
        ANY_ORDER,
    ),
    "notifications/outbox.py": (
        DELIVER, "tests/notifications/test_outbox_queue.py", "tests/notifications/test_retries.py",
        "tests/notifications/test_lanes.py", "tests/races/test_deliveries.py", ANY_ORDER,
    ),
    "notifications/oncall.py": ("tests/notifications/test_oncall.py",),
}  # fmt: skip
