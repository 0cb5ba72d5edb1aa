"""Stored conclusions beside new ones: the direction of every difference, and none where nothing differs."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from protocols import replaying, triage
from protocols.replaying import Compared, Concluded, Kept
from protocols.triage import Context
from tests import corpus
from tests.examples import some

ROWS = [
    (row["reply"], row["asked"], row.get("language") or "en")
    for name in ("development", "contexts", "other_eyes")
    for row in corpus.rows(name)
]
WHOLE = Context(
    asked="read_back", language="es", in_watch="closed", sender="caregiver", drug="teclistamab", step="step_up_dose_1",
    hour=Decimal("26.50"), case_open=True, medicine_recent=True, media=2, recent=("chills", "fever"), known="case open",
    pending="101.4 F", today=date(2027, 3, 1), phrases=("toast and tea",), protocol="x 0123",
)  # fmt: skip


def concluded(
    urgency: str, *, person: bool = True, rules: tuple[str, ...] = (), because: str = ""
) -> Concluded:
    return Concluded(urgency, person, "", because, rules=tuple({"id": rule} for rule in rules))


def compared(before: Concluded, after: Concluded) -> Compared:
    return Compared(Kept(1, "", Context(), before), before, after)


PAGE, READ, UNREAD = concluded("urgent"), concluded("clarify"), concluded("clarify", person=False)
NONE, EMERGENCY = concluded("none", person=False), concluded("emergency")
DIRECTIONS = [
    ("nothing differs", PAGE, PAGE, "same", False, False),
    ("another rule, as grave", PAGE, concluded("urgent", rules=("FEVER",)), "other", False, False),
    ("another reason alone", PAGE, concluded("urgent", because="Hot."), "other", False, False),
    ("unclear is understood", READ, NONE, "lowered", False, False),
    ("unclear, and nobody reads it any more", READ, UNREAD, "lowered", False, False),
    ("somebody reads it now", UNREAD, READ, "raised", False, False),
    ("a page is left to reading", PAGE, READ, "lowered", True, True),
    ("a page is lost", PAGE, NONE, "lowered", True, True),
    ("an emergency is only urgent", EMERGENCY, PAGE, "lowered", True, False),
    ("urgent is an emergency", PAGE, EMERGENCY, "raised", False, False),
    ("a normal pages", NONE, PAGE, "raised", False, False),
]


@pytest.mark.parametrize(
    ("before", "after", "direction", "lowers", "stops"),
    [row[1:] for row in DIRECTIONS],
    ids=[row[0] for row in DIRECTIONS],
)
def test_the_direction_of_every_difference(before, after, direction, lowers, stops) -> None:
    found = compared(before, after)
    assert (found.direction, found.lowers_an_alarm, found.stops_paging) == (direction, lowers, stops)


def test_a_context_comes_back_from_json_as_it_was() -> None:
    assert Context.of(json.loads(json.dumps(WHOLE.as_dict()))) == WHOLE
    assert Context.of(json.loads(json.dumps({**WHOLE.as_dict(), "read_back": "101.4 F"}))) == WHOLE


def test_a_context_of_an_older_release_keeps_the_defaults_for_what_it_does_not_say() -> None:
    assert Context.of({"asked": "temperature", "language": "es"}) == Context(
        asked="temperature", language="es"
    )


def stored(reply: str, context: Context) -> Kept:
    """What a database gives back."""
    whole = json.loads(json.dumps(triage.assess(reply, context).as_dict()))
    then = Concluded(
        whole["urgency"], whole["human_task"], whole["provisional_grade"] or "", whole["because"],
        tuple(whole["readings"]), tuple(whole["rules"]),
    )  # fmt: skip
    return Kept(1, reply, Context.of(json.loads(json.dumps(context.as_dict()))), then)


def test_every_corpus_reply_is_concluded_again_to_the_letter() -> None:
    for reply, asked, language in some(ROWS):
        kept = stored(reply, replace(WHOLE, asked=asked or None, language=language, phrases=()))
        assert replaying.by_the_rules(kept).direction == "same", reply


def test_only_the_phrases_that_were_used_are_needed() -> None:
    context = Context(asked="temperature", phrases=("toast and tea", "walked the doggy"))
    kept = stored("98.6 toast and tea", context)
    used = replace(kept, context=replace(context, phrases=triage.assess(kept.text, context).learned))
    assert used.context.phrases == ("toast and tea",)
    assert replaying.by_the_rules(used).direction == "same"


def test_a_phrase_is_weighed_without_and_with_it_whatever_was_stored() -> None:
    kept = stored("98.6 toast and tea", Context(asked="temperature"))
    found = replaying.with_phrase(kept, "toast and tea", in_use=("toast and tea",))
    assert (found.before.urgency, found.after.urgency, found.direction) == ("clarify", "none", "lowered")
    assert found.why == "no longer NOT-UNDERSTOOD; now NORMAL"
    assert not found.lowers_an_alarm


def test_every_direction_is_counted_even_where_there_is_none() -> None:
    assert replaying.counted([compared(PAGE, READ)]) == {"lowered": 1, "raised": 0, "other": 0, "same": 0}
