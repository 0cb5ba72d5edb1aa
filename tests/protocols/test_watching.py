"""Check-in hours: a signed table, and nights when the clocks change."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from protocols import library, watching
from tests import tables

GIVEN = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize("row", tables.rows("check-in-hours.md"), ids=tables.title)
def test_the_signed_hours(row) -> None:
    times = watching.check_times(library.pathway(row["pathway"]), row["dose"], GIVEN)
    assert [due.hour for due in times] == [int(hour) for hour in row["hours"].split()]


@pytest.mark.parametrize("row", tables.rows("check-in-questions.md"), ids=tables.title)
def test_the_signed_questions(row) -> None:
    times = watching.check_times(library.pathway("outpatient-us"), "step_up_dose_1", GIVEN)
    [due] = [due for due in times if due.hour == int(row["hour"])]
    assert due.ask == tuple(row["questions"].split())


@pytest.mark.parametrize("row", tables.rows("pathway-values.md"), ids=tables.title)
def test_the_signed_values(row) -> None:
    for pathway in library.pathways():
        value = pathway
        for name in row["value"].split("."):
            value = value[name] if isinstance(value, Mapping) else getattr(value, name)
        assert str(value) == row["every pathway"]
        if row["published"] == "proposal":
            assert any(row["value"].split(".")[0] in proposal for proposal in pathway.proposals)


@pytest.mark.parametrize(
    ("zone", "given"),
    [
        ("America/New_York", datetime(2026, 3, 7, 20, 0)),
        ("America/New_York", datetime(2026, 10, 31, 20, 0)),
        ("Europe/Berlin", datetime(2026, 3, 28, 20, 0)),
        ("Australia/Lord_Howe", datetime(2026, 4, 4, 20, 0)),
        ("Pacific/Apia", datetime(2026, 6, 1, 20, 0)),
    ],
)
def test_elapsed_hours_do_not_shift_with_the_clock(zone: str, given: datetime) -> None:
    given_at = given.replace(tzinfo=ZoneInfo(zone))
    for due in watching.check_times(library.pathway("outpatient-us"), "step_up_dose_1", given_at):
        assert due.due_at.tzinfo is UTC
        assert due.due_at - given_at.astimezone(UTC) == timedelta(hours=due.hour)


NIGHTS = [
    # Given on Saturday at 20:00 in New York, where the clocks go back, and forward, in the night to Sunday.
    ("America/New_York", "2026-10-31", "Sun 00:00 EDT, Sun 03:00 EST, Sun 23:00 EST, Mon 03:00 EST"),
    ("America/New_York", "2026-03-07", "Sun 00:00 EST, Sun 05:00 EDT, Mon 01:00 EDT, Mon 05:00 EDT"),
    # The same moment for a patient who stays where the clocks do not change, or in another zone than the site.
    ("America/Phoenix", "2026-10-31", "Sun 01:00 MST, Sun 05:00 MST, Mon 01:00 MST, Mon 05:00 MST"),
    ("Europe/Berlin", "2026-10-31", "Sun 05:00 CET, Mon 01:00 CET, Mon 05:00 CET, Tue 01:00 CET"),
]


@pytest.mark.parametrize(("zone", "day", "night"), NIGHTS)
def test_the_texts_of_the_night_on_the_patient_s_own_clock(zone: str, day: str, night: str) -> None:
    given_at = datetime.fromisoformat(f"{day}T20:00").replace(tzinfo=ZoneInfo("America/New_York"))
    pathway = library.pathway("outpatient-us")
    at_night = watching.at_night(pathway, "step_up_dose_1", given_at, zone=ZoneInfo(zone))
    assert ", ".join(f"{at:%a %H:%M %Z}" for at in at_night[:4]) == night
    asked = {due.due_at for due in watching.check_times(pathway, "step_up_dose_1", given_at)}
    assert set(at_night) <= asked, "shown, and never moved or left out"


def test_the_watch_ends_after_its_last_check_in() -> None:
    for pathway in library.pathways():
        for step in ("step_up_dose_1", "weekly"):
            times = watching.check_times(pathway, step, GIVEN)
            assert times[-1].due_at == watching.ends_at(pathway, step, GIVEN)


def test_a_time_without_a_zone_is_not_a_time() -> None:
    with pytest.raises(ValueError, match="time zone"):
        watching.check_times(library.pathway("outpatient-us"), "weekly", GIVEN.replace(tzinfo=None))
