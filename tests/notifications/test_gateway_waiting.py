"""What the provider has and has not sent yet is found there too."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from notifications import gateway
from tests import makers
from tests.conftest import ACCOUNT, TOKEN

OURS = "+15550180001"


def _log_without_what_waits(method: str, path: str, fields: Mapping[str, object]) -> tuple[int, str]:
    """Two texts or calls, neither sent nor begun, one of them from long ago; in no list by the time of that."""
    kind, sid = ("calls", "CA") if "Calls" in path else ("messages", "SM")
    made = {"new": datetime.now(UTC), "old": datetime.now(UTC) - timedelta(hours=3)}
    listed = [
        {"sid": sid + name, "body": "Two words", "date_sent": None, "date_created": format_datetime(at)}
        for name, at in made.items()
    ]
    by_time = any(name.startswith(("DateSent", "StartTime")) for name in fields)
    return 200, json.dumps({kind: [] if by_time else listed, "next_page_uri": None})


def test_what_still_waits_at_the_provider_is_found_there(settings) -> None:
    """Nobody has published that a list by the time of sending has what was not sent yet."""
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = ACCOUNT, TOKEN
    asked = {"sender": OURS, "to": makers.a_phone(), "since": datetime.now(UTC) - timedelta(hours=1)}
    with gateway.through(_log_without_what_waits):
        assert gateway.texts_sent(body="Two words", **asked) == ["SMnew"]
        assert gateway.calls_placed(**asked) == ["CAnew"]
