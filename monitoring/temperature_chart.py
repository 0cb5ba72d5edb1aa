"""Where everything stands on a chart of temperature over hours since a dose: geometry as plain values.

Shapes and letters tell things apart, never colour: the chart is read on paper without any. Each mark lies whole inside
the drawing, those at either end included. A screen reader is given the table of the same facts instead.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from math import ceil, floor
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from monitoring import readings, temperature_rows
from monitoring.temperature_rows import Fact, Gap, Hours
from notifications import daynames

STEPS = (1, 2, 3, 4, 6, 12, 24, 48, 96, 168, 336)
RADIUS = 4.5
MARK = 7.0
INSET = 1.4 * MARK + 0.2
ROW = 2 * MARK + 3
LOWEST, HIGHEST = Decimal(36), Decimal(40)  # in C; wider where a reading is
EVERY = {"C": 1, "F": 2}

# Corners around the middle of a shape of radius 1.
CORNERS = {
    "square": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    "diamond": ((0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)),
    "triangle": ((0, -1.4), (1.4, 0.9), (-1.4, 0.9)),
    "pentagon": ((-0.95, -0.95), (0.95, -0.95), (0.95, 0.4), (0, 1.15), (-0.95, 0.4)),
    "octagon": (
        (-0.45, -1.1), (0.45, -1.1), (1.1, -0.45), (1.1, 0.45),
        (0.45, 1.1), (-0.45, 1.1), (-1.1, 0.45), (-1.1, -0.45),
    ),
    "bar": ((-0.2, -1), (0.2, -1), (0.2, 1), (-0.2, 1)),
}  # fmt: skip
LETTERED = {
    temperature_rows.MEDICINE: ("square", "M"),
    temperature_rows.POCKET: ("diamond", "P"),
    temperature_rows.DOSE: ("pentagon", "D"),
    temperature_rows.CASE: ("octagon", "C"),
    temperature_rows.ANSWERED: ("bar", ""),
    temperature_rows.UNANSWERED: ("triangle", "N"),
    temperature_rows.UNASKED: ("square", "U"),
}
LANES = (
    (
        gettext_lazy("check-ins"),
        (temperature_rows.ANSWERED, temperature_rows.UNANSWERED, temperature_rows.UNASKED),
    ),
    (gettext_lazy("medicines"), (temperature_rows.MEDICINE, temperature_rows.POCKET)),
    (gettext_lazy("doses, cases"), (temperature_rows.DOSE, temperature_rows.CASE)),
)


@dataclass(frozen=True)
class Size:
    """How much room a drawing has, in its own units: pixels where it is shown at its natural width.

    One that `is_bare` draws temperatures alone, where everything around them stands beside it in words.
    """

    name: str
    width: int
    plot: int
    margin: int
    most: int
    is_bare: bool = False


WIDE = Size("wide", 900, 240, 60, 12)
NARROW = Size("narrow", 264, 200, 36, 4)
SIZES = (WIDE, NARROW)
SMALL = Size("small", 300, 64, 40, 6, is_bare=True)  # on a printed page, beside what else stands there


@dataclass(frozen=True)
class Mark:
    """One shape: its outline, hollow or filled, with its letter or without."""

    x: float
    y: float
    outline: str
    is_hollow: bool = False
    letter: str = ""


@dataclass(frozen=True)
class Tick:
    """A line of a scale: where it is, and its words, one line each."""

    at: float
    words: tuple[str, ...]


@dataclass(frozen=True)
class Lane:
    """A strip beneath the plot: its name and where that is written, where it ends, and its marks."""

    name: str
    y: float
    bottom: float
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Box:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return _round(self.x + self.width)

    @property
    def foot(self) -> float:
        """Its lower edge."""
        return _round(self.y + self.height)


@dataclass(frozen=True)
class Chart:
    """Everything that is drawn, in the units of the drawing."""

    size: Size
    height: float
    plot: Box
    unit: str
    other: str
    degrees: tuple[Tick, ...]
    other_degrees: tuple[Tick, ...]
    hours: tuple[Tick, ...]
    hours_y: float
    fever: Tick
    gaps: tuple[Box, ...]
    lines: tuple[str, ...]
    points: tuple[Mark, ...]
    lanes: tuple[Lane, ...]


@dataclass(frozen=True)
class Sample:
    """A shape of the legend beside its words."""

    mark: Mark
    words: str


@dataclass(frozen=True)
class Scale:
    """From hours and degrees to places on the drawing."""

    plot: Box
    last_hour: Decimal
    low: Decimal
    high: Decimal

    def x(self, hour: Decimal) -> float:
        """Never outside the plot: what a corrected dose put before it stands at the left edge."""
        hour = max(hour, Decimal(0))
        inner = self.plot.width - 2 * INSET
        return _round(self.plot.x + INSET + inner * float(hour / self.last_hour))

    def y(self, degrees: Decimal) -> float:
        """Whole inside the plot, at its lowest and highest degree as well."""
        inner = self.plot.height - 2 * RADIUS
        share = float((self.high - degrees) / (self.high - self.low))
        return _round(self.plot.y + RADIUS + inner * share)


def draw(hours: Hours, *, unit: str, zone: str, size: Size) -> Chart:
    """The chart of the hours after one dose, its degrees in `unit` on the left and in the other on the right."""
    plot = Box(size.margin, 18, size.width - 2 * size.margin, size.plot)
    step = next((one for one in STEPS if hours.until <= one * size.most), STEPS[-1])
    low, high = _span(hours, unit)
    scale = Scale(plot, Decimal(max(step, ceil(hours.until / step) * step)), low, high)
    other = "F" if unit == "C" else "C"
    lanes = () if size.is_bare else tuple(_lanes(hours.facts, scale, top=plot.y + plot.height + 4))
    foot = lanes[-1].bottom if lanes else plot.foot + 2
    return Chart(
        size=size,
        height=_round(foot + (18 if size.is_bare else 54)),
        plot=plot,
        unit=unit,
        other=other,
        degrees=tuple(_degrees(scale, unit, unit)),
        other_degrees=tuple(_degrees(scale, unit, other)),
        hours=tuple(_hours(hours, scale, step, zone, is_bare=size.is_bare)),
        hours_y=_round(foot + 12),
        fever=_fever(hours, scale, unit, other),
        gaps=tuple(_box(gap, scale) for gap in hours.gaps),
        lines=tuple(_lines(hours, scale, unit)),
        points=tuple(_point(fact, scale, unit) for fact in hours.temperatures),
        lanes=lanes,
    )


def legend() -> tuple[Sample, ...]:
    """What each shape stands for."""
    points = [
        (False, False, _("temperature")),
        (True, False, _("temperature a medicine may have lowered (masked)")),
        (False, True, _("hollow: a number in doubt, read back or left to a person")),
    ]
    named = {
        temperature_rows.ANSWERED: _("check-in answered"),
        temperature_rows.UNANSWERED: _("check-in asked, no answer"),
        temperature_rows.UNASKED: _("check-in not asked; hatched: hours in which nobody asked"),
        temperature_rows.MEDICINE: _("medicine reported taken"),
        temperature_rows.POCKET: _("pocket dose texted to be taken"),
        temperature_rows.DOSE: _("dose given"),
        temperature_rows.CASE: _("case opened"),
    }
    return (
        *(
            Sample(_shape_of_reading(10, 10, masked=masked, doubtful=doubtful), words)
            for masked, doubtful, words in points
        ),
        *(Sample(_lettered(kind, 10, 10), words) for kind, words in named.items()),
    )


# Shapes


def outline(shape: str, x: float, y: float, radius: float) -> str:
    """The path of a shape around a point."""
    if shape == "circle":
        half = f"a{radius} {radius} 0 1 0"
        return f"M{_round(x - radius)} {y}{half} {2 * radius} 0{half} {-2 * radius} 0Z"
    corners = [f"{_round(x + dx * radius)} {_round(y + dy * radius)}" for dx, dy in CORNERS[shape]]
    return f"M{'L'.join(corners)}Z"


def _shape_of_reading(x: float, y: float, *, masked: bool, doubtful: bool) -> Mark:
    return Mark(x, y, outline("square" if masked else "circle", x, y, RADIUS), is_hollow=doubtful)


def _lettered(kind: str, x: float, y: float) -> Mark:
    shape, letter = LETTERED[kind]
    return Mark(x, y, outline(shape, x, y, MARK), is_hollow=bool(letter), letter=letter)


def _point(fact: Fact, scale: Scale, unit: str) -> Mark:
    x, y = scale.x(fact.hour), scale.y(_value(fact, unit))
    return _shape_of_reading(x, y, masked=fact.is_masked, doubtful=fact.is_doubtful)


# Scales


def _value(fact: Fact, unit: str) -> Decimal:
    assert fact.value is not None  # noqa: S101 - only facts with a value are drawn
    return readings.in_unit(fact.value, fact.unit, unit)


def _span(hours: Hours, unit: str) -> tuple[Decimal, Decimal]:
    """The degrees the chart reaches from and to, on whole lines of its scale."""
    every = EVERY[unit]
    shown = [_value(fact, unit) for fact in hours.temperatures]
    shown += [readings.in_unit(bound, "C", unit) for bound in (LOWEST, HIGHEST)]
    return Decimal(floor(min(shown) / every) * every), Decimal(ceil(max(shown) / every) * every)


def _degrees(scale: Scale, unit: str, shown: str) -> Iterator[Tick]:
    """A line for each whole degree in C, for every other in F."""
    low, high = (readings.in_unit(end, unit, shown) for end in (scale.low, scale.high))
    first, every = ceil(low / EVERY[shown]) * EVERY[shown], EVERY[shown]
    for degrees in range(first, floor(high) + 1, every):
        yield Tick(scale.y(readings.in_unit(Decimal(degrees), shown, unit)), (str(degrees),))


def _fever(hours: Hours, scale: Scale, unit: str, other: str) -> Tick:
    words = _("fever from %(one)s (%(other)s)") % {
        "one": f"{hours.fever[unit]} °{unit}", "other": f"{hours.fever[other]} °{other}",
    }  # fmt: skip
    return Tick(scale.y(hours.fever[unit]), (words,))


def _hours(hours: Hours, scale: Scale, step: int, zone: str, *, is_bare: bool) -> Iterator[Tick]:
    """Elapsed hours, with the clock at the site beneath: right on a night when the clocks change as well."""
    for hour in range(0, int(scale.last_hour) + 1, step):
        local = (hours.start + timedelta(hours=hour)).astimezone(ZoneInfo(zone))
        clock = () if is_bare else (daynames.written(local, "%a"), f"{local:%H:%M}", f"{local:%Z}")
        yield Tick(scale.x(Decimal(hour)), (f"{hour} h", *clock))


# Lanes and lines


def _lanes(facts: Sequence[Fact], scale: Scale, *, top: float) -> Iterator[Lane]:
    for name, kinds in LANES:
        words, first = top + 12, top + 18 + MARK
        rows: list[float] = []
        marks = []
        for fact in facts:
            if fact.kind in kinds:
                x = scale.x(fact.hour)
                marks.append(_lettered(fact.kind, x, _round(first + ROW * _free(rows, x, fact.kind))))
        bottom = first + ROW * max(len(rows) - 1, 0) + MARK + 4
        yield Lane(str(name), _round(words), _round(bottom), tuple(marks))
        top = bottom


def _free(rows: list[float], x: float, kind: str) -> int:
    """The first row in which a mark at `x` covers no other; a plain bar may stand close to its neighbours."""
    room = 3.0 if kind == temperature_rows.ANSWERED else 3 * MARK
    for place, last in enumerate(rows):
        if x - last >= room:
            rows[place] = x
            return place
    rows.append(x)
    return len(rows) - 1


def _box(gap: Gap, scale: Scale) -> Box:
    left, right = scale.x(gap.since), scale.x(gap.until)
    return Box(left, scale.plot.y, _round(max(right - left, 1)), scale.plot.height)


def _lines(hours: Hours, scale: Scale, unit: str) -> Iterator[str]:
    """From each sure reading to the next, broken where nobody asked in between."""
    sure = [fact for fact in hours.temperatures if not fact.is_doubtful]
    for pieces in _unbroken(sure, hours.gaps):
        if len(pieces) > 1:
            yield " ".join(f"{scale.x(one.hour)},{scale.y(_value(one, unit))}" for one in pieces)


def _unbroken(facts: Iterable[Fact], gaps: Sequence[Gap]) -> Iterator[list[Fact]]:
    piece: list[Fact] = []
    for fact in facts:
        if piece and any(piece[-1].hour < gap.until and gap.since < fact.hour for gap in gaps):
            yield piece
            piece = []
        piece.append(fact)
    yield piece


def _round(value: float) -> float:
    return round(value, 1)
