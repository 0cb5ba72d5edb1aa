"""The troubles of a soak: the same seed draws the same again, whatever people could or could not do between them."""

from typing import Any

import pytest

from stepup.soak.troubles import PARTS, Troubles
from tests.home import Home

pytestmark = [pytest.mark.database, pytest.mark.django_db]
OF_PEOPLE = ("code texted back", "case ", "refused")
PAGES = [
    {"sid": f"SM{n}", "to": "+15550100101", "body": f"reply {1000 + n} to take it", "status": "delivered"}
    for n in range(60)
]
ON_ITS_WAY = {"sid": "SM60", "to": "+15550100101", "body": "reply 1060 to take it", "status": "sent"}


class Standing:
    """In the place of a house: its parts can be killed and held, and these pages are on the phones."""

    redis_url = "redis://127.0.0.1:9/0"

    def __init__(self, pages: list[dict[str, str]]) -> None:
        self.pages = pages

    def kill(self, name: str) -> bool:
        return name in PARTS

    stop = cont = kill

    def ask(self, path: str, *, method: str = "GET", body: object = None) -> Any:
        return {"messages": self.pages} if path == "/double/messages" else {"sid": "SM1"}


def befalls(seed: int, *, pages: list[dict[str, str]]) -> list[str]:
    """What sixty draws let happen, without what people did."""
    told: list[str] = []
    troubles, elapsed = Troubles(Standing(pages), seed, told.append), 0.0
    for _ in range(60):
        elapsed += troubles.next(elapsed)
    return [what for what in told if not what.startswith(OF_PEOPLE)]


def test_people_answer_only_pages_that_are_on_their_phones() -> None:
    Home()
    told: list[str] = []
    troubles = Troubles(Standing([ON_ITS_WAY]), 7, told.append)
    for _ in range(20):
        troubles._an_answer(0.0)
    assert told == []


def test_a_seed_draws_the_same_troubles_again_whatever_stands_on_the_phones() -> None:
    Home()
    drawn = befalls(7, pages=[])
    assert len(drawn) > 20
    assert befalls(7, pages=PAGES) == drawn
    assert befalls(8, pages=[]) != drawn
