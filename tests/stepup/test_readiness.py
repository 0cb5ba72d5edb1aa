"""What must be true before a dose: stated by people, found in records, waived with a reason, and never silently."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from monitoring import inbound, practice
from monitoring.models import Escalation
from notifications.models import Clinician, Message, Role
from protocols import library
from protocols.errors import Refusal
from stepup import approvals, courses, next_dose, readiness
from stepup.models import Course, SiteProtocol
from stepup.readiness import MET, OPEN, WAIVED, Said
from tests import makers
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
FIRST, SECOND = "step_up_dose_1", "step_up_dose_2"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OUTPATIENT = library.pathway("outpatient-us").readiness
STATED = [rule.id for rule in OUTPATIENT if not rule.derived]


def opened(pathway: str = "outpatient-us") -> Course:
    """A course on which nobody has stated anything."""
    site = makers.a_site()
    makers.on_call(site)
    row = approvals.propose(site, makers.TECLISTAMAB, pathway)
    for role in (Role.PHARMACIST, Role.PRESCRIBER):
        row = approvals.approve(row.pk, by=makers.a_clinician(site, role), now=NOON)
    patient = makers.a_patient(site)
    return courses.open_course(
        patient, row, regimen="", start_on=NOON.date(), weight_kg=makers.Decimal(70), weighed_on=NOON.date(),
        weighed_by="a nurse", by=makers.a_clinician(site), now=NOON,
    )  # fmt: skip


@pytest.fixture
def course() -> Course:
    return opened()


def say(course: Course, *said: Said, by: Clinician | None = None, now: datetime = NOON, **more: Any) -> Any:
    step = more.pop("step", FIRST)
    listed = readiness.of(course, step=step, now=now)
    facts = {"dose_number": listed.dose_number, "seen": listed.seen} | more
    return readiness.state(course.pk, said, step=step, by=by or course.opened_by, now=now, **facts)


def met(course: Course, item: str, now: datetime = NOON, **more: Any) -> None:
    say(course, makers.a_statement(item, course, now=now), now=now, **more)


def answers_practice(course: Course, body: str, now: datetime = NOON + HOUR) -> None:
    practice.send(course.patient, by=course.opened_by, now=now)
    hears(course, body, now=now + timedelta(minutes=2))


def hears(course: Course, body: str, *, now: datetime, sender: str = "") -> None:
    inbound.receive(
        provider_sid=f"SM{makers.a_phone()}", sender=sender or course.patient.phone,
        sent_to=course.site.patient_number, body=body, now=now,
    )  # fmt: skip


def at(course: Course, item: str, *, now: datetime = NOON, step: str = FIRST, **more: Any) -> readiness.Item:
    return next(one for one in readiness.of(course, step=step, now=now, **more).items if one.rule.id == item)


# The list decides


def test_a_dose_is_held_until_everything_is_met_or_waived(course) -> None:
    held = next_dose.decide(course, now=NOON)
    assert (held.decision, held.step, held.amount) == ("hold", FIRST, "")
    assert {"caregiver tonight", "rescue drugs in stock", "phone proven"} <= set(held.not_ready)
    assert "caregiver tonight" in held.because
    for item in STATED:
        met(course, item)
    assert next_dose.decide(course, now=NOON).not_ready == ("phone proven",)
    answers_practice(course, "98.6")
    assert next_dose.decide(course, now=NOON + 2 * HOUR).decision == "give"


@pytest.mark.parametrize("left", STATED)
def test_h51_every_single_item_holds_the_dose(course, left) -> None:
    makers.ready(course, now=NOON)
    say(course, Said(left, OPEN, reason="found otherwise"))
    held = next_dose.decide(course, now=NOON)
    assert (held.decision, len(held.not_ready)) == ("hold", 1)


def test_a_dose_given_all_the_same_is_recorded_with_its_reason(course) -> None:
    facts = {
        "step": FIRST,
        "given_at": NOON,
        "given_mg": makers.Decimal("4.2"),
        "by": course.opened_by,
        "now": NOON,
    }
    with pytest.raises(Refusal, match="Not ready yet") as refused:
        courses.record_dose(course.pk, **facts)
    assert refused.value.code == "not-the-next-dose"
    dose = courses.record_dose(course.pk, deviation="given before the list was looked at", **facts).dose
    assert dose.deviation == "given before the list was looked at"
    assert dose.watch is not None


def test_what_was_said_after_the_dose_does_not_count_for_it(course) -> None:
    makers.ready(course, now=NOON + HOUR)
    assert next_dose.decide(course, now=NOON).decision == "hold"
    assert next_dose.decide(course, now=NOON + HOUR).decision == "give"


def test_a_dose_typed_to_the_minute_is_not_before_what_was_said_in_that_minute(course) -> None:
    makers.ready(course, now=NOON + timedelta(seconds=59))
    assert next_dose.decide(course, now=NOON).decision == "give"
    say(course, Said("infection", OPEN, reason="38.2"), now=NOON + timedelta(seconds=60))
    assert next_dose.decide(course, now=NOON).decision == "give"


def test_waiting_stays_waiting_while_items_are_open(course) -> None:
    """A nurse who looks too early reads when, not what else."""
    makers.a_dose(makers.ready(course, now=NOON), given_at=NOON)
    assert next_dose.decide(course, now=NOON + HOUR).decision == "wait"


def test_an_inpatient_pathway_asks_less() -> None:
    course = opened("inpatient-us")
    assert set(next_dose.decide(course, now=NOON).not_ready) == {
        "no infection", "teach-back", "prophylactic tocilizumab",
    }  # fmt: skip


def test_a_protocol_signed_before_items_had_these_facts_is_asked_for_every_dose(course) -> None:
    """Its content never changes: an item without a word on how long it lasts is asked anew each time."""
    content = json.loads(course.protocol.content)
    old = {"id": "infection", "asks": "no active infection", "why": "as it was", "sources": ["FRANCE8"]}
    content["pathway"]["readiness"] = [old]
    SiteProtocol.objects.filter(pk=course.protocol_id).update(content=json.dumps(content))
    course = Course.objects.get(pk=course.pk)
    assert next_dose.decide(course, now=NOON).not_ready == ("no active infection",)
    met(course, "infection")
    assert next_dose.decide(course, now=NOON).decision == "give"


# How long a statement is good


def test_what_lasts_for_the_course_is_asked_once_and_the_rest_anew(course) -> None:
    makers.ready(course, now=NOON)
    dose = makers.a_dose(course, given_at=NOON)
    assert dose.deviation == ""
    again = {item.rule.id for item in readiness.of(course, step=SECOND, now=NOON + 3 * DAY).open}
    assert again == {rule.id for rule in OUTPATIENT if rule.lasts == "dose" and not rule.derived}


def test_the_same_step_given_again_is_another_dose(course) -> None:
    makers.ready(course, now=NOON)
    makers.a_dose(course, given_at=NOON)
    assert at(course, "infection", step=FIRST, now=NOON + HOUR).state == OPEN


def test_what_was_said_before_another_step_is_asked_anew(course) -> None:
    met(course, "premedication")
    assert at(course, "premedication", step=SECOND).state == OPEN


@pytest.mark.parametrize(("days", "state"), [(1, MET), (2, OPEN)])
def test_tonight_is_not_said_of_another_night(course, days, state) -> None:
    met(course, "caregiver")
    assert at(course, "caregiver", now=NOON + days * DAY).state == state
    assert at(course, "caregiver", planned_on=(NOON + days * DAY).date()).state == state


def test_an_item_with_a_date_ages_from_that_date(course) -> None:
    say(course, Said("bloods", MET, on=(NOON - 2 * DAY).date()))
    assert at(course, "bloods", now=NOON + DAY).state == MET
    later = at(course, "bloods", now=NOON + 2 * DAY)
    assert (later.state, later.why_open) == (
        OPEN, "Of Sat 27 Feb 2027, good for 3 days, and too old on Wed 03 Mar 2027.",
    )  # fmt: skip


def test_a_waiver_ages_too(course) -> None:
    prescriber = makers.a_clinician(course.site, Role.PRESCRIBER)
    say(course, Said("infection", WAIVED, reason="afebrile on day 4 of antibiotics"), by=prescriber)
    assert at(course, "infection").state == WAIVED
    assert at(course, "infection", now=NOON + 2 * DAY).state == OPEN


# Who may say what


@pytest.mark.parametrize("item", list(OUTPATIENT), ids=lambda rule: rule.id)
@pytest.mark.parametrize("role", [Role.NURSE, Role.PHARMACIST, Role.PRESCRIBER])
def test_only_whom_the_protocol_names_may_waive_and_only_with_a_reason(course, item, role) -> None:
    by = makers.a_clinician(course.site, role)
    with pytest.raises(Refusal) as refused:
        say(course, Said(item.id, WAIVED, reason=" "), by=by)
    assert refused.value.code == "reason"
    if role in item.waived_by:
        say(course, Said(item.id, WAIVED, reason="considered"), by=by)
        assert at(course, item.id).state == (MET if item.derived in {"weight", "oncall"} else WAIVED)
    else:
        with pytest.raises(Refusal) as refused:
            say(course, Said(item.id, WAIVED, reason="considered"), by=by)
        assert refused.value.code == "may-not-waive"


def test_consent_is_nobodys_to_waive_and_safety_only_a_prescribers() -> None:
    waived_by = {rule.id: rule.waived_by for rule in OUTPATIENT}
    assert waived_by["consent"] == ()
    hard = (
        "travel",
        "caregiver",
        "infection",
        "kit",
        "tested",
        "rescue",
        "emergency",
        "oncall",
        "bloods",
        "weight",
    )
    assert {waived_by[item] for item in hard} == {("prescriber",)}


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (Said("travel", MET), "no-minutes"),
        (Said("travel", MET, minutes=31), "too-long"),
        (Said("caregiver", MET), "no-name"),
        (Said("tocilizumab", MET), "no-answer"),
        (Said("bloods", MET), "no-date"),
        (Said("bloods", MET, on=(NOON + DAY).date()), "future-date"),
        (Said("bloods", MET, on=(NOON - 4 * DAY).date()), "too-old"),
        (Said("infection", OPEN), "reason"),
        (Said("oncall", MET), "derived"),
        (Said("weight", MET), "derived"),
        (Said("phone", MET), "derived"),
        (Said("horoscope", MET), "unknown-item"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.item,
)
def test_what_cannot_be_said_is_refused(course, said, code) -> None:
    with pytest.raises(Refusal) as refused:
        say(course, said)
    assert refused.value.code == code
    assert not course.readiness_statements.exists()


def test_one_wrong_statement_keeps_none_of_them(course) -> None:
    with pytest.raises(Refusal):
        say(course, makers.a_statement("infection", course, now=NOON), Said("travel", MET))
    assert not course.readiness_statements.exists()


def test_the_newest_statement_counts_and_every_one_stays(course) -> None:
    met(course, "infection")
    say(course, Said("infection", OPEN, reason="a cough since noon"), now=NOON + HOUR)
    item = at(course, "infection", now=NOON + HOUR)
    assert (item.state, item.why_open) == (OPEN, "Not met: a cough since noon")
    assert course.readiness_statements.filter(item="infection").count() == 2


# Who acts at once, or on an old page


def test_nobody_overwrites_what_a_colleague_said_unseen(course) -> None:
    noah = makers.a_clinician(course.site, name="Noah")
    seen = readiness.of(course, step=FIRST, now=NOON).seen
    say(course, Said("infection", OPEN, reason="38.2 at the door"), by=noah)
    with pytest.raises(Refusal, match="Noah has just said") as refused:
        say(course, makers.a_statement("infection", course, now=NOON), seen=seen)
    assert refused.value.code == "said-meanwhile"
    met(course, "premedication", seen=seen)  # of something else she may still speak


def test_what_was_meant_for_one_dose_is_never_kept_for_the_next(course) -> None:
    makers.a_dose(makers.ready(course, now=NOON), given_at=NOON)
    with pytest.raises(Refusal) as refused:
        met(course, "infection", dose_number=1)
    assert refused.value.code == "another-dose"


def test_nothing_is_said_of_a_stopped_course(course) -> None:
    courses.stop(course.pk, by=course.opened_by, reason="moved away", now=NOON)
    with pytest.raises(Refusal) as refused:
        met(course, "infection")
    assert refused.value.code == "course-stopped"


# What the records show


def test_an_hour_of_the_watch_that_nobody_covers_is_open_until_a_prescriber_waives_it(course) -> None:
    assert at(course, "oncall").state == MET
    late = NOON + 25 * DAY
    gap = at(course, "oncall", now=late)
    assert gap.state == OPEN
    assert "Nobody on rung 1 from Wed 31 Mar" in gap.why_open
    prescriber = makers.a_clinician(course.site, Role.PRESCRIBER)
    say(course, Said("oncall", WAIVED, reason="I am on call myself"), by=prescriber, now=late)
    assert at(course, "oncall", now=late).state == WAIVED


def test_a_dose_planned_for_a_day_needs_its_whole_day_and_watch_covered(course) -> None:
    """The responder's list ends on 31 March at noon: the last day with a whole watch before that is the 23rd."""
    assert at(course, "oncall", planned_on=(NOON + 22 * DAY).date()).state == MET
    assert at(course, "oncall", planned_on=(NOON + 23 * DAY).date()).state == OPEN


def test_a_place_of_today_s_list_that_ends_before_a_later_dose_is_missed(course) -> None:
    """No signed ladder names place 3; a dose in 20 days finds it two weeks empty, and is asked for it all the same."""
    assert at(course, "oncall", planned_on=(NOON + 20 * DAY).date()).state == MET
    makers.a_responder(course.site, 3, name="Dr Third", days=5)
    item = at(course, "oncall", planned_on=(NOON + 20 * DAY).date())
    assert (item.state, item.why_open) == (
        OPEN,
        "Nobody on rung 3 from Sun 21 Mar 00:00 to Mon 29 Mar 00:00 EDT.",
    )


def test_an_old_weight_is_open(course) -> None:
    assert at(course, "weight", now=NOON + 7 * DAY).state == MET
    assert at(course, "weight", now=NOON + 8 * DAY).state == OPEN


@pytest.mark.parametrize("body", ["98.6", "36,8", "37", "my temperature is 98.4"])
def test_an_understood_answer_proves_the_phone(course, body) -> None:
    assert at(course, "phone").why_open == "No practice text was sent yet."
    answers_practice(course, body)
    assert at(course, "phone", now=NOON + 2 * HOUR).state == MET


def test_a_worrying_answer_to_the_practice_text_is_a_case_like_any_other(course) -> None:
    answers_practice(course, "38.6 and shaking")
    assert Escalation.objects.get(patient=course.patient).urgency == "emergency"
    assert next_dose.decide(course, now=NOON + 2 * HOUR).because.startswith("Case ")


@pytest.mark.parametrize("body", ["ok", "who is this", "", "blue elephants"])
def test_an_answer_without_a_temperature_proves_nothing(course, body) -> None:
    answers_practice(course, body)
    assert (
        at(course, "phone", now=NOON + 2 * HOUR).why_open
        == "The practice text of 13:00 EST is not answered yet."
    )


def test_a_temperature_nobody_asked_for_or_from_another_phone_proves_nothing(course) -> None:
    hears(course, "98.6", now=NOON + HOUR)
    practice.send(course.patient, by=course.opened_by, now=NOON + 2 * HOUR)
    hears(course, "98.6", now=NOON + 3 * HOUR, sender=course.patient.caregiver_phone)
    assert at(course, "phone", now=NOON + 4 * HOUR).state == OPEN


def test_a_phone_that_said_stop_is_proven_no_more(course) -> None:
    answers_practice(course, "98.6")
    hears(course, "STOP", now=NOON + 2 * HOUR)
    course.patient.refresh_from_db()
    assert at(course, "phone", now=NOON + 3 * HOUR).why_open == "No texts go to this patient."
    with pytest.raises(Refusal) as refused:
        practice.send(course.patient, by=course.opened_by, now=NOON + 3 * HOUR)
    assert refused.value.code == "texting-ended"


def test_pressed_twice_in_a_minute_it_is_one_practice_text(course) -> None:
    for second in (0, 20):
        practice.send(course.patient, by=course.opened_by, now=NOON + timedelta(seconds=second))
    assert Message.objects.filter(to=course.patient.phone).count() == 1
