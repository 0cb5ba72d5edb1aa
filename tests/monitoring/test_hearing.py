"""From words to acts: whose words they are, what a yes means, and that nothing beside a case can undo it."""

from datetime import timedelta

import pytest
from django.db import OperationalError

from monitoring import canary, checkins, findings, hearing, inbound, pocket, worklist
from monitoring.models import Escalation, Page, Reply, Task, Watch
from notifications.models import Message, Site
from tests import makers
from tests.home import FEVER, HOUR, MINUTE, Home
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
NIGHT = NOON + 10 * HOUR
SECOND = timedelta(seconds=1)


@pytest.fixture
def home() -> Home:
    return Home()


def who(reply: Reply) -> str:
    return Reply.objects.get(pk=reply.pk).who


# Reading a doubtful number back


def test_a_yes_to_the_number_read_back_confirms_it(home) -> None:
    home.hears("943", at=NIGHT)
    assert "Did you mean 94.3 F?" in home.texts_to(home.patient.phone)[-1]
    assert not Escalation.objects.exists()
    home.hears("1", at=NIGHT + 30 * MINUTE)
    assert home.case.urgency == "urgent", "a very low temperature pages once it is confirmed"


def test_a_yes_half_an_hour_later_confirms_nothing(home) -> None:
    home.hears("943", at=NIGHT)
    late = home.hears("1", at=NIGHT + 30 * MINUTE + SECOND)
    assert late.findings.get().context["pending"] == ""
    assert not Escalation.objects.exists()


def test_somebody_else_s_yes_confirms_nothing(home) -> None:
    home.hears("943", at=NIGHT)
    other = home.caregiver_says("1", at=NIGHT + MINUTE)
    assert other.findings.get().context["pending"] == ""


def test_only_the_last_thing_said_is_read_back(home) -> None:
    home.hears("943", at=NIGHT)
    home.hears("thank you", at=NIGHT + MINUTE)
    assert home.hears("1", at=NIGHT + 2 * MINUTE).findings.get().context["pending"] == ""


# Nothing beside a case can undo it

STEPS = [
    ("answer", findings, "answer"),
    ("pocket dose", pocket, "instruct_if_signed"),
    ("closer check-ins", checkins, "ask_again_in"),
]


@pytest.mark.parametrize(("step", "module", "name"), STEPS, ids=[step for step, _, _ in STEPS])
def test_a_step_that_fails_beside_a_case_leaves_the_page_a_trace_and_the_other_steps(
    home, monkeypatch, step, module, name
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("a fault of ours")

    home.has_pocket_order()
    monkeypatch.setattr(module, name, breaks)
    reply = home.hears(FEVER, at=NOON + HOUR)
    assert Page.objects.get().clinician == home.doctors[0]
    assert home.case.events.get(what="not done").text == f"The service failed at this step: {step}."
    assert home.case.events.get(what="opened").finding.reply == reply
    assert not Task.objects.exists(), "it was understood"
    done = {
        "answer": Message.objects.filter(key__startswith="answer:").exists(),
        "pocket dose": Message.objects.filter(key__startswith="pocket:").exists(),
        "closer check-ins": home.watch.checkins.filter(extra=True).exists(),
    }
    assert [name for name, was_done in done.items() if not was_done] == [step]


@pytest.mark.parametrize(("module", "name"), [(findings, "from_reply"), (findings, "answer")])
def test_a_deadlock_says_nothing_about_the_words_and_they_are_read_again(
    home, monkeypatch, module, name
) -> None:
    def deadlock(*_: object, **__: object) -> None:
        raise OperationalError("deadlock detected")

    with monkeypatch.context() as once:
        once.setattr(module, name, deadlock)
        reply = home.hears(FEVER, at=NIGHT)
    reply.refresh_from_db()
    assert (reply.understood_at, reply.body) == (None, FEVER)
    assert not Escalation.objects.exists()
    home.tick(NIGHT + 10 * SECOND)
    assert home.case.headline
    assert Page.objects.get().clinician == home.doctors[0]


def test_words_that_a_deadlock_keeps_unread_are_put_before_a_person_once_and_read_again_all_the_same(
    home, monkeypatch
) -> None:
    def deadlock(*_: object, **__: object) -> None:
        raise OperationalError("deadlock detected")

    with monkeypatch.context() as stuck:
        stuck.setattr(findings, "from_reply", deadlock)
        reply = home.hears(FEVER, at=NIGHT)
        home.tick(NIGHT + 10 * SECOND)
        assert not Task.objects.exists(), "nothing is the matter yet"
        home.tick(NIGHT + 30 * SECOND)
        task = Task.objects.get()
        assert (task.patient, task.reply, task.pages_when_late) == (home.patient, reply, True)
        assert task.due_at <= NIGHT + 16 * MINUTE
        Task.objects.update(done_at=NIGHT + MINUTE, outcome="rang them")
        home.tick(NIGHT + 2 * MINUTE)
        assert Task.objects.count() == 1
    home.tick(NIGHT + 3 * MINUTE)
    assert home.case.urgency == "urgent"
    reply.refresh_from_db()
    assert reply.understood_at is not None


@pytest.mark.parametrize("first", [True, False], ids=["the other is read before", "the other is read after"])
def test_what_breaks_about_one_of_two_who_share_a_phone_undoes_no_page_for_the_other(home, first) -> None:
    other = makers.a_patient(home.site, caregiver_phone=home.patient.phone)
    makers.a_dose(makers.a_course(other))
    broken, sound = (home.patient, other) if first else (other, home.patient)
    Watch.objects.filter(patient=broken).update(rules={"no rule": "of ours"})
    reply = home.hears("38.6 and shaking", at=NIGHT)
    assert who(reply) == "shared"
    assert [case.patient for case in Escalation.objects.all()] == [sound]
    assert Page.objects.exists()
    task = broken.tasks.get(done_at=None)
    assert (task.reply, task.pages_when_late) == (reply, True)


# Whose words


def test_a_caregiver_known_at_two_hospitals_speaks_about_those_of_the_one_texted(home) -> None:
    away = Home()
    carer = home.patient.caregiver_phone
    type(away.patient).objects.filter(pk=away.patient.pk).update(caregiver_phone=carer)
    reply = home.hears(
        "she is confused and cannot speak", sender=carer, to=away.site.patient_number, at=NIGHT
    )
    assert who(reply) == "caregiver"
    assert [case.patient for case in Escalation.objects.all()] == [away.patient]


def test_a_caregiver_who_texts_a_third_number_speaks_about_everybody_they_care_for(home) -> None:
    third = makers.a_site()
    reply = home.hears("38.6", sender=home.patient.caregiver_phone, to=third.patient_number, at=NIGHT)
    assert who(reply) == "caregiver"
    assert home.case.patient == home.patient


def test_a_patient_who_cares_for_another_shares_the_phone_with_them(home) -> None:
    other = makers.a_patient(home.site, caregiver_phone=home.patient.phone)
    reply = home.hears("38.6 and shaking", at=NIGHT)
    assert who(reply) == "shared"
    assert {case.patient for case in Escalation.objects.all()} == {home.patient, other}


# Strangers


@pytest.mark.parametrize("also", ["patient", "shared", "clinician", canary.SERVICE])
def test_a_patients_phone_that_is_somebody_elses_too_is_heard_as_theirs(home, also) -> None:
    phone, site = home.patient.phone, home.site
    if also == "shared":
        makers.a_patient(site, caregiver_phone=phone)
    elif also == "clinician":
        makers.a_clinician(site, phone=phone)
    elif also == canary.SERVICE:
        Site.objects.filter(pk=site.pk).update(fallback_number=phone)
    reply = inbound.receive(provider_sid="SM1", sender=phone, sent_to=site.page_number, body="98.6", now=NOON)
    assert who(reply) == also


@pytest.mark.parametrize(
    ("words", "heard"),
    [
        ("he is shaking, took 1000 mg of tylenol", "caregiver"),
        ("can't take 1000 mg, he is vomiting and confused", "caregiver"),
        ("1000", "clinician"),
        ("take 1000", "clinician"),
    ],
)
def test_figures_of_a_clinician_about_their_own_at_home_are_no_code_unless_nothing_else_is_said(
    home, words, heard
) -> None:
    home.hears("39.4", at=NIGHT)
    Escalation.objects.update(code="1000")
    home.over(NIGHT + MINUTE)
    makers.a_clinician(home.site, phone=home.patient.caregiver_phone)
    reply = home.caregiver_says(words, at=NIGHT + HOUR)
    assert who(reply) == heard
    assert Escalation.objects.filter(state="open").exists() == (heard == "caregiver")


def test_a_machine_that_nobody_knows_is_not_answered(home) -> None:
    stranger = makers.a_phone()
    reply = home.hears("I am out of the office until Monday", sender=stranger)
    assert reply.findings.exists(), "it is kept"
    assert home.texts_to(stranger) == []
    assert not Task.objects.exists()


def test_a_person_whom_nobody_knows_is_answered_and_read(home) -> None:
    stranger = makers.a_phone()
    home.hears("do you open on sundays", sender=stranger)
    assert home.site.emergency_number in home.texts_to(stranger)[-1]
    assert Task.objects.get().pages_when_late


@pytest.mark.parametrize("sender", ["whatsapp:+12155550142", "messenger:" + "7" * 45])
def test_a_sender_longer_than_a_telephone_number_opens_a_case_too(home, sender) -> None:
    home.hears("my husband cannot breathe", sender=sender, at=NIGHT)
    assert (home.case.caller, home.case.urgency) == (sender, "emergency")
    assert home.texts_to(sender)
    assert not Task.objects.exists()


@pytest.mark.parametrize("sender", ["", "\x00"], ids=["nothing", "a null character"])
def test_a_text_that_does_not_say_who_sends_it_opens_a_case_and_joins_no_task_of_others(home, sender) -> None:
    site, later = home.site, NIGHT + HOUR
    other = worklist.open_task(
        site=site, what="Ring the pharmacy.", due_at=later, pages_when_late=False, now=NIGHT
    )
    for sid, words in (("SM1", "my husband cannot breathe"), ("SM2", "blue elephants")):
        inbound.receive(provider_sid=sid, sender=sender, sent_to=site.patient_number, body=words, now=NIGHT)
    assert (home.case.caller, home.case.urgency) == (hearing.NO_SENDER, "emergency")
    other.refresh_from_db()
    assert (other.what, other.unread.count()) == ("Ring the pharmacy.", 0)
    assert Task.objects.get(reply__provider_sid="SM2").unread_from == hearing.NO_SENDER
    assert not Message.objects.filter(to=hearing.NO_SENDER).exists(), "there is nobody to answer"


@pytest.mark.parametrize("words", ["98", "blue elephants"])
def test_whoever_is_told_that_a_person_will_read_it_has_a_task_outside_a_watch_too(words) -> None:
    home = Home(watched=False)
    home.hears(words)
    assert "A person will read" in home.texts_to(home.patient.phone)[-1]
    task = home.patient.tasks.get(done_at=None)
    assert not task.pages_when_late
