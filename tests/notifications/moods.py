"""The ways in which a provider behaves."""

from collections import Counter
from typing import Any

from notifications import gateway
from tests.makers import NOON
from tests.notifications.sending import Line

MODES = ["well", "well", "unheard", "busy", "error", "refused", "30006", "away"]


class Provider(Line):
    """A line that behaves in one mode at a time, counted in `covered`, and knows when each thing was handed over."""

    mode, now = "well", NOON

    def __init__(self, covered: Counter[str]) -> None:
        super().__init__()
        self.covered = covered

    def _take(self, prefix: str, given: dict[str, Any]) -> gateway.Taken:
        self.covered[f"hand-over: {self.mode}"] += 1
        given["at"] = self.now
        if self.mode == "busy":
            raise gateway.NotTaken("429")
        if self.mode in {"error", "away"}:
            raise gateway.Unknown("500")
        if self.mode in {"refused", "30006"}:
            raise gateway.RefusedForGood("30006" if self.mode == "30006" else "21611")
        if self.mode == "unheard":
            self.says("unheard")
        return super()._take(prefix, given)

    def _ask(self, account: str) -> None:
        self.is_silent = self.mode == "away"
        super()._ask(account)
