"""The hand-over: danger first, every dose, grade and tablet with its time, plain words where nothing is known."""

import html
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from monitoring import contacts, escalations, inbound, pocket, worklist
from monitoring.models import Reaction, Watch
from notifications import clock
from notifications.models import Clinician, Role
from stepup import appointments, care_entries, corrections, courses, handover, holds, reported, transfers
from stepup.models import Course
from tests import makers
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def course() -> Course:
    site = makers.a_site(name="Home Hospital")
    makers.on_call(site, days=400)
    return makers.a_course(makers.a_patient(site, name="Alma Example", allergies="penicillin"))


@pytest.fixture
def prescriber(course) -> Clinician:
    return makers.a_clinician(course.site, Role.PRESCRIBER, name="Dr Paul")


def made(course: Course, *, now=NOON, reader: Clinician | None = None) -> handover.HandOver:
    course = Course.objects.select_related("patient__site", "site", "protocol").get(pk=course.pk)
    return handover.of(course, reader=reader or course.opened_by, now=now)


def hears(course: Course, words: str, *, now) -> None:
    inbound.receive(
        provider_sid=f"SM{makers.a_phone()}", sender=course.patient.phone, sent_to=course.site.patient_number,
        body=words, now=now,
    )  # fmt: skip


def test_with_nothing_open_no_danger_is_said(course) -> None:
    assert made(course).dangers == ()


def test_a_stay_and_what_was_done_in_supportive_care_are_handed_on(course, prescriber) -> None:
    makers.a_stay(course.patient, by=prescriber)
    care_entries.record(
        course.pk, "igg", on=NOON.date(), result=care_entries.Result("512 mg/dL", "Nina N"), seen=0, by=prescriber,
        now=NOON,
    )  # fmt: skip
    handed = made(course)
    assert handed.dangers == (
        "In hospital since Mon 01 Mar 2027 11:00 EST: Riverside Hospital, ward 4B, (555) 017-7001. fever",
    )
    [line] = handed.cared_for
    assert (line.item.id, line.last.result, line.last.read_by) == ("igg", "512 mg/dL", "Nina N")


def test_what_is_open_stands_first_the_case_before_everything(course, prescriber) -> None:
    makers.a_dose(course, given_at=NOON)
    hears(course, "38.6 and shaking", now=NOON + HOUR)
    case = escalations.unresolved(course.patient)
    Reaction.objects.create(
        patient=course.patient,
        escalation=case,
        kind="crs",
        grade=2,
        noted_at=NOON + HOUR,
        noted_by=prescriber,
    )
    holds.place(course.pk, reason="chest infection", by=prescriber, now=NOON + HOUR)
    worklist.open_task(
        site=course.site, patient=course.patient, what="Ring the pharmacy", due_at=NOON + DAY,
        pages_when_late=False, now=NOON + HOUR,
    )  # fmt: skip
    said = made(course, now=NOON + 2 * HOUR).dangers
    assert said[0] == f"Open case {case.code}: {case.headline.rstrip('.')} (nobody has it yet)."
    assert said[1].startswith("Held by Dr Paul since Mon 01 Mar 2027 13:00 EST: chest infection.")
    assert said[2] == "CRS grade 2 is not recorded as over."
    assert "To be done here: Ring the pharmacy." in said
    assert "Being watched here until Mon 08 Mar 2027 12:00 EST." in said
    assert [one for one in said if one.startswith("Reported Mon 01 Mar 2027 13:00 EST: ")]


def test_an_alarm_is_named_for_24_hours_also_when_its_case_is_closed(course, prescriber) -> None:
    hears(course, "38.6 and shaking", now=NOON)
    makers.resolved(escalations.unresolved(course.patient), by=prescriber, now=NOON + HOUR)
    assert [said for said in made(course, now=NOON + DAY - MINUTE).dangers if said.startswith("Reported ")]
    assert not [said for said in made(course, now=NOON + DAY).dangers if said.startswith("Reported ")]


def test_every_dose_says_where_how_much_at_which_weight_and_why_it_was_off_the_plan(
    course, prescriber
) -> None:
    report = reported.Report(
        reported.ELSEWHERE, "a letter", "moved here", hospital="General Hospital", weight_kg=Decimal(72)
    )
    reported.record(
        course.pk, step="step_up_dose_1", given_at=NOON - 3 * DAY, given_mg=Decimal("4.3"), report=report,
        by=prescriber, now=NOON,
    )  # fmt: skip
    makers.a_dose(course, given_at=NOON, step="step_up_dose_2", deviation="given early on request")
    dose = course.doses.last()
    facts = corrections.Facts(dose.step, dose.given_at, Decimal(20))
    corrections.correct(dose.pk, facts, reason="label read again", by=prescriber, now=NOON + HOUR)
    first, struck, second = made(course, now=NOON + HOUR, reader=prescriber).doses
    assert (first.where, first.weight, first.line.amount) == ("General Hospital", "72 kg", "4.3 mg")
    assert (struck.line.struck, struck.line.struck_why) == ("corrected", "label read again")
    assert struck.line.amount == "21 mg"
    assert (second.where, second.weight) == ("Home Hospital", "70 kg")
    assert second.line.deviation


def test_whoever_does_the_second_check_does_not_read_the_first_figure_here(course) -> None:
    courses.record_dose(
        course.pk,
        step="step_up_dose_1",
        given_at=NOON,
        given_mg=Decimal("4.2"),
        by=course.opened_by,
        now=NOON,
    )
    checker = makers.a_clinician(course.site)
    assert made(course, reader=checker).doses[0].line.amount == "the amount is shown after the second check"


def test_the_next_dose_has_its_answer_day_window_sum_and_what_goes_around_it(course, prescriber) -> None:
    makers.a_dose(course, given_at=NOON)
    Watch.objects.update(closed_at=NOON + DAY, closed_why="over")
    appointments.move(
        course.pk, at=NOON + 4 * DAY, seen_before=appointments.seen(course), reason="site", words="no chair",
        override="the desk answers", by=prescriber, now=NOON + DAY,
    )  # fmt: skip
    said = made(course, now=NOON + DAY).next_dose
    assert said[0].startswith("Wait. ")
    assert said[1].startswith("Rule: ")
    assert "Planned: Step-up dose 2, appointment Fri 05 Mar 2027 12:00 EST, made by Dr Paul" in said
    assert "Window: Wed 03 Mar 2027 to Mon 08 Mar 2027" in said
    assert "Dose as a sum: 0.3 mg/kg x 70 kg = 21 mg" in said
    assert [one for one in said if one.startswith("The protocol on premedication: ")]
    assert [one for one in said if one.startswith("The protocol on observation: ")]


def test_an_overdue_dose_says_so_and_what_the_label_gives_today(course) -> None:
    makers.a_dose(course, given_at=NOON)
    said = made(course, now=NOON + 20 * DAY).next_dose
    assert "Step-up dose 2 was planned for Thu 04 Mar 2027 and is not recorded as given." in " ".join(said)
    assert "Planned: Step-up dose 1, Sun 21 Mar 2027, no time agreed" in said


def test_the_rescue_is_told_as_it_was_texted_and_reported(course, prescriber) -> None:
    pocket.sign(course.patient, dose_mg=Decimal(8), expires_at=NOON + 9 * DAY, by=prescriber, now=NOON)
    makers.a_dose(course, given_at=NOON)
    hears(course, "38.6 and shaking", now=NOON + HOUR)
    hears(course, "took the dexamethasone", now=NOON + 2 * HOUR)
    told = made(course, now=NOON + 3 * HOUR)
    assert [one.told_at for one in told.orders] == [(NOON + HOUR,)]
    assert [(line.value, line.at) for line in told.medicines] == [("steroid", NOON + 2 * HOUR)]


def test_grades_are_listed_in_order_with_their_settlement_and_their_cases_words(course, prescriber) -> None:
    makers.a_dose(course, given_at=NOON)
    hears(course, "38.6 and shaking", now=NOON + HOUR)
    case = escalations.unresolved(course.patient)
    escalations.take(case.pk, by=prescriber, now=NOON + HOUR, how="screen")
    escalations.reach(case.pk, by=prescriber, now=NOON + HOUR)
    escalations.resolve(
        case.pk, by=prescriber, now=NOON + 2 * HOUR, outcome="emergency department",
        grades=[("crs", 1), ("icans", 0)], text="one dose given there", over=True,
    )  # fmt: skip
    (one,) = made(course, now=NOON + 3 * HOUR).reactions
    assert (one.reaction.kind, one.reaction.grade, one.reaction.over_by) == ("crs", 1, prescriber)
    assert one.outcome == "sent to the emergency department. one dose given there"


def test_after_the_transfer_the_next_dose_stands_as_it_stood(course, prescriber) -> None:
    before = made(course).next_dose
    transfers.transfer(
        course.pk, transfers.To("General", "Dr G", "+1 555 010 7777"), reason="moved",
        seen=appointments.seen(course), by=prescriber, now=NOON,
    )  # fmt: skip
    told = made(course, now=NOON + 30 * DAY)
    assert told.next_dose == before
    assert told.transfer is not None
    assert told.transfer.to_person == "Dr G"


def test_only_the_signed_protocol_s_own_words_on_prophylaxis_are_shown(course) -> None:
    assert made(course).prophylaxis == ()
    other = makers.a_course(makers.a_patient(course.site), label=makers.ELRANATAMAB)
    (said,) = made(other).prophylaxis
    assert said.startswith("antimicrobial and antiviral prophylaxis per guidelines")


def test_another_course_here_is_named_with_how_it_ended(course, prescriber) -> None:
    makers.a_dose(course, given_at=NOON)
    courses.stop(course.pk, by=prescriber, reason="progression", now=NOON + DAY)
    again = makers.a_course(course.patient, label=makers.ELRANATAMAB, now=NOON + 30 * DAY)
    assert made(again, now=NOON + 30 * DAY).others == (
        "teclistamab-cqyv from Mon 01 Mar 2027, stopped, 1 dose",
    )
    assert made(course, now=NOON + 30 * DAY).next_dose[0].startswith("Hold: no dose now. ")


def test_a_phone_without_texts_says_so(course) -> None:
    told = made(course)
    assert [phone.whose for phone in told.phones] == ["patient", "caregiver"]
    assert told.phones == contacts.of(course.patient, now=NOON)


def test_the_page_says_what_is_not_known_and_who_is_on_call() -> None:
    site, now = makers.a_site(name="Home Hospital"), clock.now()
    course = makers.a_course(makers.a_patient(site, now=now), now=now)
    reader = makers.a_clinician(site, Role.PHARMACIST)
    answer = makers.signed_in(reader).get(reverse("hand-over", args=[course.pk]))
    page = html.unescape(answer.content.decode()).replace("\u00a0", " ")
    for said in (
        "Nothing is open here", "No dose is recorded.", "None is recorded.", "no order was ever signed here",
        "no fever medicine or steroid was reported",
        "Whether any is taken is known only where it stands under supportive care: ask.",
        "none reported in the last 7 days", "<b>none recorded</b>", "no one person is recorded as responsible",
        "rung 1: <b>nobody</b>", "whether premedication was given with a dose is not recorded here",
        course.protocol.fingerprint,
    ):  # fmt: skip
        assert said in page, said
    assert course.patient.name not in page.split("</title>")[0]


def test_the_temperatures_since_the_last_dose_are_drawn_small_and_said_in_words(course, prescriber) -> None:
    assert made(course).drawn is None
    makers.a_dose(course, given_at=NOON)
    hears(course, "98.4", now=NOON + 4 * HOUR)
    hears(course, "101.2", now=NOON + 12 * HOUR)
    [chart] = made(course, now=NOON + 13 * HOUR).drawn.charts
    assert (chart.size.name, len(chart.points)) == ("small", 2)
    page = makers.signed_in(prescriber).get(reverse("hand-over", args=[course.pk])).content.decode()
    shown = html.unescape(page).replace("\u00a0", " ")
    assert 'class="temperatures small"' in shown
    assert "101.2 °F after 12 h 00 min" in shown
