"""Breaks that must never go unnoticed, each with the tests that see it; and the tests that speak for each module."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass

ANY_ORDER = "tests/notifications/test_any_order.py"
SETTLING = "tests/notifications/test_settling.py"
NO_CASE_RESTS = "tests/monitoring/test_no_case_rests.py"
DELIVER = "tests/notifications/test_outbox_deliver.py"


@dataclass(frozen=True)
class Break:
    """In `file`, `new` instead of `old`, which stands there once; or, `whole`, instead of it all, parsed as `tree`."""

    name: str
    file: str
    old: str
    new: str
    tests: Sequence[str] = (ANY_ORDER,)
    whole: bool = False
    tree: ast.Module | None = None


LADDER = "protocols/ladder.py"
OUTBOX, RECONCILE = "notifications/outbox.py", "notifications/reconcile.py"
CASES, INBOUND, SILENCE = "monitoring/escalations.py", "monitoring/inbound.py", "monitoring/silence.py"

BREAKS = [
    Break("no lease recovery", RECONCILE,
          "held = let_go(now=now)", "held = let_go(now=now).none()"),
    Break("a ladder that ends", CASES,
          "    if case.state == State.OPEN:\n        climbing.page_next_rung(case, now)\n    else:",
          "    if case.state == State.OPEN and case.round > 1:\n        pass\n"
          "    elif case.state == State.OPEN:\n        climbing.page_next_rung(case, now)\n    else:",
          (NO_CASE_RESTS,)),
    Break("no look before the POST", OUTBOX,
          "pk=OuterRef(\"message\"), cancelled_at=None, not_after__gt=now)", "pk=OuterRef(\"message\"))"),
    Break("a text stored in a transaction of its own", INBOUND,
          "    with transaction.atomic():\n        sender, sent_to =", "    if True:\n        sender, sent_to =",
          (NO_CASE_RESTS,)),
    Break("marked as understood and never read", INBOUND,
          "    try:\n        with transaction.atomic():\n            _understand(reply, now)\n",
          "    try:\n        pass\n", (NO_CASE_RESTS,)),
    Break("taken without a next act", CASES,
          "        next_at=now + timedelta(minutes=rules.reach),\n", "        next_at=now + timedelta(days=9),\n",
          (NO_CASE_RESTS,)),
    Break("tried again blindly", OUTBOX,
          "_in_the_post(delivery).update(state=State.AMBIGUOUS, lease_until=None, due_at=now)",
          "_in_the_post(delivery).update(state=State.PENDING, lease_until=None, due_at=now)"),
    Break("silence of the provider never asked about", RECONCILE,
          "return Delivery.objects.filter(state=State.ACCEPTED, deadline_at__lte=now)",
          "return Delivery.objects.filter(state=State.ACCEPTED, deadline_at=None)"),
    Break("a stale fence accepted", OUTBOX,
          "Exists(wanted), pk=pk, fence=fence,", "Exists(wanted), pk=pk, fence__gte=fence,", (DELIVER,)),
    Break("not found is sent again at once", RECONCILE,
          "elif now - submitted_at < SETTLE_AFTER:", "elif now - submitted_at < SETTLE_AFTER * 0:", (SETTLING,)),
    Break("a late report moves a state back", RECONCILE,
          "    if rank <= delivery.status_rank:\n        return\n", "", ("tests/notifications/test_reports.py",)),
    Break("the patient is never told that nobody has it", CASES,
          "+ climbing.tell_waiting_patients(now)", "+ 0", (NO_CASE_RESTS,)),
    Break("silence stops climbing", SILENCE,
          "    return CheckIn.objects.filter(state=State.ASKED, next_at__lte=now)",
          "    return CheckIn.objects.filter(state=State.ASKED, next_at=None)", (NO_CASE_RESTS,)),
    Break("the last rung is the last", LADDER,
          "    for candidate in [*range(rung + 1, top + 1), *range(1, rung + 1)]:",
          "    for candidate in range(rung + 1, top + 1):", (NO_CASE_RESTS,)),
    Break("declined, and nobody is called sooner", CASES,
          "    called = climbing.call_sooner(case, now, no_of=by)\n", "    called = True\n", (NO_CASE_RESTS,)),
    Break("nobody left to call, and the ladder starts again at once", "monitoring/climbing.py",
          "    if paging.ring_desk_if_nobody_is_left(case, now=now):\n        return False\n", "",
          ("tests/monitoring/test_nobody_left.py",)),
    Break("handed back, and nobody is paged", CASES,
          "\"handed back\", now=now, by=by, text=reason)\n    climbing.page_next_rung(case, now)\n",
          "\"handed back\", now=now, by=by, text=reason)\n", (NO_CASE_RESTS,)),
    Break("news of the same weight pages everybody again", CASES,
          "RANK[urgency] > RANK[case.urgency] or", "RANK[urgency] >= RANK[case.urgency] or", (NO_CASE_RESTS,)),
]  # fmt: skip

TESTS_OF: dict[str, Sequence[str]] = {
    "stepup/engine.py": ("tests/stepup/test_engine.py", "tests/stepup/test_glance.py"),
    "notifications/glance.py": ("tests/stepup/test_glance.py", "tests/monitoring/test_background.py"),
    "monitoring/escalations.py": (
        "tests/monitoring/test_what_a_case_leaves.py", "tests/monitoring/test_who_is_told.py",
        "tests/monitoring/test_calling.py", "tests/monitoring/test_nobody_left.py", NO_CASE_RESTS,
        "tests/monitoring/test_deaths.py",
    ),
    "monitoring/climbing.py": (
        "tests/monitoring/test_what_a_case_leaves.py", "tests/monitoring/test_who_is_told.py",
        "tests/monitoring/test_calling.py", "tests/monitoring/test_nobody_left.py", "tests/monitoring/test_ladders.py",
        NO_CASE_RESTS, "tests/monitoring/test_case_offers.py",
    ),
    "monitoring/desk_calls.py": (
        "tests/monitoring/test_nobody_left.py", "tests/monitoring/test_casefile.py",
        "tests/monitoring/test_who_is_told.py",
    ),
    "monitoring/paging.py": (
        "tests/monitoring/test_who_is_told.py", "tests/monitoring/test_what_a_case_leaves.py",
        "tests/monitoring/test_ladders.py", "tests/monitoring/test_calling.py",
        "tests/monitoring/test_nobody_left.py", "tests/monitoring/test_case_offers.py",
    ),
    "notifications/outbox.py": (
        "tests/notifications/test_outbox_queue.py", "tests/notifications/test_second_account.py", DELIVER,
        "tests/notifications/test_retries.py", "tests/notifications/test_lanes.py", SETTLING,
    ),
    "notifications/oncall.py": (
        "tests/notifications/test_oncall.py", "tests/notifications/test_rotations.py",
        "tests/notifications/test_planned_rotations.py", "tests/notifications/test_another_zone.py",
        "tests/stepup/test_cover_of_a_ladder.py", "tests/monitoring/test_ladders.py",
        "tests/monitoring/test_drills.py", "tests/monitoring/test_whole_turns.py",
    ),
    "notifications/reconcile.py": (
        SETTLING, "tests/notifications/test_reports.py", "tests/notifications/test_second_account.py",
        "tests/notifications/test_retries.py", DELIVER, ANY_ORDER,
    ),
    "notifications/rotations.py": (
        "tests/notifications/test_rotations.py", "tests/notifications/test_planned_rotations.py",
        "tests/notifications/test_another_zone.py",
    ),
    "notifications/overrides.py": ("tests/notifications/test_rotations.py", "tests/notifications/test_swaps.py"),
    "notifications/swaps.py": (
        "tests/notifications/test_swaps.py",
        "tests/notifications/test_swaps_for_anyone.py",
        "tests/races/test_swaps.py",
    ),
    "notifications/given_hours.py": ("tests/notifications/test_given_hours.py",),
    "monitoring/offers.py": (
        "tests/monitoring/test_case_offers.py", "tests/monitoring/test_who_is_told.py",
    ),
    "protocols/rotas.py": ("tests/protocols/test_rotas.py",),
    "protocols/duty.py": ("tests/protocols/test_duty.py",),
    "protocols/ladder.py": ("tests/protocols/test_ladders.py", "tests/monitoring/test_ladders.py"),
}  # fmt: skip
"""In the order in which they are run: the first that fails ends it, so the most telling come first."""
