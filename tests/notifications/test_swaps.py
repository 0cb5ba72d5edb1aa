"""Swaps: hours offered to a colleague and answered by them alone, and what cannot be offered or accepted."""

import pytest

from notifications import overrides, swaps
from notifications.models import AuditEntry, Clinician, Delivery, Message, Override, Role, Swap
from protocols.errors import Refusal
from tests import makers
from tests.makers import NOON
from tests.notifications.arranging import DAY, HOUR, START, begin, names, nurse

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def hours(start: int, end: int, rung: int = 1) -> swaps.Hours:
    """Days after START."""
    return swaps.Hours(rung, START + start * DAY, START + end * DAY)


def test_an_offer_changes_nothing_until_its_colleague_accepts(site, two) -> None:
    begin(site, *two)
    row = swaps.offer(hours(0, 1), to=two[1], by=two[0], now=NOON, back=hours(1, 2))
    assert names(site, START) == ["Nurse N"]
    swaps.accept(row.pk, by=two[1], now=NOON + HOUR)
    assert [names(site, START + n * DAY) for n in range(3)] == [["Nurse M"], ["Nurse N"], ["Nurse N"]]


def test_hours_that_were_swapped_can_be_swapped_on(site, two) -> None:
    third = nurse(site, "Dr A", Role.RESPONDER)
    begin(site, two[0])
    swaps.accept(swaps.offer(hours(0, 3), to=two[1], by=two[0], now=NOON).pk, by=two[1], now=NOON)
    swaps.accept(swaps.offer(hours(1, 2), to=third, by=two[1], now=NOON).pk, by=third, now=NOON)
    assert [names(site, START + n * DAY)[0][-1] for n in range(4)] == ["M", "A", "M", "N"]
    assert Override.objects.count() == 3


@pytest.mark.parametrize(
    ("act", "who", "code"),
    [("accept", 0, "not-yours"), ("decline", 0, "not-yours"), ("withdraw", 1, "not-yours")],
)
def test_an_offer_is_answered_by_the_person_it_is_for(site, two, act, who, code) -> None:
    begin(site, *two)
    row = swaps.offer(hours(0, 1), to=two[1], by=two[0], now=NOON)
    with pytest.raises(Refusal) as refusal:
        getattr(swaps, act)(row.pk, by=two[who], now=NOON)
    assert refusal.value.code == code
    assert Swap.objects.get().state == "offered"


@pytest.mark.parametrize("act", ["decline", "withdraw"])
def test_the_text_of_an_answered_offer_is_not_sent_any_more(site, two, act) -> None:
    begin(site, *two)
    row = swaps.offer(hours(0, 1), to=two[1], by=two[0], now=NOON)
    [text] = Delivery.objects.filter(message__clinician=two[1])
    assert text.message.not_after == START
    getattr(swaps, act)(row.pk, by=two[1 if act == "decline" else 0], now=NOON)
    text.refresh_from_db()
    assert text.state == Delivery.State.CANCELLED


def test_nothing_is_offered_to_somebody_without_a_phone(site, two) -> None:
    begin(site, *two)
    Clinician.objects.filter(pk=two[1].pk).update(phone="")
    two[1].refresh_from_db()
    with pytest.raises(Refusal, match="no phone on record"):
        swaps.offer(hours(0, 1), to=two[1], by=two[0], now=NOON)
    assert not Swap.objects.exists()


def test_nothing_is_offered_to_somebody_who_is_away_then_nor_asked_back_for_one_s_own_time_off(
    site, two
) -> None:
    begin(site, *two)
    away = {"starts_at": START + HOUR, "ends_at": START + 2 * HOUR}
    overrides.take_time_off(two[1], **away, by=two[1], now=NOON)
    later = {"starts_at": START + 3 * DAY, "ends_at": START + 4 * DAY}
    overrides.take_time_off(two[0], **later, by=two[0], now=NOON)
    for back in (None, hours(1, 2)):
        with pytest.raises(Refusal, match="Nurse M has time off"):
            swaps.offer(hours(0, 1), to=two[1], by=two[0], now=NOON, back=back)
    with pytest.raises(Refusal, match="Nurse N has time off"):
        swaps.offer(hours(2, 3), to=two[1], by=two[0], now=NOON, back=hours(3, 4))
    assert not Swap.objects.exists()
    part = swaps.Hours(1, START + 2 * HOUR, START + DAY)
    assert swaps.offer(part, to=two[1], by=two[0], now=NOON).state == "offered"


@pytest.mark.parametrize("act", ["decline", "withdraw"])
def test_an_answered_offer_is_over(site, two, act) -> None:
    begin(site, *two)
    row = swaps.offer(hours(0, 1), to=two[1], by=two[0], now=NOON)
    getattr(swaps, act)(row.pk, by=two[1 if act == "decline" else 0], now=NOON)
    with pytest.raises(Refusal, match="already"):
        swaps.accept(row.pk, by=two[1], now=NOON)
    assert names(site, START) == ["Nurse N"]


def test_hours_that_are_not_one_s_own_are_neither_offered_nor_accepted(site, two, lead) -> None:
    begin(site, *two)
    with pytest.raises(Refusal, match="not on rung 1 for all"):
        swaps.offer(hours(0, 2), to=two[1], by=two[0], now=NOON)
    row = swaps.offer(hours(2, 3), to=two[1], by=two[0], now=NOON)
    third = nurse(site, "Dr A", Role.RESPONDER)
    overrides.make(
        site, third, 1, starts_at=START + 2 * DAY, ends_at=START + 3 * DAY, why="ill", by=lead, now=NOON
    )
    with pytest.raises(Refusal, match="not on rung 1 for all"):
        swaps.accept(row.pk, by=two[1], now=NOON)
    with pytest.raises(Refusal, match="have begun"):
        swaps.offer(hours(0, 1), to=two[1], by=two[0], now=START + HOUR)


def test_what_would_be_given_back_is_looked_at_as_what_is_offered(site, two, lead) -> None:
    """When it is offered, and once more when it is accepted: in between the list may have changed."""
    begin(site, *two)
    with pytest.raises(Refusal, match="Nurse M is not on rung 1"):
        swaps.offer(hours(0, 1), to=two[1], by=two[0], now=NOON, back=hours(2, 3))
    row = swaps.offer(hours(0, 1), to=two[1], by=two[0], now=NOON, back=hours(1, 2))
    third = nurse(site, "Dr A", Role.RESPONDER)
    span = {"starts_at": START + DAY, "ends_at": START + 2 * DAY}
    overrides.make(site, third, 1, **span, why="ill", by=lead, now=NOON)
    with pytest.raises(Refusal, match="Nurse M is not on rung 1"):
        swaps.accept(row.pk, by=two[1], now=NOON)
    assert [names(site, START + n * DAY) for n in (0, 1)] == [["Nurse N"], ["Dr A"]]


def test_the_colleague_must_be_able_to_stand_on_that_rung(site, two) -> None:
    begin(site, *two)
    for person, code in ((nurse(makers.a_site()), "other-site"), (nurse(site, role=Role.PHARMACIST), "role")):
        with pytest.raises(Refusal) as refusal:
            swaps.offer(hours(0, 1), to=person, by=two[0], now=NOON)
        assert refusal.value.code == code
    assert not Swap.objects.exists()


def test_hours_can_be_offered_up_to_the_moment_they_begin(site, two) -> None:
    begin(site, *two)
    assert swaps.offer(hours(0, 1), to=two[1], by=two[0], now=START).state == "offered"
    with pytest.raises(Refusal, match="ends before it starts"):
        swaps.offer(hours(1, 0), to=two[1], by=two[0], now=NOON)


def test_the_colleague_reads_whether_hours_of_theirs_are_wanted(site, two) -> None:
    begin(site, *two)
    for back in (None, hours(1, 2)):
        swaps.offer(hours(0, 1), to=two[1], by=two[0], now=NOON, back=back)
    plain, with_back = (one.message.body for one in Delivery.objects.order_by("message__pk"))
    assert "offers you on call rung 1" in plain
    assert "asks you to swap rung 1" in with_back


HOURS = "Tue 02 Mar 12:00 EST to Wed 03 Mar 12:00 EST"


@pytest.mark.parametrize(
    ("act", "back", "said"),
    [
        ("accept", None, f"Nurse M has taken your on call rung 1, {HOURS}."),
        (
            "accept",
            hours(1, 2),
            f"Nurse M has agreed to your swap of rung 1, {HOURS}. The on-call list has changed.",
        ),
        ("decline", None, f"Nurse M has declined: on call rung 1, {HOURS}, is still yours."),
    ],
)
def test_whoever_made_an_offer_reads_how_it_was_answered(site, two, act, back, said) -> None:
    """They believed that the hours were gone, or waited for an answer that had been given."""
    begin(site, *two)
    row = swaps.offer(hours(0, 1), to=two[1], by=two[0], now=NOON, back=back)
    assert not Message.objects.filter(clinician=two[0]).exists()
    getattr(swaps, act)(row.pk, by=two[1], now=NOON)
    assert [one.body for one in Message.objects.filter(clinician=two[0])] == [said]


def test_an_answer_given_when_the_hours_have_begun_is_still_told(site, two) -> None:
    begin(site, *two)
    row = swaps.offer(hours(0, 1), to=two[1], by=two[0], now=NOON)
    swaps.decline(row.pk, by=two[1], now=START + HOUR)
    assert Message.objects.get(clinician=two[0]).not_after == START + 2 * HOUR


@pytest.mark.parametrize("why", ["left", "no phone", "refused", "taken back"])
def test_nobody_is_told_who_is_gone_or_did_it_themselves(site, two, why) -> None:
    begin(site, *two)
    row = swaps.offer(hours(0, 1), to=two[1], by=two[0], now=NOON)
    if why == "taken back":
        swaps.withdraw(row.pk, by=two[0], now=NOON)
    elif why == "refused":
        with pytest.raises(Refusal, match="have begun"):
            swaps.accept(row.pk, by=two[1], now=START + HOUR)
    else:
        changed = {"is_active": False} if why == "left" else {"phone": ""}
        Clinician.objects.filter(pk=two[0].pk).update(**changed)
        swaps.decline(row.pk, by=two[1], now=NOON)
    assert not Message.objects.filter(clinician=two[0]).exists()


@pytest.mark.parametrize(
    ("act", "state"), [("accept", "accepted"), ("decline", "declined"), ("withdraw", "withdrawn")]
)
def test_an_offer_and_its_answer_stand_in_the_ledger(site, two, act, state) -> None:
    begin(site, *two)
    row = swaps.offer(hours(0, 1), to=two[1], by=two[0], now=NOON)
    answers = two[0] if act == "withdraw" else two[1]
    getattr(swaps, act)(row.pk, by=answers, now=NOON)
    lines = AuditEntry.objects.filter(subject=f"swap:{row.pk}").order_by("pk")
    assert [(line.act, line.by) for line in lines] == [
        ("offered a swap", two[0]),
        (f"{state} a swap", answers),
    ]
