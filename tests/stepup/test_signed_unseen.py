"""Nothing is signed unseen: every word and every number of a protocol stands on the page that is signed."""

import html
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from notifications.models import Role
from protocols import library
from tests import makers

pytestmark = [pytest.mark.database, pytest.mark.django_db]

# Names by which rows find one another, and words the page puts in its own way (an hour, a yes).
OWN_WAY = {
    "id",
    "drug",
    "jurisdiction",
    "revision",
    "level",
    "then",
    "of",
    "read",
    "days",
    "premedicate",
    "max_from",
    "unit",
    "before",
    "after",
    "doses",
}
PROTOCOLS = [
    (label.id, pathway.id)
    for label in library.known_labels()
    for pathway in library.pathways()
    if label.jurisdiction == pathway.jurisdiction and pathway.id.startswith("outpatient")
]


@pytest.mark.parametrize(("label_id", "pathway_id"), PROTOCOLS)
def test_every_word_of_a_protocol_stands_on_the_page_that_is_signed(client, label_id, pathway_id) -> None:
    site = makers.a_site()
    client.force_login(makers.a_clinician(site, Role.PHARMACIST))
    page = _plain(client.get(f"/protocols/{label_id}/{pathway_id}/").content.decode())
    content = json.loads(library.protocol(label_id, pathway_id).as_text())
    unseen = sorted({words for words in _words(content) if _plain(words) not in page})
    assert unseen == []


def _words(part: Any, key: str = "") -> Iterator[str]:
    """Every sentence, name, amount and address of the content; ids and fixed words are shown in the page's own way."""
    if isinstance(part, dict):
        for name, value in part.items():
            yield from _words(value, name)
    elif isinstance(part, list):
        for value in part:
            yield from _words(value, key)
    elif isinstance(part, str) and part and key not in OWN_WAY and "_" not in part:
        yield part


def _plain(text: str) -> str:
    """Lower case, without tags, entities, no-break spaces or runs of space."""
    text = html.unescape(re.sub(r"<[^>]+>", " ", text)).replace("\N{NO-BREAK SPACE}", " ")
    return re.sub(r"\s+", " ", text).casefold().strip(" .")
