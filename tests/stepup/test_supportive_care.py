"""Supportive care: what is said of an item, what is refused, and what then stands on the sheet and the work list."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from monitoring import watches
from monitoring.models import Watch
from notifications.models import AuditEntry, Clinician, Role
from stepup import appointments, care, care_entries, corrections, courses
from stepup.care_entries import Result
from stepup.models import CareEntry, Course
from tests import makers
from tests.makers import NOON
from tests.stepup.caring import TODAY, answer, done, line, refused

pytestmark = [pytest.mark.database, pytest.mark.django_db]
DAY = timedelta(days=1)


@pytest.fixture
def nurse(site) -> Clinician:
    return makers.a_clinician(site, name="Nora N")


@pytest.fixture
def prescriber(site) -> Clinician:
    return makers.a_clinician(site, Role.PRESCRIBER, name="Paul P")


@pytest.fixture
def course(site) -> Course:
    return makers.a_course(makers.a_patient(site))


# what is recorded


def test_h42_a_result_stands_exactly_as_it_was_read_and_an_empty_one_is_never_filled(course, nurse) -> None:
    done(course, "igg", nurse, result=Result(" IgG  512 mg/dL (low) ", "Nora N"))
    done(course, "hiv", nurse)
    assert line(course, "igg").last.result == "IgG  512 mg/dL (low)"
    assert (line(course, "hiv").last.result, line(course, "hiv").last.read_by) == ("", "")
    texts = list(course.events.filter(what="supportive care").values_list("text", flat=True))
    assert "result as read: IgG  512 mg/dL (low) (read by Nora N)" in texts[0]
    assert "no result recorded" in texts[1]
    acts = AuditEntry.objects.filter(act="recorded supportive care", by=nurse).order_by("pk")
    assert [one.detail["item"] for one in acts] == ["igg", "hiv"]
    assert "512" not in str([one.detail for one in acts]), "the ledger keeps ids, no words"


def test_the_due_day_is_counted_from_the_newest_day_it_was_done(course, nurse) -> None:
    assert (line(course, "blood_count").due.on, line(course, "blood_count").state) == (TODAY, "today")
    done(course, "blood_count", nurse, on=TODAY)
    done(course, "blood_count", nurse, on=TODAY - 20 * DAY)
    assert line(course, "blood_count").due.on == date(2027, 4, 1)
    assert line(course, "blood_count").done.on == TODAY
    assert line(course, "blood_count", now=NOON + 31 * DAY).state == "today"
    assert line(course, "blood_count", now=NOON + 32 * DAY).state == "overdue"


def test_what_was_done_is_recorded_after_the_course_was_stopped_and_nothing_is_printed_for_then(
    site, course, nurse, prescriber
) -> None:
    courses.stop(course.pk, by=prescriber, reason="progression", now=NOON)
    done(course, "igg", nurse)
    assert {one.state for one in care.of(Course.objects.get(pk=course.pk), now=NOON + 99 * DAY).lines} == {
        "none"
    }
    assert care.worklist(site, now=NOON + 99 * DAY).count == 0


@pytest.mark.parametrize(
    ("code", "facts"),
    [
        ("future-date", {"on": TODAY + DAY}),
        ("before-birth", {"on": date(1950, 1, 1)}),
        ("no-reader", {"result": Result("512")}),
        ("no-reader", {"result": Result(value=Decimal(1), unit="x10^9/L")}),
        ("no-unit", {"result": Result("512", "x", Decimal(512))}),
        ("no-value", {"result": Result("512", "x", None, "mg/dL")}),
        ("below-zero", {"result": Result("512", "x", Decimal(-1), "mg/dL")}),
    ],
)
def test_what_cannot_be_recorded(course, nurse, code, facts) -> None:
    with refused(code):
        done(course, "igg", nurse, **facts)
    assert not CareEntry.objects.exists()


def test_only_items_of_the_patient_s_own_medicine_are_recorded(course, nurse) -> None:
    for item in ("mouth_skin", "labs_each_dose", "assumed"):
        with refused("unknown-item"):
            done(course, item, nurse)


# what is answered


def test_what_comes_again_is_not_needed_only_until_a_day(course, prescriber) -> None:
    with refused("until-when"):
        answer(course, "igg", prescriber)
    answer(course, "igg", prescriber, again_on=TODAY + 60 * DAY)
    assert line(course, "igg").due.on == TODAY + 60 * DAY
    answer(course, "pregnancy", prescriber)
    assert (line(course, "pregnancy").state, line(course, "pregnancy").due.on) == ("none", None)


def test_what_was_not_read_asks_until_somebody_decides_or_the_site_has_a_rule(course, prescriber) -> None:
    assert line(course, "cmv").state == "ask"
    assert "no rule for cytomegalovirus was read in full" in line(course, "cmv").due.asks
    answer(course, "cmv", prescriber, kind="decided", again_on=TODAY + 14 * DAY)
    assert (line(course, "cmv").state, line(course, "cmv").due.on) == ("coming", TODAY + 14 * DAY)


@pytest.mark.parametrize(
    ("code", "item", "kind", "facts"),
    [
        ("reason", "igg", "not_needed", {"words": " ", "again_on": TODAY + DAY}),
        ("until-when", "igg", "decided", {}),
        ("again-passed", "igg", "not_needed", {"again_on": TODAY}),
        ("again-too-far", "igg", "decided", {"again_on": TODAY + 367 * DAY}),
        ("nothing-open", "hiv", "decided", {}),
        ("unknown-item", "mouth_skin", "not_needed", {}),
    ],
)
def test_what_cannot_be_answered(course, prescriber, code, item, *, kind, facts) -> None:
    with refused(code):
        answer(course, item, prescriber, kind=kind, **facts)


@pytest.mark.parametrize("kind", ["not_needed", "decided"])
def test_a_nurse_records_and_neither_decides_nor_takes_a_decision_back(
    course, nurse, prescriber, kind
) -> None:
    with refused("may-not-decide"):
        answer(course, "igg", nurse, kind=kind, again_on=TODAY + DAY)
    row = answer(course, "igg", prescriber, kind=kind, again_on=TODAY + DAY)
    with refused("may-not-decide"):
        care_entries.take_back(row.pk, words="no", by=nurse, now=NOON)
    care_entries.take_back(row.pk, words="the wrong patient", by=prescriber, now=NOON)


# what is taken back


def test_an_entry_taken_back_stays_visible_and_the_item_is_due_again(course, nurse) -> None:
    before = line(course, "hepatitis_b").due
    row = done(course, "hepatitis_b", nurse, result=Result("negative", "Nora N"))
    assert line(course, "hepatitis_b").due.on is None
    care_entries.take_back(row.pk, words="another patient's", by=nurse, now=NOON)
    after = line(course, "hepatitis_b")
    assert (after.due, after.last, after.done) == (before, None, None)
    [struck] = after.entries
    assert (struck.stands, struck.result, struck.back_why) == (False, "negative", "another patient's")
    with refused("back-already"):
        care_entries.take_back(row.pk, words="again", by=nurse, now=NOON)
    with refused("is-back"):
        care_entries.take_back(CareEntry.objects.get(kind="back").pk, words="undo", by=nurse, now=NOON)


def test_taking_back_needs_a_reason(course, nurse) -> None:
    row = done(course, "hiv", nurse)
    with refused("reason"):
        care_entries.take_back(row.pk, words=" ", by=nurse, now=NOON)


def test_whoever_did_not_see_what_another_has_just_recorded_is_told_and_may_then_add_theirs(
    course, nurse
) -> None:
    first = done(course, "igg", nurse, result=Result("512", "Nora N"), seen=0)
    other = makers.a_clinician(course.site)
    with refused("said-meanwhile") as told:
        done(course, "igg", other, seen=0)
    assert "Nora N has just recorded" in told.value.sentence
    done(course, "hiv", other, seen=0)
    done(course, "igg", other, seen=first.pk)
    assert len(line(course, "igg").entries) == 2


# days are counted from doses that count


def test_a_struck_dose_counts_for_nothing(site, nurse) -> None:
    makers.on_call(site)
    course = makers.a_course(makers.a_patient(site))
    before = {one.item.id: one.due for one in care.of(course, now=NOON).lines}
    given_at = NOON + 3 * DAY
    dose = makers.a_dose(course, given_at=given_at, deviation="late")
    assert line(course, "igg", now=given_at).due.on == date(2027, 4, 4)
    corrections.strike(dose.pk, kind="never_given", reason="not given", by=nurse, now=given_at)
    after = {one.item.id: one.due for one in care.of(Course.objects.get(pk=course.pk), now=given_at).lines}
    assert after == before


def test_what_is_due_before_each_dose_follows_the_next_dose(site, nurse) -> None:
    course = makers.a_course(makers.a_patient(site), label="tarlatamab-us-2024")
    assert [one.item.id for one in care.of(course, now=NOON).lines] == ["labs_each_dose"]
    assert line(course, "labs_each_dose").due.on == TODAY
    done(course, "labs_each_dose", nurse)
    assert line(course, "labs_each_dose").state == "none"
    makers.a_dose(course)
    after = line(course, "labs_each_dose")
    assert (after.state, after.due.on) == ("coming", courses.plan(course)[0].on)
    later = NOON + 9 * DAY
    appointments.move(
        course.pk, at=later, seen_before=appointments.seen(course), reason="other", words="x", override="x",
        by=nurse, now=NOON,
    )  # fmt: skip
    assert line(course, "labs_each_dose").due.on == later.date()


# a printed number, and a caution


def test_a_number_below_the_printed_one_is_to_be_read_until_somebody_decides(
    site, course, nurse, prescriber
) -> None:
    done(course, "blood_count", nurse, result=Result("ANC low", "N", Decimal("0.49"), "x10^9/L"))
    [words] = line(course, "blood_count").to_read
    assert words.startswith("neutrophils 0.49 x10^9/L, below 0.5 x10^9/L: a panel withholds the dose")
    assert care.worklist(site, now=NOON).count == 1
    answer(course, "blood_count", prescriber, kind="decided", words="dose held", again_on=TODAY + 2 * DAY)
    assert line(course, "blood_count").to_read == ()
    done(course, "blood_count", nurse, result=Result("", "N", Decimal("0.3"), "x10^9/L"))
    assert line(course, "blood_count").to_read


@pytest.mark.parametrize(
    ("value", "unit"), [("0.5", "x10^9/L"), ("300", "/uL"), ("0.49", "G/L"), ("0.49", "x10^9/l")]
)
def test_nothing_is_said_of_a_number_that_is_not_below_or_has_another_unit(
    course, nurse, value, unit
) -> None:
    done(course, "blood_count", nurse, result=Result("", "N", Decimal(value), unit))
    assert line(course, "blood_count").to_read == ()


def test_a_text_that_looks_like_a_number_is_never_read(course, nurse) -> None:
    done(course, "blood_count", nurse, result=Result("neutrophils 0.1 x10^9/L", "N"))
    assert line(course, "blood_count").to_read == ()


@pytest.fixture
def watched(site) -> Course:
    makers.on_call(site)
    course = makers.a_course(makers.a_patient(site))
    makers.a_dose(course)
    return course


def test_g_csf_inside_a_watch_is_for_a_prescriber_to_read_and_nothing_is_blocked(
    site, watched, nurse, pharmacist, prescriber
) -> None:
    done(watched, "gcsf", nurse)
    [words] = line(watched, "gcsf").to_read
    assert "inside a watch: one table gives no G-CSF while the patient is at risk of CRS" in words
    with refused("prescriber-reads"):
        answer(watched, "gcsf", pharmacist, kind="decided")
    answer(watched, "gcsf", prescriber, kind="decided", words="read, neutropenia during CRS")
    assert line(watched, "gcsf").to_read == ()
    assert care.worklist(site, now=NOON).to_read == ()


def test_what_must_be_read_is_read_while_a_patient_is_watched_after_the_course_was_stopped(
    site, watched, nurse, prescriber
) -> None:
    done(watched, "gcsf", nurse)
    courses.stop(watched.pk, by=prescriber, reason="reaction", now=NOON)
    assert [one.item.id for one in care.worklist(site, now=NOON).to_read] == ["gcsf"]
    assert care.worklist(site, now=NOON).overdue == ()
    assert care.worklist(makers.a_site(), now=NOON).to_read == ()


@pytest.mark.parametrize(
    ("days", "after", "flagged"),
    [(-1, "start", False), (0, "start", True), (0, "end", True), (1, "end", False)],
)
def test_the_days_of_a_watch_are_those_it_ran(watched, nurse, days, after, flagged) -> None:
    """The watch has closed since; what is recorded later is judged by its own day."""
    watch = watches.current(watched.patient)
    Watch.objects.filter(pk=watch.pk).update(closed_at=watch.ends_at, closed_why="its hours are over")
    counted_from = watch.given_at if after == "start" else watch.ends_at
    on = courses.local_date(watched.patient, counted_from) + days * DAY
    done(watched, "gcsf", nurse, on=on, now=watch.ends_at + 9 * DAY)
    assert bool(line(watched, "gcsf", now=watch.ends_at + 9 * DAY).to_read) is flagged


# the work list


def test_the_work_list_puts_the_longest_overdue_first_and_shrinks_when_something_is_recorded(
    site, course, nurse
) -> None:
    second = makers.a_course(makers.a_patient(site, name="Second"), now=NOON + 5 * DAY)
    now = NOON + 7 * DAY
    listed = care.worklist(site, now=now)
    days = [one.due.on for one in listed.overdue]
    assert days == sorted(days)
    assert days[0] < days[-1] < now.date()
    assert {one.course.pk for one in listed.overdue} == {course.pk, second.pk}
    assert {one.item.id for one in listed.asks} == {"cmv", "hepatitis_b_antiviral"}
    done(course, "hepatitis_b", nurse, now=now)
    after = care.worklist(site, now=now)
    assert (len(after.overdue), after.count) == (len(listed.overdue) - 1, listed.count - 1)
    only = care.worklist(site, now=now, item="hepatitis_b")
    assert [one.course.pk for one in only.overdue] == [second.pk]
    assert only.items == listed.items


def test_the_work_list_asks_the_database_the_same_few_questions_for_one_course_and_for_three(
    site, course, nurse, django_assert_num_queries
) -> None:
    done(course, "gcsf", nurse)
    with django_assert_num_queries(QUERIES):
        care.worklist(site, now=NOON)
    for _ in range(2):
        done(makers.a_course(makers.a_patient(site)), "gcsf", nurse)
    with django_assert_num_queries(QUERIES):
        care.worklist(site, now=NOON)


QUERIES = 12
