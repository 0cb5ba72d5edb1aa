"""The fault script: rules that say which request goes wrong, and how.

A rule is `{"match": {"to", "from", "kind", "nth"}, "do": ..., "times": N, "probability": p, "seed": s}`.
Every part of `match` may be left out. `kind` is message, call, inbound or account. `nth` counts the requests the rule
would match from the moment it was set. Without `times` a rule works until it is cleared.
"""

import random
import threading
from dataclasses import dataclass, field
from typing import Any

# What may go wrong; those with an argument are written `name:argument`.
INSTEAD_OF_ACCEPTING = {"429", "500_before", "reset", "html_502", "redirect_302", "problem_500"}
AFTER_ACCEPTING = {"500_after", "timeout_after", "reset_after", "malformed_201", "empty_201", "braces_201"}
IN_CALLBACKS = {
    "no_callback", "duplicate_callback", "reorder_callbacks", "bad_signature", "rotated_token", "early_callback",
    "as_json",
}  # fmt: skip
ON_THE_WAY = {"hold", "failed", "duplicate", "lost"}
PLAIN = INSTEAD_OF_ACCEPTING | AFTER_ACCEPTING | IN_CALLBACKS | ON_THE_WAY
WITH_NUMBER = frozenset({"slow", "late_callback", "undelivered", "failed", "error"})
REQUEST_KINDS = frozenset({"message", "call", "inbound", "account"})


def split(do: str) -> tuple[str, str]:
    """The name of a fault and its argument."""
    name, _, argument = do.partition(":")
    return name, argument


def argument(doing: list[str], wanted: str) -> str | None:
    """The argument of the fault of that name, or None when it is not among them."""
    for do in doing:
        name, value = split(do)
        if name == wanted:
            return value
    return None


@dataclass
class Rule:
    """One line of the script, with how often it was looked at and how often it struck."""

    do: str
    to: str | None = None
    sender: str | None = None
    kind: str | None = None
    nth: int | None = None
    times: int | None = None
    probability: float = 1.0
    seed: int = 0
    seen: int = 0
    used: int = 0
    dice: random.Random = field(default_factory=random.Random, repr=False)

    def strikes(self, kind: str, sender: str, to: str) -> bool:
        """Whether this request goes wrong; counts it."""
        if (self.kind or kind, self.to or to, self.sender or sender) != (kind, to, sender):
            return False
        self.seen += 1
        if self.nth is not None and self.seen != self.nth:
            return False
        if self.times is not None and self.used >= self.times:
            return False
        if self.dice.random() >= self.probability:
            return False
        self.used += 1
        return True

    def to_json(self) -> dict[str, Any]:
        """The rule as it was given, with its counts."""
        match = {"to": self.to, "from": self.sender, "kind": self.kind, "nth": self.nth}
        return {
            "match": {name: value for name, value in match.items() if value is not None},
            "do": self.do,
            "times": self.times,
            "probability": self.probability,
            "seed": self.seed,
            "seen": self.seen,
            "used": self.used,
        }


class Faults:
    """The script in force. Any number of rules may strike one request."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Rule] = []

    def add(self, given: Any) -> None:
        """Add rules. Raises ValueError with a sentence when one of them is not understood."""
        if not isinstance(given, list):
            raise ValueError("Give a list of rules.")
        rules = [_rule(facts) for facts in given]
        with self._lock:
            self._rules.extend(rules)

    def clear(self) -> None:
        """From now on nothing goes wrong."""
        with self._lock:
            self._rules.clear()

    def strike(self, *, kind: str, sender: str, to: str) -> list[str]:
        """What goes wrong with this request."""
        with self._lock:
            return [rule.do for rule in self._rules if rule.strikes(kind, sender, to)]

    def to_json(self) -> list[dict[str, Any]]:
        """The rules and how often each has struck."""
        with self._lock:
            return [rule.to_json() for rule in self._rules]


def _rule(facts: Any) -> Rule:
    if not isinstance(facts, dict) or not isinstance(facts.get("do"), str):
        raise ValueError('A rule is an object with a "do", for example {"do": "500_after"}.')
    _check(facts["do"])
    match = facts.get("match", {})
    unknown = set(match) - {"to", "from", "kind", "nth"} | set(facts) - {
        "match",
        "do",
        "times",
        "probability",
        "seed",
    }
    if unknown:
        raise ValueError(f"Not understood in a rule: {', '.join(sorted(unknown))}.")
    if match.get("kind") not in {None, *REQUEST_KINDS}:
        raise ValueError(f"The kind is one of {', '.join(sorted(REQUEST_KINDS))}.")
    seed = int(facts.get("seed", 0))
    return Rule(
        do=facts["do"],
        to=match.get("to"),
        sender=match.get("from"),
        kind=match.get("kind"),
        nth=match.get("nth"),
        times=facts.get("times"),
        probability=float(facts.get("probability", 1.0)),
        seed=seed,
        dice=random.Random(seed),  # noqa: S311 - faults must repeat, not surprise
    )


def _check(do: str) -> None:
    name, value = split(do)
    if name in PLAIN and not value:
        return
    if name in WITH_NUMBER and value.replace(".", "", 1).isdigit():
        return
    known = sorted(PLAIN | {f"{name}:NUMBER" for name in WITH_NUMBER})
    raise ValueError(f"Unknown fault {do!r}. Known: {', '.join(known)}.")
