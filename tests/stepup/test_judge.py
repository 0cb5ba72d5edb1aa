"""The judge of a soak: what the provider's ledger holds was heard, once, and danger in it is on a case."""

from typing import Any

import pytest

from monitoring.models import Reply
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
