"""The judge of a soak: what the provider's ledger holds was heard, once, and danger in it is on a case."""

from datetime import timedelta
from typing import Any

import pytest

from monitoring import opting_out
from monitoring.models import Patient, Reply, Task
from notifications import clock
from notifications.models import Delivery, Message
from stepup.soak import judge
from tests.home import Home

pytestmark = [pytest.mark.database, pytest.mark.django_db]


class Ledger:
    """In the place of a house: a ledger with these texts from patients, as (the provider's id, the words)."""

    def __init__(self, *texts: tuple[str, str]) -> None:
        self._texts = [{"sid": sid, "body": words, "direction": "inbound"} for sid, words in texts]

    def ask(self, path: str) -> Any:
        return {"messages": self._texts, "calls": []} if path == "/double/ledger" else None


def about_texts(*texts: tuple[str, str]) -> list[str]:
    return [line for line in judge.verdict(Ledger(*texts)) if line.startswith("text ")]


def test_a_text_in_the_ledger_that_never_came_in_is_found() -> None:
    assert about_texts(("SM1", "98.6")) == ["text SM1 was heard 0 times, or not understood"]


def test_a_text_that_nobody_understood_is_found() -> None:
    reply = Home().hears("98.6")
    Reply.objects.update(understood_at=None)
    assert about_texts((reply.provider_sid, "98.6")) == [
        f"text {reply.provider_sid} was heard 1 times, or not understood"
    ]


@pytest.mark.parametrize("words", ["38.6", "101.4", "38.6 and shaking", "chills", "I cannot breathe"])
def test_danger_is_on_a_case(words) -> None:
    reply = Home().hears(words)
    assert about_texts((reply.provider_sid, words)) == []


def test_danger_that_was_taken_for_something_else_is_found() -> None:
    reply = Home().hears("98.6")
    assert about_texts((reply.provider_sid, "chills")) == [
        f"text {reply.provider_sid} was danger and was not found to be"
    ]


# STOP, and numbers that no text reaches


@pytest.mark.parametrize("watched", [True, False])
@pytest.mark.parametrize("who", ["hears", "caregiver_says"])
def test_a_stop_that_ended_texting_and_was_told_is_right_twice_too(watched, who) -> None:
    home = Home(watched=watched)
    replies = [getattr(home, who)("STOP") for _ in range(2)]
    assert about_texts(*((one.provider_sid, "STOP") for one in replies)) == []


@pytest.mark.parametrize(("words", "is_told"), [("blue elephants", True), ("STOP", False)])
def test_a_stop_that_did_not_end_texting_or_of_which_nobody_was_told_is_found(words, is_told) -> None:
    home = Home(watched=False)
    sid = home.hears(words).provider_sid
    assert Task.objects.filter(patient=home.patient).exists()
    if not is_told:
        Task.objects.all().delete()
    assert about_texts((sid, "STOP")) == [f"text {sid} was STOP, and texting did not end or nobody was told"]


def test_what_the_provider_answers_by_itself_to_stop_is_not_ours() -> None:
    texts = [{"sid": f"SM{way}", "direction": way} for way in ("outbound-reply", "outbound-api", "inbound")]
    assert judge.sends({"messages": texts, "calls": []}) == [
        "the provider took SMoutbound-api, and nobody here knows it"
    ]


def fails(home: Home, to: str, code: str) -> None:
    """A text to this phone is refused now, for good or not."""
    text = Delivery.objects.filter(message__channel="text").order_by("pk")[0]
    Delivery.objects.filter(pk=text.pk).update(state="failed", error_code=code, ended_at=clock.now())
    Message.objects.filter(pk=text.message_id).update(to=to)
    Patient.objects.update(reachable_since=clock.now() - timedelta(hours=1))


@pytest.mark.parametrize("whose", ["patient", "caregiver", "doctor"])
def test_a_dead_number_of_which_nobody_was_told_is_found_until_somebody_is(whose) -> None:
    home = Home.with_fever("38.6", at=clock.now() - timedelta(hours=1))
    patient, doctor = home.patient, home.doctors[0]
    phones = {"patient": patient.phone, "caregiver": patient.caregiver_phone, "doctor": doctor.phone}
    fails(home, phones[whose], "30006")
    about = doctor if whose == "doctor" else patient
    assert judge.unreached() == [f"no text reaches {about}, and nobody was told"]
    opting_out.notice_dead_numbers(now=clock.now())
    assert judge.unreached() == []


@pytest.mark.parametrize("code", ["30003", "30034"])
def test_a_number_given_up_for_what_passes_or_is_ours_is_found(code) -> None:
    home = Home.with_fever("38.6", at=clock.now() - timedelta(hours=1))
    fails(home, home.patient.phone, code)
    assert judge.unreached() == []
    why = f"texts do not reach this number ({code})"
    opting_out.end_texting(home.patient, None, None, why=why, now=clock.now())
    assert judge.unreached() == [f"texts to {home.patient} ended for {code}, which passes or is ours"]
