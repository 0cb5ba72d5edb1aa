"""A row of a label as it is typed, and what people do with drafts, in one line each."""

import pytest

from notifications.models import Clinician
from protocols.errors import Refusal
from stepup import drafts
from stepup.drafts import Wanted
from stepup.models import Draft, DraftEdit
from tests.makers import NOON

ROW = {
    "after": ["step_up_dose_1"],
    "days": "8-28",
    "then": "repeat_dose:step_up_dose_1",
    "premedicate": "yes",
    "printed": "a made-up bound",
}
TYPED = {
    "from_day": "8",
    "to_day": "28",
    "then": "repeat_dose:step_up_dose_1",
    "premedicate": "yes",
}


def change(draft: Draft, *wanted: Wanted, by: Clinician, seen: int = 0, source: str = "") -> list[DraftEdit]:
    return drafts.change(draft.pk, wanted, seen=seen, why="audit", source=source, by=by, now=NOON)


def refused(code: str):
    return pytest.raises(Refusal, match=None, check=lambda refusal: refusal.code == code)
