"""What each provider error means for us: another try after a pause, or none. Unknown codes get none.

Codes and their meanings: https://www.twilio.com/docs/api/errors. The pauses are ours.
"""

from datetime import timedelta

MINUTE = timedelta(minutes=1)
RETRY_AFTER: dict[str, tuple[timedelta, ...]] = {
    "30003": (5 * MINUTE, 15 * MINUTE),  # handset off or roaming
    "30008": (1.5 * MINUTE,),  # unknown error at the carrier
    "30410": (1.5 * MINUTE,),  # provider time-out
    "30500": (1.5 * MINUTE,),  # provider internal error
    "30017": (1.5 * MINUTE,),  # carrier congestion
    "21611": (0.5 * MINUTE, MINUTE, 2 * MINUTE),  # our sender's queue is full
    "30001": (0.5 * MINUTE, MINUTE, 2 * MINUTE),  # queue overflow
    "30022": (MINUTE, 2 * MINUTE),  # rate limit of the sender
}
# The number itself is the trouble: texting it again cannot help, somebody has to call.
UNREACHABLE_BY_TEXT = frozenset({"21211", "21217", "21610", "21614", "21635", "30004", "30005", "30006"})


def retry_after(code: str, *, attempt: int) -> timedelta | None:
    """The pause before attempt + 1, or None when this error is final or the tries are used up."""
    pauses = RETRY_AFTER.get(code, ())
    return pauses[attempt - 1] if attempt <= len(pauses) else None


def ends_texting(code: str) -> bool:
    """Whether this error says that texts no longer reach this number at all."""
    return code in UNREACHABLE_BY_TEXT
