"""Who is paged for a case, and what everybody else hears: its owner, those paged before, those at home, the desk."""

from datetime import timedelta

import pytest

from monitoring import climbing, escalations, offers, paging
from monitoring.models import Escalation, Page, Patient
from notifications.models import Clinician, Delivery, Message, Role, Shift
from tests import makers
from tests.home import FEVER, MINUTE, NIGHT, Home

pytestmark = [pytest.mark.database, pytest.mark.django_db]
SECOND = timedelta(seconds=1)
NOTICE = 15 * MINUTE


def take(home: Home, who: int = 0) -> None:
    escalations.take(home.case.pk, by=home.doctors[who], now=NIGHT, how="text")


def lapse(home: Home) -> None:
    escalations.climb(now=home.case.next_at)


def change(clinician: Clinician, **facts: object) -> None:
    Clinician.objects.filter(pk=clinician.pk).update(**facts)


def no_texts_to(home: Home, *ended: str) -> None:
    facts = {f"{one}_ended_at": NIGHT for one in ended} | {f"{one}_ended_why": "STOP" for one in ended}
    Patient.objects.filter(pk=home.patient.pk).update(**facts)


def calls_to(clinician: Clinician) -> int:
    return Message.objects.filter(clinician=clinician, channel="voice", cancelled_at=None).count()


# The person who is paged


def test_a_first_page_does_not_say_still_and_every_later_one_does(home) -> None:
    escalations.climb(now=home.case.next_at)
    escalations.climb(now=home.case.next_at)
    bodies = [page.text.body for page in Page.objects.order_by("pk")]
    assert [body.startswith("URGENT, still open: reply") for body in bodies] == [False, False, True]


def test_a_page_of_a_case_that_opened_again_says_still(home) -> None:
    take(home)
    lapse(home)
    assert Page.objects.get(generation=2).text.body.startswith("URGENT, still open")


@pytest.mark.parametrize("facts", [{"phone": ""}, {"is_active": False}], ids=["no phone", "left"])
def test_whoever_had_it_and_cannot_be_reached_is_not_paged_again(home, facts) -> None:
    take(home, 1)
    change(home.doctors[1], **facts)
    lapse(home)
    assert [page.clinician for page in Page.objects.filter(generation=2)] == [home.doctors[0]]


def test_whoever_had_it_is_paged_beside_the_ladder_and_for_no_longer_than_a_rung(home) -> None:
    take(home, 1)
    lapse(home)
    page = Page.objects.get(generation=2, clinician=home.doctors[1])
    assert (page.rung, page.text.not_after) == (0, page.at + 15 * MINUTE)


def test_whom_a_case_is_offered_to_is_paged_beside_the_ladder(home) -> None:
    take(home)
    offers.make(home.case.pk, to=home.doctors[1], reason="theatre", by=home.doctors[0], now=NIGHT)
    page = Page.objects.get(offer__isnull=False)
    assert (page.rung, page.clinician) == (0, home.doctors[1])


# The owner


def test_whoever_has_it_is_texted_and_rung_about_more_and_for_a_quarter_of_an_hour(home) -> None:
    take(home)
    before = calls_to(home.doctors[0])
    home.hears("still 38.6", at=NIGHT + MINUTE)
    [*_, text, call] = Message.objects.filter(clinician=home.doctors[0]).order_by("pk")
    assert "more has come in" in text.body
    assert (text.not_after, call.not_after) == (NIGHT + MINUTE + NOTICE, NIGHT + MINUTE + NOTICE)
    assert calls_to(home.doctors[0]) == before + 1
    assert home.case.owner == home.doctors[0], "and has it still"


def test_an_owner_without_a_phone_is_told_by_the_screen_alone(home) -> None:
    take(home)
    change(home.doctors[0], phone="")
    before = Message.objects.filter(clinician=home.doctors[0]).count()
    home.hears("still 38.6", at=NIGHT + MINUTE)
    assert Message.objects.filter(clinician=home.doctors[0]).count() == before
    assert home.history[-1] == "joined"


@pytest.mark.parametrize(("phone", "told"), [(None, 1), ("", 0)], ids=["a phone", "none"])
def test_whoever_offered_it_hears_that_nobody_took_it_over(home, phone, told) -> None:
    take(home)
    offer = offers.make(home.case.pk, to=home.doctors[1], reason="theatre", by=home.doctors[0], now=NIGHT)
    if phone is not None:
        change(home.doctors[0], phone=phone)
    offers.lapse(now=offer.answer_by)
    assert Message.objects.filter(body__contains="has not taken over").count() == told


# Those who were paged before


def test_all_who_were_paged_hear_who_has_it_but_whoever_it_is(home) -> None:
    escalations.climb(now=home.case.next_at)
    take(home, 1)
    told = Message.objects.filter(body__contains="was taken by Dr B")
    assert [one.clinician for one in told] == [home.doctors[0]]


# Those at home


def told_at_home(home: Home) -> list[str]:
    """Which phones were told that somebody has it."""
    phones = {home.patient.phone: "patient", home.patient.caregiver_phone: "caregiver"}
    told = Message.objects.filter(body__contains="has your message").order_by("pk")
    return [phones[one.to] for one in told]


def test_the_patient_hears_that_somebody_has_it_and_the_caregiver_who_did_not_write_does_not(home) -> None:
    take(home)
    assert told_at_home(home) == ["patient"]


def test_a_caregiver_who_wrote_hears_it_too(home) -> None:
    home.caregiver_says("she has 38.9", at=NIGHT + MINUTE)
    take(home)
    assert told_at_home(home) == ["patient", "caregiver"]


def test_the_caregiver_hears_it_where_no_text_reaches_the_patient(home) -> None:
    no_texts_to(home, "texting")
    take(home)
    assert told_at_home(home) == ["caregiver"]


@pytest.mark.parametrize(
    ("ended", "said"),
    [
        ([], ("patient told", "Told that nobody has it yet, and whom to call: the patient.")),
        (
            ["texting"],
            ("patient told", "Told that nobody has it yet, and whom to call: the caregiver."),
        ),
        (["texting", "caregiver_texting"], ("nobody told", climbing.NO_TEXTS)),
    ],
    ids=["the patient", "the caregiver", "nobody"],
)
def test_the_case_says_who_was_told_that_nobody_has_it(home, ended, said) -> None:
    no_texts_to(home, *ended)
    escalations.climb(now=NIGHT + 10 * MINUTE)
    line = home.case.events.get(what__endswith="told")
    assert (line.what, line.text) == said


# Nobody on call


def test_the_desk_is_rung_for_five_minutes_and_not_later() -> None:
    home = Home()
    Shift.objects.all().delete()
    home.hears(FEVER, at=NIGHT)
    assert Message.objects.get(to=home.site.oncall_number).not_after == NIGHT + 5 * MINUTE


def test_what_is_no_case_is_texted_to_the_first_rung_that_has_somebody(home) -> None:
    nurse = makers.a_clinician(home.site, Role.NURSE, phone=makers.a_phone())
    Shift.objects.filter(rung=2).update(clinician=nurse)
    change(home.doctors[0], phone="")
    paging.tell_on_call(home.site, "page.at_home", key="at-home:1", now=NIGHT)
    assert [one.clinician for one in Message.objects.filter(key__startswith="at-home:1")] == [nurse]
    change(home.doctors[0], phone=home.doctors[0].phone)
    paging.tell_on_call(home.site, "page.at_home", key="at-home:2", now=NIGHT)
    assert [one.clinician for one in Message.objects.filter(key__startswith="at-home:2")] == [home.doctors[0]]


# What is found to be missing


@pytest.mark.parametrize(("seconds", "found"), [(14, False), (15, True)])
def test_a_case_without_a_page_is_found_after_fifteen_seconds(home, seconds, found) -> None:
    Escalation.objects.update(generation=2, opened_at=NIGHT)
    assert paging.unpaged(now=NIGHT + seconds * SECOND) == ([home.case.pk] if found else [])


def test_a_case_without_a_page_is_due_at_once_unless_somebody_has_it(home) -> None:
    Escalation.objects.update(generation=2)
    assert climbing.notice_unpaged(now=NIGHT + MINUTE) == 1
    assert home.case.next_at == NIGHT + MINUTE


@pytest.mark.parametrize(
    ("failed", "unheard"), [(("text",), 0), (("voice",), 0), (("text", "voice"), 1)], ids=str
)
def test_a_page_reached_nobody_only_when_neither_route_is_left(home, failed, unheard) -> None:
    page = Page.objects.get()
    for route in ("text", "voice"):
        Delivery.objects.create(message=getattr(page, route), attempt=2, lane=page.text.lane, due_at=NIGHT)
        tried = Delivery.objects.filter(message=getattr(page, route))
        home.fails([getattr(page, route)] if route in failed else [], "30003", at=NIGHT)
        tried.filter(attempt=1).update(state="failed", ended_at=NIGHT, lease_until=None)
    assert len(paging.unheard(now=NIGHT)) == unheard
