"""A fever in the night, graded on the worksheet: the next dose holds and the questions come closer until it is over."""

from datetime import timedelta

import pytest

from monitoring import assessed
from monitoring.models import CheckIn
from monitoring.rules import WatchRules
from notifications import clock
from tests import bedside
from tests.story import Clinic

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


def test_a_fever_becomes_a_case_is_assessed_grade_2_and_holds_until_it_is_over(provider) -> None:
    clinic = Clinic(provider)
    clinic.at("Mon 10:00").gives()
    clinic.at("Mon 10:30").hears("38.6 and shaking")
    clinic.texts_the_code("Dr A")
    clinic.reached("Dr A")
    row = bedside.assessed_as(clinic.patient, 2, by=clinic.people["Dr A"], now=clock.now())
    assert row.escalation == clinic.case
    clinic.resolved("Dr A", crs=2, over=False)
    assert clinic.next_dose == "hold"
    assert clinic.case.state == "resolved", "the reaction alone keeps the rhythm from here"

    clinic.at("Mon 10:31")
    watch = clinic.patient.watches.get()
    closer = timedelta(minutes=WatchRules.thaw(watch.rules).concern_every)
    waiting = CheckIn.objects.filter(watch=watch, state=CheckIn.State.WAITING).order_by("next_at")
    assert waiting[0].next_at <= clinic.now + closer

    well = bedside.assessed_as(
        clinic.patient, 0, by=clinic.people["Dr B"], now=clock.now(), why="well, eating", over=True
    )
    assert not well.wants_second
    assert assessed.standing(clinic.patient) == {}
    assert clinic.next_dose != "give", "the label's own row decides what follows, or asks"
    told = [text for who in ("patient", "caregiver") for text in clinic.phone_of(who)]
    assert not any("grade" in text.casefold() for text in told), "no grade is ever told by text"
