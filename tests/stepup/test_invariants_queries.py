"""Each question of the engine finds the row it is there for, and nothing in a quiet clinic.

Every case starts from the same healthy night, breaks one thing the way a fault would, and expects that one
question, and no other, to notice.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.db.models import F

from monitoring import escalations, pulse, watches, worklist
from monitoring.models import (
    Admission,
    CheckIn,
    ClinicianText,
    Escalation,
    EscalationEvent,
    Page,
    Patient,
    Reaction,
    Reply,
    Task,
    Watch,
)
from notifications import heartbeat
from notifications.models import Delivery, Lane, Message, ProviderReport, Shift
from stepup import engine, invariants
from tests import makers
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
State = Delivery.State


class Night:
    """One patient under watch, a ladder of two, one open case whose pages arrived."""

    def __init__(self) -> None:
        self.now = NOON
        self.site = makers.a_site()
        self.first, self.second = (makers.a_responder(self.site, rung, name=f"Dr {rung}") for rung in (1, 2))
        self.patient: Patient = makers.a_patient(self.site)
        makers.a_dose(makers.a_course(self.patient))
        self.watch = watches.current(self.patient)
        self.case, _ = escalations.raise_concern(
            site=self.site,
            patient=self.patient,
            urgency="urgent",
            headline="fever",
            now=NOON,
            watch=self.watch,
        )
        self.all_arrives()

    def all_arrives(self) -> None:
        """Whatever was queued has been delivered."""
        for delivery in Delivery.objects.filter(state__in=Delivery.LIVE):
            Delivery.objects.filter(pk=delivery.pk).update(
                state=State.DELIVERED, provider_sid=f"SM{delivery.pk:032x}", submitted_at=NOON, ended_at=NOON
            )

    def pages(self, state: State) -> None:
        """Every page of the case stands in this state."""
        ended = NOON if state in {State.FAILED, State.EXPIRED, State.CANCELLED} else None
        paged = Delivery.objects.filter(lane__in=[Lane.PAGE_TEXT, Lane.PAGE_VOICE])
        paged.update(state=state, ended_at=ended, provider_sid=None)

    def delivery(self, **facts: object) -> None:
        """One delivery that is not about a page, with these facts."""
        pk = Delivery.objects.filter(lane=Lane.CHECKIN)[0].pk
        Delivery.objects.filter(pk=pk).update(**{"ended_at": None, "provider_sid": None} | facts)

    def reply(self, **facts: object) -> None:
        Reply.objects.create(
            site=self.site,
            provider_sid="SM1",
            sender=self.patient.phone,
            sent_to=self.site.patient_number,
            **facts,
        )


@pytest.fixture
def night(settings) -> Night:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # nobody signs in here
    return Night()


def hold_the_case(night: Night, seconds: int) -> None:
    Escalation.objects.update(next_at=NOON - seconds * SECOND)


def forget_the_pages(night: Night, seconds: int) -> None:
    Page.objects.all().delete()
    Escalation.objects.update(opened_at=NOON - seconds * SECOND)


def lose_the_pages(night: Night, seconds: int) -> None:
    night.pages(State.FAILED)
    Page.objects.update(at=NOON - seconds * SECOND)


def kill_a_worker(night: Night, seconds: int) -> None:
    night.delivery(state=State.SUBMITTING, lease_until=NOON - seconds * SECOND)


def leave_unsettled(night: Night, seconds: int) -> None:
    night.delivery(state=State.AMBIGUOUS, submitted_at=NOON - seconds * SECOND)


def lose_the_report(night: Night, seconds: int) -> None:
    night.delivery(state=State.ACCEPTED, provider_sid="SM9", deadline_at=NOON - seconds * SECOND)


def leave_words_unread(night: Night, seconds: int) -> None:
    night.reply(received_at=NOON - seconds * SECOND)


def leave_a_report_unapplied(night: Night, seconds: int) -> None:
    ProviderReport.objects.create(
        token="t", provider_sid="SM1", status="sent", payload={}, received_at=NOON - seconds * SECOND
    )


def stick_a_checkin(night: Night, seconds: int) -> None:
    first = night.watch.checkins.filter(state=CheckIn.State.WAITING)[0]
    CheckIn.objects.filter(pk=first.pk).update(next_at=NOON - seconds * SECOND)


def leave_a_task_undone(night: Night, seconds: int) -> None:
    worklist.open_task(
        site=night.site,
        patient=night.patient,
        what="call",
        due_at=NOON - seconds * SECOND,
        pages_when_late=True,
        now=NOON - HOUR,
    )


def forget_to_tell_the_patient(night: Night, seconds: int) -> None:
    Escalation.objects.update(tell_patient_at=NOON - seconds * SECOND)


def leave_the_watch_open(night: Night, seconds: int) -> None:
    escalations_over(night)
    night.watch.checkins.all().delete()
    given_at = NOON - 168 * HOUR - seconds * SECOND
    Watch.objects.update(given_at=given_at, ends_at=NOON - seconds * SECOND)


def set_the_clock_back(night: Night, seconds: int) -> None:
    EscalationEvent.objects.create(escalation=night.case, at=NOON + seconds * SECOND, what="taken")


def a_reply_from_the_future(night: Night, seconds: int) -> None:
    night.reply(received_at=NOON + seconds * SECOND, understood_at=NOON)


def a_report(token: str, sid: str, *, at: datetime = NOON) -> None:
    ProviderReport.objects.create(
        token=token, provider_sid=sid, status="sent", payload={}, received_at=at, applied_at=NOON
    )


def a_report_from_the_future(night: Night, seconds: int) -> None:
    a_report("t", "SM1", at=NOON + seconds * SECOND)


def a_sign_from_the_future(night: Night, seconds: int) -> None:
    heartbeat.sign_in(heartbeat.ENGINE, now=NOON + seconds * SECOND)


def report_on_two(night: Night, _: int) -> None:
    for sid in ("SM1", "SM2"):
        a_report("t", sid)


def a_stay(night: Night, **times: object) -> None:
    facts = {"recorded_at": NOON - 30 * HOUR, "rests_until": NOON + HOUR} | times
    Admission.objects.create(
        site=night.site, patient=night.patient, hospital="Riverside", ward="4B", phone="+15550177001",
        reason="fever", admitted_at=NOON - 30 * HOUR, admitted_by=night.first, **facts,
    )  # fmt: skip


def forget_a_stay(night: Night, seconds: int) -> None:
    a_stay(night, rests_until=NOON - seconds * SECOND)


def ask_in_hospital(night: Night, seconds: int) -> None:
    a_stay(night, recorded_at=NOON - seconds * SECOND)
    first = night.watch.checkins.filter(state=CheckIn.State.WAITING)[0]
    CheckIn.objects.filter(pk=first.pk).update(state="asked", question_at=NOON)


def forget_a_quiet(night: Night, seconds: int) -> None:
    ended_at, began_at = NOON - seconds * SECOND, NOON - HOUR
    ClinicianText.objects.create(
        site=night.site, patient=night.patient, to="patient", by=night.first, at=began_at, quiet_until=ended_at,
        message=Message.objects.earliest("pk"), unanswered_since=began_at,
    )  # fmt: skip


CASES: list[tuple[str, Callable[[Night, int], None], int]] = [
    ("I1", hold_the_case, 15),
    ("I2", forget_the_pages, 15),
    ("I3", lose_the_pages, 15),
    ("I4", kill_a_worker, 5),
    ("I5", leave_unsettled, 60),
    ("I6", lose_the_report, 15),
    ("I7 replies", leave_words_unread, 30),
    ("I7 reports", leave_a_report_unapplied, 30),
    ("I10", stick_a_checkin, 60),
    ("I13", leave_a_task_undone, 60),
    ("I14", forget_to_tell_the_patient, 60),
    ("I15", leave_the_watch_open, 60),
    ("I16", forget_a_stay, 60),
    ("I17", ask_in_hospital, 15),
    ("I18", forget_a_quiet, 60),
]


def test_a_healthy_night_breaks_nothing(night) -> None:
    assert invariants.counts(now=NOON + 20 * SECOND) == {}


@pytest.mark.parametrize(("name", "breaks", "seconds"), CASES, ids=[case[0] for case in CASES])
def test_each_question_finds_its_fault_at_its_second(night, name, breaks, seconds) -> None:
    breaks(night, seconds - 1)
    assert invariants.counts(now=NOON) == {}, "a second earlier it is nothing unusual"
    assert set(invariants.counts(now=NOON + SECOND)) == {name}


def test_every_question_is_asked_in_this_file() -> None:
    one_by_one = {"I8", "I8 reports", "I9", "I11", "I12", "I12 replies", "I12 reports", "I12 signs"}
    assert {case[0] for case in CASES} | one_by_one == set(invariants.QUERIES)


def test_two_provider_ids_for_one_message_are_found(night) -> None:
    first = Delivery.objects.filter(lane=Lane.PAGE_TEXT)[0]
    twice = {
        "message": first.message,
        "attempt": 2,
        "lane": first.lane,
        "due_at": NOON,
        "provider_sid": "SM9",
    }
    Delivery.objects.create(**twice, state=State.DELIVERED, ended_at=NOON)
    assert invariants.counts(now=NOON) == {"I8": 1}


@pytest.mark.parametrize(
    "facts",
    [{"account": "second"}, {"provider_sid": None}, {"state": State.FAILED}],
    ids=["by the other account", "never taken", "failed"],
)
def test_what_was_tried_again_and_said_once_is_no_double(night, facts) -> None:
    first = Delivery.objects.filter(lane=Lane.PAGE_TEXT)[0]
    again = {"message": first.message, "attempt": 2, "lane": first.lane, "due_at": NOON, "ended_at": NOON}
    again |= {"state": State.DELIVERED, "provider_sid": "SM9", "account": first.account}
    Delivery.objects.create(**again | facts)
    assert invariants.double_sends(NOON).count() == 0
    Delivery.objects.filter(attempt=2).update(
        state=State.DELIVERED, provider_sid="SM9", account=first.account
    )
    assert invariants.double_sends(NOON).count() == 1
    Delivery.objects.filter(pk=first.pk).update(**facts | {"ended_at": NOON})
    assert invariants.double_sends(NOON).count() == 0


def test_two_texts_under_the_token_of_one_attempt_are_found(night) -> None:
    report_on_two(night, 0)
    assert invariants.counts(now=NOON) == {"I8 reports": 1}


def test_reports_on_one_text_or_without_an_id_are_no_double(night) -> None:
    for token, sid in (("t", "SM1"), ("t", "SM1"), ("t", ""), ("another", "SM2")):
        a_report(token, sid)
    assert invariants.counts(now=NOON) == {}


def test_only_the_newest_reports_are_looked_at(night, monkeypatch) -> None:
    monkeypatch.setattr(invariants, "NEWEST", 3)
    report_on_two(night, 0)
    a_report("another", "SM3")
    assert invariants.twice_reported(NOON).count() == 1
    a_report("another", "SM3")
    assert invariants.twice_reported(NOON).count() == 0


def test_a_retry_after_a_failure_is_no_double(night) -> None:
    first = Delivery.objects.filter(lane=Lane.CHECKIN)[0]
    Delivery.objects.filter(pk=first.pk).update(state=State.FAILED)
    again = {
        "message": first.message,
        "attempt": 2,
        "lane": first.lane,
        "due_at": NOON,
        "provider_sid": "SM9",
    }
    Delivery.objects.create(**again, state=State.DELIVERED, ended_at=NOON)
    assert invariants.counts(now=NOON) == {}


def test_a_watch_that_nobody_asks_in_is_found(night) -> None:
    escalations_over(night)
    night.watch.checkins.all().delete()
    assert set(invariants.counts(now=NOON)) == {"I9"}


def test_a_watch_that_nobody_asks_in_is_found_to_its_last_second(night) -> None:
    escalations_over(night)
    night.watch.checkins.all().delete()
    Watch.objects.update(ends_at=NOON + SECOND)
    assert set(invariants.counts(now=NOON)) == {"I9"}


def test_the_last_check_in_holds_the_watch_to_its_end(night) -> None:
    escalations_over(night)
    last = night.watch.checkins.order_by("-due_at")[0]
    night.watch.checkins.exclude(pk=last.pk).delete()
    assert last.due_at == night.watch.ends_at
    assert "I9" not in invariants.counts(now=night.watch.ends_at - SECOND)


@pytest.mark.parametrize("what", ["a case", "a task", "a check-in", "a reaction"])
def test_a_watch_that_something_holds_open_may_run_on(night, what) -> None:
    if what != "a case":
        escalations_over(night)
    if what == "a task":
        leave_a_task_undone(night, -2 * 3600)
    if what == "a reaction":
        Reaction.objects.create(
            patient=night.patient, kind="crs", grade=1, noted_at=NOON, noted_by=night.first
        )
    keep = night.watch.checkins.all()[:1] if what == "a check-in" else []
    night.watch.checkins.exclude(pk__in=[one.pk for one in keep]).delete()
    Watch.objects.update(given_at=NOON - 169 * HOUR, ends_at=NOON - HOUR)
    assert "I15" not in invariants.counts(now=NOON)


def test_a_task_outside_a_watch_only_turns_red(night) -> None:
    leave_a_task_undone(night, 3600)
    Task.objects.update(pages_when_late=False)
    assert invariants.counts(now=NOON) == {}


def test_yesterdays_double_send_is_history(night) -> None:
    """It was red for a day; going through every message ever sent once a second would cost more every week."""
    first = Delivery.objects.filter(lane=Lane.PAGE_TEXT)[0]
    Delivery.objects.create(
        message=first.message, attempt=2, lane=first.lane, due_at=NOON, provider_sid="SM9",
        state=State.DELIVERED, ended_at=NOON,
    )  # fmt: skip
    Message.objects.update(created_at=NOON - 24 * HOUR)
    assert invariants.double_sends(NOON - SECOND).count() == 1
    assert invariants.double_sends(NOON).count() == 0


def test_a_delivery_that_is_over_holds_no_lease(night) -> None:
    night.delivery(state=State.DELIVERED, ended_at=NOON, lease_until=NOON - HOUR)
    assert invariants.counts(now=NOON) == {}


def escalations_over(night: Night) -> None:
    """The case was taken, reached and resolved."""
    escalations.take(night.case.pk, by=night.first, now=NOON, how="screen")
    escalations.reach(night.case.pk, by=night.first, now=NOON)
    ruled_out = [("crs", 0), ("icans", 0)]
    escalations.resolve(night.case.pk, by=night.first, now=NOON, outcome="home", grades=ruled_out)
    night.all_arrives()


@pytest.mark.parametrize("rung", [1, 2])
def test_an_hour_that_nobody_covers_is_found(night, rung) -> None:
    period = Shift.objects.get(rung=rung).period
    Shift.objects.filter(rung=rung).update(period=type(period)(period.lower, NOON + 23 * HOUR))
    assert invariants.counts(now=NOON) == {"I11": 1}


def test_nobody_need_be_on_call_where_nobody_is_watched(night) -> None:
    escalations_over(night)
    CheckIn.objects.filter(watch=night.watch).delete()
    watches._close(night.watch, "over", now=NOON)
    Shift.objects.all().delete()
    assert invariants.counts(now=NOON) == {}


def test_a_rung_nobody_is_on_is_found_while_a_case_of_somebody_who_is_not_watched_waits(night) -> None:
    escalations_over(night)
    CheckIn.objects.filter(watch=night.watch).delete()
    watches._close(night.watch, "over", now=NOON)
    period = Shift.objects.get(rung=2).period
    Shift.objects.filter(rung=2).update(period=type(period)(period.lower, NOON + HOUR))
    case, _ = escalations.raise_concern(
        site=night.site, patient=None, caller="+15550001111", urgency="urgent", headline="help", now=NOON
    )
    assert invariants.uncovered_hours(NOON) == [], "in an hour it may be over"
    [gap] = invariants.uncovered_hours(NOON + HOUR)
    assert gap.named == "rung 2"
    escalations.take(case.pk, by=night.first, now=NOON + HOUR, how="screen")
    assert invariants.uncovered_hours(NOON + HOUR) == []


@pytest.mark.parametrize(
    ("name", "happens", "seconds"),
    [
        ("I12", set_the_clock_back, 2),
        ("I12 replies", a_reply_from_the_future, 2),
        ("I12 reports", a_report_from_the_future, 2),
        ("I12 signs", a_sign_from_the_future, 5),
    ],
    ids=["a line of a case", "a reply", "a report", "a sign of life"],
)
@pytest.mark.parametrize("longer", [0, 1, 3600])
def test_a_clock_set_back_is_noticed(night, name, happens, seconds, longer) -> None:
    happens(night, seconds + longer)
    assert invariants.counts(now=NOON) == ({name: 1} if longer else {})


def test_what_a_check_finds_stands_where_the_health_page_and_the_board_read_it(night) -> None:
    set_the_clock_back(night, 3)
    engine.check(now=NOON)
    assert heartbeat.figures(heartbeat.CHECKS) == {"broken": {"I12": 1}}
    assert pulse.take(night.site, ladders=(), now=NOON).broken == (("I12", 1),)
    engine.check(now=NOON + 3 * SECOND)
    assert heartbeat.figures(heartbeat.CHECKS)["broken"].get("I12") is None


def test_hours_nobody_covers_are_named_on_the_board_and_are_no_fault_of_the_service(night) -> None:
    heartbeat.sign_in(heartbeat.CHECKS, now=NOON, broken={"I11": 1, "I3": 2})
    assert pulse.take(night.site, ladders=(), now=NOON).broken == (("I3", 2),)


# What must not raise a false alarm


@pytest.mark.parametrize("state", [State.PENDING, State.AMBIGUOUS, State.DELIVERED])
def test_a_page_that_may_still_be_heard_is_not_dead(night, state) -> None:
    Delivery.objects.filter(lane=Lane.PAGE_TEXT).update(state=State.FAILED)
    voice = Delivery.objects.filter(lane=Lane.PAGE_VOICE)
    voice.update(state=state, ended_at=NOON if state == State.DELIVERED else None)
    assert "I3" not in invariants.counts(now=NOON + 20 * SECOND)


def test_a_page_known_to_have_failed_has_been_acted_on(night) -> None:
    night.pages(State.FAILED)
    Page.objects.update(unheard_at=NOON)
    assert invariants.counts(now=NOON + 20 * SECOND) == {}


def test_pages_withdrawn_because_the_case_got_worse_are_not_dead(night) -> None:
    """Two texts in a minute: the first page was still waiting when the second, worse one replaced it."""
    night.pages(State.PENDING)
    escalations.raise_concern(
        site=night.site,
        patient=night.patient,
        urgency="emergency",
        headline="worse",
        now=NOON,
        watch=night.watch,
    )
    assert Delivery.objects.filter(state=State.CANCELLED).count() == 2, "the withdrawn page"
    night.all_arrives()
    assert invariants.counts(now=NOON + 20 * SECOND) == {}


def test_a_resolved_case_asks_for_nothing(night) -> None:
    night.pages(State.FAILED)
    escalations_over(night)
    Escalation.objects.update(opened_at=F("opened_at") - HOUR)
    assert invariants.counts(now=NOON + 20 * SECOND) == {}


def test_the_clock_is_checked_without_reading_every_case_s_history(night) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        assert "escalationevent_by_time" in invariants.events_from_the_future(NOON).explain()
