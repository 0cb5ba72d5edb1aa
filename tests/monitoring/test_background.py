"""What one statement says bears on a text must be what reading all of it would find, whoever writes and whenever."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from monitoring import background, conversation, kits, phrases, watches
from monitoring.models import CheckIn, Patient, Reply
from notifications.models import Role
from tests import makers
from tests.home import FEVER, HOUR, MINUTE, Home
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]

FACTS = {"provider_sid": "SM-asked-about", "sent_to": "+1", "body": "fine", "received_at": NOON}
MOMENTS = [timedelta(0), 3 * HOUR, 5 * HOUR, timedelta(days=2)]


class Ward(Home):
    """A home of which more and more stands."""

    def nothing(self) -> None:
        pass

    def a_question(self) -> None:
        self.tick(NOON + 4 * HOUR)

    def an_answer(self) -> None:
        self.hears("98.6", at=NOON + 4 * HOUR)

    def a_medicine_taken(self) -> None:
        self.hears("98.6, took tylenol", at=NOON)

    def a_doubtful_number(self) -> None:
        self.hears("1001", at=NOON)

    def a_fever_with_a_pocket_order(self) -> None:
        self.has_pocket_order()
        self.hears(FEVER, at=NOON)

    def a_case_resolved(self) -> None:
        self.a_fever_with_a_pocket_order()
        self.over(NOON + HOUR)

    def a_clinician_who_writes(self) -> None:
        nurse = makers.a_clinician(self.site)
        conversation.say(patient=self.patient, to="patient", words="How are you now?", by=nurse, now=NOON)

    def a_kit(self) -> None:
        seen = kits.Kit(
            "ear", has_cuff=True, has_oximeter=False, usual=kits.Pressure(99, 62, date(2027, 2, 26))
        )
        kits.record(self.patient.pk, seen, seen=0, by=makers.a_clinician(self.site), now=NOON)

    def learned_phrases(self) -> None:
        nurse, pharmacist = makers.a_clinician(self.site), makers.a_clinician(self.site, Role.PHARMACIST)
        reply = self.hears("98.6, toast and tea", at=NOON)
        phrase = phrases.propose(reply=reply, words="toast and tea", by=nurse, now=NOON)
        phrases.approve(
            phrase.pk, seen=phrases.weigh(phrase, now=NOON).seen, by=pharmacist, now=NOON + MINUTE
        )

    def a_death_reported(self) -> None:
        self.hears("he died last night", at=NOON, sender=self.patient.caregiver_phone)

    def a_watch_that_is_over(self) -> None:
        watches.end_without_dose(self.watch.pk, why="the dose was not given", now=NOON)


STEPS: list[Callable[[Ward], None]] = [
    Ward.nothing, Ward.a_question, Ward.an_answer, Ward.a_medicine_taken, Ward.a_doubtful_number,
    Ward.a_fever_with_a_pocket_order, Ward.a_case_resolved, Ward.a_clinician_who_writes, Ward.a_kit,
    Ward.learned_phrases, Ward.a_death_reported, Ward.a_watch_that_is_over,
]  # fmt: skip


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
def test_a_text_is_understood_as_if_everything_had_been_read(step) -> None:
    ward = Ward()
    step(ward)
    patient = Patient.objects.select_related("site").get(pk=ward.patient.pk)
    for sender in (patient.phone, patient.caregiver_phone):
        for later in MOMENTS:
            now = NOON + later
            reply = Reply(site=patient.site, sender=sender, **FACTS)
            heard = background.of(reply, patient, who="patient", now=now)
            assert heard.stands == {
                name
                for name, queries in background.STANDS.looks.items()
                if any(query(now=now, patient=patient.pk, sender=sender).exists() for query in queries)
            }
            assert heard.said == background.said_lately(patient, now=now)
            answers = {
                "case",
                "pocket dose",
                "watched once",
                "medicine",
                "death",
                "closer",
            }  # these the statement says itself
            all_read = replace(heard, stands=heard.stands | (background.STANDS.names - answers))
            assert background.contexts(all_read) == background.contexts(heard)


def test_each_thing_that_may_bear_on_a_text_is_seen_to_stand() -> None:
    seen = set()
    for step in STEPS:
        ward = Ward()
        step(ward)
        for later in MOMENTS:
            seen |= background.STANDS.at(NOON + later, patient=ward.patient.pk, sender=ward.patient.phone)
    assert seen == background.STANDS.names


def test_what_stands_about_one_patient_stands_about_no_other() -> None:
    ward, elsewhere = Ward(), Ward(watched=False)
    for step in (Ward.a_question, Ward.a_kit, Ward.a_fever_with_a_pocket_order, Ward.a_clinician_who_writes):
        step(ward)
    found = background.STANDS.at(NOON, patient=elsewhere.patient.pk, sender=elsewhere.patient.phone)
    assert found == set()


def test_what_became_of_a_text_is_kept_with_it() -> None:
    ward = Ward()
    ward.a_question()
    ward.an_answer()
    kept = Reply.objects.get()
    assert (kept.who, kept.patient, kept.site, kept.clinician) == ("patient", ward.patient, ward.site, None)
    assert (kept.checkin, kept.understood_at) == (CheckIn.objects.get(state="asked"), NOON + 4 * HOUR)


def test_a_text_costs_few_statements() -> None:
    ward = Ward()
    ward.hears("98.6")
    with CaptureQueriesContext(connection) as asked:
        ward.hears("98.8")
    statements = [one["sql"] for one in asked if "SAVEPOINT" not in one["sql"]]
    assert len(statements) <= 11, "\n".join(statements)
