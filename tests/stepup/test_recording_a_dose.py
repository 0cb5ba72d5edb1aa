"""What has happened is recorded, off the plan only with a reason; what has not happened yet is refused."""

from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from monitoring.models import CheckIn, Patient
from monitoring.watches import GAP
from notifications import clock
from notifications.models import Shift
from protocols.errors import Refusal
from stepup import courses, next_dose
from stepup.models import Course, CourseEvent
from tests import makers

pytestmark = [pytest.mark.database, pytest.mark.django_db]
NOON = makers.NOON
HOUR = timedelta(hours=1)


@pytest.fixture
def course() -> Course:
    site = makers.a_site()
    makers.on_call(site)
    return makers.a_course(makers.a_patient(site))


def record(course, *, step="step_up_dose_1", given_at=NOON, mg="4.2", now=None, deviation="", by=None):
    return courses.record_dose(
        course.pk, step=step, given_at=given_at, given_mg=Decimal(mg), by=by or makers.a_clinician(course.site),
        now=now or given_at, deviation=deviation,
    )  # fmt: skip


def test_a_dose_opens_its_watch_with_every_check_in(course) -> None:
    watch = record(course).dose.watch
    hours = [checkin.hour for checkin in watch.checkins.all()]
    assert hours[:6] == [4, 8, 12, 16, 20, 24]
    assert hours[-1] == 168
    assert watch.ends_at == NOON + 168 * HOUR


def test_h23_a_dose_recorded_late_shows_the_gap_and_asks_at_once(course) -> None:
    watch = record(course, now=NOON + 13 * HOUR).dose.watch
    past = list(watch.checkins.filter(due_at__lte=NOON + 13 * HOUR))
    assert [checkin.state for checkin in past] == ["missed", "missed", "waiting"]
    assert past[0].ended_why == GAP
    assert past[2].next_at == NOON + 13 * HOUR


def test_a_dose_whose_whole_watch_is_past_is_recorded_without_one(course) -> None:
    dose = record(course, now=NOON + 200 * HOUR).dose
    assert dose.watch is None


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ({"given_at": NOON + HOUR, "now": NOON}, "future-dose"),
        ({"step": "step_up_dose_2", "mg": "21"}, "not-the-next-dose"),
        ({"mg": "42"}, "not-the-next-dose"),
        ({"step": "step_up_dose_9"}, "unknown-step"),
        ({"given_at": NOON - 200 * 24 * HOUR, "now": NOON}, "old-dose"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_or_breaks_the_plan_is_refused_with_what_to_do(course, what, code) -> None:
    with pytest.raises(Refusal) as refusal:
        record(course, **what)
    assert refusal.value.code == code
    assert course.doses.count() == 0


def test_a_dose_off_the_plan_is_recorded_with_its_reason(course) -> None:
    dose = record(course, mg="4.5", deviation="drawn from the label's weight band").dose
    assert dose.deviation == "drawn from the label's weight band"
    assert dose.watch is not None


def test_a_dose_before_its_window_is_refused_and_says_when(course) -> None:
    makers.a_dose(course)
    with pytest.raises(Refusal) as refusal:
        record(course, step="step_up_dose_2", mg="21", given_at=NOON + 24 * HOUR)
    assert "wait" in refusal.value.sentence


def test_the_second_check_opens_the_way_to_the_next_dose(course) -> None:
    nurse = makers.a_clinician(course.site)
    dose = record(course, by=nurse).dose
    assert next_dose.decide(course, now=NOON + 72 * HOUR).decision == "hold"
    with pytest.raises(Refusal, match="another person"):
        courses.confirm_dose(dose.pk, by=nurse, figure_mg=Decimal("4.2"), now=NOON)
    colleague = makers.a_clinician(course.site)
    with pytest.raises(Refusal, match="figures differ"):
        courses.confirm_dose(dose.pk, by=colleague, figure_mg=Decimal("2.4"), now=NOON)
    courses.confirm_dose(dose.pk, by=colleague, figure_mg=Decimal("4.2"), now=NOON)
    decision = next_dose.decide(makers.ready(course, now=NOON + 72 * HOUR), now=NOON + 72 * HOUR)
    assert (decision.decision, decision.step) == ("give", "step_up_dose_2")


def test_ux4b_a_second_figure_that_differs_stops_and_both_stay_in_the_history(course) -> None:
    dose = record(course).dose
    pharmacist = makers.a_clinician(course.site, "pharmacist")
    with pytest.raises(Refusal, match="Nothing is confirmed"):
        courses.confirm_dose(dose.pk, by=pharmacist, figure_mg=Decimal("2.4"), now=NOON)
    kept = CourseEvent.objects.get(course=course, what="figures differ")
    assert kept.by == pharmacist
    assert "4.2 mg was recorded" in kept.text
    assert "2.4 mg" in kept.text
    dose.refresh_from_db()
    assert dose.confirmed_at is None


def test_ux4b_the_second_clinician_sees_everything_but_the_first_figure(course) -> None:
    dose = record(course, mg="4.5", deviation="drawn from the label's weight band").dose
    colleague = makers.signed_in(makers.a_clinician(course.site))
    page = colleague.get(reverse("confirm-dose", args=[dose.pk])).content.decode()
    for shown in ("teclistamab", course.patient.name, "70", "Confirm my figure"):
        assert shown in page
    assert "4.5" not in page


def test_allergies_stand_beside_the_dose_and_beside_its_second_check(course, monkeypatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    Patient.objects.update(allergies="diphenhydramine (hives)")
    dose = record(course).dose
    colleague = makers.signed_in(makers.a_clinician(course.site))
    for page in (reverse("record-dose", args=[course.pk]), reverse("confirm-dose", args=[dose.pk])):
        assert "diphenhydramine (hives)" in colleague.get(page).content.decode()


def test_hours_of_the_watch_that_nobody_covers_are_noted_with_the_dose(course) -> None:
    shift = Shift.objects.get(site=course.site, rung=1)
    Shift.objects.filter(rung=1).update(period=type(shift.period)(shift.period.lower, NOON + 24 * HOUR))
    with pytest.raises(Refusal, match="on-call covered"):
        record(course)
    [gap] = record(course, deviation="given before the list was read").gaps
    assert (gap.rung, gap.starts_at, gap.ends_at) == (1, NOON + 24 * HOUR, NOON + 168 * HOUR)
    assert CourseEvent.objects.filter(course=course, what="hours not covered").exists()


def test_hours_that_nobody_covers_are_shown_before_a_dose_is_recorded(course) -> None:
    Shift.objects.all().delete()
    nurse, now = makers.a_clinician(course.site), clock.now()
    Course.objects.filter(pk=course.pk).update(start_on=courses.local_date(course.patient, now))
    client = makers.signed_in(nurse)
    local = now.astimezone(ZoneInfo(course.site.time_zone))
    typed = {"on": f"{local:%Y-%m-%d}", "at": f"{local:%H:%M}", "step": "step_up_dose_1", "given_mg": "4.2"}
    typed["deviation"] = "given before the list was read"
    page = client.post(reverse("record-dose", args=[course.pk]), typed).content.decode()
    assert "Hours of this watch with nobody on call" in page
    assert course.doses.count() == 0


def test_a_watch_that_is_covered_to_its_end_has_nothing_noted(course) -> None:
    assert record(course).gaps == []
    assert not CourseEvent.objects.filter(what="hours not covered").exists()


def test_h47_a_course_keeps_the_protocol_it_started_with(course) -> None:
    row = course.protocol
    changed = row.content.replace('"0.06"', '"0.6"')
    assert changed != row.content
    newer = type(row).objects.create(
        site=row.site, protocol_id=row.protocol_id, label_id=row.label_id, pathway_id=row.pathway_id,
        fingerprint="f" * 64, content=changed,
    )  # fmt: skip
    assert courses.plan(course)[0].calculated_mg == Decimal("4.2")
    assert newer.pk != course.protocol_id


def test_a_course_keeps_what_was_signed_whatever_a_newer_release_carries(course) -> None:
    row = course.protocol
    signed = row.content.replace('"0.06"', '"0.05"')
    type(row).objects.filter(pk=row.pk).update(content=signed)
    again = Course.objects.get(pk=course.pk)
    assert courses.plan(again)[0].calculated_mg == Decimal("3.5")
    assert courses.plan(again)[1].step == "step_up_dose_2"


def test_a_new_watch_takes_over_from_the_one_before(course) -> None:
    first = makers.a_dose(course).watch
    second = makers.a_dose(course, given_at=NOON + 72 * HOUR).watch
    first.refresh_from_db()
    assert first.closed_at is not None
    assert second.closed_at is None
    assert not first.checkins.filter(state__in=CheckIn.OPEN).exists()


def test_h22_check_ins_keep_elapsed_hours_across_a_clock_change(course) -> None:
    saturday = makers.datetime(2027, 3, 13, 17, 0, tzinfo=makers.UTC)  # clocks go forward that night
    watch = record(course, given_at=saturday, deviation="late start").dose.watch
    gaps = {
        later.due_at - sooner.due_at
        for sooner, later in zip(watch.checkins.all()[:11], watch.checkins.all()[1:12], strict=True)
    }
    assert gaps == {4 * HOUR}
