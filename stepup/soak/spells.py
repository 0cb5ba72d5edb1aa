"""Texts that reach nobody for a while: rules of the provider's fault script, each in force until its time is over."""

from dataclasses import dataclass
from typing import Any

from stepup.soak.house import House

FAULTS = "/double/faults"
TRIES = 5


@dataclass(frozen=True)
class Spell:
    """One rule, and until how many seconds after the beginning it is in force."""

    until: float
    rule: dict[str, Any]


class Spells:
    """What is undelivered now, and for how long still."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._lasting: list[Spell] = []

    def begin(self, code: str, *, until: float, **match: str) -> None:
        """From now on every text that matches (`to`, `from`; any text without) is undelivered with this error."""
        spell = Spell(until, {"match": {"kind": "message", **match}, "do": f"undelivered:{code}"})
        self._lasting.append(spell)
        self._house.ask(FAULTS, method="POST", body=[spell.rule])

    def let_go(self, elapsed: float) -> None:
        """End those whose time is over; with them whatever else goes wrong at the provider, and not those that last.

        Where the provider does not answer, the next time.
        """
        lasting = [one for one in self._lasting if one.until > elapsed]
        if lasting != self._lasting and self._house.ask(FAULTS, method="DELETE") is not None:
            self._lasting = lasting
            if lasting:
                self._house.ask(FAULTS, method="POST", body=[one.rule for one in lasting])

    def end(self) -> None:
        """Nothing goes wrong at the provider any more."""
        for _ in range(TRIES):
            if self._house.ask(FAULTS, method="DELETE") is not None:
                self._lasting = []
                return
            self._house.go_on(1)
