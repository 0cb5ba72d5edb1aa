"""Nothing is signed unseen: every word and every number of a protocol stands on the page that is signed."""

import html
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from notifications.models import Role
from protocols import drafting, library
from stepup import drafts, entries
from tests import makers
from tests.makers import NOON

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
RESTART = {
    "after": ["step_up_dose_1"],
    "days": "8-28",
    "then": "repeat_dose:step_up_dose_1",
    "premedicate": "yes",
    "printed": "a made-up bound",
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


def test_every_word_of_a_site_s_own_protocol_stands_there_too(client) -> None:
    """Its own values with what they were, its title, and each row of the label it read, with source and people."""
    site = makers.a_site()
    pharmacist, nurse = makers.a_clinician(site, Role.PHARMACIST), makers.a_clinician(site)
    draft = makers.a_draft(site, by=pharmacist)
    pathway = drafts.contents(draft)["pathway"]
    travel = {**drafting.get(pathway, "readiness.travel"), "at_most_minutes": 17, "before": ["weekly"]}
    wanted = [
        drafts.Wanted("reach_minutes", 23),
        drafts.Wanted("later_rhythm", [{"from_hour": 0, "to_hour": 48, "every_hours": 8, "ask": ["breath"]}]),
        drafts.Wanted("readiness.travel", travel),
        drafts.Wanted("silence.person_minutes", 61),
        drafts.Wanted("weight_change_percent", "7.5"),
    ]
    drafts.change(draft.pk, wanted, seen=0, why="audit", source="Audit of 2026", by=pharmacist, now=NOON)
    rows = [
        ("dispensing", makers.FLAT_ROW),
        ("restart", RESTART),
        ("count", {"count": "platelets", "below": "21", "until": "32", "text": "made-up count words"}),
        ("reaction", {"kind": "crs", "grades": [4], "text": "a made-up sentence", "then": "stop"}),
    ]
    for kind, row in rows:
        entry = makers.an_entry(draft, kind=kind, row=row, by=nurse)
        entries.confirm(entry.pk, typed=row, by=pharmacist, now=NOON)
    row = makers.a_frozen_draft(draft)
    client.force_login(pharmacist)
    page = _plain(client.get(f"/protocols/{row.label_id}/{row.pathway_id}/").content.decode())
    content = json.loads(row.content)
    assert content["pathway"]["own"]
    unseen = sorted({words for words in _words(content) if _plain(words) not in page})
    assert unseen == []
    for number in (" 23 min", "0 to 48", "8 hours", "7.5 %", "17 minutes", "0.3 ml"):
        assert number in page, number
    assert page.count("this site’s own: audit of 2026") == len(wanted)


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
