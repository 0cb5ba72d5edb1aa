"""A clinician's own text: what may be said, to whom, and what is kept of it."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta

import pytest
from django.urls import reverse

from monitoring import conversation, opting_out, patients, timeline, unread
from monitoring.models import ClinicianText, Task
from notifications.models import AuditEntry, Clinician, Role
from protocols.errors import Refusal
from stepup.conversation_forms import marked
from tests import kept, makers
from tests.home import HOUR, MINUTE, Home
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
WORDS = "This is your nurse. Please sit down and take your temperature."


class Ward(Home):
    def __init__(self) -> None:
        super().__init__()
        self.nurse: Clinician = makers.a_clinician(self.site, name="Nora Quill")

    def says(
        self, words: str = WORDS, *, at=NOON + HOUR, to: str = "patient", by=None, answers=conversation.NONE
    ):
        who = by or self.nurse
        return conversation.say(
            patient=self.patient, to=to, words=words, by=who, now=at, answers=answers
        )  # fmt: skip


@pytest.fixture(scope="module")
def made_once(django_db_setup, django_db_blocker) -> Iterator[Ward]:
    with kept.made(Ward, django_db_blocker) as ward:
        yield ward


@pytest.fixture
def ward(made_once) -> Ward:
    return deepcopy(made_once)


@pytest.mark.parametrize("to", ["patient", "caregiver"])
def test_a_text_goes_to_the_phone_that_was_chosen_and_says_who_wrote_it(ward, to) -> None:
    phones = {"patient": ward.patient.phone, "caregiver": ward.patient.caregiver_phone}
    message = ward.says(to=to)
    assert (message.to, message.body) == (phones[to], WORDS)
    assert ClinicianText.objects.get(message=message).by == ward.nurse
    [line] = [line for line in conversation.of(ward.patient) if line.words == WORDS]
    assert (line.who, line.how) == ("Nora Quill", f"wrote to the {to}")
    [entry] = [entry for entry in timeline.of(ward.patient) if WORDS in entry.text]
    assert entry.by == "Nora Quill"
    assert AuditEntry.objects.filter(
        act=f"texted the {to}", by=ward.nurse, subject=str(ward.patient)
    ).exists()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("   ", "words"),
        ("Did you take the teclistamab card with you?", "betrays"),
        ("Please come to the oncology desk.", "betrays"),
        ("Take one tylenol.", "betrays"),
        ("Nora here, how are you?", "betrays"),
        ("Hello {patient}, how are you?", "betrays"),
        ("Is {caregiver} with you?", "betrays"),
        ("Are you well? \N{SLIGHTLY SMILING FACE}", "signs"),
        ("a" * 307, "too-long"),
    ],
)
def test_words_that_may_not_be_sent_are_refused_and_nothing_is_kept(ward, words, code) -> None:
    patients_name, caregivers_name = (
        name.split()[-2] for name in (ward.patient.name, ward.patient.caregiver_name)
    )
    with pytest.raises(Refusal) as refused:
        ward.says(words.format(patient=patients_name, caregiver=caregivers_name))
    assert refused.value.code == code
    assert not ClinicianText.objects.exists()


def test_two_whole_segments_may_be_sent_and_typed_quotes_cost_nothing(ward) -> None:
    message = ward.says("Don\N{RIGHT SINGLE QUOTATION MARK}t" + "a" * 301)
    assert message.body == "Don't" + "a" * 301


def test_a_language_that_needs_more_signs_may_have_them(ward) -> None:
    ward.patient.language = "zh-Hant"
    ward.patient.save()
    assert ward.says("請量體溫").body == "請量體溫"


@pytest.mark.parametrize("to", ["patient", "caregiver"])
def test_after_texting_has_ended_it_says_which_number_to_telephone(ward, to) -> None:
    if to == "patient":
        opting_out.end_texting(ward.patient, None, None, why="the patient texted STOP", now=NOON + MINUTE)
    else:
        opting_out.end_caregiver_texting(ward.patient, why="the caregiver texted STOP", now=NOON + MINUTE)
    with pytest.raises(Refusal, match=r"texted STOP\. Telephone: \(555\)") as refused:
        ward.says(to=to)
    assert refused.value.code == "texting-ended"
    ward.says(to="caregiver" if to == "patient" else "patient")


@pytest.mark.parametrize("role", [Role.PHARMACIST, Role.LEAD])
def test_who_does_not_text_patients_is_refused(ward, role) -> None:
    with pytest.raises(Refusal, match="does not text patients"):
        ward.says(by=makers.a_clinician(ward.site, role))


def test_nothing_is_texted_after_the_enrolment(ward) -> None:
    patient = makers.a_patient(ward.site)
    patients.end(patient.pk, by=ward.nurse, reason="moved away", now=NOON)
    with pytest.raises(Refusal, match="enrolment has ended"):
        conversation.say(patient=patient, to="patient", words=WORDS, by=ward.nurse, now=NOON)


def test_pressed_twice_it_is_sent_once(ward) -> None:
    ward.says()
    with pytest.raises(Refusal, match="just been sent"):
        ward.says(at=NOON + HOUR + timedelta(seconds=2))
    ward.says(at=NOON + HOUR + 2 * MINUTE)
    assert ClinicianText.objects.count() == 2


def test_a_text_finishes_what_it_answers_and_nothing_else(ward) -> None:
    ward.hears("can I eat the blue thing", at=NOON + MINUTE)
    ward.hears("and what about the green thing", at=NOON + 2 * MINUTE)
    [first] = conversation.to_answer(ward.patient)
    second = makers.a_task(ward.patient, what="call", pages_when_late=False)
    elsewhere = makers.a_task(makers.a_patient(ward.site), what="call", pages_when_late=False)
    ward.says("Please leave it and call us.", answers={first.pk: unread.newest(first), elsewhere.pk: 0})
    first.refresh_from_db()
    assert (first.done_by, first.outcome) == (
        ward.nurse,
        "answered by text: Please leave it and call us.",
    )
    assert {task.pk for task in Task.objects.filter(done_at=None)} == {second.pk, elsewhere.pk}


def test_the_whole_conversation_is_read_newest_first(ward) -> None:
    ward.hears("can I eat the blue thing", at=NOON + MINUTE)
    ward.caregiver_says("he is fine", at=NOON + 2 * MINUTE)
    ward.says()
    lines = conversation.of(ward.patient)
    assert [line.at for line in lines] == sorted((line.at for line in lines), reverse=True)
    said = [(line.who, line.words) for line in lines if line.inward]
    assert said == [("caregiver", "he is fine"), ("patient", "can I eat the blue thing")]
    assert len(conversation.of(ward.patient, limit=2)) == 2


def test_a_text_that_came_after_the_page_is_not_answered_unseen(ward) -> None:
    ward.hears("can I eat the blue thing", at=NOON + MINUTE)
    [task] = conversation.to_answer(ward.patient)
    seen = unread.newest(task)
    ward.hears("and what about the green thing", at=NOON + 2 * MINUTE)
    with pytest.raises(Refusal, match="was not on this page"):
        ward.says(answers={task.pk: seen})
    assert not ClinicianText.objects.exists()


# on screen


def test_a_nurse_writes_from_the_inbox_s_link_with_the_reply_ticked(ward) -> None:
    ward.hears("can I eat the blue thing", at=NOON + MINUTE)
    [task] = conversation.to_answer(ward.patient)
    client, page = makers.signed_in(ward.nurse), reverse("patient-texts", args=[ward.patient.pk])
    shown = client.get(f"{page}?task={task.pk}")
    assert shown.context["say_form"]["answers"].value() == [marked(task)]
    assert "can I eat the blue thing" in shown.content.decode()
    answer = client.post(
        reverse("say", args=[ward.patient.pk]), {"to": "patient", "words": WORDS, "answers": [marked(task)]}
    )
    assert answer.url == f"{page}#result"
    task.refresh_from_db()
    assert task.done_by == ward.nurse


def test_what_was_typed_is_kept_beside_the_refusal(ward) -> None:
    client = makers.signed_in(ward.nurse)
    answer = client.post(
        reverse("say", args=[ward.patient.pk]), {"to": "caregiver", "words": "Take a tylenol"}
    )
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert "Take a tylenol" in shown
    assert "A text names no medicine" in shown


def test_who_may_only_read_is_offered_no_box(ward) -> None:
    page = reverse("patient-texts", args=[ward.patient.pk])
    shown = makers.signed_in(makers.a_clinician(ward.site, Role.PHARMACIST)).get(page).content.decode()
    assert "What was said" in shown
    assert "Send this text" not in shown
    assert AuditEntry.objects.filter(act="read the texts", subject=str(ward.patient)).exists()
