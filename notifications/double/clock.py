"""The double's clock: the machine's, moved by as much as the demo's clock was moved."""

from datetime import UTC, datetime, timedelta


class Clock:
    """Aware UTC time with an offset that may change at any moment."""

    def __init__(self, offset_seconds: float = 0.0) -> None:
        self.offset_seconds = offset_seconds
        # How far this clock is wrong, as a provider's may be: the service's is not moved with it.
        self.skew_seconds = 0.0

    def now(self) -> datetime:
        """The present as the double tells it."""
        return datetime.now(UTC) + timedelta(seconds=self.offset_seconds + self.skew_seconds)
