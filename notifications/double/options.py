"""How one double is set up. Every figure that a test may want to hurry is here."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path

API_VERSION = "2010-04-01"


@dataclass(frozen=True)
class Options:
    """What the double is told at its start. Times are in seconds."""

    account_sid: str
    auth_token: str
    webhook_base: str
    host: str = "127.0.0.1"
    port: int = 0
    state: Path | None = None
    # The account's own numbers. None given: any sender is taken for one of them.
    numbers: tuple[str, ...] = ()
    # Between two states of a text (queued, sending, sent, delivered).
    step_seconds: float = 0.03
    # How long one second of a call lasts: ringing, speech, pauses and waiting for a key.
    pace: float = 1.0
    # What one sender may put on the air; 0 is no limit.
    segments_per_second: float = 0.0
    # Before each further try of a text from a handset that the service did not take.
    inbound_pauses: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0, 8.0)
    # Where a text goes that none of those tries could hand over; nowhere when empty.
    inbound_fallback: str = ""
    # An API key that is taken beside the account's own token, when both are given.
    api_key_id: str = ""
    api_key_secret: str = ""
    # What the token was rotated to: the fault `rotated_token` signs with it.
    next_token: str = ""
    # Webhooks are signed with this key and SHA-256 instead of the token and SHA-1, when both are given.
    shared_key_id: str = ""
    shared_key: str = ""
    # Before a webhook's one retry after a connection that failed.
    retry_pause: float = 0.2
    connect_timeout: float = 5.0
    read_timeout: float = 15.0
    # How often the service is asked for its demo clock; 0 is never.
    follow_seconds: float = 2.0
    zone: str = "UTC"
    allow_remote: bool = False
    yes_opts_in: bool = False
    no_opts_out: bool = False
    advanced_opt_out: bool = False


def is_this_machine(host: str) -> bool:
    """Whether a host name or address can only mean the machine the double runs on."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
