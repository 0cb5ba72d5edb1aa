"""The double's clock: the machine's, moved by as much as the demo's clock was moved."""

from datetime import UTC, datetime, timedelta


class Clock:
    """Aware UTC time with an offset that may change at any moment."""

    def __init__(self, offset_seconds: float = 0.0) -> None:
        self.offset_seconds = offset_seconds

    def now(self) -> datetime:
        """The present as the double tells it."""
        return datetime.now(UTC) + timedelta(seconds=self.offset_seconds)
