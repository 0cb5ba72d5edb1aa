"""Whether a number can ask everybody at one time, as a table."""

from decimal import Decimal

import pytest

from protocols import feasible, library
from tests import tables


@pytest.mark.parametrize("row", tables.rows("texts-at-one-time.md"), ids=tables.title)
def test_how_many_one_number_asks_in_time(row: dict[str, str]) -> None:
    pathway = library.pathway("outpatient-us")
    judged = feasible.judge(
        pathway,
        patients=int(row["patients"]),
        segments=int(row["segments"]),
        rate=None if row["rate"] == "ask" else Decimal(row["rate"]),
    )
    assert judged.seconds_needed == int(row["seconds needed"])
    assert judged.most == int(row["most in time"])
    assert judged.fits is (row["fits"] == "yes"), row["why"]
    assert judged.is_assumed is (row["rate"] == "ask")
