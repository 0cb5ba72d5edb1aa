"""Two people at the bedside: what is at home is recorded once, and whoever came second reads what the first found."""

from functools import partial

import pytest

from monitoring import kits
from monitoring.models import HomeKit, PatientEvent
from notifications import clock
from protocols.errors import Refusal
from tests import makers
from tests.races.crowd import at_once, problems

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
EAR, MOUTH = (kits.Kit(kind, has_cuff=True, has_oximeter=False) for kind in ("ear", "mouth"))


TRIES = 8


def test_of_two_who_record_a_home_kit_at_once_one_does_and_the_other_is_told(site) -> None:
    nurses = [makers.a_clinician(site) for _ in range(2)]
    for _ in range(TRIES):
        patient, now = makers.a_patient(site), clock.now()
        acts = [partial(kits.record, patient.pk, EAR, seen=0, by=nurses[0], now=now)]
        acts += [partial(kits.record, patient.pk, MOUTH, seen=0, by=nurses[1], now=now)]
        results = at_once(*acts)
        [refused] = problems(results)
        assert isinstance(refused, Refusal)
        assert refused.code == "changed"
        [kept] = HomeKit.objects.filter(patient=patient)
        assert [kept] == [result for result in results if isinstance(result, HomeKit)]
        assert PatientEvent.objects.filter(patient=patient, what="home kit recorded").count() == 1
