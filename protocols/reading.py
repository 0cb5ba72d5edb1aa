"""One understood value from a reply, with the words it came from. What it means is for triage to say."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Reading:
    """What was said, once.

    `kind` is temperature, oxygen, blood_pressure, heart_rate, pain, weight, age, sugar, dose, time, number, phone,
    date, symptom, symptom_denied, medicine, medicine_denied, medicine_asked, meaning, menu or answer. `name` is the
    symptom, medicine, meaning, menu digit or answer (yes, no, none). `value` is exact, in `unit` as sent or inferred
    (C, F, %, mmHg); `second` is the lower blood pressure. `doubt` says why a number is not taken at its word:

    point     a decimal point was put in          unit      the unit named does not fit the number
    split     two readings of spaced digits       bound     an upper bound ("under 100")
    over      a lower bound ("over 98")           denied    "not 101"
    role      a word after it says otherwise      question  it also fits another question
    range     outside what a body can have        whole     no unit, no point, and another question was open
    half      an upper blood pressure alone
    """

    kind: str
    name: str = ""
    value: Decimal | None = None
    second: Decimal | None = None
    unit: str = ""
    words: str = ""
    inferred: bool = False
    masked: bool = False
    doubt: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The reading for JSON, decimals as strings."""
        return {
            "kind": self.kind,
            "name": self.name,
            "value": None if self.value is None else f"{self.value:f}",
            "second": None if self.second is None else f"{self.second:f}",
            "unit": self.unit,
            "words": self.words,
            "inferred": self.inferred,
            "masked": self.masked,
            "doubt": self.doubt,
        }

    def hidden(self) -> "Reading":
        """The same reading, marked as one that a medicine may have lowered."""
        return replace(self, masked=True)

    def __str__(self) -> str:
        second = "" if self.second is None else f"/{self.second:f}"
        value = "" if self.value is None else f" {self.value:f}{second}"
        return f"{self.kind} {self.name}{value} {self.unit}".replace("  ", " ").strip()
