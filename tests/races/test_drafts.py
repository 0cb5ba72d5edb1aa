"""Two people at one draft at the same moment: one of them is first, the other is told, and nothing is doubled."""

import pytest

from notifications.models import Role
from protocols.errors import Refusal
from stepup import drafts, entries
from stepup.drafts import Wanted
from stepup.models import Draft, EntryAnswer, SiteProtocol
from tests import makers
from tests.makers import NOON
from tests.races.crowd import at_once, problems

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


def test_of_two_editors_one_is_kept_and_the_other_told(site) -> None:
    draft = makers.a_draft(site)
    people = [makers.a_clinician(site, role) for role in (Role.PHARMACIST, Role.PRESCRIBER)]
    results = at_once(
        *[
            lambda by=by, minutes=minutes: drafts.change(
                draft.pk, [Wanted("reach_minutes", minutes)], seen=0, why="w", source="", by=by, now=NOON
            )
            for by, minutes in zip(people, (20, 25), strict=True)
        ]
    )
    [refused] = problems(results)
    assert isinstance(refused, Refusal)
    assert refused.code == "changed-meanwhile"
    assert draft.edits.count() == 1


def test_of_two_who_begin_the_same_version_one_is_told(site) -> None:
    results = at_once(*[lambda: makers.a_draft(site) for _ in range(2)])
    [refused] = problems(results)
    assert isinstance(refused, Refusal)
    assert refused.code == "draft-open"
    assert Draft.objects.get().version == 1


def test_a_row_is_confirmed_once_and_a_draft_frozen_once(site) -> None:
    draft = makers.a_draft(site)
    entry = makers.an_entry(draft, by=makers.a_clinician(site))
    people = [makers.a_clinician(site, Role.PHARMACIST) for _ in range(2)]
    confirm = [
        lambda by=by: entries.confirm(entry.pk, typed=makers.FLAT_ROW, by=by, now=NOON) for by in people
    ]
    [refused] = problems(at_once(*confirm))
    assert isinstance(refused, Refusal)
    assert EntryAnswer.objects.count() == 1
    shown = drafts.judged(draft).protocol.fingerprint
    freeze = [lambda by=by: drafts.freeze(draft.pk, fingerprint=shown, by=by, now=NOON) for by in people]
    [late] = problems(at_once(*freeze))
    assert isinstance(late, Refusal)
    assert late.code == "draft-ended"
    assert SiteProtocol.objects.count() == 1
