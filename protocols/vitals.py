"""How temperatures, saturations and blood pressures are judged: exact comparisons against the lines in the data."""

from collections.abc import Iterator
from decimal import Decimal

from protocols.reading import Reading
from protocols.rulebook import Rulebook

FEVER, RECHECK, BORDER, LOW, NORMAL = "fever", "recheck", "border", "low", "normal"
UPPER_BOUNDS_ALLOWED = frozenset({NORMAL})


def band(value: Decimal, unit: str, book: Rulebook) -> str:
    """Where a body temperature lies, compared in its own unit and never rounded."""
    lines = book.temperature
    if value >= lines["fever"][unit]:
        return FEVER
    if value >= lines["border"][unit]:
        return BORDER
    if value >= lines["recheck"][unit]:
        return RECHECK
    return LOW if value < lines["low_below"][unit] else NORMAL


def is_very_low(reading: Reading, book: Rulebook) -> bool:
    """Whether this temperature must be read back, and pages when it is confirmed."""
    line = book.temperature["very_low_below"].get(reading.unit)
    if reading.kind != "temperature" or reading.value is None or line is None:
        return False
    return reading.value < line


def judge_temperature(reading: Reading, book: Rulebook) -> Iterator[str]:
    """The rules that one temperature fires. A doubtful number is never normal, and a fever until it is denied."""
    if reading.value is None or reading.doubt == "range":
        yield "NUMBER-DOUBTFUL"
        return
    bands = {
        band(value, reading.unit, book) for value in (reading.value, reading.second) if value is not None
    }
    warmest = band(reading.value, reading.unit, book)
    if reading.doubt in {"bound", "denied"}:
        if reading.doubt == "denied" or warmest not in UPPER_BOUNDS_ALLOWED:
            yield "NUMBER-DOUBTFUL"
    elif FEVER in bands:
        sure = reading.doubt in {"", "whole", "over"} and bands == {FEVER}
        yield "FEVER" if sure else "POSSIBLE-FEVER"
    elif reading.doubt in {"point", "unit", "over", "role"}:
        yield "NUMBER-DOUBTFUL"
    elif LOW in bands:
        yield "LOW-TEMPERATURE"
    else:
        if reading.doubt == "whole":
            yield "NUMBER-TWO-QUESTIONS"
        yield from (rule for name, rule in ((BORDER, "BORDER"), (RECHECK, "RECHECK")) if name in bands)


def judge_oxygen(reading: Reading, book: Rulebook) -> Iterator[str]:
    """The rules that one saturation fires."""
    value = reading.value or Decimal(0)
    if reading.doubt == "bound":
        value -= 1  # "below 90" is at most 89 on a clip that shows whole numbers
    if value < book.oxygen["emergency_below"]:
        yield "OXYGEN-VERY-LOW"
    elif value < book.oxygen["urgent_below"]:
        yield "OXYGEN-LOW"
    elif reading.doubt == "bound":
        yield "NUMBER-DOUBTFUL"


def judge_pressure(reading: Reading, book: Rulebook, *, usual: Decimal | None, fever: bool) -> Iterator[str]:
    """The rules that one blood pressure fires, against the patient's own upper value where it is known."""
    upper, lines = reading.value or Decimal(0), book.blood_pressure
    if reading.doubt and not (reading.doubt == "half" and upper < lines["low_below"]):
        yield "PRESSURE-UNUSUAL"
    elif upper < lines["low_below"]:
        near_usual = usual is not None and usual - upper <= lines["drop_of_more_than"]
        yield "PRESSURE-USUALLY-LOW" if near_usual else "PRESSURE-LOW"
        if fever:
            yield "PRESSURE-LOW-WITH-FEVER"
    elif upper < lines["border_below"] or upper >= lines["high_from"]:
        yield "PRESSURE-UNUSUAL"
