"""Blood pressures that words name: `sys 85 dia 50`, `85 on top 50 on bottom`, `高壓85 低壓50`, or the upper alone."""

import re
from collections.abc import Sequence
from decimal import Decimal

from protocols.neighbours import Neighbours
from protocols.normalise import Token
from protocols.reading import Reading
from protocols.temperatures import fits

SYSTOLIC, DIASTOLIC = range(50, 261), range(20, 161)
UPPER, LOWER, EITHER = frozenset({"systolic"}), frozenset({"diastolic"}), frozenset({"blood_pressure"})
APART = 3
"""How many words may stand between the two values."""


def worded(
    found: Sequence[Token], at: int, beside: Neighbours, asked: str
) -> tuple[Reading, int, int] | None:
    """The pressure whose upper value is the number at `at`, with the first token that names it and the index after it.

    A number that can be a fever is a pressure only where a pressure was asked for.
    """
    value = found[at].value or Decimal(0)
    if not found[at].text.isdigit() or int(value) not in SYSTOLIC or (asked != "bp" and fits(value)):
        return None
    role, after = beside.role_before(at, UPPER), beside.role_after(at + 1)
    end = after.end if after is not None and after.name in UPPER and asked == "bp" else at + 1
    if role is None and end == at + 1:
        role = None if fits(value) else beside.role_before(at, EITHER)
        if role is None:
            return None
    lower, end = _lower(found, end, beside, int(value))
    start = role.start if role else at
    words = " ".join(token.text for token in found[start:end])
    doubt = "" if lower is not None else "half"
    return (
        Reading("blood_pressure", value=value, second=lower, unit="mmHg", words=words, doubt=doubt),
        start,
        end,
    )


def _lower(found: Sequence[Token], end: int, beside: Neighbours, upper: int) -> tuple[Decimal | None, int]:
    """The lower value that a word names close behind, and the index after both; nothing if there is none."""
    for place in range(end, min(end + APART + 1, len(found))):
        token = found[place]
        if token.kind == "number" and token.text.isdigit():
            after = beside.role_after(place + 1)
            named = beside.role_before(place, LOWER) or (after if after and after.name in LOWER else None)
            if named is None or int(token.text) not in DIASTOLIC or int(token.text) >= upper:
                break
            return token.value, max(place + 1, named.end)
    return None, end


def whole_part(text: str) -> str:
    """`50` of `50`, `50.5` and of `50 /80`, so that nothing written behind a pressure takes it away."""
    return re.split(r"\s*\.|\s+/", text, maxsplit=1)[0]
