"""A dose given elsewhere or in the past takes its place by the time it was given, whoever enters it and when."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitoring import watches
from protocols.errors import Refusal
from stepup import appointments, arranged, courses, next_dose, plans, reported
from stepup.models import Course, DoseReport
from stepup.reported import Report
from tests import makers, refused
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LETTER = Report(
    "elsewhere", "their nurse by telephone", "she moved here", "General Hospital", "letter of 26 Feb"
)


@pytest.fixture
def course() -> Course:
    site = makers.a_site()
    makers.on_call(site)
    return makers.a_course(makers.a_patient(site))


def report(course, step, given_at, *, mg="4.2", now=NOON, told=LETTER, besides=False):
    return reported.record(
        course.pk, step=step, given_at=given_at, given_mg=Decimal(mg), report=told, besides=besides,
        by=makers.a_clinician(course.site), now=now,
    ).dose  # fmt: skip


def test_a_patient_who_comes_with_the_step_up_done_goes_on_with_the_next_dose(course) -> None:
    report(course, "step_up_dose_1", NOON - 20 * DAY)
    report(course, "first_treatment_dose", NOON - 14 * DAY, mg="105")
    report(course, "step_up_dose_2", NOON - 17 * DAY, mg="21")
    assert arranged.last_dose(course).step == "first_treatment_dose"
    assert plans.as_arranged(course)[0].step == "weekly"


def test_a_dose_whose_weight_nobody_knows_says_so(course) -> None:
    dose = report(course, "step_up_dose_1", NOON - 20 * DAY)
    assert (dose.planned_mg, dose.sum, dose.weight) == (None, reported.NO_SUM, None)
    told = Report("elsewhere", "a letter", "moved", "General", weight_kg=Decimal(60))
    known = report(course, "step_up_dose_2", NOON - 17 * DAY, mg="18", told=told)
    assert known.sum == "0.3 mg/kg x 60 kg = 18 mg"


def test_a_dose_here_that_nobody_recorded_is_summed_with_the_weight_then_in_use(course) -> None:
    told = Report("here", "the paper chart", "the service was away")
    dose = report(course, "step_up_dose_1", NOON + HOUR, now=NOON + DAY, told=told)
    assert (dose.weight, dose.sum) == (course.weight, "0.06 mg/kg x 70 kg = 4.2 mg")


def test_it_is_watched_only_while_hours_of_it_are_to_come(course) -> None:
    assert report(course, "step_up_dose_1", NOON - 9 * DAY).watch is None
    dose = report(course, "step_up_dose_2", NOON - 6 * DAY, mg="21")
    watch = watches.current(course.patient)
    assert (dose.watch, watch.given_at, watch.opened_at) == (watch, NOON - 6 * DAY, NOON)
    assert watch.checkins.filter(state="missed").exists(), "the hours before anybody knew are shown as gaps"
    assert watch.checkins.filter(state="waiting", next_at=NOON).count() == 1, "the newest is asked at once"


def test_an_earlier_dose_never_takes_the_watch_from_a_later_one(course) -> None:
    watched = makers.a_dose(course).watch
    assert report(course, "step_up_dose_1", NOON - 2 * DAY, now=NOON + HOUR).watch is None
    assert watches.current(course.patient) == watched


def test_an_appointment_stands_when_an_earlier_dose_becomes_known_and_ends_with_a_later_one(course) -> None:
    makers.a_dose(course)
    put = appointments.move(
        course.pk, at=NOON + 4 * DAY, seen_before=appointments.seen(course), reason="patient", words="asked",
        override="agreed", by=makers.a_clinician(course.site), now=NOON,
    )  # fmt: skip
    report(course, "step_up_dose_1", NOON - 9 * DAY)
    assert arranged.appointment(course) == put
    report(course, "step_up_dose_2", NOON + 3 * DAY, mg="21", now=NOON + 3 * DAY)
    assert arranged.appointment(course) is None


def test_days_are_counted_by_the_date_at_the_treating_site(course) -> None:
    dose = report(course, "step_up_dose_1", NOON.replace(hour=3) - 5 * DAY)
    assert dose.given_on == date(2027, 2, 23), "three in the morning UTC is the evening before in New York"


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"given_at": NOON + HOUR}, "future-dose"),
        ({"given_at": NOON - 4000 * DAY}, "old-dose"),
        ({"step": "step_up_dose_9"}, "unknown-step"),
        ({"told": Report("elsewhere", "a nurse", "moved", "")}, "no-hospital"),
        ({"told": Report("here", " ", "late")}, "no-source"),
        ({"told": Report("here", "a nurse", "")}, "reason"),
        ({"told": Report("here", "a nurse", "late", weight_kg=Decimal(700))}, "implausible-weight"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_is_refused(course, facts, code) -> None:
    with pytest.raises(Refusal) as refusal:
        report(course, **({"step": "step_up_dose_1", "given_at": NOON - DAY} | facts))
    assert refusal.value.code == code
    assert not course.doses.exists()


def test_the_same_dose_is_not_recorded_twice_unless_somebody_says_it_was_another(course) -> None:
    report(course, "step_up_dose_1", NOON - 9 * DAY)
    with pytest.raises(Refusal, match="recorded a dose of Sat 20 Feb 2027 already"):
        report(course, "step_up_dose_1", NOON - 9 * DAY + HOUR)
    report(course, "step_up_dose_1", NOON - 9 * DAY + HOUR, besides=True)
    assert course.doses.count() == 2


def test_the_door_for_today_s_dose_points_to_this_one(course) -> None:
    makers.a_dose(course)
    with pytest.raises(Refusal, match="given elsewhere or in the past"):
        courses.record_dose(
            course.pk, step="step_up_dose_1", given_at=NOON - DAY, given_mg=Decimal("4.2"),
            by=makers.a_clinician(course.site), now=NOON,
        )  # fmt: skip


STEPS = ["step_up_dose_1", "step_up_dose_2", "first_treatment_dose", "weekly"]


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_decision_never_depends_on_the_order_in_which_doses_were_entered(data) -> None:
    days = data.draw(st.lists(st.integers(1, 40), min_size=1, max_size=4, unique=True))
    doses = [(day, data.draw(st.sampled_from(STEPS))) for day in days]
    orders = [sorted(doses), data.draw(st.permutations(doses))]
    site = makers.a_site()
    answers = []
    for order in orders:
        course = makers.a_course(makers.a_patient(site, now=NOON), is_ready=False)
        for day, step in order:
            dose = report(course, step, NOON - day * DAY)
            by = makers.a_clinician(site, "pharmacist")
            courses.confirm_dose(dose.pk, by=by, figure_mg=dose.given_mg, now=NOON)
        answers.append((
            next_dose.decide(course, now=NOON + HOUR), plan_of(course),
            [(dose.step, dose.given_on) for dose in course.doses.all()],
        ))  # fmt: skip
    assert answers[0] == answers[1]


def plan_of(course):
    try:
        return [(dose.step, dose.on, dose.sum) for dose in plans.of(course, now=NOON)]
    except Refusal as refusal:
        return refusal.sentence


# The door


def typed(**facts: str) -> dict[str, str]:
    good = {
        "place": "elsewhere", "hospital": "General Hospital", "on": "2027-02-20", "at": "10:12",
        "step": "step_up_dose_1", "given_mg": "4.2", "told_by": "their nurse", "document": "", "weight_kg": "",
        "reason": "she moved here",
    }  # fmt: skip
    return good | facts


SURE = {"sure": "yes", "name_checked": "on", "born_checked": "on"}


@pytest.fixture
def nurse(course) -> Client:
    return makers.signed_in(makers.a_clinician(course.site))


def test_it_is_shown_with_what_it_changes_before_anything_is_kept(nurse, course) -> None:
    path = reverse("report-dose", args=[course.pk])
    page = nurse.post(path, typed(on="2026-11-20")).content.decode()
    assert "What this changes" in page
    assert not course.doses.exists()
    answer = nurse.post(path, typed(on="2026-11-20") | SURE)
    assert answer.status_code == 302
    record = nurse.get(answer["Location"]).content.decode()
    assert "Given at General Hospital. Known from their nurse. she moved here" in record
    assert course.doses.get().report.hospital == "General Hospital"


def test_a_dose_of_which_only_the_day_is_known_stands_at_its_last_minute(nurse, course) -> None:
    assert (
        nurse.post(reverse("report-dose", args=[course.pk]), typed(on="2026-11-20", at="") | SURE).status_code
        == 302
    )
    dose = course.doses.get()
    assert (dose.given_on, dose.report.time_known) == (date(2026, 11, 20), False)


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"hospital": ""}, "Say at which hospital or practice it was given."),
        ({"told_by": ""}, "Say who reported this dose."),
        ({"weight_kg": "154 lb"}, "That is not a weight: type it in kg, like 70.5."),
        ({"given_mg": "four"}, "That is not an amount: type it in mg, like 4.2."),
        ({"step": ""}, "Choose which dose it was."),
    ],
)
def test_a_mistake_names_the_field_and_keeps_what_was_typed(nurse, course, facts, sentence) -> None:
    answer = nurse.post(reverse("report-dose", args=[course.pk]), typed(on="2026-11-20", **facts))
    refused.says(answer, sentence)
    refused.keeps(answer, typed(on="2026-11-20", **facts), besides="place")
    assert not DoseReport.objects.exists()
