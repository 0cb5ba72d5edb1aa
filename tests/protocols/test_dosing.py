"""Amounts: exact, shown as a sum, and never a volume nobody has read."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import dosing, library
from protocols.errors import Refusal
from tests import tables

TECLISTAMAB = library.label("teclistamab-us-2025-03")
MONOTHERAPY = TECLISTAMAB.regimens[0]


@pytest.mark.parametrize("row", tables.rows("amounts.md"), ids=tables.title)
def test_the_signed_sums(row) -> None:
    amount = dosing.amount(TECLISTAMAB, MONOTHERAPY.dose(row["dose"]), Decimal(row["weight kg"]))
    assert amount.calculated_mg == Decimal(row["calculated mg"])
    assert amount.sum == row["sum"]


@given(st.decimals(min_value=25, max_value=300, places=2))
def test_no_digit_is_ever_rounded_away(weight: Decimal) -> None:
    for dose in MONOTHERAPY.doses:
        amount = dosing.amount(TECLISTAMAB, dose, weight)
        shown = amount.sum.rpartition(" = ")[2].removesuffix(" mg").replace(",", "")
        assert Decimal(shown) == amount.calculated_mg == dose.amount * weight


WRITTEN = {
    "4.20": "4.2 mg",
    "0.5": "0.5 mg",
    ".5": "0.5 mg",
    "0.060": "0.06 mg",
    "5.0": "5 mg",
    "100": "100 mg",
    "1000": "1,000 mg",
    "1E+3": "1,000 mg",
    "12345.670": "12,345.67 mg",
}


@pytest.mark.parametrize(("milligrams", "shown"), WRITTEN.items())
def test_ux9a_amounts_are_written_safely(milligrams: str, shown: str) -> None:
    assert dosing.format_mg(Decimal(milligrams)) == shown


@pytest.mark.parametrize("weight", ["24.99", "300.01", "0", "-70", "700", "NaN", "Infinity"])
def test_a_weight_nobody_has_is_refused_even_for_a_flat_dose(weight: str) -> None:
    elranatamab = library.label("elranatamab-us-2023")
    for label in (TECLISTAMAB, elranatamab):
        with pytest.raises(Refusal, match="type the weight in kg, from 25 to 300"):
            dosing.amount(label, label.regimens[0].steps[0], Decimal(weight))


@pytest.mark.parametrize("typed", ["", "seventy", "70,5", "70 kg", "154 lb"])
def test_a_weight_that_is_not_a_number_says_what_to_type(typed: str) -> None:
    with pytest.raises(Refusal, match=r"like 70\.5"):
        dosing.read_weight(typed)


@pytest.mark.parametrize("label", library.known_labels(), ids=lambda label: label.id)
def test_a_volume_always_asks(label) -> None:
    for regimen in label.regimens:
        for dose in regimen.doses:
            volume = dosing.amount(label, dose, Decimal(70)).volume
            assert volume.startswith("ask: ")
            assert "pharmacist" in volume
