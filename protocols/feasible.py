"""Whether a number can ask as many patients at one time as a pathway may want asked.

The worst hour is taken for the rule: every patient is asked in the same minute.
"""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from protocols.pathway import Pathway

# A long number's usual rate, where nobody stated one: https://www.twilio.com/docs/api/errors/30001
ASSUMED_RATE = Decimal(1)
# A proposal of ours: a question has left by a quarter of the time after which silence asks again.
SHARE_OF_SILENCE = Decimal("0.25")


@dataclass(frozen=True)
class Judgement:
    """How many patients can be asked at one time, and whether that is enough. Rates are segments a second."""

    patients: int
    segments: int
    rate: Decimal
    is_assumed: bool
    minutes_allowed: Decimal

    @property
    def seconds_needed(self) -> int:
        """How long the last of these patients waits for the question."""
        return int((self.patients * self.segments / self.rate).to_integral_value(ROUND_CEILING))

    @property
    def most(self) -> int:
        """The most patients whose question leaves in time."""
        return int((self.minutes_allowed * 60 * self.rate / self.segments).to_integral_value(ROUND_FLOOR))

    @property
    def fits(self) -> bool:
        """Whether every one of these patients is asked in time."""
        return self.patients <= self.most


def judge(pathway: Pathway, *, patients: int, segments: int, rate: Decimal | None) -> Judgement:
    """Judge a pathway for so many patients; `segments` is its longest question, `rate` None where not stated."""
    return Judgement(
        patients=patients,
        segments=segments,
        rate=ASSUMED_RATE if rate is None else rate,
        is_assumed=rate is None,
        minutes_allowed=pathway.silence.again_minutes * SHARE_OF_SILENCE,
    )
