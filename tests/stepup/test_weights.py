"""A weight is a row: what changes a sum is compared, what changes it too much waits for a second clinician."""

import html
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from notifications import clock
from notifications.models import Clinician, Role
from protocols.errors import Refusal
from stepup import courses, next_dose, readiness, weights
from stepup.models import Course, Weight
from stepup.weights import Choice, Weighing
from tests import makers
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
TODAY = NOON.date()
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@pytest.fixture
def course() -> Course:
    """Teclistamab at 70 kg: step-up dose 1 is 4.2 mg."""
    site = makers.a_site()
    makers.on_call(site)
    return makers.a_course(makers.a_patient(site))


@pytest.fixture
def nurse(course) -> Clinician:
    return makers.a_clinician(course.site, name="Nora")


@pytest.fixture
def colleague(course) -> Clinician:
    return makers.a_clinician(course.site, Role.PHARMACIST, name="Petra")


def weigh(course: Course, kg: str, *, by: Clinician, use: bool | None = None, on=TODAY, now=NOON) -> Weight:
    choice = None if use is None else Choice(use, course.weight.pk, Decimal(kg))
    return weights.record(
        course.pk, Weighing(Decimal(kg), on, "Nora", "chair"), by=by, now=now, choice=choice
    )


def first_sum(course: Course) -> str:
    return courses.plan(course)[0].sum


def test_a_course_starts_with_its_first_weighing(course) -> None:
    assert (course.weight.kg, course.weight.weighed_on, course.weight.answer.used) == (70, TODAY, True)


def test_a_change_within_the_limit_is_compared_and_then_used_or_not(course, nurse) -> None:
    with pytest.raises(Refusal) as refused:
        weigh(course, "72.5", by=nurse)
    assert refused.value.code == "keep-or-use"
    weigh(course, "72.5", by=nurse, use=False)
    assert first_sum(course) == "0.06 mg/kg x 70 kg = 4.2 mg"
    weigh(course, "72.5", by=nurse, use=True)
    assert first_sum(course) == "0.06 mg/kg x 72.5 kg = 4.35 mg"
    assert next_dose.decide(course, now=NOON).decision == "give"


@pytest.mark.parametrize(("kg", "beyond"), [("77", False), ("77.1", True), ("63", False), ("62.9", True)])
def test_the_limit_is_exact_on_both_sides(course, kg, beyond) -> None:
    changed = weights.change(course, Decimal(kg))
    assert (changed.limit, changed.is_beyond) == (10, beyond)


def test_h26_a_change_beyond_the_limit_holds_the_dose_until_a_colleague_answers(
    course, nurse, colleague
) -> None:
    weight = weigh(course, "60", by=nurse, use=True)
    assert weights.waiting(course) == weight
    held = next_dose.decide(course, now=NOON)
    assert (held.decision, "60 kg" in held.because) == ("hold", True)
    assert first_sum(course) == "0.06 mg/kg x 70 kg = 4.2 mg", "not used by anybody's own word"
    with pytest.raises(Refusal) as refused:
        weights.answer(weight.pk, use=True, by=nurse, now=NOON)
    assert refused.value.code == "same-person"
    weights.answer(weight.pk, use=True, by=colleague, now=NOON)
    assert first_sum(course) == "0.06 mg/kg x 60 kg = 3.6 mg"
    assert next_dose.decide(course, now=NOON).decision == "give"


def test_a_colleague_may_keep_the_old_weight(course, nurse, colleague) -> None:
    weight = weigh(course, "60", by=nurse)
    weights.answer(weight.pk, use=False, by=colleague, now=NOON)
    assert course.weight.kg == 70
    assert next_dose.decide(course, now=NOON).decision == "give"


def test_an_answer_is_given_once(course, nurse, colleague) -> None:
    weight = weigh(course, "60", by=nurse)
    weights.answer(weight.pk, use=True, by=colleague, now=NOON)
    with pytest.raises(Refusal, match="Petra has answered already: it is used"):
        weights.answer(weight.pk, use=False, by=makers.a_clinician(course.site), now=NOON)


def test_a_slip_of_the_pen_is_overtaken_by_weighing_again(course, nurse, colleague) -> None:
    slip = weigh(course, "107", by=nurse)
    weigh(course, "70.5", by=nurse, use=True)
    assert weights.waiting(course) is None
    assert next_dose.decide(course, now=NOON).decision == "give"
    with pytest.raises(Refusal, match="A newer weight was recorded meanwhile"):
        weights.answer(slip.pk, use=True, by=colleague, now=NOON)


def test_of_two_that_wait_only_the_newest_can_be_answered(course, nurse, colleague) -> None:
    slip, again = weigh(course, "107", by=nurse), weigh(course, "60", by=nurse)
    with pytest.raises(Refusal, match="A newer weight was recorded meanwhile"):
        weights.answer(slip.pk, use=True, by=colleague, now=NOON)
    weights.answer(again.pk, use=True, by=colleague, now=NOON)
    assert course.weight == again


def test_a_choice_made_with_other_sums_in_view_is_none(course, nurse) -> None:
    seen = Choice(True, course.weight.pk, Decimal(72))
    for kg, old in (("73", seen.old), ("72", seen.old + 1)):
        with pytest.raises(Refusal) as refused:
            weights.record(
                course.pk,
                Weighing(Decimal(kg), TODAY, "Nora"),
                by=nurse,
                now=NOON,
                choice=Choice(True, old, seen.kg),
            )
        assert refused.value.code == "keep-or-use"


def test_a_flat_dose_takes_any_weight_at_once(nurse) -> None:
    course = makers.a_course(makers.a_patient(nurse.site), label=makers.ELRANATAMAB)
    weigh(course, "95", by=nurse)
    assert (course.weight.kg, weights.waiting(course)) == (95, None)


def test_what_was_given_keeps_the_weight_it_was_given_on(course, nurse, colleague) -> None:
    dose = makers.a_dose(course, given_at=NOON)
    weights.answer(
        weigh(course, "60", by=nurse, now=NOON + MINUTE).pk, use=True, by=colleague, now=NOON + MINUTE
    )
    dose.refresh_from_db()
    assert (dose.weight.kg, dose.sum) == (70, "0.06 mg/kg x 70 kg = 4.2 mg")


def test_a_dose_recorded_late_is_held_against_the_weight_of_its_hour(course, nurse) -> None:
    weigh(course, "72", by=nurse, use=True, now=NOON + 10 * MINUTE)
    recorded = courses.record_dose(
        course.pk,
        step="step_up_dose_1",
        given_at=NOON,
        given_mg=Decimal("4.2"),
        by=nurse,
        now=NOON + 20 * MINUTE,
    )
    assert (recorded.dose.weight.kg, recorded.dose.deviation) == (70, "")


def test_a_dose_typed_to_the_minute_uses_the_weight_of_that_minute(course, nurse) -> None:
    weigh(course, "72", by=nurse, use=True, now=NOON + timedelta(seconds=59))
    weigh(course, "71", by=nurse, use=True, now=NOON + timedelta(seconds=60))
    assert weights.used_at(course, NOON).kg == 72


def test_a_weighing_that_was_kept_out_still_says_when_the_patient_was_weighed(course, nurse) -> None:
    later = NOON + 9 * DAY
    weigh(course, "71", by=nurse, use=False, on=later.date(), now=later)
    items = readiness.of(course, step="step_up_dose_1", now=later).items
    assert next(item for item in items if item.rule.id == "weight").state == "met"


@pytest.mark.parametrize(
    ("kg", "on", "code"),
    [
        ("700", TODAY, "implausible-weight"),
        ("24.9", TODAY, "implausible-weight"),
        ("71", TODAY + DAY, "weighed-on"),
        ("71", TODAY - DAY, "older-weight"),
    ],
)
def test_a_weight_that_cannot_be_is_refused(course, nurse, kg, on, code) -> None:
    with pytest.raises(Refusal) as refused:
        weigh(course, kg, by=nurse, on=on, use=True)
    assert refused.value.code == code
    assert course.weights.count() == 1


def test_a_stopped_course_takes_no_weight(course, nurse) -> None:
    courses.stop(course.pk, by=nurse, reason="moved away", now=NOON)
    with pytest.raises(Refusal) as refused:
        weigh(course, "71", by=nurse, use=True)
    assert refused.value.code == "course-stopped"


# The screens


@pytest.fixture(autouse=True)
def at_noon(monkeypatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)


def typed(**changed: str) -> dict[str, str]:
    return {"kg": "72", "on": "2027-03-01", "by": "Nora <b>", "how": "bed"} | changed


def words(answer: Any) -> str:
    return html.unescape(answer.content.decode()).replace("\N{NO-BREAK SPACE}", " ")


def test_ux4a_both_sums_are_shown_before_anything_is_kept(course, nurse) -> None:
    client, path = makers.signed_in(nurse), reverse("record-weight", args=[course.pk])
    shown = words(client.post(path, typed()))
    assert "0.06 mg/kg x 70 kg = 4.2 mg" in shown
    assert "0.06 mg/kg x 72 kg = 4.32 mg" in shown
    assert course.weights.count() == 1
    compared = {"compared_old": str(course.weight.pk), "compared_kg": "72.0", "use": "use"}
    edited = client.post(path, typed(kg="74") | compared)
    assert edited.status_code == 200
    assert course.weights.count() == 1, "the button said 72"
    assert client.post(path, typed() | compared).status_code == 302
    assert course.weight_kg == 72


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"kg": "700"}, "A weight of 700 kg is not plausible"),
        ({"kg": "155 lb"}, "That is not a weight: type it in kg, like 70.5."),
        ({"kg": "70,5"}, "That is not a weight: type it in kg, like 70.5."),
        ({"kg": "NaN"}, "That is not a weight: type it in kg, like 70.5."),
        ({"on": "2027-02-30"}, "That date does not exist"),
        ({"on": "2027-03-02"}, "The weight cannot be from the future."),
        ({"on": "2027-02-01"}, "The weight in use is newer"),
        ({"how": ""}, "Choose how the patient was weighed."),
        ({"by": ""}, "Type who weighed the patient."),
    ],
    ids=lambda value: "-".join(value.values()) if isinstance(value, dict) else "",
)
def test_a_mistake_is_named_and_what_was_typed_stays(course, nurse, changed, sentence) -> None:
    answer = makers.signed_in(nurse).post(reverse("record-weight", args=[course.pk]), typed(**changed))
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert course.weights.count() == 1
    if "by" not in changed:
        assert 'value="Nora <b>"' in words(answer)


def test_the_second_clinician_answers_on_a_page_with_both_sums(course, nurse, colleague) -> None:
    weight = weigh(course, "60", by=nurse)
    path = reverse("answer-weight", args=[weight.pk])
    assert "somebody else's" in words(makers.signed_in(nurse).get(path))
    assert makers.signed_in(nurse).post(path, {"use": "use"}).status_code == 422
    client = makers.signed_in(colleague)
    shown = words(client.get(path))
    assert "70 kg to 60 kg: -14.3 %" in shown
    assert "0.06 mg/kg x 60 kg = 3.6 mg" in shown
    assert client.post(path, {"use": "perhaps"}).status_code == 422
    assert client.post(path, {"use": "use"}).status_code == 302
    assert course.weight_kg == 60
