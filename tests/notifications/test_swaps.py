"""Swaps: hours offered to a colleague and answered by them alone, and what cannot be offered or accepted."""

import pytest

from notifications import overrides, swaps
from notifications.models import AuditEntry, Clinician, Delivery, Override, Role, Swap
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
