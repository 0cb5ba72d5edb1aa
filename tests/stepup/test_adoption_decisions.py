"""Gradual adoption: what opens the next stage, what is counted, and who may decide."""

from datetime import timedelta

import pytest

from monitoring import admissions, escalations
from monitoring.models import Reaction
from notifications.models import AuditEntry, Role, Site
from protocols.errors import Refusal
from protocols.staging import Stage
from stepup import adoption, next_dose, progress, stages
from stepup.models import Course
from tests import makers
from tests.makers import NOON
from tests.stepup.adopting import TEN_DAYS, back, open_next, put, stage

pytestmark = [pytest.mark.database, pytest.mark.django_db]
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MAINTENANCE, LATER, ALL = Stage.MAINTENANCE, Stage.LATER, Stage.ALL


@pytest.fixture
def course(site) -> Course:
    """A course on which the first step is due at NOON."""
    makers.on_call(site, days=90)
    return makers.a_course(makers.a_patient(site))


# setting the numbers, opening, going back


def test_numbers_and_an_opening_and_going_back_are_rows_that_stay(site, people) -> None:
    put(site, people["lead"], least_days=10)
    assert stage(site) is MAINTENANCE
    opened = open_next(site, people["other"])
    assert (opened.kind, opened.number, opened.numbers_by) == ("opened", 2, people["lead"])
    assert opened.why == "30 of 10 days since this stage began"
    assert stage(site) is LATER
    returned = back(site, people["prescriber"], at=NOON + DAY)
    assert (returned.kind, returned.why) == ("back", "too many calls")
    assert (stage(site), stage(site, NOON + DAY)) == (LATER, MAINTENANCE), (
        "and what stood then is still known"
    )
    acts = (
        AuditEntry.objects.filter(subject__startswith="adoption:")
        .order_by("pk")
        .values_list("act", flat=True)
    )
    assert list(acts) == ["set adoption numbers", "opened a stage", "went back a stage"]


@pytest.mark.parametrize(
    ("who", "numbers", "why", "code"),
    [
        ("prescriber", {}, "x", "no-number"),
        ("prescriber", {"least_given": None, "most_late_cases": 0}, "x", "no-number"),
        ("prescriber", TEN_DAYS, " ", "why"),
        ("nurse", TEN_DAYS, "x", "role"),
    ],
)
def test_numbers_are_refused(people, who, numbers, why, code) -> None:
    by, site = people[who], people[who].site
    with pytest.raises(Refusal) as refusal:
        adoption.set_numbers(
            site, stage=MAINTENANCE, numbers=numbers, why=why, seen_before=0, by=by, now=NOON
        )
    assert refusal.value.code == code
    assert stage(site) is None


def test_setting_numbers_never_moves_a_stage(site, people) -> None:
    put(site, people["lead"])
    with pytest.raises(Refusal, match="opened by its numbers or gone back from"):
        put(site, people["lead"], stage=LATER, at=NOON)
    assert stage(site) is MAINTENANCE


def test_every_dose_at_home_needs_no_numbers_and_keeps_none(site, people) -> None:
    row = put(site, people["lead"], stage=ALL, least_given=5)
    assert row.least_given is None
    with pytest.raises(Refusal, match="no next stage"):
        open_next(site, people["other"])
    with pytest.raises(Refusal, match="Every dose goes home already"):
        put(site, people["other"], stage=ALL, at=NOON)


def test_a_stage_opens_only_with_numbers_met_and_by_another_person(site, people) -> None:
    with pytest.raises(Refusal, match="no next stage to open"):
        open_next(site, people["other"])
    put(site, people["lead"], least_days=31)
    with pytest.raises(Refusal, match="Not yet: 30 of 31 days since this stage began"):
        open_next(site, people["other"])
    with pytest.raises(Refusal, match="another person opens"):
        open_next(site, people["lead"], at=NOON + DAY)
    with pytest.raises(Refusal, match="Only these roles open a stage"):
        open_next(site, people["prescriber"], at=NOON + DAY)
    open_next(site, people["other"], at=NOON + DAY)
    with pytest.raises(Refusal, match="Set the numbers that open the next stage first"):
        open_next(site, people["other"], at=NOON + 2 * DAY)


def test_new_numbers_do_not_begin_the_stage_anew_and_a_new_stage_does(site, people) -> None:
    put(site, people["lead"])
    put(site, people["prescriber"], at=NOON - DAY, least_days=20)
    opened = open_next(site, people["lead"])
    assert opened.numbers_by == people["prescriber"]
    put(site, people["prescriber"], stage=LATER, at=NOON + HOUR, least_days=1)
    with pytest.raises(Refusal, match="0 of 1 days"):
        open_next(site, people["lead"], at=NOON + 2 * HOUR)


def test_going_back_is_for_an_earlier_stage_and_has_a_reason(site, people) -> None:
    for to, why, sentence in (
        (LATER, "x", "fewer doses"),
        (ALL, "x", "fewer doses"),
        (MAINTENANCE, " ", "Say why"),
    ):
        if stage(site) is None:
            put(site, people["lead"], stage=LATER)
        with pytest.raises(Refusal, match=sentence):
            back(site, people["pharmacist"], to=to, why=why)
    with pytest.raises(Refusal, match="Only these roles"):
        back(site, makers.a_clinician(site))
    back(site, people["lead"])


def test_whoever_decides_from_an_old_page_is_told_who_was_first(site, people) -> None:
    put(site, people["lead"])
    with pytest.raises(Refusal, match="Meanwhile decided by Dr lead: numbers set"):
        adoption.go_back(site, to=MAINTENANCE, why="x", seen_before=0, by=people["other"], now=NOON)


def test_one_site_s_stage_is_nothing_to_another(site, people, course) -> None:
    other = makers.a_site()
    put(other, makers.a_clinician(other, Role.LEAD))
    assert stage(site) is None
    assert next_dose.decide(course, now=NOON).decision == "give"


# what is counted


def counts(site: Site, at) -> dict[str, int]:
    stands = stages.standing(site, now=at)
    assert stands is not None
    return {count.field: count.have for count in stands.progress(at)}


def test_only_doses_of_the_stage_whose_watch_has_ended_are_reached(site, people, course) -> None:
    put(site, people["lead"], stage=LATER, at=NOON + HOUR)
    makers.a_dose(course, given_at=NOON)
    second = makers.a_dose(course, given_at=NOON + 3 * DAY)
    at = NOON + 4 * DAY
    assert counts(site, at) == {
        "least_given": 0, "least_patients": 0, "least_days": 4, "most_late_cases": 0, "most_grave_reactions": 0,
    }  # fmt: skip
    second.watch.closed_at, second.watch.closed_why = at, "over"
    second.watch.save()
    found = counts(site, at)
    assert (found["least_given"], found["least_patients"]) == (1, 1), "the first was before the stage began"
    assert counts(site, at - HOUR)["least_given"] == 0


@pytest.mark.parametrize(
    ("was_in", "given"), [(True, 0), (False, 1)], ids=["in hospital", "recorded by mistake"]
)
def test_a_dose_given_during_a_stay_was_not_given_at_home(site, people, course, was_in, given) -> None:
    put(site, people["lead"], stage=ALL)
    dose = makers.a_dose(course, given_at=NOON)
    dose.watch.closed_at, dose.watch.closed_why = NOON + DAY, "over"
    dose.watch.save()
    stay = makers.a_stay(course.patient, by=people["prescriber"])
    if not was_in:
        admissions.take_back(stay.pk, why="another patient", by=people["prescriber"], now=NOON + HOUR)
    assert counts(site, NOON + 2 * DAY)["least_given"] == given


def test_a_dose_beyond_the_stage_is_not_reached_but_its_reactions_count(site, people, course) -> None:
    put(site, people["lead"])
    adoption.override(course.pk, step="step_up_dose_1", reason="next door", by=people["prescriber"], now=NOON)
    dose = makers.a_dose(course)
    dose.watch.closed_at, dose.watch.closed_why = NOON + HOUR, "over"
    dose.watch.save()
    for grade, at in ((3, NOON - HOUR), (2, NOON + HOUR), (3, NOON + HOUR), (4, NOON + 2 * HOUR)):
        Reaction.objects.create(
            patient=course.patient, kind="crs", grade=grade, noted_at=at, noted_by=people["prescriber"]
        )
    found = counts(site, NOON + DAY)
    assert (found["least_given"], found["most_grave_reactions"]) == (0, 2)


def test_a_case_nobody_had_in_time_is_counted_once(site, people, course) -> None:
    put(site, people["lead"], stage=ALL)
    dose = makers.a_dose(course)
    case, _ = escalations.raise_concern(
        site=site,
        patient=course.patient,
        urgency="urgent",
        headline="fever",
        watch=dose.watch,
        now=NOON + HOUR,
    )
    assert counts(site, NOON + HOUR)["most_late_cases"] == 0
    for what in ("patient told", "patient told", "nobody told", "taken"):
        case.events.create(at=NOON + 2 * HOUR, what=what)
    assert counts(site, NOON + 3 * HOUR)["most_late_cases"] == 1


@pytest.mark.parametrize(
    ("field", "have", "need", "is_met"),
    [
        ("least_given", 9, 10, False), ("least_given", 10, 10, True), ("least_given", 0, None, True),
        ("most_grave_reactions", 0, 0, True), ("most_grave_reactions", 1, 0, False),
        ("most_late_cases", 3, None, True),
    ],
)  # fmt: skip
def test_a_number_is_reached_or_not_passed(field, have, need, is_met) -> None:
    assert progress.Count(field, have, need).is_met is is_met
