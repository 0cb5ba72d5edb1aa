"""What befalls the service and what people do meanwhile, drawn from a seed: the same seed draws the same again."""

import contextlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random

import redis
from django.db import DatabaseError, connection
from django.db.models import F

from monitoring import calls, escalations, opting_out
from monitoring.models import Escalation, Patient
from notifications import clock
from notifications.models import Clinician, DemoClock, Site
from protocols.errors import Refusal
from stepup.soak.house import House
from stepup.soak.spells import Spells

PAUSE_SECONDS = (1.0, 4.0)
FOR_A_PERSON = ["Thank you", "What time is my visit?"]
ROUTINE = ["98.6", "6", "none", FOR_A_PERSON[0], "98.4", FOR_A_PERSON[1]]
DANGER = ["38.6", "101.4", "38.6 and shaking", "chills", "I cannot breathe"]
PARTS = ["engine", "engine-2", "worker", "worker-2", "web", "valkey", "postgres"]
HELD = ["engine", "worker", "engine-2", "worker-2", "valkey"]
FAULTS = [
    "429", "500_before", "500_after", "timeout_after", "reset_after", "reset", "html_502", "empty_201", "malformed_201",
    "slow:6", "slow:30",
    "undelivered:30003", "no_callback", "duplicate_callback", "reorder_callbacks", "early_callback",
    "late_callback:20", "bad_signature",
]  # fmt: skip
# Errors by which every text fails for a while: handsets that are off, that do not exist, our number not registered.
UNDELIVERED, UNREGISTERED, LANDLINE = ["30003", "30005"], "30034", "30006"
STOP, START = "STOP", "START"
STEPS_BACK = [1, 3, 10, 45, 180]  # seconds
CODE = re.compile(r"reply (\d{4}) to take it")
REST_BETWEEN_KILLS = 16.0  # of one part: who dies oftener than five times a minute is given up on, by design


class Troubles:
    """Everything that happens, one thing at a time; `happened` counts it."""

    def __init__(self, house: House, seed: int, tell: Callable[[str], None]) -> None:
        self.house, self.tell = house, tell
        self._seed, self._drawn = seed, 0
        self.happened: Counter[str] = Counter()
        self._alive_at: dict[str, float] = {}
        self._held: dict[str, float] = {}
        self._answered: set[str] = set()
        self._spells = Spells(house)

    def next(self, elapsed: float) -> float:
        """Let one thing happen, `elapsed` seconds after the beginning; answer how long to wait for the next."""
        self._let_go(elapsed)
        # Each is drawn by itself: what a person could or could not do just then changes nothing that comes after.
        self._drawn += 1
        self.rng = Random(f"{self._seed}:{self._drawn}")
        pause = self.rng.uniform(*PAUSE_SECONDS)
        acts: list[tuple[int, Callable[[float], None]]] = [
            (5, self._a_text), (3, self._a_kill), (2, self._a_hold), (3, self._a_fault), (1, self._no_faults),
            (2, self._time), (1, self._time_back), (5, self._an_answer), (4, self._a_clinician),
            (1, self._flushed), (1, self._cut), (1, self._undelivered), (1, self._landline), (1, self._stop),
            (2, self._texts_let_go),
        ]  # fmt: skip
        [act] = self.rng.choices([act for _, act in acts], [weight for weight, _ in acts])
        act(elapsed)
        return pause

    def end(self) -> None:
        """All trouble is over: everything held goes on, no fault is left."""
        for part in list(self._held):
            self.house.cont(part)
        self._held.clear()
        self._spells.end()

    def _note(self, what: str, detail: str = "") -> None:
        self.happened[what] += 1
        self.tell(f"{what} {detail}".strip())

    def _a_text(self, elapsed: float) -> None:
        patient = self.rng.choice(_everybody())
        words = self.rng.choice(DANGER if self.rng.random() < 0.4 else ROUTINE)
        sender = patient.caregiver_phone if self.rng.random() < 0.1 else patient.phone
        self._text(sender, patient.site.patient_number, words)
        self._note("text", words)

    def _text(self, sender: str, to: str, words: str) -> None:
        self.house.ask("/double/inbound", method="POST", body={"from": sender, "to": to, "body": words})

    def _a_kill(self, elapsed: float) -> None:
        part = self.rng.choice(PARTS)
        if elapsed - self._alive_at.get(part, -REST_BETWEEN_KILLS) >= REST_BETWEEN_KILLS and self.house.kill(
            part
        ):
            self._alive_at[part] = elapsed
            self._held.pop(part, None)
            self._note("kill -9", part)

    def _a_hold(self, elapsed: float) -> None:
        part = self.rng.choice(HELD)
        seconds = self.rng.choice([2.0, 8.0, 20.0, 36.0])
        if part not in self._held and self.house.stop(part):
            self._held[part] = elapsed + seconds
            self._note("hold", f"{part} {seconds:.0f} s")

    def _let_go(self, elapsed: float) -> None:
        for part in [part for part, until in self._held.items() if until <= elapsed]:
            del self._held[part]
            self.house.cont(part)
        self._spells.let_go(elapsed)

    def _a_fault(self, elapsed: float) -> None:
        do, times = self.rng.choice(FAULTS), self.rng.randint(1, 3)
        self.house.ask("/double/faults", method="POST", body=[{"do": do, "times": times}])
        self._note("fault", f"{do} x {times}")

    def _flushed(self, elapsed: float) -> None:
        """The broker forgets whatever was queued."""
        with contextlib.suppress(redis.RedisError), redis.Redis.from_url(self.house.redis_url) as broker:
            broker.flushall()
            self._note("broker flushed")

    def _cut(self, elapsed: float) -> None:
        """Every connection to the database is closed under whoever holds it."""
        with contextlib.suppress(DatabaseError), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            self._note("connections cut")

    def _no_faults(self, elapsed: float) -> None:
        self._spells.end()

    def _undelivered(self, elapsed: float) -> None:
        """For some seconds every text fails, or every text from one of our numbers that is not registered."""
        seconds, site = self.rng.choice([3.0, 8.0, 20.0]), Site.objects.order_by("pk")[0]
        code = self.rng.choice([*UNDELIVERED, UNREGISTERED])
        ours = self.rng.choice([site.patient_number, site.page_number])
        self._spells.begin(code, until=elapsed + seconds, **({"from": ours} if code == UNREGISTERED else {}))
        self._note(f"every text undelivered: {code}", f"{seconds:.0f} s")

    def _landline(self, elapsed: float) -> None:
        """Somebody's handset takes no texts for a while, as a landline never does."""
        people = _everybody()
        on_call = Clinician.objects.filter(is_active=True).exclude(phone="").order_by("pk")
        homes = [phone for one in people for phone in (one.phone, one.caregiver_phone) if phone]
        phones = [*homes, *on_call.values_list("phone", flat=True)]
        number, seconds = self.rng.choice(phones), self.rng.choice([10.0, 40.0, 90.0])
        self._spells.begin(LANDLINE, until=elapsed + seconds, to=number)
        self._note("landline", f"{seconds:.0f} s")

    def _stop(self, elapsed: float) -> None:
        """A patient, or now and then a caregiver, wants no more texts: the provider lets none through from then on."""
        patient = self.rng.choice(_everybody())
        sender = patient.caregiver_phone if self.rng.random() < 0.2 else patient.phone
        self._text(sender, patient.site.patient_number, STOP)
        self._note(STOP)

    def _texts_let_go(self, elapsed: float) -> None:
        """Somebody spoke with one whose texts ended, who texts START where it was STOP; and lets them go again."""
        found = next(_whose_texts_ended(), None)
        if found is None:
            return
        patient, caregiver, why = found
        phone = patient.caregiver_phone if caregiver else patient.phone
        if calls.after_stop(why):
            self._text(phone, patient.site.patient_number, START)
        by = Clinician.objects.filter(role="nurse", site=patient.site).order_by("pk")[0]
        try:
            opting_out.let_texts_go(patient.pk, caregiver=caregiver, spoke_on=phone, by=by, now=clock.now())
            self._note("texts let go again")
        except Refusal:
            self._note("refused")

    def _time(self, elapsed: float) -> None:
        seconds = self.rng.choice([1, 20, 40, 60, 300, 900, 3600])
        self.house.ask("/double/clock", method="POST", body={"advance_seconds": seconds})
        self._note("clock", f"+{seconds} s")

    def _time_back(self, elapsed: float) -> None:
        """The clock of the machine is set back, as a time server does it; no door of the service can do that."""
        seconds = self.rng.choice(STEPS_BACK)
        moved = DemoClock.objects.filter(offset_seconds__gte=seconds)
        if moved.update(offset_seconds=F("offset_seconds") - seconds):
            self._note("clock back", f"-{seconds} s")

    def _an_answer(self, elapsed: float) -> None:
        """A responder texts back the code of the newest page that is on the phone."""
        site = Site.objects.order_by("pk")[0]
        listed = (self.house.ask("/double/messages") or {}).get("messages", [])
        there = [m for m in listed if m["status"] == "delivered" and m["sid"] not in self._answered]
        pages = [m for m in there if CODE.search(m["body"])]
        if pages and self.rng.random() < 0.6:
            page = pages[-1]
            self._answered.add(page["sid"])
            [code] = CODE.findall(page["body"])
            body = {"from": page["to"], "to": site.page_number, "body": code}
            self.house.ask("/double/inbound", method="POST", body=body)
            self._note("code texted back")

    def _a_clinician(self, elapsed: float) -> None:
        """Somebody records on the screen that a patient was reached, or how it ended; or takes a case there."""
        now = clock.now()
        for case in Escalation.objects.exclude(state="resolved").order_by("pk"):
            by = case.owner or Clinician.objects.filter(role="responder", site=case.site).order_by("pk")[0]
            try:
                if case.state == "reached":
                    grades = [("crs", 1), ("icans", 0)] if case.patient_id else []
                    outcome = "home" if case.patient_id else "no concern"
                    escalations.resolve(case.pk, by=by, now=now, outcome=outcome, grades=grades, over=True)
                elif case.state == "taken":
                    escalations.reach(case.pk, by=by, now=now)
                elif self.rng.random() < 0.3:
                    escalations.take(case.pk, by=by, now=now, how="screen")
                self._note(f"case {case.state}: gone on")
            except Refusal:
                self._note("refused")
            return


def _everybody() -> list[Patient]:
    """Every patient, whether or not texts go to them: what is drawn of them is the same whatever has happened."""
    return list(Patient.objects.filter(is_active=True).select_related("site").order_by("pk"))


def _whose_texts_ended() -> Iterator[tuple[Patient, bool, str]]:
    """Everybody to whom no texts go, the patient or (True) the caregiver, and why not."""
    for patient in _everybody():
        if patient.texting_ended_at is not None:
            yield patient, False, patient.texting_ended_why
        if patient.caregiver_texting_ended_at is not None:
            yield patient, True, patient.caregiver_texting_ended_why
