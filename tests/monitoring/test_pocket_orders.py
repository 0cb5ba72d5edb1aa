"""The pocket dose: from this patient's own order that holds now, once, and never where it may not be swallowed."""

from datetime import timedelta
from decimal import Decimal

import pytest

from monitoring import background, pocket
from monitoring.models import Patient, PocketInstruction, PocketOrder
from notifications.models import Role
from protocols.errors import Refusal
from tests import makers
from tests.home import FEVER, HOUR, MINUTE, Home
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
NIGHT = NOON + 10 * HOUR
DAY = timedelta(days=1)


@pytest.fixture
def home() -> Home:
    return Home()


def was_texted(home: Home) -> bool:
    """Whether the instruction went out; the case stands in any event."""
    assert home.case.state == "open"
    assert "not done" not in home.history
    assert PocketInstruction.objects.exists() == any(
        "pocket dose" in one for one in home.texts_to(home.patient.phone)
    )
    return PocketInstruction.objects.exists()


# The order


def test_a_fever_repeats_the_signed_order(home) -> None:
    home.has_pocket_order()
    home.hears(FEVER, at=NIGHT)
    assert was_texted(home)


def test_an_expired_order_is_not_mentioned(home) -> None:
    home.has_pocket_order(until=NIGHT)
    home.hears(FEVER, at=NIGHT)
    assert not was_texted(home)


def test_a_revoked_order_is_not_mentioned(home) -> None:
    order = home.has_pocket_order()
    pocket.revoke(order.pk, by=order.signed_by, reason="another steroid was started", now=NOON)
    home.hears(FEVER, at=NIGHT)
    assert not was_texted(home)


def test_a_newer_order_ends_the_one_before_even_after_its_own_time(home) -> None:
    home.has_pocket_order(mg=20)
    home.has_pocket_order(mg=8, until=NIGHT)
    home.hears(FEVER, at=NIGHT)
    assert not was_texted(home)


@pytest.mark.parametrize("role", [role for role in Role.values if role != Role.PRESCRIBER])
def test_only_a_prescriber_signs_an_order(home, role) -> None:
    by = makers.a_clinician(home.site, role)
    with pytest.raises(Refusal, match="prescriber"):
        pocket.sign(home.patient, dose_mg=Decimal(20), expires_at=NIGHT, by=by, now=NOON)
    assert not PocketOrder.objects.exists()


def test_another_patient_s_order_is_nobody_else_s(home) -> None:
    other = makers.a_patient(home.site)
    home.has_pocket_order()
    PocketOrder.objects.update(patient=other)
    home.hears(FEVER, at=NIGHT)
    assert not was_texted(home)


# Once


def test_a_steroid_taken_early_in_the_watch_counts_to_its_end(home) -> None:
    home.has_pocket_order()
    home.hears("took my pocket dose", at=NOON + HOUR)
    home.over(NOON + 2 * HOUR)
    home.hears(FEVER, at=NOON + 2 * DAY)
    assert not was_texted(home)


def test_a_steroid_taken_two_hours_before_the_dose_counts(home) -> None:
    home.has_pocket_order()
    home.hears("I took dexamethasone", at=NOON)
    home.over(NOON)
    later = NOON + 2 * HOUR
    type(home.watch).objects.update(given_at=later, opened_at=later)
    home.hears(FEVER, at=NIGHT)
    assert not was_texted(home)


def test_a_second_fever_in_an_old_case_keeps_its_alarm_and_texts_no_second_dose() -> None:
    """Outside a watch, a day later, in the same case that nobody has closed."""
    home = Home(watched=False)
    home.has_pocket_order()
    home.hears(FEVER, at=NIGHT)
    home.hears("39.4", at=NIGHT + DAY + HOUR)
    assert PocketInstruction.objects.count() == 1
    assert was_texted(home)
    assert home.history.count("joined") == 1


# For whom


def test_a_phone_that_speaks_for_two_is_told_of_nobody_s_pocket_dose(home) -> None:
    other = makers.a_patient(home.site, caregiver_phone=home.patient.caregiver_phone)
    home.has_pocket_order()
    home.caregiver_says("38.6 and shaking", at=NIGHT)
    assert set(home.case.__class__.objects.values_list("patient", flat=True)) == {home.patient.pk, other.pk}
    assert not was_texted(home)


@pytest.mark.parametrize(
    "danger",
    ["I passed out", "confused", "I cannot keep fluids down", "cannot swallow"],
)
@pytest.mark.parametrize("texts", ["one", "two"])
def test_no_tablets_are_mentioned_to_whoever_may_not_swallow_or_understand(home, danger, texts) -> None:
    home.has_pocket_order()
    if texts == "one":
        home.hears(f"{FEVER}, {danger}", at=NIGHT)
    else:
        home.hears(danger, at=NIGHT)
        home.hears(FEVER, at=NIGHT + MINUTE)
    assert not was_texted(home)


# Afterwards


def test_a_texted_dose_masks_the_temperatures_after_it(home) -> None:
    home.has_pocket_order()
    home.hears(FEVER, at=NIGHT)
    home.over(NIGHT)
    cool = home.hears("98.6", at=NIGHT + 8 * HOUR).findings.get()
    assert "MASKED" in {rule["id"] for rule in cool.rules}
    assert cool.urgency != "none"


@pytest.mark.parametrize("words", ["took tylenol", "I took dexamethasone"])
@pytest.mark.parametrize(("after", "masked"), [(24 * HOUR, True), (24 * HOUR + MINUTE, False)])
def test_a_medicine_that_hides_a_fever_masks_for_a_day(home, words, after, masked) -> None:
    home.hears(words, at=NOON)
    patient = Patient.objects.get(pk=home.patient.pk)
    assert background.is_masked(patient, now=NOON + after) == masked
    cool = home.hears("98.6", at=NOON + after).findings.get()
    assert ("MASKED" in {rule["id"] for rule in cool.rules}) == masked
