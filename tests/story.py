"""The clinic driver: a whole night in a few lines of prose, through the real doors.

Texts and key presses go in at the provider double, which signs and posts them to a live web server; pages and
replies are read from the handsets they arrived on. The demo clock makes the doors read the story's time.
"""

from datetime import UTC, datetime, timedelta
from math import ceil
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from monitoring import escalations
from monitoring.models import CheckIn, ClinicianText, Escalation, Patient, Reply, Task
from notifications import clock
from notifications.models import Clinician, Delivery, Message
from stepup import engine, next_dose
from stepup.models import Course
from tests import makers
from tests.provider import ProviderDouble
from tests.waiting import PATIENCE, until

DAYS = {"Mon": 0, "Tue": 1, "Wed": 2, "Thu": 3, "Fri": 4, "Sat": 5, "Sun": 6}
ZONE = ZoneInfo("America/New_York")
OVER = frozenset({"busy", "no-answer", "failed", "canceled", "completed"})
TURN_SECONDS = 1
WELL = {
    "temperature": "98.6",
    "symptoms": "6",
    "medicine": "none",
    "caregiver": "1",
    "bp": "no",
    "oxygen": "no",
}


class Clinic:
    """One site, one patient, a ladder of two, and a clock that only the story moves."""

    rests_within = PATIENCE
    """Seconds after which it counts as never coming to rest."""

    def __init__(self, provider: ProviderDouble, *, label: str = makers.TECLISTAMAB, ladder: int = 2) -> None:
        self.provider = provider
        self.well = True
        self._over: set[str] = set()
        self._turn_at = 0.0  # when the engine has its next turn at the latest, though nothing was reported
        self.broken: set[int] = set()  # cases that no turn of the engine can act on
        self.monday = _a_coming_monday()
        self.at("Mon 09:00")
        self.site = makers.a_site()
        names = ["Dr A", "Dr B", "Dr C"][:ladder]
        self.people = {
            name: makers.a_responder(self.site, rung, name=name, since=self.now)
            for rung, name in enumerate(names, start=1)
        }
        self.patient: Patient = makers.a_patient(self.site, now=self.now)
        self.course: Course = makers.a_course(self.patient, label=label, now=self.now)

    # time

    def at(self, when: str) -> "Clinic":
        """Move the clock to a weekday and time of the story's week, or of the next with a leading +."""
        weeks, when = (1, when[1:]) if when.startswith("+") else (0, when)
        day, hour = when.split()
        hours, minutes = hour.split(":")
        local = self.monday + timedelta(days=DAYS[day], weeks=weeks, hours=int(hours), minutes=int(minutes))
        target = local.replace(tzinfo=ZONE).astimezone(UTC)
        while hasattr(self, "course") and (due_at := _next_due(target)) is not None:
            self._turn_to(due_at)
        return self._turn_to(target)

    def _well(self, question: str) -> str:
        """What somebody well and clear answers; to the thinking question, the date and a whole sentence."""
        today = self.now.astimezone(ZONE)
        return (
            f"{today:%A %B} {today.day}, {today.year}. I am well."
            if question == "thinking"
            else WELL[question]
        )

    def _turn_to(self, moment: datetime) -> "Clinic":
        self.now = moment
        ahead = ceil((moment - clock.now()).total_seconds())
        if ahead > 0:
            self._advance(ahead)
        return self.settle()

    def _advance(self, seconds: int) -> None:
        """Move both clocks in steps no longer than they allow."""
        week = int(clock.FURTHEST_STEP.total_seconds())
        while seconds > 0:
            self.provider.move_clock(min(week, seconds))
            seconds -= week

    def settle(self) -> "Clinic":
        """Let the engine act until nothing is left to do at this moment and the provider has reported on it all."""
        if hasattr(self, "site"):
            until(self._quiet, "the clinic to come to rest", seconds=self.rests_within)
            while self.well and self._answers_the_open_question():
                until(self._quiet, "the clinic to come to rest", seconds=self.rests_within)
            makers.routine_is_read(by=next(iter(self.people.values())), now=clock.now())
        return self

    def _answers_the_open_question(self) -> bool:
        """A patient who is well, and a caregiver who agrees, answer whatever is being asked."""
        checkin = CheckIn.objects.filter(watch__patient=self.patient, state=CheckIn.State.ASKED).first()
        if checkin is None:
            return False
        question = checkin.ask[checkin.position]
        sender = self.patient.caregiver_phone if question == "caregiver" else self.patient.phone
        self._text(sender, self.site.patient_number, self._well(question))
        return True

    def _quiet(self) -> bool:
        # The engine has nothing to do for a text that the provider is about to report on: a turn costs a hundred looks.
        if monotonic() < self._turn_at and _texts(Delivery.State.ACCEPTED).exists():
            return False
        now = max(self.now, clock.now())
        if engine.DUE.at(now) or engine.UNSETTLED.at(now):  # else a turn would ask the same and do nothing
            self._turn(now)
        self._turn_at = monotonic() + TURN_SECONDS
        if _texts(*Delivery.LIVE).exists():
            return False
        calls = self.provider.calls()
        over = {call["sid"] for call in calls if call["status"] in OVER}
        moving = [call for call in calls if call["status"] == "queued" or self._has_rung_out(call)]
        if moving or Delivery.objects.filter(state__in=Delivery.LIVE, provider_sid__in=over).exists():
            return False
        # A webhook that is still being written down may hold a row, and the engine passes over what is held.
        if self._is_due(now):
            return False
        # How a call ended may be news to the engine: it has a turn after it.
        known, self._over = self._over, over
        return known == over

    def _turn(self, now: datetime) -> None:
        engine.tick(now=now, patience=timedelta(0))  # no worker runs here: the engine waits for none

    def _is_due(self, now: datetime) -> bool:
        """Whether an act that the engine carries out itself is still waiting at `now`."""
        cases = Escalation.objects.exclude(pk__in=self.broken)
        return (
            CheckIn.objects.filter(next_at__lte=now).exists()
            or cases.filter(Q(next_at__lte=now) | Q(tell_patient_at__lte=now)).exists()
        )

    def _has_rung_out(self, call: dict[str, Any]) -> bool:
        """Whether the clock has passed the end of the ringing and the double is about to notice."""
        rings_until = datetime.fromisoformat(call["updated_at"]) + timedelta(seconds=call["ring_seconds"])
        return call["status"] == "ringing" and rings_until <= clock.now()

    # what people do

    def gives(self, step: str = "", *, deviation: str = "") -> "Clinic":
        """The nurse records the next dose as given now; a colleague confirms it."""
        makers.a_dose(self.course, given_at=self.now, step=step, now=clock.now(), deviation=deviation)
        return self.settle()

    def hears(self, words: str, *, sender: str = "") -> "Clinic":
        """The patient, or another phone, texts us."""
        self._text(sender or self.patient.phone, self.site.patient_number, words)
        return self.settle()

    def texts(self, sender: str, words: str) -> "Clinic":
        """A phone texts the paging number."""
        self._text(sender, self.site.page_number, words)
        return self.settle()

    def _text(self, sender: str, to: str, words: str) -> None:
        before = Reply.objects.count()
        self.provider.text(sender, to, words)
        until(lambda: Reply.objects.count() > before, f"the text {words!r} to arrive")

    def texts_the_code(self, name: str) -> "Clinic":
        """A responder texts back the code of the open case."""
        case = Escalation.objects.exclude(state="resolved").get()
        return self.texts(self.people[name].phone, case.code)

    def presses(self, name: str, key: str) -> "Clinic":
        """A responder answers the newest call and presses a key."""
        call = self._ringing(name)
        self.provider.answer(call["sid"])
        until(lambda: self._call(call["sid"])["status"] == "in-progress", "the call to be answered")
        self.provider.press(call["sid"], key)
        until(lambda: self._call(call["sid"])["status"] == "completed", "the call to end")
        return self.settle()

    def answers_the_check_in_call(self, *keys: str) -> "Clinic":
        """The patient picks up, soon, and presses a key each time the call waits for one."""
        # A dose is given some seconds after the minute, and so late is all that follows.
        soon = self.now + timedelta(minutes=1)
        while not self.provider.calls_to(self.patient.phone) and (due_at := _next_due(soon)) is not None:
            self._turn_to(due_at)
        call = self.provider.calls_to(self.patient.phone)[-1]
        self.provider.answer(call["sid"])
        for number, key in enumerate(keys):
            until(
                lambda number=number: self._waits_for_key(call["sid"], number), "the call to wait for a key"
            )
            self.provider.press(call["sid"], key)
        until(lambda: self._call(call["sid"])["status"] == "completed", "the call to end")
        return self.settle()

    def _waits_for_key(self, sid: str, pressed: int) -> bool:
        """Whether the service has said something since so many keys."""
        said = [line["who"] for line in self._call(sid)["transcript"]]
        return said.count("person") == pressed and said[-1:] == ["service"]

    def heard_on_the_call(self, phone: str) -> list[str]:
        """What the newest call to a phone has said, from its beginning to its end; waits until it is over."""
        sid = self.provider.calls_to(phone)[-1]["sid"]
        until(
            lambda: self._call(sid)["status"] in OVER, "the call to be heard out", seconds=self.rests_within
        )
        said: list[dict[str, str]] = self._call(sid)["transcript"]
        return [line["words"] for line in said if line["who"] == "service"]

    def reaches_voicemail(self, name: str) -> "Clinic":
        """A machine answers the newest call and hears it out."""
        call = self._ringing(name)
        self.provider.voicemail(call["sid"])
        until(lambda: self._call(call["sid"])["status"] == "completed", "the voicemail to end")
        return self.settle()

    def _ringing(self, name: str) -> dict[str, str]:
        phone = self.people[name].phone
        ringing = until(
            lambda: [c for c in self.provider.calls_to(phone) if c["status"] == "ringing"], "a ringing phone"
        )
        return ringing[-1]

    def _call(self, sid: str) -> dict[str, Any]:
        return next(call for call in self.provider.calls() if call["sid"] == sid)

    def reached(self, name: str) -> "Clinic":
        """Whoever has the case records that the patient was reached."""
        escalations.reach(self.case.pk, by=self.people[name], now=clock.now())
        return self.settle()

    def resolved(self, name: str, *, crs: int = 0, over: bool = True) -> "Clinic":
        """Whoever reached the patient grades the reaction and closes the case."""
        escalations.resolve(
            self.case.pk,
            by=self.people[name],
            now=clock.now(),
            outcome="home",
            grades=[("crs", crs), ("icans", 0)],
            over=over,
        )
        return self.settle()

    # what can be seen

    @property
    def case(self) -> Escalation:
        """The newest case."""
        return Escalation.objects.order_by("-pk")[0]

    @property
    def pages(self) -> list[str]:
        """Who has been paged by text so far, in order, by name."""
        by_phone = {person.phone: name for name, person in self.people.items()}
        pages = set(Message.objects.filter(page_as_text__isnull=False).values_list("body", flat=True))
        accepted = self.provider.ledger()["messages"]
        return [by_phone[m["to"]] for m in accepted if m["to"] in by_phone and m["body"] in pages]

    def phone_of(self, who: str | Clinician) -> list[str]:
        """Every text a handset holds: 'patient', 'caregiver' or a responder's name."""
        phones = {"patient": self.patient.phone, "caregiver": self.patient.caregiver_phone}
        number = phones.get(str(who)) or self.people[str(who)].phone
        return self.provider.texts_to(number)

    @property
    def next_dose(self) -> str:
        """hold, give, wait or ask."""
        return next_dose.decide(Course.objects.get(pk=self.course.pk), now=clock.now()).decision


def _a_coming_monday() -> datetime:
    today = clock.now().astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    return today + timedelta(days=7 - today.weekday())


def _texts(*states: str) -> QuerySet[Delivery]:
    """Texts in one of these states."""
    return Delivery.objects.filter(message__channel="text", state__in=states)


def _next_due(target: datetime) -> datetime | None:
    """The next moment before `target` at which something must happen."""
    now = clock.now()
    rows = [
        *CheckIn.objects.filter(next_at__gt=now, next_at__lt=target).values_list("next_at", flat=True),
        *Escalation.objects.filter(next_at__gt=now, next_at__lt=target).values_list("next_at", flat=True),
        *Escalation.objects.filter(tell_patient_at__gt=now, tell_patient_at__lt=target).values_list(
            "tell_patient_at", flat=True
        ),
        *ClinicianText.objects.filter(
            quiet_over_at=None, quiet_until__gt=now, quiet_until__lt=target
        ).values_list("quiet_until", flat=True),
        *Task.objects.filter(done_at=None, due_at__gt=now, due_at__lt=target).values_list(
            "due_at", flat=True
        ),
    ]
    return min(rows, default=None)
