"""A word without a code takes a case only where it can mean nothing else: never one that person was not called for."""

from datetime import datetime
from functools import partial

import pytest

from monitoring import drills, escalations, offers
from monitoring.models import Escalation
from notifications.models import Clinician, Delivery, Site
from tests import makers
from tests.home import MINUTE
from tests.makers import NOON
from tests.monitoring import responding

pytestmark = [pytest.mark.database, pytest.mark.django_db]
says = partial(responding.says, now=NOON + 2 * MINUTE)


@pytest.fixture
def site() -> Site:
    return makers.a_site()


@pytest.fixture
def doctors(site) -> list[Clinician]:
    """Dr A stands on the first rung, Dr B on the second."""
    return makers.doctors(site)


def a_case(site: Site, *, now: datetime = NOON) -> Escalation:
    """A case for which Dr A alone was paged."""
    case, _ = escalations.raise_concern(
        site=site, patient=makers.a_patient(site), urgency="urgent", headline="a fever", now=now
    )
    return case


def owner(case: Escalation) -> Clinician | None:
    case.refresh_from_db()
    return case.owner


def offered(case: Escalation, by: Clinician, to: Clinician, *, now: datetime = NOON + MINUTE) -> None:
    escalations.take(case.pk, by=by, now=now, how="text")
    offers.make(case.pk, to=to, reason="in theatre", by=by, now=now)


def which(*cases: Escalation) -> str:
    codes = ", ".join(case.code for case in cases)
    return f"To take a page, reply with its code and nothing else; to decline, NO and its code. Open now: {codes}"


def test_a_yes_takes_the_one_case_that_person_was_called_for_though_another_is_open(site, doctors) -> None:
    mine = a_case(site)
    escalations.climb(now=NOON + 15 * MINUTE)
    another = a_case(site, now=NOON + 15 * MINUTE)
    assert says(doctors[1], "yes", now=NOON + 16 * MINUTE).startswith(f"You have {mine.code}")
    assert (owner(mine), owner(another)) == (doctors[1], None)


def test_a_yes_of_somebody_who_was_not_called_takes_nothing(site, doctors) -> None:
    case = a_case(site)
    assert says(doctors[1], "yes") == which(case)
    assert owner(case) is None


def test_a_yes_to_an_offer_takes_what_was_offered_and_not_what_is_open(site, doctors) -> None:
    handed_over, another = a_case(site), a_case(site)
    offered(handed_over, *doctors)
    assert says(doctors[1], "yes").startswith(f"You have {handed_over.code}")
    assert (owner(handed_over), owner(another)) == (doctors[1], None)


def test_a_word_that_may_be_about_a_page_or_an_offer_is_answered_with_both(site, doctors) -> None:
    handed_over, another = a_case(site), a_case(site)
    offered(handed_over, *doctors)
    escalations.climb(now=NOON + 15 * MINUTE)
    assert says(doctors[1], "yes", now=NOON + 15 * MINUTE) == which(handed_over, another)
    assert (owner(handed_over), owner(another)) == (doctors[0], None)


def test_thanks_for_hearing_who_has_a_case_take_no_other(site, doctors) -> None:
    taken, another = a_case(site), a_case(site)
    escalations.climb(now=NOON + 15 * MINUTE)
    escalations.take(taken.pk, by=doctors[0], now=NOON + 16 * MINUTE, how="text")
    assert says(doctors[1], "OK", now=NOON + 17 * MINUTE) == which(another)
    assert owner(another) is None, "it was paged to Dr B as well, but the newest text was about the other"


def test_a_yes_said_twice_to_a_drill_takes_no_case(site, doctors) -> None:
    case = a_case(site)
    drills.page_me(doctors[0], now=NOON + MINUTE)
    assert says(doctors[0], "yes").startswith("This was a DRILL")
    assert says(doctors[0], "yes", now=NOON + 3 * MINUTE) == which(case)
    assert owner(case) is None


def test_a_page_of_an_earlier_climb_is_not_what_a_yes_answers(site, doctors) -> None:
    case = a_case(site)
    escalations.climb(now=NOON + 15 * MINUTE)
    escalations.raise_concern(
        site=site, patient=case.patient, urgency="emergency", headline="shaking", now=NOON + 16 * MINUTE
    )
    assert says(doctors[1], "yes", now=NOON + 17 * MINUTE) == which(case), "heard of it while it was urgent"
    assert owner(case) is None
    assert says(doctors[0], "yes", now=NOON + 17 * MINUTE).startswith(f"You have {case.code}")


def test_a_page_whose_text_still_waits_for_its_delay_is_not_what_a_yes_answers(site, doctors) -> None:
    drills.page_me(doctors[0], now=NOON)
    says(doctors[0], "yes", now=NOON + MINUTE)
    case = a_case(site, now=NOON + MINUTE)
    Delivery.objects.filter(message__page_as_text__isnull=False).update(due_at=NOON + 3 * MINUTE)
    assert says(doctors[0], "yes") == which(case), "the second yes to the drill"
    assert owner(case) is None
