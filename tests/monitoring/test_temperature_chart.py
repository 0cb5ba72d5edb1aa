"""The chart as values: where things stand, what shape they have, and that nothing leaves the drawing."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from monitoring import temperature_chart as chart
from monitoring import temperature_rows as rows
from monitoring.models import Watch
from monitoring.temperature_rows import Fact, Gap, Hours

START = datetime(2027, 3, 13, 17, 0, tzinfo=UTC)  # noon in New York, and the clocks go forward that night
FEVER = {"C": Decimal("38.0"), "F": Decimal("100.4")}
SIZES = pytest.mark.parametrize("size", chart.SIZES, ids=lambda size: size.name)


def a_fact(hour: str, kind: str = rows.READING, value: str = "", unit: str = "C", **more: bool) -> Fact:
    at = START + timedelta(hours=float(hour))
    return Fact(at, Decimal(hour), kind, kind, value=Decimal(value) if value else None, unit=unit, **more)


def drawn(*facts: Fact, until: str = "48", unit: str = "C", size=chart.WIDE, gaps=()) -> chart.Chart:
    hours = Hours(Watch(pk=1), START, Decimal(until), True, facts, tuple(Gap(*gap) for gap in gaps), FEVER)
    return chart.draw(hours, unit=unit, zone="America/New_York", size=size)


def all_marks(found: chart.Chart) -> list[chart.Mark]:
    return [*found.points, *(mark for lane in found.lanes for mark in lane.marks)]


def reach(mark: chart.Mark) -> tuple[float, float, float, float]:
    """The outermost points of a shape: left, top, right, foot."""
    if "a" in mark.outline:
        r = chart.RADIUS
        return mark.x - r, mark.y - r, mark.x + r, mark.y + r
    numbers = [float(one) for one in re.findall(r"-?[\d.]+", mark.outline)]
    return min(numbers[::2]), min(numbers[1::2]), max(numbers[::2]), max(numbers[1::2])


@SIZES
@pytest.mark.parametrize("unit", ["C", "F"])
@pytest.mark.parametrize("until", ["0", "0.5", "48", "167.99", "700"])
def test_nothing_leaves_the_drawing(size, unit, until) -> None:
    """The first and the last hour, the coldest and the warmest value, and every letter."""
    kinds = [kind for kind in chart.LETTERED for _ in range(3)]
    facts = [a_fact(hour, kind) for hour in ("0", until) for kind in kinds]
    facts += [a_fact(hour, value=value, unit=unit) for hour in ("0", until) for value in EXTREMES[unit]]
    found = drawn(*facts, until=until, unit=unit, size=size)
    for mark in all_marks(found):
        left, top, right, foot = reach(mark)
        assert left >= found.plot.x
        assert right <= found.plot.right
        assert top >= found.plot.y
        assert foot <= found.height
    for mark in found.points:
        assert reach(mark)[3] <= found.plot.foot


EXTREMES = {"C": ("34.0", "42.5"), "F": ("93.0", "108.0")}


@pytest.mark.parametrize(
    ("fact", "shape", "is_hollow"),
    [
        (a_fact("1", value="37.0"), "circle", False),
        (a_fact("1", value="37.0", is_doubtful=True), "circle", True),
        (a_fact("1", value="37.0", is_masked=True), "square", False),
        (a_fact("1", value="37.0", is_masked=True, is_doubtful=True), "square", True),
    ],
)
def test_a_reading_says_by_its_shape_how_far_it_may_be_trusted(fact, shape, is_hollow) -> None:
    point = drawn(fact).points[0]
    assert point.outline == chart.outline(shape, point.x, point.y, chart.RADIUS)
    assert point.is_hollow is is_hollow


def test_every_letter_of_the_chart_is_in_the_legend_and_stands_for_one_thing() -> None:
    explained = [sample.mark.letter for sample in chart.legend() if sample.mark.letter]
    drawn_letters = [letter for _, letter in chart.LETTERED.values() if letter]
    assert sorted(explained) == sorted(drawn_letters)
    assert len(set(explained)) == len(explained)


@SIZES
def test_marks_with_letters_never_cover_each_other(size) -> None:
    facts = [a_fact(f"{hour}", rows.MEDICINE) for hour in (1, 1, 1.1, 2, 47)]
    for lane in drawn(*facts, size=size).lanes:
        for place, one in enumerate(lane.marks):
            for other in lane.marks[place + 1 :]:
                assert abs(one.x - other.x) >= 2 * chart.MARK or abs(one.y - other.y) >= 2 * chart.MARK


@pytest.mark.parametrize(
    ("unit", "fever"), [("C", "fever from 38.0 °C (100.4 °F)"), ("F", "fever from 100.4 °F (38.0 °C)")]
)
def test_one_fever_line_on_both_scales(unit, fever) -> None:
    """A reading at the line stands on it, in whichever unit it was sent."""
    found = drawn(a_fact("1", value="38.0", unit="C"), a_fact("2", value="100.4", unit="F"), unit=unit)
    assert found.fever.words == (fever,)
    assert {found.fever.at, *(point.y for point in found.points)} == {found.fever.at}
    assert found.fever.at in [tick.at for tick in (*found.degrees, *found.other_degrees)], (
        "38 is a whole degree"
    )


def test_hours_are_elapsed_hours_also_on_the_night_the_clocks_go_forward() -> None:
    found = drawn(until="24")
    assert [" ".join(tick.words) for tick in found.hours] == [
        "0 h Sat 12:00 EST", "2 h Sat 14:00 EST", "4 h Sat 16:00 EST", "6 h Sat 18:00 EST", "8 h Sat 20:00 EST",
        "10 h Sat 22:00 EST", "12 h Sun 00:00 EST", "14 h Sun 03:00 EDT", "16 h Sun 05:00 EDT", "18 h Sun 07:00 EDT",
        "20 h Sun 09:00 EDT", "22 h Sun 11:00 EDT", "24 h Sun 13:00 EDT",
    ]  # fmt: skip
    apart = {round(b.at - a.at) for a, b in zip(found.hours, found.hours[1:], strict=False)}
    assert len(apart) == 1


def test_the_line_between_readings_breaks_where_nobody_asked() -> None:
    facts = [a_fact(hour, value="37.0") for hour in ("1", "4", "13", "14")]
    assert len(drawn(*facts).lines) == 1
    broken = drawn(*facts, gaps=[(Decimal(4), Decimal(12))])
    assert len(broken.lines) == 2
    assert [(box.x, box.right) for box in broken.gaps] == [(broken.points[1].x, broken.gaps[0].right)]


def test_a_number_in_doubt_is_a_point_and_never_part_of_the_line() -> None:
    found = drawn(
        a_fact("1", value="37.0"), a_fact("2", value="40.1", is_doubtful=True), a_fact("3", value="37.0")
    )
    assert len(found.points) == 3
    assert found.lines == (
        f"{found.points[0].x},{found.points[0].y} {found.points[2].x},{found.points[2].y}",
    )
