"""Which body temperature a number can be: its unit by range, and where a lost decimal point belongs.

The two ranges do not overlap, so the unit never has to be asked. Source: the question set's temperature parser
(34.0-42.5 read as Celsius, 93.0-108.0 as Fahrenheit, three or four digits get the point that makes a body
temperature); the fever line itself is judged in `vitals`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

RANGES = {"C": (Decimal("34.0"), Decimal("42.5")), "F": (Decimal("93.0"), Decimal("108.0"))}
LONGEST_WITHOUT_POINT = 5


@dataclass(frozen=True)
class Warmth:
    """A body temperature, and the doubt about it: none, `point` (put in here) or `unit` (another one was named)."""

    value: Decimal
    unit: str
    doubt: str = ""


def fits(value: Decimal) -> str:
    """The unit in which this number is a body temperature, or nothing."""
    for unit, (low, high) in RANGES.items():
        if low <= value <= high:
            return unit
    return ""


def warmth(value: Decimal, digits: str, unit: str) -> Warmth | None:
    """The temperature that a number with this unit (or none) is; None if no reading of it is a body temperature.

    A unit that contradicts the number, and a point that had to be put in, come back as a doubt: whoever judges
    must treat a fever among them as a fever until it is denied, and may not take anything else as normal.
    """
    natural = fits(value)
    if natural and natural == (unit or natural):
        return Warmth(value, natural)
    if natural:
        return Warmth(value, natural, "unit")
    pointed = max(with_point(digits, unit), default=None) or max(with_point(digits), default=None)
    if pointed is None:
        return None
    return Warmth(pointed, fits(pointed), "point" if fits(pointed) == (unit or fits(pointed)) else "unit")


def with_point(digits: str, unit: str = "") -> Iterator[Decimal]:
    """Every body temperature that one decimal point makes of these digits (`1014` is 101.4, `10.14` as well)."""
    bare = "".join(digits.split()).replace(",", "").replace(".", "")
    if not 3 <= len(bare) <= LONGEST_WITHOUT_POINT or not bare.isdigit():
        return
    for place in (2, 3):
        value = Decimal(f"{bare[:place]}.{bare[place:] or 0}")
        if fits(value) and (not unit or fits(value) == unit):
            yield value


def second_of_list(text: str) -> Decimal | None:
    """The second of two temperatures that a comma without a space may join (`36,39`)."""
    first, comma, second = text.partition(",")
    both = comma and len(second) == 2 and fits(Decimal(first)) == fits(Decimal(second)) != ""
    return Decimal(second) if both else None
