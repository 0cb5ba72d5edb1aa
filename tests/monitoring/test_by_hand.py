"""A call that was made, and a case opened because a clinician judges so."""

import pytest

from monitoring import by_hand, conversation, escalations, unread
from monitoring.models import Escalation, PatientEvent, Task
from notifications.models import AuditEntry, Clinician, Role
from protocols.errors import Refusal
from tests import makers
from tests.home import HOUR, MINUTE, Home
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
LATER = NOON + HOUR


@pytest.fixture
def home() -> Home:
    return Home()


@pytest.fixture
def nurse(home) -> Clinician:
    return makers.a_clinician(home.site, name="Nora Quill")


def calls(
    home,
    by,
    *,
    spoke: bool = True,
    whom: str = "patient",
    words: str = "sounds well",
    answers=conversation.NONE,
):
    return by_hand.called(
        patient=home.patient, whom=whom, spoke=spoke, words=words, by=by, now=LATER, answers=answers
    )


def test_a_call_settles_what_was_ticked_and_is_in_the_record(home, nurse) -> None:
    home.hears("can I eat the blue thing")
    [task] = conversation.to_answer(home.patient)
    assert calls(home, nurse, answers={task.pk: unread.newest(task)}) is None
    task.refresh_from_db()
    assert (task.done_by, task.outcome) == (nurse, "telephoned the patient: sounds well")
    event = PatientEvent.objects.get(patient=home.patient, by=nurse)
    assert (event.what, event.text) == ("spoke with the patient by telephone", "sounds well")
    assert AuditEntry.objects.filter(act="recorded a call", by=nurse).exists()


def test_a_voicemail_settles_nothing(home, nurse) -> None:
    home.hears("can I eat the blue thing")
    [task] = conversation.to_answer(home.patient)
    with pytest.raises(Refusal, match="leave it on the list"):
        calls(home, nurse, spoke=False, answers={task.pk: unread.newest(task)})
    calls(home, nurse, spoke=False, whom="caregiver", words="a machine answered")
    assert Task.objects.filter(pk=task.pk, done_at=None).exists()
    assert "did not reach the caregiver" in PatientEvent.objects.get(by=nurse).what


def test_whoever_has_the_case_reaches_the_patient_with_the_call_and_nobody_else_does(home, nurse) -> None:
    home.hears("38.6 and shaking")
    escalations.take(home.case.pk, by=home.doctors[0], now=NOON + MINUTE, how="screen")
    assert calls(home, nurse) is None
    assert home.history[-1] == "telephoned"
    assert calls(home, home.doctors[0], spoke=False, words="nobody there") is None
    assert home.case.state == Escalation.State.TAKEN
    reached = calls(home, home.doctors[0])
    assert (reached.pk, home.case.state) == (home.case.pk, Escalation.State.REACHED)


def opens(
    home, by, *, urgency: str = "urgent", words: str = "slurs her words", answers=conversation.NONE
) -> Escalation:
    return by_hand.open_case(
        patient=home.patient, urgency=urgency, words=words, by=by, now=LATER, answers=answers
    )


def test_a_case_by_judgement_pages_as_any_other_and_says_who_judged(home, nurse) -> None:
    home.hears("can I eat the blue thing")
    [task] = conversation.to_answer(home.patient)
    case = opens(home, nurse, answers={task.pk: unread.newest(task)})
    assert case.headline == "Nora Quill: slurs her words"
    assert case.watch == home.watch
    assert [page.clinician for page in case.pages.all()] == [home.doctors[0]]
    assert home.history == ["opened", "paged", "judged by a clinician"]
    assert case.events.last().by == nurse
    task.refresh_from_db()
    assert task.outcome == f"became case {case.code}"


def test_a_worse_judgement_raises_the_open_case(home, nurse) -> None:
    home.hears("38.6")
    first = home.case
    assert opens(home, nurse, urgency="emergency").pk == first.pk
    assert (home.case.urgency, home.case.generation) == ("emergency", 2)


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda home, nurse: opens(home, nurse, urgency="routine"), "urgency"),
        (lambda home, nurse: opens(home, nurse, words=" "), "words"),
        (lambda home, nurse: calls(home, nurse, words=" "), "words"),
        (lambda home, nurse: calls(home, nurse, whom="neighbour"), "whom"),
        (lambda home, nurse: calls(home, makers.a_clinician(home.site, Role.LEAD)), "role"),
        (lambda home, nurse: opens(home, makers.a_clinician(home.site, Role.PHARMACIST)), "role"),
    ],
)
def test_what_is_not_said_is_refused(home, nurse, act, code) -> None:
    with pytest.raises(Refusal) as refused:
        act(home, nurse)
    assert refused.value.code == code
    assert not Escalation.objects.exists()
