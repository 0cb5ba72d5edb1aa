"""One night told twice: by processes that are killed (-9) before and after every commit they make, and then in peace.

Whoever's act was cut off does it again, as the provider, a person at a screen and the engine do. Both nights must end
alike: the same cases with the same people, history and outcome, the same check-ins, the same words on every phone.
"""

import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.test import Client
from twilio.request_validator import RequestValidator

from monitoring.models import CheckIn, Escalation, Page, Reply, Task, Watch
from notifications import clock
from notifications.models import Delivery, DemoClock, Role
from stepup import courses, engine, invariants
from tests import makers
from tests.provider import ProviderDouble
from tests.races.killed import AFTER, BEFORE, Place, in_a_process
from tests.story import Clinic

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]

OFTEN = 1  # how often each kind of act is cut off at one commit
TOO_OFTEN = 100
DRAWN = re.compile(r"\+1\d+|/(t|case)/\S+/|\b\d{4}\b|\b\d{1,2}[:/]\d{2}\b")
LEASE_OVER = 40  # seconds, after which what a dead process held is free again
HELD = (Delivery.State.CLAIMED, Delivery.State.SUBMITTING)
# Whose commits the night meets, every time; how often each also depends on how fast the provider is.
COMMITS = (
    "monitoring.checkins._ask_one",
    "monitoring.checkins._keep_one_close",
    "monitoring.climbing._tell_patient",
    "monitoring.escalations._act_on",
    "monitoring.escalations.decline",
    "monitoring.escalations.hand_back",
    "monitoring.escalations.reach",
    "monitoring.escalations.resolve",
    "monitoring.escalations.take",
    "monitoring.inbound.receive",
    "monitoring.offers.make",
    "monitoring.silence._climb_one",
    "monitoring.take_links.take",
    "monitoring.voice._take_as_heard",
    "monitoring.watches._close_one",
    "monitoring.worklist._page_for",
    "notifications.audit.seal",
    "notifications.heartbeat.sign_in",
    "notifications.outbox._claim",
    "notifications.outbox._hand_over",
    "notifications.outbox._record_taken",
    "notifications.reconcile._apply_one",
    "notifications.reconcile._settle",
    "notifications.reconcile.recover_leases",
    "notifications.reconcile.store_report",
    "stepup.courses.confirm_dose",
    "stepup.courses.record_dose",
)
INVARIANTS = {
    name: query for name, query in invariants.QUERIES.items() if name.split()[0] not in {"I11", "I12"}
}


class Mortal(Clinic):
    """A clinic each of whose acts runs in a process of its own that dies where it can; or, in peace, in this one."""

    rests_within = 180.0  # a turn may be cut off dozens of times

    def __init__(self, provider: ProviderDouble, *, dies: bool) -> None:
        self.dies = dies
        self.passed: set[Place] = set()
        self.died: Counter[tuple[str, Place]] = Counter()
        self.posted = 0
        super().__init__(provider)
        self.screens = {name: makers.signed_in(person) for name, person in self.people.items()}

    def does(self, what: str, act: Callable[[], Any]) -> None:
        """Somebody, or the engine, does this again until it was not cut off."""
        if not self.dies:
            act()
            return
        for _ in range(TOO_OFTEN):
            life = in_a_process(act, dies=lambda place: self.died[what, place] < OFTEN)
            self.passed.update(life.places)
            if not life.died:
                return
            self.died[what, life.places[-1]] += 1
        raise AssertionError(f"{what} is cut off for ever")

    # the engine

    def _turn(self, now: datetime) -> None:
        self.does("a turn", lambda: engine.tick(now=now, patience=timedelta(0)))

    def _quiet(self) -> bool:
        if Delivery.objects.filter(state__in=HELD).exists():
            self._advance(LEASE_OVER)  # nobody else is at work: the dead hold it
        return super()._quiet()

    # the provider

    def _text(self, sender: str, to: str, words: str) -> None:
        self.posted += 1
        sid = f"SM-{self.site.pk}-{self.posted}"
        form = {"MessageSid": sid, "From": sender, "To": to, "Body": words, "NumMedia": "0"}
        self._posts("a text", "/webhooks/twilio/inbound", form)

    def presses(self, name: str, key: str) -> "Mortal":
        """A responder presses a key on the newest call to them, once they heard which page it is."""
        page = Page.objects.filter(clinician=self.people[name]).latest("pk")
        call, case = page.voice.deliveries.latest("pk"), page.escalation
        path = f"/webhooks/twilio/voice/{call.token}/key?heard={case.generation}"
        self._posts("a key", path, {"CallSid": call.provider_sid or "", "Digits": key})
        self.settle()
        return self

    def hears_without_reports(self, words: str) -> "Mortal":
        """The patient texts; what we answer is handed over, and reported on only afterwards."""
        self.provider.faults({"match": {"to": self.patient.phone}, "do": "no_callback"})
        self._text(self.patient.phone, self.site.patient_number, words)
        self._turn(clock.now())
        answers = Delivery.objects.filter(message__to=self.patient.phone, state=Delivery.State.ACCEPTED)
        for answer in answers:
            form = {"MessageSid": str(answer.provider_sid), "MessageStatus": "delivered"}
            self._posts("a report", f"/webhooks/twilio/status/{answer.token}", form)
        self.provider.faults()
        self.settle()
        return self

    def comes_to_the_end_of_the_watch(self) -> "Mortal":
        """The hours of watching are over, days before their time."""
        Watch.objects.update(ends_at=clock.now())
        self.settle()
        return self

    def _posts(self, what: str, path: str, form: dict[str, str]) -> None:
        validator = RequestValidator(django_settings.TWILIO_AUTH_TOKEN)
        signature = validator.compute_signature(django_settings.PUBLIC_BASE_URL + path, form)

        def post() -> None:
            answer = Client().post(path, form, headers={"X-Twilio-Signature": signature})
            assert answer.status_code in {200, 204}, answer.content

        self.does(what, post)

    # the people

    def gives(self, step: str = "", *, deviation: str = "") -> "Mortal":
        """A nurse records the first dose, and after a cut looks whether it stands there; a colleague confirms it."""
        makers.ready(self.course, now=self.now - timedelta(minutes=1))
        planned = courses.plan(self.course)[0]
        nurse, colleague = makers.a_clinician(self.site), makers.a_clinician(self.site, Role.PHARMACIST)

        def record() -> None:
            if not self.course.doses.exists():
                courses.record_dose(
                    self.course.pk, step=planned.step, given_at=self.now, given_mg=planned.calculated_mg,
                    by=nurse, now=clock.now(),
                )  # fmt: skip

        def confirm() -> None:
            dose = self.course.doses.get()
            if dose.confirmed_at is None:
                courses.confirm_dose(dose.pk, by=colleague, figure_mg=dose.given_mg, now=clock.now())

        self.does("a dose recorded", record)
        self.does("a dose confirmed", confirm)
        self.settle()
        return self

    def on_screen(self, name: str, act: str, **form: object) -> "Mortal":
        """A responder presses a button of the newest case; cut off, they do it again unless the case says so."""
        case, browser = self.case, self.screens[name]
        theirs = case.events.filter(by=self.people[name])
        so_far = theirs.count()

        def press() -> None:
            if theirs.count() == so_far:
                answer = browser.post(f"/case/{case.pk}/{act}/", form)
                assert answer.status_code == 302, answer.content.decode()

        self.does(act, press)
        self.settle()
        return self

    def takes_by_link(self, name: str) -> "Mortal":
        """A responder opens the address in the newest text to them and taps its button."""
        page = Page.objects.filter(clinician=self.people[name]).latest("pk")
        self.does("the link", lambda: Client().post(f"/t/{page.token}/"))
        self.settle()
        return self


def begin_anew() -> None:
    """An empty database; the clock stands where it stood, for the provider's does too."""
    offset = clock.offset_seconds()
    call_command("flush", interactive=False)
    DemoClock.objects.create(pk=1, offset_seconds=offset)


def the_night(clinic: Mortal) -> None:
    """Questions, silence, a case handed about, a fever that gets worse, and a task nobody did."""
    dr_b = clinic.people["Dr B"]
    graded = {"crs": 0, "icans": 0, "over": "on", "infection": "", "other": "", "text": "well"}

    clinic.at("Mon 10:00")
    clinic.gives()
    clinic.at("Mon 14:30")

    clinic.well = False
    clinic.at("Mon 19:20")
    clinic.on_screen("Dr A", "decline", reason="at another bed")
    clinic.texts_the_code("Dr B")
    clinic.on_screen("Dr B", "hand-back", reason="at another bed too")
    clinic.texts_the_code("Dr A")
    clinic.on_screen("Dr A", "hand-over", to=dr_b.pk, reason="end of shift")
    clinic.on_screen("Dr B", "take")
    clinic.on_screen("Dr B", "reach", text="slept")
    clinic.on_screen("Dr B", "resolve", outcome="home", **graded)

    clinic.hears("101.4")
    clinic.presses("Dr A", "1")
    clinic.hears("I cannot breathe")
    clinic.takes_by_link("Dr A")
    clinic.on_screen("Dr A", "reach", text="on the way")
    clinic.on_screen("Dr A", "resolve", outcome="emergency department", **graded)

    clinic.well = True
    clinic.hears_without_reports("98.6")
    makers.a_task(clinic.patient, what="call about the pharmacy", pages_when_late=True, now=clinic.now)
    clinic.at("Mon 20:27")
    clinic.on_screen("Dr A", "take")
    clinic.on_screen("Dr A", "reach", text="done")
    clinic.on_screen("Dr A", "resolve", outcome="no concern", **graded)
    clinic.comes_to_the_end_of_the_watch()


def what_came_of(clinic: Mortal) -> dict[str, Any]:
    """All that anybody would see of the night, but for hours and what is drawn by chance."""
    checkins = CheckIn.objects.order_by("due_at")
    return {
        "check-ins": list(checkins.values_list("hour", "state", "stage")),
        "replies": [DRAWN.sub("...", reply.body) for reply in Reply.objects.order_by("pk")],
        "cases": [_told(case) for case in Escalation.objects.order_by("pk")],
        "texts": {who: _read(clinic, phone) for who, phone in _phones(clinic).items()},
        "calls": {who: len(clinic.provider.calls_to(phone)) for who, phone in _phones(clinic).items()},
        "watches": list(Watch.objects.values_list("closed_why", flat=True)),
        "broken": [name for name, query in INVARIANTS.items() if list(query(clock.now()))],
        "tasks": list(Task.objects.order_by("pk").values_list("what", "outcome")),
    }


def _told(case: Escalation) -> tuple[object, ...]:
    """What came of a case, and its history."""
    history = [(event.what, event.by.name if event.by else "") for event in case.events.order_by("pk")]
    return case.urgency, case.state, case.outcome, case.generation, history


def _phones(clinic: Mortal) -> dict[str, str]:
    theirs = {name: person.phone for name, person in clinic.people.items()}
    return {"patient": clinic.patient.phone, "caregiver": clinic.patient.caregiver_phone, **theirs}


def _read(clinic: Mortal, phone: str) -> list[str]:
    """The texts of a phone; numbers, codes, addresses and hours are other ones each night."""
    return sorted(DRAWN.sub("...", text) for text in clinic.provider.texts_to(phone))


def test_a_night_of_deaths_ends_like_the_same_night_without(provider, settings) -> None:
    settings.REDIS_URL = ""  # no worker: everything is left to the engine
    cut_off = Mortal(provider, dies=True)
    the_night(cut_off)
    ended = what_came_of(cut_off)
    died = {str(place) for _, place in cut_off.died}
    assert died == {str(place) for place in cut_off.passed}, "passed, and it did not die there"
    assert died >= {f"{side} {of}" for side in (BEFORE, AFTER) for of in COMMITS}
    begin_anew()
    in_peace = Mortal(provider, dies=False)
    the_night(in_peace)
    assert ended == what_came_of(in_peace)
