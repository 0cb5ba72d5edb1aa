"""Can this dispensing table be trusted? Bands that do not meet, and mL that hold the mg they are printed beside.

A gap between two bands is no problem: a weight in it asks. Each check yields `(place, problem)`.
"""

from collections.abc import Iterator
from decimal import Decimal
from itertools import combinations

from protocols.model import Dispensing, Label
from protocols.regimens import Regimen

Problem = tuple[str, str]

# How far the mg of a row may lie from rule x weight before the row is taken for a slip. Ours, not a label's.
FARTHEST = Decimal("0.2")


def dispensing_problems(label: Label) -> Iterator[Problem]:
    """Everything that keeps the table from being used, row by row as it stands."""
    known = {dose.id for regimen in label.regimens for dose in regimen.doses}
    for number, row in enumerate(label.dispensing, start=1):
        place = f"dispensing, row {number}"
        yield from _alone(row, place)
        for regimen in label.regimens:
            if not row.regimens or regimen.id in row.regimens:
                yield from _against_the_rule(regimen, row, place)
        for dose_id in row.doses:
            if dose_id not in known:
                yield place, f"no such dose: {dose_id!r}"
        if not set(row.regimens) <= set(label.by_id):
            yield place, f"no such regimen among {row.regimens}"
    for (first, one), (second, other) in combinations(enumerate(label.dispensing, start=1), 2):
        if _meet(one, other):
            yield f"dispensing, row {second}", f"speaks of the same dose and weight as row {first}"


def _alone(row: Dispensing, place: str) -> Iterator[Problem]:
    if (row.from_kg is None) != (row.to_kg is None) or (
        row.from_kg is not None and row.to_kg is not None and row.from_kg > row.to_kg
    ):
        yield place, "a weight band needs both its ends, the lower one first"
    held, spread = row.strength * row.millilitres, _half(row.millilitres) * row.strength + _half(row.mg)
    if abs(held - row.mg) > spread:
        yield place, f"{row.millilitres} mL of {row.strength} mg/mL hold {held} mg, not {row.mg} mg"
    if row.vials <= 0 or row.millilitres > row.vials * row.vial_millilitres:
        yield place, f"{row.vials} vials of {row.vial_millilitres} mL do not hold {row.millilitres} mL"
    elif row.millilitres <= (row.vials - 1) * row.vial_millilitres:
        yield place, f"{row.vials - 1} vials of {row.vial_millilitres} mL already hold {row.millilitres} mL"


def _against_the_rule(regimen: Regimen, row: Dispensing, place: str) -> Iterator[Problem]:
    for dose_id in row.doses:
        dose = regimen.dose(dose_id)
        if dose is None or dose.amount is None:
            continue
        if dose.unit == "mg" and row.mg != dose.amount:
            yield place, f"the rule of {dose.name} is {dose.amount} mg, not {row.mg} mg"
        if dose.unit != "mg/kg":
            continue
        if row.from_kg is None or row.to_kg is None:
            yield place, f"{dose.name} is dosed by weight: the row needs its weight band"
        elif any(
            abs(row.mg - dose.amount * kg) > dose.amount * kg * FARTHEST for kg in (row.from_kg, row.to_kg)
        ):
            yield (
                place,
                f"{row.mg} mg is more than {FARTHEST:.0%} from {dose.amount} mg/kg at an end of its weight band",
            )


def _meet(one: Dispensing, other: Dispensing) -> bool:
    if not set(one.doses) & set(other.doses):
        return False
    if one.regimens and other.regimens and not set(one.regimens) & set(other.regimens):
        return False
    if one.from_kg is None or one.to_kg is None or other.from_kg is None or other.to_kg is None:
        return True
    return one.from_kg <= other.to_kg and other.from_kg <= one.to_kg


def _half(printed: Decimal) -> Decimal:
    """Half of the last printed digit: as far as a printed number may be from what was meant."""
    exponent = printed.as_tuple().exponent
    return Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0) / 2
