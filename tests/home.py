"""One patient at home in plain rows: what they text goes in at the operation behind the door, at a moment of its own.

For what needs no provider and no clock. Whole nights through the real doors are told by `tests/story.py`.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count

from monitoring import inbound, pocket, voice, watches
from monitoring.models import CheckIn, Escalation, Patient, PocketOrder, Reply, Watch
from notifications.models import Clinician, Delivery, Message, Role
from stepup import engine
from tests import makers
from tests.makers import NOON

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
FEVER = "38.6"
NIGHT = NOON + 10 * HOUR
_sids = count(1)


class Home:
    """A site with a ladder of two, and one patient, watched since NOON unless told otherwise."""

    def __init__(self, *, watched: bool = True) -> None:
        self.site = makers.a_site()
        self.doctors: list[Clinician] = makers.doctors(self.site)
        self.patient: Patient = makers.a_patient(self.site)
        self.course = makers.a_course(self.patient)
        if watched:
            makers.a_dose(self.course)

    @classmethod
    def with_fever(cls, words: str, *, at: datetime) -> "Home":
        """A patient who texted this; whoever is first on the ladder has been paged."""
        home = cls()
        home.hears(words, at=at)
        return home

    def hears(
        self,
        words: str,
        *,
        at: datetime = NOON,
        sender: str = "",
        to: str = "",
        sent_at: datetime | None = None,
    ) -> Reply:
        """The patient, or another phone, texts us."""
        return inbound.receive(
            provider_sid=f"SM-home-{next(_sids)}", sender=sender or self.patient.phone,
            sent_to=to or self.site.patient_number, body=words, now=at, sent_at=sent_at,
        )  # fmt: skip

    def caregiver_says(self, words: str, *, at: datetime = NOON) -> Reply:
        """The caregiver texts us."""
        return self.hears(words, at=at, sender=self.patient.caregiver_phone)

    def presses(self, key: str, *, on: Message, at: datetime) -> str:
        """Somebody presses a key on a call, and what the call then says."""
        call = on.deliveries.get()
        return voice.key_pressed(call, key, call_sid=f"CA{call.pk}", words_at="/words", now=at)

    def tick(self, at: datetime) -> None:
        """The engine acts on whatever is due."""
        engine.act(now=at + engine.PATIENCE)

    def has_pocket_order(self, *, until: datetime = NOON + 30 * 24 * HOUR, mg: int = 20) -> PocketOrder:
        """A prescriber signs an order for this patient."""
        prescriber = makers.a_clinician(self.site, Role.PRESCRIBER)
        return pocket.sign(
            self.patient, dose_mg=Decimal(mg), expires_at=until, by=prescriber, now=NOON - HOUR
        )

    def over(self, at: datetime) -> None:
        """Whatever case is open was taken, reached and resolved without a reaction."""
        makers.resolved(self.case, by=self.doctors[0], now=at)

    @property
    def watch(self) -> Watch:
        """The open watch."""
        watch = watches.current(self.patient)
        assert watch is not None
        return watch

    @property
    def asked(self) -> CheckIn:
        """The check-in whose question is open."""
        return CheckIn.objects.get(watch__patient=self.patient, state=CheckIn.State.ASKED)

    @property
    def case(self) -> Escalation:
        """The newest case."""
        return Escalation.objects.order_by("-pk")[0]

    @property
    def history(self) -> list[str]:
        """What happened in the newest case, in order."""
        return [event.what for event in self.case.events.all()]

    def texts_to(self, phone: str) -> list[str]:
        """Every text queued for a phone and not cancelled, oldest first."""
        wanted = Message.objects.filter(to=phone, channel="text", cancelled_at=None)
        return list(wanted.order_by("pk").values_list("body", flat=True))

    def fails(self, messages: object, code: str, *, at: datetime) -> None:
        """The provider refuses these messages for good."""
        Delivery.objects.filter(message__in=messages).update(
            state=Delivery.State.FAILED, error_code=code, ended_at=at, lease_until=None
        )
