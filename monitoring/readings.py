"""Readings as they are shown: the value as it was sent, in both units, with its age and whether it may hide a fever."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from monitoring.background import MASKED_FOR
from monitoring.models import Finding, Patient

LAST_READINGS_FROM = timedelta(days=7)
TENTH = Decimal("0.1")


@dataclass(frozen=True)
class Temperature:
    """One temperature: first as sent, then in the other unit; `masked` when a medicine may have lowered it."""

    sent: str
    other: str
    at: datetime
    masked: bool
    words: str


@dataclass(frozen=True)
class Line:
    """One understood value for a table: what it is, the value, the words it came from."""

    at: datetime
    kind: str
    value: str
    other: str
    words: str
    masked: bool
    urgency: str


def last_temperatures(patients: Iterable[int], *, now: datetime) -> dict[int, Temperature]:
    """The newest temperature of each patient in the last week; a patient without one is absent."""
    found = (
        Finding.objects.filter(
            patient__in=patients,
            at__gte=now - LAST_READINGS_FROM,
            readings__contains=[{"kind": "temperature"}],
        )
        .order_by("patient", "-at", "-pk")
        .distinct("patient")
        .only("patient", "at", "readings")
    )
    masked = masked_now(patients, now=now)
    return {
        finding.patient_id: _temperature(finding, finding.patient_id in masked)
        for finding in found
        if finding.patient_id is not None
    }


def masked_now(patients: Iterable[int], *, now: datetime) -> set[int]:
    """The patients who reported a fever medicine or a steroid so lately that it may hide a fever."""
    recent = Finding.objects.filter(
        patient__in=patients, at__gte=now - MASKED_FOR, readings__contains=[{"kind": "medicine"}]
    )
    return {pk for pk in recent.values_list("patient", flat=True) if pk is not None}


def table(patient: Patient, *, limit: int = 60) -> list[Line]:
    """The patient's readings, newest first, each with the words it was read from."""
    findings = Finding.objects.filter(patient=patient).exclude(readings=[]).order_by("-at", "-pk")[:limit]
    return [_line(finding, reading) for finding in findings for reading in finding.readings]


def tables(patients: Iterable[int], *, limit: int) -> dict[int, list[Line]]:
    """The same as `table` for many patients, in one query."""
    place = Window(RowNumber(), partition_by="patient", order_by=[F("at").desc(), F("pk").desc()])
    rows = Finding.objects.filter(patient__in=patients).exclude(readings=[]).annotate(place=place)
    found: dict[int, list[Line]] = {}
    for finding in rows.filter(place__lte=limit).order_by("place"):
        lines = [_line(finding, reading) for reading in finding.readings]
        found.setdefault(finding.patient_id or 0, []).extend(lines)
    return found


def in_both_units(value: Decimal, unit: str) -> tuple[str, str]:
    """`38.4 °C` and `101.1 °F` for 38.4 in C; the sent value keeps every digit it came with."""
    sent, other = ("F", "C") if unit == "F" else ("C", "F")
    return _degrees(value, sent), _degrees(in_unit(value, sent, other).quantize(TENTH), other)


def in_unit(value: Decimal, unit: str, wanted: str) -> Decimal:
    """A temperature in the wanted unit, not rounded."""
    if unit == wanted:
        return value
    return (value - 32) * 5 / 9 if wanted == "C" else value * 9 / 5 + 32


def _degrees(value: Decimal, unit: str) -> str:
    exponent = value.as_tuple().exponent
    whole = isinstance(exponent, int) and exponent >= 0
    return f"{value.quantize(TENTH) if whole else value}\N{NO-BREAK SPACE}°{unit}"


def _temperature(finding: Finding, recently_masked: bool) -> Temperature:
    reading = next(one for one in reversed(finding.readings) if one["kind"] == "temperature")
    sent, other = in_both_units(Decimal(str(reading["value"])), str(reading["unit"]))
    masked = recently_masked or bool(reading.get("masked"))
    return Temperature(sent, other, finding.at, masked, str(reading.get("words", "")))


def _line(finding: Finding, reading: dict[str, object]) -> Line:
    kind, unit = str(reading["kind"]), str(reading.get("unit") or "")
    value, other = str(reading.get("value") or ""), ""
    if kind == "temperature" and value:
        value, other = in_both_units(Decimal(value), unit)
    elif value:
        value = f"{value}\N{NO-BREAK SPACE}{unit}".strip()
    return Line(
        at=finding.at,
        kind=kind.replace("_", " "),
        value=value or str(reading.get("name") or "").replace("_", " "),
        other=other,
        words=str(reading.get("words") or ""),
        masked=bool(reading.get("masked")),
        urgency=finding.urgency,
    )
