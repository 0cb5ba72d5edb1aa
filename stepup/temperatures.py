"""One patient's temperatures over the hours since each dose: the doses that count, put to the rows beneath."""

from dataclasses import dataclass
from datetime import datetime

from monitoring import temperature_chart, temperature_rows
from monitoring.models import Patient
from stepup.models import Dose

NEWEST = 3


@dataclass(frozen=True)
class Drawn:
    """The hours after one dose, drawn for a wide page and for a phone; and every fact in words."""

    hours: temperature_rows.Hours
    charts: tuple[temperature_chart.Chart, ...]


@dataclass(frozen=True)
class Page:
    """What the page shows: the newest doses first, and how many earlier ones it leaves out."""

    drawn: tuple[Drawn, ...]
    left_out: int
    outside: tuple[temperature_rows.Fact, ...]
    legend: tuple[temperature_chart.Sample, ...]


def of(patient: Patient, *, now: datetime, whole: bool) -> Page:
    """The newest three doses, or the whole record. A dose that was struck is no dose here either."""
    record = temperature_rows.of(patient, given=given(patient), now=now)
    shown = record.hours if whole else record.hours[:NEWEST]
    return Page(
        drawn=tuple(
            Drawn(hours, tuple(_chart(hours, record.unit, patient, size) for size in temperature_chart.SIZES))
            for hours in shown
        ),
        left_out=len(record.hours) - len(shown),
        outside=record.outside,
        legend=temperature_chart.legend(),
    )


def newest(patient: Patient, *, now: datetime) -> Drawn | None:
    """The hours after the newest dose that was watched, drawn small; None where no dose was."""
    record = temperature_rows.of(patient, given=given(patient), now=now)
    if not record.hours:
        return None
    return Drawn(record.hours[0], (_chart(record.hours[0], record.unit, patient, temperature_chart.SMALL),))


def given(patient: Patient) -> list[temperature_rows.Given]:
    """Every dose of the patient that nobody struck, in all courses."""
    rows = Dose.objects.filter(course__patient=patient).values_list("given_at", "step", "watch")
    return [temperature_rows.Given(*row) for row in rows]


def _chart(
    hours: temperature_rows.Hours, unit: str, patient: Patient, size: temperature_chart.Size
) -> temperature_chart.Chart:
    return temperature_chart.draw(hours, unit=unit, zone=patient.site.time_zone, size=size)
