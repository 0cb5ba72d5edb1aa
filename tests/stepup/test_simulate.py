"""The virtual ward: it lives by the service's own operations, says the same for the same seed, and sees what breaks."""

import re
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.core.management import CommandError
from django.db import transaction

from monitoring import inbound, spoken
from monitoring.models import Escalation, Page, Patient, Reply, Task
from notifications.models import Delivery, Shift
from protocols import wording
from stepup.management.commands import simulate
from stepup.simulate import figures, report
from stepup.simulate.patients import question_in
from stepup.simulate.provider import RINGS
from stepup.simulate.ward import BEGINS, Plan, Ward

pytestmark = [pytest.mark.django_db, pytest.mark.database]
SMALL = Plan(patients=1, days=1, seed=3, faults="storm", starting=1.0)
SPANS = report.PERSON_TIMES.values()


def lived_through(plan: Plan) -> report.Report:
    """One clinic, of which nothing stays."""
    with transaction.atomic():
        found = report.gather(plan, Ward(plan, 0).live())
        transaction.set_rollback(True)
    return found


def test_a_seed_gives_the_same_report_again_and_faults_break_no_invariant() -> None:
    first, again = lived_through(SMALL), lived_through(SMALL)
    assert report.document(first) == report.document(again)
    assert (first.doses, first.broken) == (1, {})
    assert sum(first.by_hour["texts in"]) > 5, "somebody lives in it"
    assert first.went_wrong > 0
    assert first.checks > 24, "looked at before whatever the service does"


def test_an_hour_that_nobody_covers_is_reported_as_broken() -> None:
    ward = Ward(Plan(patients=1, days=1, seed=1, faults="none", starting=1.0), 0)
    ward.agenda.put(BEGINS + timedelta(hours=20), lambda now: Shift.objects.filter(rung=2).update(rung=3))
    assert set(ward.live().broken) == {"I11"}


def test_what_breaks_for_a_while_is_seen_before_the_engine_mends_it() -> None:
    ward, at = a_fever_in_the_morning()

    def lose_the_page(now: datetime) -> None:
        Escalation.objects.filter(state="open").update(next_at=now + timedelta(hours=1))
        Page.objects.all().delete()

    # The whole turn of ten o'clock pages anew. Until then nothing is done after which anybody could look.
    ward.agenda.put(at, lose_the_page, quiet=True)
    assert ward.live().broken == {"I2": 1}
    assert Page.objects.filter(at__lte=at + timedelta(minutes=1)).exists(), "mended at once"


def test_who_is_left_unanswered_is_told_though_no_invariant_is_broken(monkeypatch) -> None:
    monkeypatch.setattr(figures, "TAKES_CALL", 0.0)
    monkeypatch.setattr(figures, "READS_PAGE", 0.0)
    ward, at = a_fever_in_the_morning()

    def forget(now: datetime) -> None:
        Escalation.objects.update(next_at=now + timedelta(days=365), tell_patient_at=None)

    ward.agenda.put(at + timedelta(minutes=2), forget, quiet=True)
    seen = ward.live()
    assert seen.broken == {}
    [case] = Escalation.objects.all()
    assert f"{case} is open, and nobody is called for it any more" in seen.unanswered
    found = report.gather(ward.plan, seen)
    assert (found.waiting["page"], found.waiting["take"], found.spans["take"]) == (0, 1, [])


def test_what_is_broken_for_less_than_its_time_is_not_told() -> None:
    ward, _ = a_fever_in_the_morning()
    assert ward.live().broken == {}
    assert Page.objects.exists()


def test_a_page_that_nobody_hears_is_followed_by_the_next_rung_at_once(monkeypatch) -> None:
    monkeypatch.setattr(figures, "TAKES_CALL", 0.0)
    ward, _ = a_fever_in_the_morning()
    ward.provider.blocked |= {who.phone for who in ward.clinic.responders}
    ward.ends_at = BEGINS + timedelta(hours=10, minutes=10)
    ward.live()
    first, second = Page.objects.order_by("pk")[:2]
    assert (first.rung, second.rung) == (1, 2)
    assert second.at - first.at == RINGS, "the call has ended; the text was refused before"


def test_a_number_that_is_dead_is_noticed_with_the_first_text_that_fails(monkeypatch) -> None:
    monkeypatch.setitem(figures.FAULTS, "usual", replace(figures.FAULTS["none"], dead_phone=1.0))
    Ward(replace(SMALL, faults="usual"), 0).live()
    patient = Patient.objects.get()
    failed = Delivery.objects.filter(message__to=patient.phone, state="failed").order_by("ended_at")
    assert patient.texting_ended_at == failed[0].ended_at


def a_fever_in_the_morning() -> tuple[Ward, datetime]:
    """A ward of one patient in which nothing goes wrong, who texts a fever 16 seconds before ten; and when they did."""
    ward = Ward(Plan(patients=1, days=1, seed=1, faults="none", starting=0.0), 0)
    at = BEGINS + timedelta(hours=10, seconds=-15)

    def text(now: datetime) -> None:
        phone = Patient.objects.values_list("phone", flat=True).get()
        to = ward.clinic.site.patient_number
        inbound.receive(provider_sid="SM1", sender=phone, sent_to=to, body="103.1", now=now)

    ward.agenda.put(at - timedelta(seconds=1), text)
    return ward, at


@pytest.mark.parametrize(("starting", "fevers"), [(1.0, 2), (0.0, 0)], ids=["step-up", "past the step-up"])
def test_only_the_step_up_brings_fevers(monkeypatch, starting, fevers) -> None:
    for name, figure in {
        "FEVER_WITH_TOCILIZUMAB": 1,
        "FEVER_WITHOUT": 1,
        "HAS_A_DOSE": 1,
        "WEEK_DAYS": 1,
    }.items():
        monkeypatch.setattr(figures, name, figure)
    monkeypatch.setattr(figures, "FEVER_AFTER", {"step_up_dose_1": 1})
    monkeypatch.setattr(figures, "FEVER_ONSET_HOURS", 1.0)
    seen = Ward(Plan(patients=2, days=1, seed=1, faults="none", starting=starting), 0).live()
    assert (seen.doses, seen.fevers) == (2, fevers)


def test_everybody_who_opts_out_texts_stop_during_the_run(monkeypatch) -> None:
    monkeypatch.setattr(figures, "OPTS_OUT", 1.0)
    ward = Ward(Plan(patients=4, days=1, seed=1, faults="none", starting=0.5), 0)
    ward.live()
    assert Reply.objects.filter(body="STOP").count() == 4
    assert len(ward.provider.blocked) == 4


def test_a_text_that_was_lost_on_the_way_is_fetched_within_a_minute_and_acted_on(monkeypatch) -> None:
    lost = replace(figures.FAULTS["none"], inbound_lost=1.0)
    monkeypatch.setitem(figures.FAULTS, "usual", lost)
    ward = Ward(replace(SMALL, faults="usual"), 0)
    ward.live()
    waited = [reply.received_at - reply.sent_at for reply in Reply.objects.exclude(sent_at=None)]
    assert len(waited) > 5
    assert max(waited) <= timedelta(minutes=1, seconds=1), "the provider writes whole seconds"


def test_whom_nobody_has_spoken_with_for_a_day_of_watch_is_called() -> None:
    ward = Ward(Plan(patients=1, days=4, seed=5, faults="none", starting=1.0), 0)
    ward.live()
    calls = Task.objects.filter(what=spoken.WHAT)
    assert len(calls) >= 1, "the dose was the last time that anybody spoke with them"
    assert set(calls.exclude(done_at=None).values_list("outcome", flat=True)) == {"spoke with them: well"}


def test_what_is_reported_adds_up_over_clinics() -> None:
    one = report.Report(
        days=2, patients=3, by_hour={"pages": [1] * 24}, spans={"take": [60.0]}, pages=24,
        waiting=Counter(take=1), unanswered=["case:7 rests"],
    )  # fmt: skip
    whole = report.Report()
    whole.add(one)
    whole.add(one)
    assert (whole.days, whole.patients, whole.pages) == (2, 6, 48)
    assert whole.by_hour == {"pages": [2] * 24}
    assert whole.spans == {"take": [60.0, 60.0]}
    assert (whole.waiting, whole.unanswered) == ({"take": 2}, ["case:7 rests"] * 2)


def test_the_report_for_people_says_load_pages_times_staff_and_what_broke() -> None:
    plan, quiet = Plan(patients=170, days=2, seed=3), [0] * 24
    hours = {"pages": quiet, "texts to read": quiet, "calls to make": [*quiet[:22], 21, 0],
             "cases": [*quiet[:23], 42]}  # fmt: skip
    found = report.Report(
        days=2, patients=170, watched_days=68.0, by_hour=hours, spans={name: [60.0, 180.0] for name in SPANS}, pages=34,
        checks=2400, broken=Counter({"I3": 2, "I11": 1}), cases=Counter({"by silence": 30, "by what was texted": 12}),
        checkins=Counter(answered=6, missed=3, unsendable=1, cancelled=2),
        deliveries=Counter({"text delivered": 9, "text failed": 1, "voice delivered": 2, "voice failed": 3}),
        waiting=Counter(take=1), unanswered=["case:7 rests"],
    )  # fmt: skip
    told = "\n".join(report.lines(plan, found))
    assert re.search(r"^23:00 +0.0 +0.0 +0.0 +21.0 +12.50$", told, re.MULTILINE), (
        "42 cases of 25 minutes in two such hours"
    )
    assert re.search(r"^22:00 +0.0 +0.0 +10.5 +0.0 +2.00$", told, re.MULTILINE), (
        "21 calls of 8 minutes in two such hours"
    )
    assert re.search(r"^whole +0.0 +0.0 +10.5 +21.0 +0.60$", told, re.MULTILINE), (
        "a day's, and the mean of its hours"
    )
    assert "10 asked; 60 % answered, 30 % not, 10 % could not be sent" in told
    assert re.search(r"^texts +9 delivered, 1 failed$", told, re.MULTILINE)
    assert re.search(r"^calls +2 answered, 3 not answered$", told, re.MULTILINE)
    assert "42 opened: 30 by silence, 12 by what was texted" in told
    assert "34, each one person called for one case: 0.1 a patient and day, 0.5 a day of watch" in told
    assert re.search(r"^somebody has it +2 +0:02:00 +0:02:48 +0:02:59 +0:03:00 +1$", told, re.MULTILINE)
    assert re.search(r"^the patient is reached +2 .* 0$", told, re.MULTILINE)
    assert "12.5 at the hour with most work (23:00), 0.60 on average" in told
    assert "a nurse for 170 patients, as published, would be 1.0" in told
    assert "looked at 2400 times, I11 broken once, I3 broken twice" in told
    assert re.search(r"^left unanswered +1\n +case:7 rests$", told, re.MULTILINE)


@pytest.mark.parametrize(
    "question",
    ["temperature", "temperature_mouth", "symptoms", "medicine", "thinking", "caregiver", "bp", "oxygen"],
)
def test_a_patient_knows_every_question_and_its_reminder(question) -> None:
    asked = wording.load()["en"].texts[f"ask.{question}"]
    assert question_in(asked) == question.removesuffix("_mouth")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"patients": "many"}, "whole number"),
        ({"days": "0"}, "1 to 90 days"),
        ({"faults": "some"}, "none, usual, storm"),
    ],
)
def test_what_cannot_be_lived_through_is_refused_in_one_line(typed, told) -> None:
    options = {"patients": "2", "days": "2", "seed": "1", "faults": "none", "starting": "20", "json": False}
    with pytest.raises(CommandError, match=told) as refused:
        simulate.Command().handle(**(options | typed))
    assert refused.value.returncode == 2
