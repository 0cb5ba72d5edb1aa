"""A reply and the engine's closer questions meet in one second: whoever holds the patient goes first."""

from datetime import timedelta

import pytest
from django.db import transaction

from monitoring import checkins, escalations, people
from notifications import clock
from tests.races.crowd import at_once

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


def test_no_question_is_moved_closer_while_a_reply_of_the_patient_is_being_read(site, patient, watch) -> None:
    now = clock.now()
    with transaction.atomic():
        escalations.raise_concern(
            site=site, patient=patient, urgency="urgent", headline="fever", now=now, watch=watch
        )
    with transaction.atomic():
        people.hold(patient.pk)
        assert at_once(lambda: checkins.keep_close(now=now)) == [0], "it does not wait, and does nothing"
    assert not watch.checkins.filter(extra=True).exists()
    assert checkins.keep_close(now=now) == 1
    assert watch.checkins.get(extra=True).next_at == now + timedelta(hours=1)
