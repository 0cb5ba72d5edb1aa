"""Hours on call that another gives somebody: told by one text, by day or at once where near, as the list is by then."""

from datetime import timedelta

import pytest

from notifications import given_hours, oncall, overrides, rotations
from notifications.models import Clinician, GivenHours, Message, Role, Shift, Site
from protocols.errors import Refusal
from stepup import rota
from tests.makers import NOON
from tests.notifications.arranging import DAY, HOUR, a_day_each, a_plan, begin, nurse

pytestmark = [pytest.mark.database, pytest.mark.django_db]
LATE = NOON + 11 * HOUR  # 23:00 at the site
MORNING = NOON + 20 * HOUR  # 08:00


def put(
    site: Site,
    who: Clinician,
    by: Clinician,
    *,
    at=NOON,
    hours: tuple[float, float] = (24, 36),
    rung: int = 1,
):
    """An override made `at`, from and to so many hours after noon."""
    span = {"starts_at": NOON + hours[0] * HOUR, "ends_at": NOON + hours[1] * HOUR}
    return overrides.make(site, who, rung, **span, why="ill", by=by, now=at)


def told(who: Clinician, now) -> list[str]:
    """What has been texted to somebody by now about hours they were given."""
    given_hours.tell_due(now=now)
    texts = Message.objects.filter(clinician=who, key__startswith="given-hours:", cancelled_at=None)
    return list(texts.order_by("pk").values_list("body", flat=True))


def test_whoever_is_put_on_call_by_another_reads_so_at_once_by_day_and_once(site, two, lead) -> None:
    put(site, two[0], lead)
    [text] = told(two[0], NOON)
    assert text.startswith(
        "You are put on call on rung 1, Tue 02 Mar 12:00 EST to Wed 03 Mar 00:00 EST. Your hours: "
    )
    assert text.endswith("/on-call/mine/")
    assert told(two[0], NOON + DAY) == [text]
    assert told(two[1], NOON) == []


def test_nobody_is_told_what_they_did_themselves(site, two) -> None:
    put(site, two[0], two[0])
    assert told(two[0], NOON) == []


@pytest.mark.parametrize(
    "hours",
    [(8.9, 48, 8.9), (9, 48, 20), (11, 26, 20), (11, 25.9, 11), (11, 12, 11), (13, 48, 20), (19.9, 48, 20)],
    ids=[
        "just before nine in the evening", "at nine in the evening", "six hours after the morning comes",
        "sooner after it", "this very night", "after midnight", "just before eight",
    ],
)  # fmt: skip
def test_at_night_later_hours_wait_for_the_morning_and_near_ones_do_not(site, two, lead, hours) -> None:
    """After noon: when it is made, when the hours begin, when it is told."""
    made, begins, sent = hours
    put(site, two[0], lead, at=NOON + made * HOUR, hours=(begins, begins + 8))
    assert [row.tell_at for row in GivenHours.objects.all()] == [NOON + sent * HOUR]
    if sent > made:
        assert told(two[0], NOON + sent * HOUR - timedelta(seconds=1)) == []
    assert len(told(two[0], NOON + sent * HOUR)) == 1


def test_what_is_taken_back_before_the_morning_is_told_to_nobody(site, two, lead) -> None:
    row = put(site, two[0], lead, at=LATE, hours=(48, 60))
    overrides.end(row.pk, by=lead, now=LATE + HOUR)
    assert told(two[0], MORNING) == []
    assert not given_hours.due(now=MORNING).exists()


def test_of_hours_taken_back_what_was_theirs_right_before_and_after_is_not_told(site, two, lead) -> None:
    for first, last in ((40, 48), (60, 70)):
        span = {"starts_at": NOON + first * HOUR, "ends_at": NOON + last * HOUR}
        rota.add(site, two[0], 1, **span, by=two[0], now=NOON)
    between = put(site, two[0], lead, at=LATE, hours=(48, 60))
    put(site, two[0], lead, at=LATE, hours=(80, 88))
    overrides.end(between.pk, by=lead, now=LATE)
    [text] = told(two[0], MORNING)
    assert "rung 1, Thu 04 Mar 20:00 EST to Fri 05 Mar 04:00 EST. Y" in text


def test_what_waits_is_told_in_one_text_as_the_list_has_it_then(site, two, lead) -> None:
    for first in (72, 48, 96):
        row = put(site, two[0], lead, at=LATE, hours=(first, first + 8))
    overrides.end(row.pk, by=lead, now=LATE)
    [text] = told(two[0], MORNING)
    assert "rung 1, Wed 03 Mar 12:00 EST to Wed 03 Mar 20:00 EST, and later. Your hours" in text
    given = GivenHours.objects.filter(lost=False)
    assert set(given.values_list("settled_at", "text__clinician")) == {(MORNING, two[0].pk)}


@pytest.mark.parametrize(
    "before", [None, (1, 1), (0, 2)], ids=["after nobody", "after another", "after hours on another rung"]
)
def test_hours_that_begin_now_are_told_by_the_question_their_turn_begins_with(
    site, two, lead, before
) -> None:
    """Until now: who was on call, and on which rung."""
    if before:
        who, rung = two[before[0]], before[1]
        rota.add(site, who, rung, starts_at=NOON - HOUR, ends_at=NOON, by=who, now=NOON - HOUR)
    put(site, two[0], lead, hours=(-1, 8))
    assert told(two[0], NOON) == []


def test_whoever_is_on_call_and_is_kept_on_reads_until_when(site, two, lead) -> None:
    """No turn of theirs begins, so nothing asks them at the old end of it."""
    rota.add(site, two[0], 1, starts_at=NOON - HOUR, ends_at=NOON + HOUR, by=two[0], now=NOON - HOUR)
    put(site, two[0], lead, hours=(1, 9))
    [text] = told(two[0], NOON)
    assert "Mon 01 Mar 12:00 EST to Mon 01 Mar 21:00 EST. Y" in text


def test_whoever_goes_straight_on_with_hours_that_begin_now_is_told_too(site, two, lead) -> None:
    rota.add(site, two[0], 1, starts_at=NOON - HOUR, ends_at=NOON, by=two[0], now=NOON - HOUR)
    put(site, two[0], lead, hours=(0, 8))
    assert "Mon 01 Mar 12:00 EST to Mon 01 Mar 20:00 EST. Y" in told(two[0], NOON)[0]


def test_what_was_theirs_before_is_told_only_where_they_go_straight_on_with_it(site, two, lead) -> None:
    for first, last in ((6, 10), (36, 40)):
        span = {"starts_at": NOON + first * HOUR, "ends_at": NOON + last * HOUR}
        rota.add(site, two[0], 1, **span, by=two[0], now=NOON)
    put(site, two[0], lead, hours=(24, 36))
    assert "rung 1, Tue 02 Mar 12:00 EST to Wed 03 Mar 04:00 EST. Y" in told(two[0], NOON)[0]


def test_an_override_taken_back_tells_whom_the_list_names_again(site, two, lead) -> None:
    begin(site, two[0], since=NOON + DAY)
    GivenHours.objects.all().delete()
    row = put(site, two[1], two[1], hours=(30, 40))
    assert len(told(two[0], NOON)) == 1
    overrides.end(row.pk, by=two[1], now=NOON)
    [_off, text] = told(two[0], NOON)
    assert "put on call on rung 1, Tue 02 Mar 12:00 EST to" in text, "the whole, not the hours between alone"
    assert told(two[1], NOON) == []


def test_leave_that_another_ends_early_tells_whose_hours_are_theirs_again(site, two, lead) -> None:
    nurse_n, nurse_m = a_day_each(site, NOON + DAY)
    for person in (nurse_n, nurse_m):
        span = {"starts_at": NOON, "ends_at": NOON + 4 * DAY}
        overrides.take_time_off(person, **span, by=person, now=NOON)
    for person, by in ((nurse_n, lead), (nurse_m, nurse_m)):
        overrides.end_time_off(person.time_off.get().pk, by=by, now=NOON)
    assert len(told(nurse_n, NOON)) == 1
    assert told(nurse_m, NOON) == []


def test_a_shift_taken_off_tells_whom_the_list_has_instead(site, two, lead) -> None:
    begin(site, two[0], since=NOON + DAY)
    GivenHours.objects.all().delete()
    rota.add(site, two[1], 1, starts_at=NOON + 30 * HOUR, ends_at=NOON + 40 * HOUR, by=lead, now=NOON)
    assert len(told(two[1], NOON)) == 1
    rota.remove(Shift.objects.get().pk, by=lead, now=NOON)
    assert [text.split(" call")[0] for text in told(two[0], NOON)] == ["You are off", "You are put on"]
    assert [text.split(" call")[0] for text in told(two[1], NOON)] == ["You are put on", "You are off"]


def test_a_rotation_tells_everybody_in_it_and_a_changed_one_whose_hours_changed(site, two, lead) -> None:
    row = begin(site, *two)
    assert "rung 1, Tue 02 Mar 12:00 EST to Wed 03 Mar 12:00 EST, and later." in told(two[0], NOON)[0]
    assert len(told(two[1], NOON)) == 1
    third = nurse(site, "Nurse O")
    plan = a_plan(*two, since=NOON + DAY, turn_hours=24)
    rotations.begin(site, plan, by=lead, now=NOON, instead_of=row)
    assert len(told(two[0], NOON)) + len(told(two[1], NOON)) == 2, "nobody's hours are others than before"
    second = rotations.Rotation.objects.exclude(pk=row.pk).get()
    rotations.begin(site, a_plan(third, since=NOON + 2 * DAY), by=lead, now=NOON, instead_of=second)
    [text] = told(third, NOON)
    assert "rung 1, Wed 03 Mar 12:00 EST to " in text


def test_of_a_rotation_the_first_four_weeks_are_told(site, lead) -> None:
    people = [nurse(site, f"Nurse {letter}") for letter in "NMOP"]
    begin(site, *people, turn_hours=10 * 24)
    assert [len(told(one, NOON)) for one in people] == [1, 1, 1, 0]


def test_hours_with_no_end_in_sight_name_the_year_until_which_they_are_known(site, two) -> None:
    begin(site, two[0])
    [text] = told(two[0], NOON)
    assert "rung 1, Tue 02 Mar 12:00 EST to Thu 30 Mar 2028 13:00 EDT. Y" in text


def test_the_end_of_a_rotation_tells_the_layer_above_it(site, two, lead) -> None:
    row = begin(site, two[0])
    begin(site, two[1], layer=2)
    GivenHours.objects.all().delete()
    rotations.end(row.pk, at=NOON + 2 * DAY, by=lead, now=NOON)
    assert "rung 1, Wed 03 Mar 12:00 EST to" in told(two[1], NOON)[0]


def test_a_refused_override_is_told_to_nobody(site, two, lead) -> None:
    put(site, two[0], lead)
    with pytest.raises(Refusal):
        put(site, two[1], lead)
    assert told(two[1], NOON) == []


def test_whoever_has_a_phone_again_by_the_morning_is_told(site, two, lead) -> None:
    begin(site, two[0], since=NOON + DAY)
    GivenHours.objects.all().delete()
    row = put(site, two[1], lead, hours=(60, 70))
    assert len(told(two[0], NOON)) == 1
    phone = two[0].phone
    Clinician.objects.filter(pk=two[0].pk).update(phone="")
    overrides.end(row.pk, by=lead, now=LATE)
    Clinician.objects.filter(pk=two[0].pk).update(phone=phone)
    assert [text.split(" call")[0] for text in told(two[0], MORNING)] == ["You are off", "You are put on"]


@pytest.mark.parametrize("lost", [{"phone": ""}, {"is_active": False}, {"role": Role.AUDITOR}])
def test_whoever_can_no_longer_be_paged_then_is_not_told_that_they_are(site, two, lead, lost) -> None:
    put(site, two[0], lead, at=LATE, hours=(48, 60))
    Clinician.objects.filter(pk=two[0].pk).update(**lost)
    assert told(two[0], MORNING) == []
    assert GivenHours.objects.get().settled_at == MORNING


@pytest.mark.parametrize(("begins", "until"), [(0.5, 1), (48, 48)])
def test_the_text_is_not_sent_long_after_the_hours_have_begun(site, two, lead, begins, until) -> None:
    put(site, two[0], lead, hours=(begins, 50))
    told(two[0], NOON)
    assert Message.objects.get(key__startswith="given-hours:").not_after == NOON + until * HOUR
    assert oncall.who(site, 1, now=NOON + 49 * HOUR) == [two[0]]


def test_whoever_loses_hours_to_another_reads_so_and_not_of_what_they_had_lost_by_themselves(
    site, two, lead
) -> None:
    begin(site, two[0], since=NOON + DAY)
    GivenHours.objects.all().delete()
    put(site, two[1], lead, hours=(30, 40))
    [text] = told(two[0], NOON)
    assert text.startswith(
        "You are off call on rung 1, Tue 02 Mar 18:00 EST to Wed 03 Mar 04:00 EST. Your hours: "
    )
    put(site, two[1], two[0], hours=(60, 70))
    assert told(two[0], NOON) == [text]


def test_an_override_taken_back_tells_whose_it_was_what_is_left_of_it(site, two, lead) -> None:
    row = put(site, two[0], lead, hours=(0.5, 8))
    later = put(site, two[0], lead, hours=(30, 40))
    told(two[0], NOON)
    for taken in (row, later):
        overrides.end(taken.pk, by=lead, now=NOON + 2 * HOUR)
    [_given, text] = told(two[0], NOON + 2 * HOUR)
    assert "off call on rung 1, Mon 01 Mar 14:00 EST to Mon 01 Mar 20:00 EST, and later. Y" in text


def test_hours_lost_at_night_and_given_back_by_the_morning_are_told_to_nobody(site, two, lead) -> None:
    begin(site, two[0], since=NOON + DAY)
    GivenHours.objects.all().delete()
    row = put(site, two[1], lead, at=LATE, hours=(60, 70))
    overrides.end(row.pk, by=lead, now=LATE + HOUR)
    assert (told(two[0], MORNING), told(two[1], MORNING)) == ([], [])
    row = put(site, two[1], lead, at=LATE + DAY, hours=(80, 90))
    overrides.end(row.pk, by=lead, now=LATE + DAY)
    put(site, two[1], lead, at=LATE + DAY, hours=(84, 88))
    [text] = told(two[0], MORNING + DAY)
    assert "off call on rung 1, Fri 05 Mar 00:00 EST to Fri 05 Mar 04:00 EST. Y" in text


def test_of_hours_lost_at_night_only_those_that_are_theirs_by_the_morning_are_told_of(
    site, two, lead
) -> None:
    begin(site, two[0], since=NOON + DAY)
    GivenHours.objects.all().delete()
    *_, last = [put(site, two[1], lead, at=LATE, hours=span) for span in ((60, 63), (63, 66), (80, 90))]
    overrides.end(last.pk, by=lead, now=LATE)
    [text] = told(two[0], MORNING)
    assert "off call on rung 1, Thu 04 Mar 00:00 EST to Thu 04 Mar 06:00 EST. Y" in text


def test_whoever_was_on_call_until_another_is_has_lost_nothing(site, two, lead) -> None:
    span = {"starts_at": NOON + 12 * HOUR, "ends_at": NOON + 24 * HOUR}
    rota.add(site, two[1], 1, **span, by=two[1], now=NOON)
    put(site, two[0], lead)
    assert [row.clinician for row in GivenHours.objects.all()] == [two[0]]


def test_whoever_goes_to_another_rung_reads_both(site, two, lead) -> None:
    begin(site, two[0], since=NOON + DAY)
    GivenHours.objects.all().delete()
    put(site, two[0], lead, hours=(30, 40), rung=2)
    put(site, two[1], lead, hours=(30, 40))
    [given, lost] = told(two[0], NOON)
    assert "put on call on rung 2, Tue 02 Mar 18:00" in given
    assert "off call on rung 1, Tue 02 Mar 18:00" in lost


def test_of_hours_on_two_rungs_the_earliest_are_told(site, two, lead) -> None:
    rows = [put(site, two[0], lead, hours=(48, 56)), put(site, two[0], lead, hours=(24, 32), rung=2)]
    told(two[0], NOON)
    for row in rows:
        overrides.end(row.pk, by=lead, now=NOON + HOUR)
    texts = told(two[0], NOON + HOUR)
    first = "call on rung 2, Tue 02 Mar 12:00 EST to Tue 02 Mar 20:00 EST, and later. Y"
    assert [first in text for text in texts] == [True, True]


@pytest.mark.parametrize(
    ("hours", "since"), [(20, "Tue 02 Mar 18:00"), (35, "Tue 02 Mar 23:00"), (41, "")], ids=str
)
def test_lost_hours_are_told_from_the_moment_on_at_which_they_are_told(site, two, lead, hours, since) -> None:
    row = put(site, two[0], lead, hours=(30, 40))
    told(two[0], NOON)
    overrides.end(row.pk, by=lead, now=NOON + HOUR)
    texts = told(two[0], NOON + hours * HOUR)[1:]
    assert [text.split("rung 1, ")[1].split(" EST")[0] for text in texts] == ([since] if since else [])


@pytest.mark.parametrize("gone", [{"phone": ""}, {"is_active": False}])
def test_whoever_left_is_told_of_no_hours_they_lost(site, two, lead, gone) -> None:
    row = put(site, two[0], lead, hours=(60, 70))
    [text] = told(two[0], NOON)
    overrides.end(row.pk, by=lead, now=LATE)
    Clinician.objects.filter(pk=two[0].pk).update(**gone)
    assert told(two[0], MORNING) == [text]
