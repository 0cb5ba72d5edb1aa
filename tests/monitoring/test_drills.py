"""Whether whoever comes on call can be reached: asked, proved by any answer, and replaced where nobody answers."""

from datetime import datetime, time, timedelta
from functools import partial

import pytest
from django.test import Client
from django.urls import reverse

from monitoring import drills, escalations, phone_proofs, voice
from monitoring.models import ReachTest, Task
from notifications import oncall, overrides, rotations
from notifications.models import Channel, Clinician, Message, Override, Role, Site
from protocols.errors import Refusal
from stepup import staff
from tests import makers
from tests.makers import NOON
from tests.monitoring import responding

pytestmark = [pytest.mark.database, pytest.mark.django_db]
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
LATE = NOON + 10 * MINUTE
says = partial(responding.says, now=NOON + MINUTE)


@pytest.fixture
def site() -> Site:
    return makers.a_site()


@pytest.fixture
def people(site) -> list[Clinician]:
    """Three who follow each other on rung 1, eight hours each, from noon."""
    found = [makers.a_clinician(site, name=f"Nurse {n}", phone=makers.a_phone()) for n in "NMO"]
    for n, person in enumerate(found):
        starts_at = NOON + n * 8 * HOUR
        oncall.add_shift(site, person, 1, starts_at=starts_at, ends_at=starts_at + 8 * HOUR)
    return found


def asked(person: Clinician) -> list[str]:
    return list(person.reach_tests.order_by("pk").values_list("kind", flat=True))


def on_call(site: Site, now: datetime) -> list[str]:
    return [one.name for one in oncall.who(site, 1, now=now)]


def test_whoever_comes_on_is_asked_once(site, people) -> None:
    assert [drills.begin_due(now=NOON + n * MINUTE) for n in range(12)] == [1] + [0] * 11
    [test] = ReachTest.objects.all()
    assert (test.clinician, test.rung, test.due_at) == (people[0], 1, LATE)
    assert test.text.body.startswith("You are on call now, until Mon 01 Mar 20:00 EST. Reply 1")


def test_whoever_goes_straight_on_is_not_woken_for_it(site, people) -> None:
    starts_at = NOON + 24 * HOUR
    oncall.add_shift(site, people[2], 1, starts_at=starts_at, ends_at=starts_at + 8 * HOUR)
    assert drills.begin_due(now=starts_at) == 0


def test_whoever_goes_straight_on_with_more_shifts_reads_when_they_are_off(site, people) -> None:
    """The text named the end of the first shift, and at that hour nothing said that they still were on call."""
    day = [(NOON + n * 24 * HOUR, NOON + (n + 1) * 24 * HOUR) for n in (1, 2, 3)]
    for starts_at, ends_at in (day[0], day[1]):
        oncall.add_shift(site, people[0], 1, starts_at=starts_at, ends_at=ends_at)
    oncall.add_shift(site, people[0], 2, starts_at=day[2][0], ends_at=day[2][1])
    assert drills.begin_due(now=day[0][0]) == 1
    test = ReachTest.objects.get()
    assert test.ends_at == day[1][1], "then they are off rung 1"
    assert test.text.body.startswith("You are on call now, until Thu 04 Mar 12:00 EST.")


def a_rotation_of_one(site: Site) -> Clinician:
    """Nurse N on rung 1 from noon on, with no end."""
    nurse = makers.a_clinician(site, name="Nurse N", phone=makers.a_phone())
    plan = rotations.Plan(
        rung=1, layer=1, name="one", people=[nurse], starts_on=NOON.date(), hand_over=time(12), turn_hours=24,
        since=NOON,
    )  # fmt: skip
    rotations.begin(site, plan, by=nurse, now=NOON)
    return nurse


@pytest.mark.parametrize(
    ("days", "hours", "heard", "asked"),
    [(6, 0, None, 0), (8, 0, None, 1), (8, 12, None, 0), (8, 0, 2, 0), (8, 0, 0, 1)],
    ids=["within a week", "after it, by day", "at night", "heard from since", "heard from before"],
)
def test_whoever_goes_straight_on_is_asked_when_a_week_has_brought_nothing(
    site, days, hours, heard, asked
) -> None:
    """A rotation of one begins once: its phone would be asked that one time, and never again."""
    nurse = a_rotation_of_one(site)
    drills.begin_due(now=NOON)
    if heard is not None:
        says(nurse, "here", now=NOON + heard * 24 * HOUR)
    now = NOON + days * 24 * HOUR + hours * HOUR
    assert [drills.begin_due(now=now + n * MINUTE) for n in range(3)] == [asked, 0, 0]


@pytest.mark.parametrize(("off", "asked"), [(False, 1), (True, 0)], ids=["a shift each day", "an hour off"])
def test_a_week_of_shifts_that_follow_each_other_is_one_week(site, off, asked) -> None:
    """As an imported list has them: no shift is longer than a day, and none begins a turn."""
    nurse = makers.a_clinician(site, name="Nurse N", phone=makers.a_phone())
    for day in range(10):
        starts_at = NOON + day * 24 * HOUR
        ends_at = starts_at + (23 if off and day == 5 else 24) * HOUR
        oncall.add_shift(site, nurse, 1, starts_at=starts_at, ends_at=ends_at)
    assert drills.begin_due(now=NOON) == 1
    now = NOON + 8 * 24 * HOUR
    assert [drills.begin_due(now=now + n * MINUTE) for n in range(3)] == [asked, 0, 0]


def test_a_reply_proves_the_phone(site, people) -> None:
    drills.begin_due(now=NOON)
    assert says(people[0], "1") == "Thank you: pages reach you. Nothing else to do."
    drills.look_after(now=LATE)
    proof = phone_proofs.of(people)[people[0].pk]
    assert (proof.heard_at, proof.is_unproved) == (NOON + MINUTE, False)
    assert not Task.objects.exists()


def another_phone(person: Clinician, phone: str, *, now: datetime) -> None:
    lead = makers.a_clinician(person.site, Role.LEAD)
    said = staff.Person(person.name, person.role, phone)
    seen_at = staff.seen(person.site, person)
    staff.change(person.pk, said=said, seen_at=seen_at, why="another telephone", by=lead, now=now)
    person.refresh_from_db()


def test_another_phone_in_the_middle_of_a_turn_is_asked_at_once(site, people) -> None:
    """The answer of the old one stood as proof of a number that no page may ever have reached."""
    drills.begin_due(now=NOON)
    says(people[0], "1")
    another_phone(people[0], makers.a_phone(), now=NOON + HOUR)
    assert phone_proofs.of(people)[people[0].pk] == phone_proofs.NOTHING
    assert [drills.begin_due(now=NOON + HOUR + n * MINUTE) for n in range(3)] == [1, 0, 0]
    test = people[0].reach_tests.latest("pk")
    assert (test.text.to, test.ends_at) == (people[0].phone, NOON + 8 * HOUR)
    drills.look_after(now=NOON + HOUR + 10 * MINUTE)
    assert phone_proofs.of(people)[people[0].pk].is_unproved
    assert asked(people[1]) == ["stand in"]


def test_a_phone_that_was_heard_from_is_not_asked_again_for_having_been_changed(site, people) -> None:
    old, new = people[0].phone, makers.a_phone()
    drills.begin_due(now=NOON)
    says(people[0], "1")
    another_phone(people[0], new, now=NOON + HOUR)
    says(people[0], "here", now=NOON + HOUR)
    assert drills.begin_due(now=NOON + HOUR + MINUTE) == 0
    another_phone(people[0], old, now=NOON + 2 * HOUR)
    assert drills.begin_due(now=NOON + 2 * HOUR) == 0
    assert phone_proofs.of(people)[people[0].pk].heard_at == NOON + MINUTE


def test_one_means_the_case_once_a_case_was_paged_after_the_question(site, people) -> None:
    drills.begin_due(now=NOON)
    case, _ = escalations.raise_concern(
        site=site, patient=makers.a_patient(site), urgency="urgent", headline="a fever", now=NOON
    )
    assert says(people[0], "1") == f"You have {case.code}. Call the patient now, then record it: " + (
        f"http://127.0.0.1:8000/case/{case.pk}/"
    )
    assert phone_proofs.of(people)[people[0].pk].test.answered_at is not None


def test_one_never_takes_a_case_that_was_paged_before_the_question(site, people) -> None:
    """It was paged to whoever was on call then: the answer is about the phone."""
    case, _ = escalations.raise_concern(
        site=site, patient=makers.a_patient(site), urgency="urgent", headline="a fever", now=NOON - HOUR
    )
    drills.begin_due(now=NOON)
    assert says(people[0], "1").startswith("Thank you")
    case.refresh_from_db()
    assert case.owner is None


def test_silence_is_shown_and_the_next_person_is_asked_to_stand_in(site, people) -> None:
    drills.begin_due(now=NOON)
    assert drills.look_after(now=LATE - MINUTE) == 0
    assert drills.look_after(now=LATE) == 1
    assert phone_proofs.of(people)[people[0].pk].is_unproved
    assert [asked(one) for one in people] == [["start"], ["stand in"], []]
    assert Task.objects.get().what == "Rung 1: Nurse N did not answer; Nurse M was asked to stand in"
    assert on_call(site, LATE) == ["Nurse N"]  # still called: unproved is not unreachable


def test_whoever_says_yes_stands_in_for_the_rest_of_the_turn(site, people) -> None:
    drills.begin_due(now=NOON)
    drills.look_after(now=LATE)
    assert (
        says(people[1], "1", now=LATE + MINUTE)
        == "You are on call now on rung 1 until Mon 01 Mar 20:00 EST. Thank you."
    )
    assert on_call(site, LATE + MINUTE) == ["Nurse M"]
    assert on_call(site, NOON + 8 * HOUR) == ["Nurse M"]
    assert on_call(site, NOON + 16 * HOUR) == ["Nurse O"]
    assert Override.objects.get().why.startswith("stands in")


def test_whoever_said_yes_is_not_asked_again_for_the_turn_it_began(site, people) -> None:
    """The second question came a second after the thanks; unanswered, it had them replaced in turn."""
    drills.begin_due(now=NOON)
    drills.look_after(now=LATE)
    says(people[1], "1", now=LATE + MINUTE)
    assert [drills.begin_due(now=LATE + n * MINUTE) for n in range(1, 13)] == [0] * 12
    assert drills.look_after(now=LATE + 13 * MINUTE) == 0
    assert [asked(one) for one in people[1:]] == [["stand in"], []]
    assert not phone_proofs.of(people)[people[1].pk].is_unproved


def test_another_text_is_no_yes(site, people) -> None:
    drills.begin_due(now=NOON)
    drills.look_after(now=LATE)
    says(people[1], "who is this?", now=LATE + MINUTE)
    assert on_call(site, LATE + MINUTE) == ["Nurse N"]


def test_a_yes_that_comes_after_the_answer_changes_nothing(site, people) -> None:
    drills.begin_due(now=NOON)
    drills.look_after(now=LATE)
    says(people[0], "here, sorry", now=LATE + MINUTE)
    assert says(people[1], "1", now=LATE + 2 * MINUTE) == "Thank you. It is covered already. Nothing to do."
    assert on_call(site, LATE + 2 * MINUTE) == ["Nurse N"]


def test_silence_of_the_stand_in_asks_the_one_after(site, people) -> None:
    overrides.take_time_off(people[1], starts_at=LATE, ends_at=LATE + HOUR, by=people[1], now=NOON)
    drills.begin_due(now=NOON)
    drills.look_after(now=LATE)
    assert asked(people[2]) == ["stand in"]  # Nurse M has time off
    drills.look_after(now=LATE + 10 * MINUTE)
    assert Task.objects.filter(what="Rung 1: Nurse O did not answer; nobody else is left to ask").exists()


def test_a_turn_longer_than_an_override_is_stood_in_for_as_far_as_one_goes(site) -> None:
    """A rotation of one ends a year from now: the yes was refused, nobody was told, and the phone stayed silent."""
    a_rotation_of_one(site)
    other = makers.a_clinician(site, name="Nurse M", phone=makers.a_phone())
    oncall.add_shift(site, other, 2, starts_at=NOON + 24 * HOUR, ends_at=NOON + 32 * HOUR)
    drills.begin_due(now=NOON)
    drills.look_after(now=LATE)
    [test] = other.reach_tests.all()
    assert "on rung 1. Can you be on call there now, until Sun 02 May 13:10 EDT?" in test.text.body
    assert (
        says(other, "1", now=LATE) == "You are on call now on rung 1 until Sun 02 May 13:10 EDT. Thank you."
    )
    assert Override.objects.get().period.upper == LATE + overrides.LONGEST
    assert on_call(site, LATE) == ["Nurse M"]


@pytest.mark.parametrize(("days", "is_asked"), [(60, False), (70, True)], ids=["within", "after"])
def test_whoever_goes_on_leave_after_the_hours_they_stand_in_for_is_asked(site, days, is_asked) -> None:
    """A turn without an end has a year, and one override two months: a holiday in summer kept nobody from it."""
    a_rotation_of_one(site)
    other = makers.a_clinician(site, name="Nurse M", phone=makers.a_phone())
    oncall.add_shift(site, other, 2, starts_at=NOON + 24 * HOUR, ends_at=NOON + 32 * HOUR)
    leave = NOON + days * 24 * HOUR
    overrides.take_time_off(other, starts_at=leave, ends_at=leave + 24 * HOUR, by=other, now=NOON)
    drills.begin_due(now=NOON)
    drills.look_after(now=LATE)
    assert asked(other) == ["stand in"] * is_asked


def test_a_yes_that_the_list_refuses_is_said_and_put_on_the_work_list_and_the_next_is_asked(
    site, people
) -> None:
    drills.begin_due(now=NOON)
    drills.look_after(now=LATE)
    overrides.take_time_off(people[1], starts_at=LATE, ends_at=LATE + HOUR, by=people[1], now=LATE)
    assert says(people[1], "1", now=LATE + MINUTE).startswith("Thank you, but you are NOT on call on rung 1")
    assert Task.objects.filter(what__startswith="Rung 1: Nurse M said yes and was not put on call. ").exists()
    assert not Task.objects.filter(what__contains="could not read").exists()
    drills.look_after(now=LATE + 10 * MINUTE)
    assert asked(people[2]) == ["stand in"]


def test_one_person_asked_for_two_rungs_reads_which_and_each_yes_is_for_one(site, people) -> None:
    second = makers.a_clinician(site, name="Nurse P", phone=makers.a_phone())
    oncall.add_shift(site, second, 2, starts_at=NOON, ends_at=NOON + 8 * HOUR)
    drills.begin_due(now=NOON)
    drills.look_after(now=LATE)
    asks = [test.text.body for test in people[1].reach_tests.order_by("rung")]
    assert ["on rung 1." in asks[0], "on rung 2." in asks[1]] == [True, True]
    said = sorted(says(people[1], "1", now=LATE + n * MINUTE) for n in (1, 2))
    assert ["on rung 1 until" in said[0], "on rung 2 until" in said[1]] == [True, True]


# An answer that comes late


def test_an_answer_late_in_the_turn_still_proves_the_phone_and_keeps_the_rung(site, people) -> None:
    drills.begin_due(now=NOON)
    drills.look_after(now=LATE)
    assert says(people[0], "1", now=NOON + 21 * MINUTE) == "Thank you: pages reach you. Nothing else to do."
    assert not phone_proofs.of(people)[people[0].pk].is_unproved
    drills.stand_in(people[1].reach_tests.get().pk, how="text", now=NOON + 22 * MINUTE)
    assert on_call(site, NOON + 22 * MINUTE) == ["Nurse N"]


def test_an_answer_after_the_turn_is_none(site, people) -> None:
    drills.begin_due(now=NOON)
    assert not says(people[0], "1", now=NOON + 8 * HOUR).startswith("Thank you")
    assert people[0].reach_tests.get().answered_at is None


@pytest.mark.parametrize(("minutes", "counts"), [(20, True), (21, False)])
def test_a_test_page_is_answered_until_as_long_again_as_it_had(site, people, minutes, counts) -> None:
    drills.page_me(people[0], now=NOON)
    assert says(people[0], "1", now=NOON + minutes * MINUTE).startswith("This was a DRILL") is counts


def test_a_stop_proves_nothing(site, people) -> None:
    drills.begin_due(now=NOON)
    says(people[0], "STOP")
    drills.look_after(now=LATE)
    assert phone_proofs.of(people)[people[0].pk].is_unproved
    assert asked(people[1]) == ["stand in"], "no page by text reaches Nurse N any more"


# Page me now


def test_a_test_page_is_marked_and_rings_too(site, people) -> None:
    drills.page_me(people[0], now=NOON)
    text, call = Message.objects.filter(clinician=people[0]).order_by("channel")
    assert text.body == "DRILL, no patient. Reply 1 to show that pages reach you."
    assert call.channel == Channel.VOICE
    with pytest.raises(Refusal, match="on its way"):
        drills.page_me(people[0], now=NOON + MINUTE)
    says(people[0], "1")
    drills.page_me(people[0], now=NOON + 2 * MINUTE)


def test_the_call_says_drill_and_a_key_proves_the_phone(site, people) -> None:
    drills.page_me(people[0], now=NOON)
    delivery = Message.objects.get(channel=Channel.VOICE).deliveries.get()
    assert "This is a drill." in voice.spoken(delivery, key_action="/key/")
    said = voice.key_pressed(delivery, "1", call_sid="CA1", words_at="/words/", now=NOON + MINUTE)
    assert "This was a drill. Pages reach you." in said
    assert ReachTest.objects.get().how == "key press"


def test_nobody_without_a_phone_is_promised_a_page(site) -> None:
    with pytest.raises(Refusal, match="no phone on record"):
        drills.page_me(makers.a_clinician(site), now=NOON)


def test_the_button_pages_and_the_list_shows_who_is_proved(site, people) -> None:
    client: Client = makers.signed_in(people[0])
    page = client.post(reverse("page-me"), follow=True).content.decode()
    assert "A text and a call are on their way to you" in page
    assert ReachTest.objects.get().clinician == people[0]
