"""How a moment is written on every screen: weekday, date, 24-hour clock, the zone, and UTC for machines."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings

from monitoring.templatetags import ward

NEW_YORK = "America/New_York"


def shown(at: datetime, zone: str) -> str:
    return str(ward.when(at, zone)).replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("utc", "zone", "words"),
    [
        (datetime(2026, 3, 2, 15, 12, tzinfo=UTC), NEW_YORK, "Mon 02 Mar 2026 10:12 EST"),
        (datetime(2026, 7, 2, 3, 5, tzinfo=UTC), NEW_YORK, "Wed 01 Jul 2026 23:05 EDT"),
        (datetime(2026, 7, 2, 22, 5, tzinfo=UTC), "Europe/Madrid", "Fri 03 Jul 2026 00:05 CEST"),
    ],
)
def test_ux10a_a_moment_is_shown_with_weekday_and_zone_and_kept_in_utc(utc, zone, words) -> None:
    assert shown(utc, zone) == f'<time datetime="{utc:%Y-%m-%dT%H:%M:%SZ}">{words}</time>'
    assert (settings.USE_TZ, settings.TIME_ZONE) == (True, "UTC")


def test_ux10b_the_hour_that_comes_twice_is_shown_under_two_labels() -> None:
    first, second = (shown(datetime(2027, 11, 7, hour, 30, tzinfo=UTC), NEW_YORK) for hour in (5, 6))
    assert "Sun 07 Nov 2027 01:30 EDT" in first
    assert "Sun 07 Nov 2027 01:30 EST" in second


@pytest.mark.parametrize(
    ("seconds", "ago", "ahead"),
    [(0, "just now", "now"), (59, "just now", "in under 1 min"), (60, "1 min ago", "in 1 min")],
)
def test_a_moment_that_has_just_been_is_said_so(seconds, ago, ahead) -> None:
    now = datetime(2026, 3, 2, 15, 12, tzinfo=UTC)
    length = timedelta(seconds=seconds)
    said = (ward.since(now - length, now), ward.until(now + length, now))
    assert tuple(words.replace("\N{NO-BREAK SPACE}", " ") for words in said) == (ago, ahead)
