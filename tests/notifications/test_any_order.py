"""Whatever happens, in whatever order: a state machine over the real operations, and what must be true at every rest.

Each step is a compound one (time passes, the engine turns, the provider behaves in some way, the process perhaps dies
at some point), because a machine with a rule for each function explores almost nothing. What may come of everything in
every standing of a case is a table (any_order.md): anything else fails at once, and so does a run that has not met all
of it. Lives begin in each state in turn, and the first of each tries everything there; the others are left to chance.
One more life meets every way in which the provider behaves and every point at which the process may die, and a run that
has not met them all fails too. How often each thing happened is printed at the end (`pytest -s`).
"""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from monitoring import escalations, inbound, offers
from monitoring.models import Escalation, Page, Reply
from notifications import crashing, gateway, outbox, reconcile
from notifications.models import Clinician, Message
from protocols.errors import Refusal
from stepup import engine, invariants
from tests import kept
from tests.home import Home
from tests.makers import NOON
from tests.notifications import what_comes
from tests.notifications.moods import MODES, Provider

pytestmark = [pytest.mark.django_db, pytest.mark.database]

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
# What is texted, and what kind of news it is to the rules of a watch.
TEXTS = {"38.6": "fever", "98.6": "well", "Thank you": "unclear", "6": "unclear", "I cannot breathe": "grave",
         "38.6 and shaking": "grave", "mixed up": "grave"}  # fmt: skip
# Where the process may die while a text, a report, or a turn of the engine is worked on.
IN_A_TEXT = [None, None, crashing.BEFORE_COMMIT_TEXT, crashing.AFTER_COMMIT_TEXT]
IN_A_REPORT = [None, None, crashing.REPORT_STORED, crashing.BEFORE_COMMIT_REPORT]
IN_A_TURN = [None, None, *(point for point in crashing.POINTS if point not in {*IN_A_TEXT, *IN_A_REPORT})]
AT_REST = {name: query for name, query in invariants.QUERIES.items() if name.split()[0] not in {"I11", "I12"}}
A_FEW_ACTS = 9  # more than it takes from any standing to any other
covered: Counter[str] = Counter()

State = Escalation.State


class Killed(BaseException):
    """The process died here. No operation may catch it."""


class AnyOrder(RuleBasedStateMachine):
    """One patient, a ladder of two, a provider and a process that may die."""

    home: Home
    line: Provider
    begins_in = what_comes.NO_CASE

    def __init__(self) -> None:
        super().__init__()
        self._undone = transaction.atomic()
        self._undone.__enter__()
        self.now = NOON + MINUTE
        self.line = Provider(covered)
        self.patch = pytest.MonkeyPatch()
        for name in ("send_text", "place_call", "status", "texts_sent", "calls_placed", "is_well"):
            self.patch.setattr(gateway, name, getattr(self.line, name))
        self.patch.setattr(crashing, "point", self._reach)
        self.dies_at: str | None = None
        self.reports: list[tuple[str, str, str]] = []
        self.told: set[str] = set()
        self.has_case = False

    def _reach(self, point: str) -> None:
        if point == self.dies_at:
            self.dies_at = None
            covered[f"died: {point}"] += 1
            raise Killed

    # steps

    @initialize(
        thorough=st.sampled_from([True, False, False, False]),
        who=st.integers(0, 1),
        acts=st.permutations(what_comes.ACTS),
        events=st.permutations(what_comes.EVENTS),
    )
    def begins(self, thorough: bool, who: int, acts: list[str], events: list[str]) -> None:
        """A life begins in its state. In the first of each, and now and then in another, everything is tried there.

        Left to chance alone, much of it would come about in one run and not in the next. The first is what Hypothesis
        calls the simplest: it takes the first of whatever can be drawn.
        """
        for stands in what_comes.to_a_responder(self.begins_in) if thorough else []:
            for act in acts:
                self._come_to(stands, who)
                self._acts(who, act)
        for event in events if thorough else []:
            self._come_to(self.begins_in, who)
            if event == "time":  # unheard: what is then tried again blindly is taken twice
                self.time_passes(seconds=4, mode="unheard", point=None, turns=1)
            else:
                self._texts(event)
        self._come_to(self.begins_in, who)
        self._turn()

    def everything_goes_wrong(self) -> None:
        """While a case climbs the provider behaves in every way, and the process dies at every point."""
        climbs = [(mode, None) for mode in MODES] + [("well", point) for point in IN_A_TURN]
        for mode, point in climbs:
            self._come_to(State.OPEN, 0)
            self.time_passes(seconds=900, mode=mode, point=point, turns=2)  # the second hands over
            self._come_to_rest()  # an account that was given up is tried again
        for point in IN_A_TEXT:
            self.somebody_texts(words="Thank you", caregiver=False, point=point)
        self.time_passes(seconds=900, mode="well", point=None, turns=2)
        self.nothing_is_sent_twice_or_too_late()
        for point, fate in [("", "dropped"), *((point, "applied") for point in IN_A_REPORT)]:
            self._reports(0, fate, point or None)

    @rule(
        seconds=st.sampled_from([1, 4, 20, 35, 70, 300, 900]),
        mode=st.sampled_from(MODES),
        point=st.sampled_from(IN_A_TURN),
        turns=st.integers(1, 2),
    )
    def time_passes(self, seconds: int, mode: str, point: str | None, turns: int) -> None:
        """The clock moves, the engine turns once or twice, the provider behaves so, and perhaps the process dies."""
        covered[f"time: {seconds} s"] += 1
        before = self._state(self._open_case())
        self.now += timedelta(seconds=seconds)
        self.line.mode = mode
        self.dies_at = point
        for _ in range(turns):
            with suppress(Killed):
                self._turn()
            self.now += 4 * SECOND
        self.dies_at = None
        self.line.mode = "well"
        self._met("time", before)

    @rule(
        words=st.sampled_from(list(TEXTS)),
        caregiver=st.booleans(),
        point=st.sampled_from(IN_A_TEXT),
    )
    def somebody_texts(self, words: str, caregiver: bool, point: str | None) -> None:
        """The provider posts a text until it is answered, as a provider does."""
        covered["text"] += 1
        sid, before = f"SM-any-{covered['text']}", self._state(self._open_case())
        sender = self.home.patient.caregiver_phone if caregiver else self.home.patient.phone
        self.dies_at = point
        for _ in range(3):
            with suppress(Killed):
                inbound.receive(
                    provider_sid=sid, sender=sender, sent_to=self.home.site.patient_number, body=words, now=self.now
                )  # fmt: skip
                break
        self.dies_at = None
        self._met(TEXTS[words], before)
        reply = Reply.objects.get(provider_sid=sid)
        assert reply.understood_at is not None or reply.received_at == self.now

    def _texts(self, kind: str) -> None:
        """The patient texts what is this kind of news, and nothing befalls us meanwhile."""
        words = next(words for words, means in TEXTS.items() if means == kind)
        self.somebody_texts(words=words, caregiver=False, point=None)

    @precondition(lambda self: self.reports)
    @rule(
        data=st.data(),
        fate=st.sampled_from(["applied", "applied", "doubled", "dropped"]),
        point=st.sampled_from(IN_A_REPORT),
    )
    def the_provider_reports(self, data: Any, fate: str, point: str | None) -> None:
        """Any report that is due, in any order; where the process dies, the engine's next turn has what was stored."""
        self._reports(data.draw(st.integers(0, len(self.reports) - 1)), fate, point)

    def _reports(self, place: int, fate: str, point: str | None) -> None:
        token, sid, status = self.reports.pop(place)
        covered[f"report: {fate}"] += 1
        for _ in range({"applied": 1, "doubled": 2, "dropped": 0}[fate]):
            kind = "Call" if sid.startswith("CA") else "Message"
            code = {"ErrorCode": "30003"} if status == "undelivered" else {}
            said = {f"{kind}Sid": sid, f"{kind}Status": status, **code}
            self.dies_at = point
            with suppress(Killed):
                reconcile.store_report(token, said, now=self.now)
            self.dies_at = None
        self.line.statuses[sid] = status, ""

    @precondition(lambda self: self.has_case)
    @rule(
        who=st.integers(0, 1),
        acts=st.lists(st.sampled_from(["go on", "go on", *what_comes.ACTS]), min_size=1, max_size=4),
    )
    def somebody_acts(self, who: int, acts: list[str]) -> None:
        """A responder does some things one after the other, whether or not they are possible now."""
        for act in acts:
            self._acts(who, act)

    def _acts(self, who: int, act: str) -> None:
        case, (by, other) = self._open_case(), (self.home.doctors[who], self.home.doctors[1 - who])
        if case is None:
            return  # an earlier act of the run has closed it
        if act == "go on":  # what a responder does; left to chance alone, hardly a case would come to its end
            by, other = (case.owner, by) if case.owner and case.owner != by else (by, other)
            act = {State.OPEN: "take", State.TAKEN: "reach"}.get(case.state, "resolve")
        why, stood = "at another bed", self._stands_to(by, case)
        acts: dict[str, Callable[[], object]] = {
            "take": lambda: escalations.take(case.pk, by=by, now=self.now, how="text"),
            "reach": lambda: escalations.reach(case.pk, by=by, now=self.now),
            "resolve": lambda: escalations.resolve(
                case.pk, by=by, now=self.now, outcome="home", grades=[("crs", 1), ("icans", 0)], over=True
            ),
            "hand back": lambda: escalations.hand_back(case.pk, by=by, now=self.now, reason=why),
            "decline": lambda: escalations.decline(case.pk, by=by, now=self.now, reason=why),
            "offer": lambda: offers.make(case.pk, to=other, reason=why, by=by, now=self.now),
        }
        try:
            acts[act]()
        except Refusal:
            assert self._stands_to(by, self._open_case()) == stood, "refused, and yet it moved"
            what_comes.note(act, stood, what_comes.REFUSED)
        else:
            covered[f"{act}: done"] += 1
            self._met(act, stood)

    def _come_to(self, stands: str, who: int) -> None:
        """Bring the case by what people do to where it stands so to one of the two."""
        wanted, _, holds = stands.partition(", ")
        holder = who if not holds or holds.startswith("mine") else 1 - who
        me = self.home.doctors[who]
        for _ in range(A_FEW_ACTS):
            case = self._open_case()
            if stands in {self._state(case), self._stands_to(me, case)}:
                return
            has_it = None if case is None or case.owner is None else self.home.doctors.index(case.owner)
            if case is None:
                self._texts("fever")
            elif has_it is None or wanted == what_comes.NO_CASE:
                self._acts(holder if has_it is None else has_it, "go on")
            elif has_it != holder or case.state != wanted == State.TAKEN or wanted == State.OPEN:
                self._acts(has_it, "hand back")
            elif case.state != wanted:
                self._acts(has_it, "reach")
            else:
                self._acts(has_it, "hand back" if offers.standing(case) else "offer")
        raise AssertionError(f"not brought to where it is {stands}")

    # what must hold

    @invariant()
    def nothing_is_sent_twice_or_too_late(self) -> None:
        tokens = Counter(given["callback"].rpartition("/")[2] for given in self.line.held.values())
        assert not [token for token, times in tokens.items() if times > 1], "taken twice by the provider"
        for sid, given in self.line.held.items():
            if sid not in self.told:
                self._judge(sid, given)

    @invariant()
    def an_unresolved_case_has_its_next_act(self) -> None:
        case = self._open_case()
        self.has_case = case is not None
        assert case is None or case.next_at is not None
        assert case is None or Page.objects.filter(escalation=case).exists()

    def teardown(self) -> None:
        """All faults end, the clock runs to quiet, and then every invariant holds and everything is accounted for."""
        try:
            self._come_to_rest()
        finally:
            self.patch.undo()
            transaction.set_rollback(True)
            self._undone.__exit__(None, None, None)

    def _come_to_rest(self) -> None:
        self.line.mode, self.dies_at = "well", None
        for _ in range(7):
            self.now += 20 * SECOND
            self._turn()
            self.nothing_is_sent_twice_or_too_late()
            for _, sid, status in self.reports:
                self.line.statuses[sid] = status, ""
            self.reports.clear()
        broken = {name: list(query(self.now)) for name, query in AT_REST.items()}
        assert not {name: rows for name, rows in broken.items() if rows}
        covered["came to rest"] += 1

    # the parts

    def _turn(self) -> None:
        self.line.now = self.now
        engine.act(now=self.now)
        self.line.now = self.now
        outbox.deliver_due(now=self.now, patience=engine.PATIENCE)
        reconcile.settle_all(now=self.now)
        covered["turn"] += 1

    def _judge(self, sid: str, given: dict[str, Any]) -> None:
        """A thing newly handed over: wanted and in time when it went; its reports are to come."""
        self.told.add(sid)
        token = given["callback"].rpartition("/")[2]
        message = Message.objects.get(deliveries__token=token)
        assert message.cancelled_at is None or message.cancelled_at >= given["at"], "sent though withdrawn"
        assert given["at"] < message.not_after, "sent too late"
        good, bad = ("completed", "no-answer") if sid.startswith("CA") else ("delivered", "undelivered")
        end = bad if len(self.told) % 5 == 0 else good
        self.line.statuses[sid] = "queued", ""
        self.reports += [(token, sid, "queued"), (token, sid, end)]

    def _state(self, case: Escalation | None) -> str:
        return case.state if case else what_comes.NO_CASE

    def _stands_to(self, by: Clinician, case: Escalation | None) -> str:
        """The state of the case, and whose it is as this person sees it."""
        if case is None or case.owner is None:
            return self._state(case)
        mine, offer = case.owner == by, offers.standing(case)
        if offer is None:
            return f"{case.state}, mine" if mine else f"{case.state}, another's"
        return f"{case.state}, {'mine, offered' if mine else 'offered to me'}"

    def _met(self, what: str, stood: str) -> None:
        what_comes.note(what, stood, self._state(self._open_case()))

    def _open_case(self) -> Escalation | None:
        return Escalation.objects.exclude(state="resolved").select_related("owner").first()


@pytest.fixture(scope="module")
def home(django_db_setup, django_db_blocker):
    with kept.made(Home, django_db_blocker) as made:
        yield made


def test_whatever_happens_in_whatever_order_nobody_is_left_unanswered(home, db) -> None:
    AnyOrder.home = home
    steps = settings(
        max_examples=max(2, settings().max_examples * 3 // 100),
        deadline=None,
        stateful_step_count=12,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        phases=[
            Phase.explicit,
            Phase.generate,
        ],  # a failure is repeated by running it again; shrinking takes minutes
    )
    life = AnyOrder()
    try:
        life.everything_goes_wrong()
    finally:
        life.teardown()
    for state in what_comes.STATES:
        begins = type(f"AnyOrderFrom{state.title().replace(' ', '')}", (AnyOrder,), {"begins_in": state})
        run_state_machine_as_test(begins, settings=steps)
    counts = "\n".join(f"{number:>6}  {what}" for what, number in sorted(covered.items()))
    never = what_comes.never_met()
    print(f"\n{counts}\n\n{what_comes.coverage()}\n\nNever met: {', '.join(never) or 'nothing'}.")  # noqa: T201 - what it explored
    assert not never, never
    wanted = [f"died: {point}" for point in crashing.POINTS]
    wanted += [f"hand-over: {mode}" for mode in MODES] + ["report: dropped"]
    missed = [what for what in wanted if not covered[what]]
    assert not missed, f"never explored: {missed}"
