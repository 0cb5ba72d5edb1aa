"""What people do in the virtual ward: patients and caregivers who read and write, responders and nurses who act.

Their texts and keys go in at the operations behind the service's doors; what staff do on screens are its operations.
"""

import contextlib
import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import count
from random import Random

from django.db.models import QuerySet

from monitoring import closer, escalations, inbound, unread, voice, watches, worklist
from monitoring.models import Escalation, Finding, Patient, Reply, Task
from notifications import written
from notifications.models import Clinician, Delivery
from protocols.errors import Refusal
from stepup import missed_texts
from stepup.simulate import figures
from stepup.simulate.agenda import Agenda, after
from stepup.simulate.clinic import Clinic
from stepup.simulate.patients import question_in
from stepup.simulate.provider import Provider

CODE = re.compile(r"reply (\d{4}) to take it")
KEY_AFTER = timedelta(seconds=15)
BETWEEN_TEXTS = timedelta(seconds=20)
FETCHED_AFTER = timedelta(seconds=60)  # at the latest: so often the service looks through the provider's log


class People:
    """Everybody who carries a phone, and the nurse at the screen."""

    def __init__(self, clinic: Clinic, provider: Provider, agenda: Agenda, rng: Random) -> None:
        self.clinic, self.provider, self.agenda, self.rng = clinic, provider, agenda, rng
        provider.arrives, provider.rings = self._reads, self._hears_ringing
        self._responders = {who.phone: who for who in clinic.responders}
        self._at_home: dict[str, tuple[int, bool]] = {}  # phone: patient, whether it is the caregiver's
        self._reading: set[int] = set()
        self._sids = count(1)

    # at home

    def is_given_a_dose(self, patient: int, step: str, now: datetime) -> None:
        """Somebody had this dose; with the first of the course they begin to write of themselves too."""
        person = self.clinic.persons[patient]
        begins = person.began_at is None
        person.is_given_a_dose(step, now)
        if begins:
            self.writes_unasked(patient, now)

    def writes_unasked(self, patient: int, now: datetime) -> None:
        """Now and then they write something of their own, from now on."""
        person = self.clinic.persons[patient]

        def write(moment: datetime) -> None:
            self._text(self._phone_of(patient), person.writes_unasked(), moment)
            self.writes_unasked(patient, moment)

        self.agenda.put(person.next_unasked(now), write)

    def may_opt_out(self, patient: int, since: datetime, until: datetime) -> None:
        """Few text STOP at some moment of their course, which runs between these two; no text reaches them then."""
        person = self.clinic.persons[patient]

        def stop(now: datetime) -> None:
            self._text(self._phone_of(patient), "STOP", now)
            self.provider.blocked.add(self._phone_of(patient))

        if person.opts_out:
            self.agenda.put(since + person.rng.random() * (until - since), stop)

    def _reads(self, phone: str, words: str, now: datetime) -> None:
        """A text has arrived on a handset."""
        if phone in self._responders:
            self._is_paged(self._responders[phone], words, now)
        elif phone in self._known():
            patient, is_caregiver = self._at_home[phone]
            (self._caregiver_reads if is_caregiver else self._patient_reads)(patient, words, now)

    def _patient_reads(self, patient: int, words: str, now: datetime) -> None:
        person, question = self.clinic.persons[patient], question_in(words)
        if not question:
            return
        span = person.looks_after(now, roused="no answer from you" in words)
        if span is not None:
            self.agenda.put(now + span, lambda at: self._answers(patient, question, at))

    def _caregiver_reads(self, patient: int, words: str, now: datetime) -> None:
        person, question = self.clinic.persons[patient], question_in(words)
        if question not in {"caregiver", "silence"} or person.rng.random() > figures.CAREGIVER_ANSWERS:
            return
        phone = self._phone_of(patient, caregiver=True)
        span = after(person.rng, figures.QUICK_MEDIAN, 1.0)
        self.agenda.put(now + span, lambda at: self._text(phone, person.writes(question, at)[-1], at))
        if question == "silence" and person.rng.random() < figures.ROUSED:
            self.agenda.put(now + 2 * span, lambda at: self._answers(patient, "temperature", at))

    def _answers(self, patient: int, question: str, now: datetime) -> None:
        for place, words in enumerate(self.clinic.persons[patient].writes(question, now)):
            self.agenda.put(now + place * BETWEEN_TEXTS, self._texting(self._phone_of(patient), words))

    def _texting(self, phone: str, words: str) -> Callable[[datetime], None]:
        return lambda at: self._text(phone, words, at)

    def _text(self, phone: str, words: str, now: datetime, *, to: str = "") -> None:
        """A handset sends a text: it comes once, twice, or only into the provider's log."""
        to, sid = to or self.clinic.site.patient_number, f"SM{next(self._sids):032d}"
        times = self.provider.receive(phone, to, words, sid, now)
        if not times:
            self.agenda.put(now + FETCHED_AFTER, lambda at: self._is_fetched(sid, at))
            return
        for _ in range(times):
            reply = inbound.receive(provider_sid=sid, sender=phone, sent_to=to, body=words, now=now)
        self._is_taken_in(reply, now)

    def _is_fetched(self, sid: str, now: datetime) -> None:
        """The service has looked through the provider's log and found what never reached it."""
        missed_texts.fetch(now=now)
        self._is_taken_in(Reply.objects.get(provider_sid=sid), now)

    def _is_taken_in(self, reply: Reply, now: datetime) -> None:
        """What staff do once the service has a text: one reads what it could not, one goes on with what was taken."""
        if reply.sender in self._responders:
            self._goes_on_with_cases(self._responders[reply.sender], now)
        elif _is_for_a_person.exists(reply=reply.pk):
            self._somebody_reads(reply.patient_id, now)

    # on the telephone

    def _hears_ringing(self, phone: str, token: str, now: datetime) -> bool:
        """A phone rings; True when somebody picks up and presses a key."""
        share = figures.TAKES_CALL if phone in self._responders else figures.PICKS_UP
        if self.rng.random() >= share:
            return False
        self.agenda.put(now + KEY_AFTER, lambda at: self._presses(token, at))
        return True

    def _presses(self, token: str, now: datetime) -> None:
        call = Delivery.objects.select_related("message").filter(token=token).first()
        if call is None:
            return
        voice.key_pressed(call, "1", call_sid=f"CA{call.pk}", words_at="/words", now=now)
        if call.message.to in self._responders:
            self._goes_on_with_cases(self._responders[call.message.to], now)
        elif call.message.to in self._known():
            patient, _ = self._at_home[call.message.to]
            self.agenda.put(now + timedelta(minutes=2), lambda at: self._answers(patient, "temperature", at))

    # staff

    def _is_paged(self, who: Clinician, words: str, now: datetime) -> None:
        code = CODE.search(words)
        if code is None or self.rng.random() >= figures.READS_PAGE:
            return

        def take(at: datetime) -> None:
            self._text(who.phone, code[1], at, to=self.clinic.site.page_number)

        self.agenda.put(now + after(self.rng, figures.PAGE_MEDIAN, figures.PAGE_SIGMA), take)

    def _goes_on_with_cases(self, who: Clinician, now: datetime) -> None:
        """Whoever has just taken a case calls the patient, and then records how it ended."""
        for case in _just_taken.rows(owner=who.pk, at=now):
            if self.rng.random() < figures.REACHES:
                at = now + after(self.rng, figures.REACH_MEDIAN, figures.REACH_SIGMA)
                self.agenda.put(at, self._reaching(case.pk, who))

    def _reaching(self, case: int, who: Clinician) -> Callable[[datetime], None]:
        def reach(now: datetime) -> None:
            try:
                escalations.reach(case, by=who, now=now)
            except Refusal:
                return  # it was handed on meanwhile
            span = after(self.rng, figures.RESOLVE_MEDIAN, figures.RESOLVE_SIGMA)
            self.agenda.put(now + span, lambda at: self._resolve(case, who, at))

        return reach

    def _resolve(self, case: int, who: Clinician, now: datetime) -> None:
        patient = Escalation.objects.values_list("patient", flat=True).get(pk=case)
        febrile = patient is not None and self.clinic.persons[patient].has_fever(now)
        grades = [("crs", 1 if febrile else 0), ("icans", 0)] if patient else []
        outcome = "home" if patient else "no concern"
        try:
            escalations.resolve(case, by=who, now=now, outcome=outcome, grades=grades, over=True)
        except Refusal:
            return

    def look_at_the_list(self, now: datetime) -> None:
        """The nurse sees what else stands there to do, like a call to a number that no text reaches."""
        self._take_on(_open_tasks.rows(), now)

    def _somebody_reads(self, patient: int | None, now: datetime) -> None:
        tasks = _open_tasks().filter(patient=None) if patient is None else _tasks_of.rows(patient=patient)
        self._take_on(tasks, now)

    def _take_on(self, tasks: Iterable[Task], now: datetime) -> None:
        for task in tasks:
            if task.pk not in self._reading:
                self._reading.add(task.pk)
                span = after(self.rng, figures.READ_MEDIAN, figures.READ_SIGMA)
                self.agenda.put(now + span, self._finishing(task.pk))

    def _finishing(self, task: int) -> Callable[[datetime], None]:
        def finish(now: datetime) -> None:
            [row] = _task.rows(pk=task)
            if row.done_at is None:
                read = unread.newest(row)
                outcome = "spoke with them: well" if row.what.startswith(figures.CALL) else "read"
                worklist.finish(task, by=self.clinic.nurse, outcome=outcome, read=read, now=now)
            span = after(self.rng, figures.CLOSER_MEDIAN, figures.CLOSER_SIGMA)
            self.agenda.put(now + span, lambda at: self._looks_again(row.patient_id, at))

        return finish

    def _looks_again(self, patient: int | None, now: datetime) -> None:
        """Whoever read it looks at what came since, and ends the closer questions if nothing is open."""
        watch = watches.open_of.first(patient_id=patient) if patient else None
        if closer.of(watch) is not None and watch is not None:
            with contextlib.suppress(Refusal):  # a case is open: whoever resolves it ends them
                closer.end(watch.pk, why="well since", by=self.clinic.nurse, now=now)

    # phones

    def _phone_of(self, patient: int, *, caregiver: bool = False) -> str:
        number = self.clinic.persons[patient].number
        return f"+15550{(300_000 if caregiver else 200_000) + number}"

    def _known(self) -> dict[str, tuple[int, bool]]:
        if not self._at_home:
            for phone, caregiver, pk in Patient.objects.values_list("phone", "caregiver_phone", "pk"):
                self._at_home |= {phone: (pk, False), caregiver: (pk, True)}
        return self._at_home


@written.Query
def _is_for_a_person(*, reply: int) -> QuerySet[Finding]:
    """What was found in a reply that somebody is to read."""
    return Finding.objects.filter(reply=reply, human_task=True)


@written.Query
def _open_tasks() -> QuerySet[Task]:
    """What stands on the list, the oldest first."""
    return Task.objects.filter(done_at=None).order_by("pk")


@written.Query
def _tasks_of(*, patient: int) -> QuerySet[Task]:
    """What of it is about one patient."""
    return _open_tasks().filter(patient=patient)


@written.Query
def _task(*, pk: int) -> QuerySet[Task]:
    """One task, done or not."""
    return Task.objects.filter(pk=pk)


@written.Query
def _just_taken(*, owner: int, at: datetime) -> QuerySet[Escalation]:
    """The cases that somebody took at that moment and has still."""
    return Escalation.objects.filter(owner=owner, state="taken", taken_at=at).order_by("pk")
