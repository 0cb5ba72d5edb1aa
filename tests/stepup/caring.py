"""Recording, answering and reading supportive care in a line, for the tests of it."""

import pytest

from notifications.models import Clinician
from protocols.errors import Refusal
from stepup import care, care_entries, care_rules
from stepup.care_entries import Result
from stepup.models import CareEntry, CareRule, Course
from tests.makers import NOON

TODAY = NOON.date()


def done(course: Course, item: str, by: Clinician, **facts: object) -> CareEntry:
    wanted: dict[str, object] = {"on": TODAY, "result": Result(), "seen": 2**31, "now": NOON}
    return care_entries.record(course.pk, item, by=by, **(wanted | facts))


def answer(
    course: Course, item: str, by: Clinician, *, kind: str = "not_needed", **facts: object
) -> CareEntry:
    wanted: dict[str, object] = {"words": "a reason", "again_on": None, "seen": 2**31, "now": NOON}
    say = care_entries.not_needed if kind == "not_needed" else care_entries.decide
    return say(course.pk, item, by=by, **(wanted | facts))


def line(course: Course, item: str, *, now=NOON) -> care.ItemLine:
    found = care.of(Course.objects.get(pk=course.pk), now=now).line(item)
    assert found is not None
    return found


def refused(code: str):
    return pytest.raises(Refusal, check=lambda refusal: refusal.code == code)


def rule(item: str, by: Clinician, **facts: object) -> CareRule:
    wanted: dict[str, object] = {
        "every_days": None, "option": "", "words": "", "source": "minutes of 1 March", "seen": 2**31, "now": NOON,
    }  # fmt: skip
    return care_rules.set_rule(by.site, item, by=by, **(wanted | facts))
