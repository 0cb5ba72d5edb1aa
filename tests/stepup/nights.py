"""A healthy night under the engine's questions, and each fault that one of them is there for.

A fault takes how many seconds ago it happened, or for the clock how far back it was set.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from monitoring import escalations, watches, worklist
from monitoring.models import (
    Admission,
    CheckIn,
    ClinicianText,
    Escalation,
    EscalationEvent,
    Page,
    Patient,
    Reply,
    Watch,
)
from notifications import heartbeat
from notifications.models import Delivery, Lane, Message, ProviderReport
from tests import makers
from tests.makers import NOON

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
        self.case = self.concern("urgent", "fever")
        self.all_arrives()

    def concern(self, urgency: str, headline: str) -> Escalation:
        """The patient's case, opened with this or joined by it."""
        about = {"site": self.site, "patient": self.patient, "watch": self.watch}
        case, _ = escalations.raise_concern(**about, urgency=urgency, headline=headline, now=NOON)
        return case

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


def escalations_over(night: Night) -> None:
    """The case was taken, reached and resolved."""
    escalations.take(night.case.pk, by=night.first, now=NOON, how="screen")
    escalations.reach(night.case.pk, by=night.first, now=NOON)
    ruled_out = [("crs", 0), ("icans", 0)]
    escalations.resolve(night.case.pk, by=night.first, now=NOON, outcome="home", grades=ruled_out)
    night.all_arrives()


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


def send_twice(night: Night, _: int) -> None:
    first = Delivery.objects.filter(lane=Lane.PAGE_TEXT)[0]
    Delivery.objects.create(
        message=first.message, attempt=2, lane=first.lane, due_at=NOON, provider_sid="SM9",
        state=State.DELIVERED, ended_at=NOON,
    )  # fmt: skip


def ask_nothing_more(night: Night, _: int) -> None:
    escalations_over(night)
    night.watch.checkins.all().delete()


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
