"""The numbers of a text and what each of them is: a temperature only when nothing says it is something else.

A word after a number can take away a reassurance but never an alarm: `98 hr` is no temperature, `101 hr` may still
be one. Only the words before it, and a dose unit after it, settle what a number is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from protocols.lexicon import Lexicon, Match
from protocols.menus import DIGITS, MENUS, is_menu
from protocols.neighbours import Neighbours
from protocols.normalise import Token
from protocols.pressures import DIASTOLIC, SYSTOLIC, whole_part, worded
from protocols.reading import Reading
from protocols.temperatures import fits, second_of_list, warmth

PLAUSIBLE = {
    "oxygen": (Decimal(50), Decimal(100)),
    "heart_rate": (Decimal(30), Decimal(220)),
    "pain": (Decimal(0), Decimal(10)),
    "weight": (Decimal(25), Decimal(500)),
    "age": (Decimal(1), Decimal(120)),
    "sugar": (Decimal(20), Decimal(600)),
}
"""What a number can be when a word before it names it. Plausibility limits of ours, not clinical ones."""

NAMING = frozenset({*PLAUSIBLE, "temperature", "blood_pressure"})

REASSURING_SATURATION = 94
"""From here a saturation answers the question and ends it (question set); below it nothing may explain it away."""

UNITS = {"oxygen": "%", "blood_pressure": "mmHg", "heart_rate": "/min"}
UNIT_LETTERS = frozenset({"C", "F"})


@dataclass
class Figures:
    """Works through the numbers of one text from left to right: what each is, and which tokens that explains."""

    found: Sequence[Token]
    beside: Neighbours
    medicines: Sequence[Match]
    asked: str
    lexicon: Lexicon
    readings: list[Reading] = field(default_factory=list)
    explained: set[int] = field(default_factory=set)

    def read(self) -> "Figures":
        """Read every number; the result stands in `readings` and `explained`."""
        at = 0
        while at < len(self.found):
            kind = self.found[at].kind
            end = at + 1
            if kind == "number" and self.beside.is_within(at, "none"):
                pass  # `none of the 5`
            elif kind == "number":
                end = self._number(at)
            elif kind == "pair":
                self._pair(at)
            elif kind == "clock":
                self._say(Reading("time", words=self.found[at].text), at, at + 1)
            elif kind in {"phone", "date"}:
                self._say(Reading(kind, words=self.found[at].text), at, at)
            at = end
        return self

    # Pairs: 120/80, 2/10, 38/5, 99/101

    def _pair(self, at: int) -> None:
        text = self.found[at].text
        first, second = (int(part) for part in text.split("/"))
        role = self.beside.role_before(at, NAMING)
        named = role.name if role else ""
        both_warm = bool(fits(Decimal(first)) and fits(Decimal(first)) == fits(Decimal(second)))
        apart = any(sign.isspace() for sign in text)
        if self.asked in MENUS and set(str(first)) <= DIGITS and (max(first, second) <= 6 or apart):
            self._say(Reading("menu", name=text, words=text), at, at + 1)
        elif second == 10 and first <= 10:
            self._say(Reading("pain", value=Decimal(first), words=text), at, at)
        elif fits(Decimal(first)) and second < 10 and named != "blood_pressure":
            self._temperature(Decimal(f"{first}.{second}"), text, "", at, at + 1, other=Decimal(first))
        elif both_warm and abs(first - second) <= 6 and named != "blood_pressure":
            self._temperature(Decimal(first), str(first), "", at, at + 1)
            self._temperature(Decimal(second), str(second), "", at, at + 1)
        elif self._is_oxygen(named) and _plausible("oxygen", Decimal(first)):
            self._saturation_and_pulse(first, second, text, at)
        elif fits(Decimal(first)) and (named == "temperature" or (apart and not self._is_pressure(named))):
            self._temperature(Decimal(first), str(first), "", at, at + 1, doubt="role")
        elif first in SYSTOLIC and second in DIASTOLIC and (first >= 60 or named == "blood_pressure"):
            self._blood_pressure(first, second, text=text, start=at, end=at + 1, role=role)
        elif self.asked == "bp" or named == "blood_pressure":
            self._say(Reading("number", value=Decimal(first), words=text, doubt="range"), at, at)
        else:
            self._say(Reading("date", words=text), at, at)

    def _saturation_and_pulse(self, saturation: int, pulse: int, text: str, at: int) -> None:
        """`97/72`, as an oxygen clip shows its two numbers."""
        self._say(Reading("oxygen", value=Decimal(saturation), unit="%", words=text), at, at + 1)
        self.readings.append(Reading("heart_rate", value=Decimal(pulse), unit="/min", words=text))

    def _is_oxygen(self, named: str) -> bool:
        return named == "oxygen" or (not named and self.asked == "oxygen")

    def _is_pressure(self, named: str) -> bool:
        return named == "blood_pressure" or self.asked == "bp"

    def _blood_pressure(
        self, upper: int, lower: int, *, text: str, start: int, end: int, role: Match | None
    ) -> None:
        doubt = "range" if lower >= upper else ""
        reading = Reading(
            "blood_pressure",
            value=Decimal(upper),
            second=Decimal(lower),
            unit="mmHg",
            words=text,
            doubt=doubt,
        )
        self._say(reading, role.start if role else start, end)
        after = self.beside.role_after(end)
        if after and after.name == "blood_pressure":
            self._claim(after)

    # Single numbers

    def _number(self, at: int) -> int:
        """Read the number at `at`; return the index after everything that belonged to it."""
        token = self.found[at]
        value = token.value or Decimal(0)
        unit, end = self.beside.unit_after(at + 1)
        after = self.beside.role_after(end)
        role = self._named_before(at, after)
        named = role.name if role else ""
        upper_end = self._blood_pressure_of(at, named)
        if upper_end:
            lower = int(whole_part(self.found[upper_end - 1].text))
            text = self._text(at, upper_end)
            self._blood_pressure(int(token.text), lower, text=text, start=at, end=upper_end, role=role)
            if fits(value) and not self._is_pressure(named):
                self._temperature(value, token.text, "", at, at + 1, doubt="role")
            return upper_end
        if pressure := worded(self.found, at, self.beside, self.asked):
            self._say(*pressure)
            return pressure[2]
        if unit == "percent" and self._is_figure_of_speech(at, end, named):
            self.explained |= set(range(at, end))
            return end
        if unit == "percent" and self._is_saturation(at, value, named):
            self._role("oxygen", at, end, role)
        elif named in PLAUSIBLE and _plausible(named, value):
            self._role(named, at, end, role)
        elif self.asked in MENUS and not named and is_menu(self.found, at, self.beside, self.lexicon):
            self._say(Reading("menu", name=token.text, words=token.text), at, end)
        elif not named and self._answers_a_device(at, bare=not (unit in UNIT_LETTERS or after)):
            pass
        elif self._is_time(at, unit, after):
            self._say(Reading("time", words=token.text), at, end)
        elif self._is_dose(at, end, after):
            self._say(Reading("dose", words=token.text), at, end)
        else:
            return self._maybe_temperature(at, end, role, unit, after)
        return end

    def _named_before(self, at: int, after: Match | None) -> Match | None:
        """The word that names the number at `at`; a denied fever names no low saturation (`no fever 89 o2`)."""
        role, value = self.beside.role_before(at, NAMING), self.found[at].value or Decimal(0)
        asked = self.asked == "oxygen" or (after is not None and after.name == "oxygen")
        if role is None or role.name != "temperature" or not (asked and 60 <= value < REASSURING_SATURATION):
            return role
        places = (role.start, role.start - 1)  # `no fiebre`, `no tengo fiebre`
        return None if any(self.beside.before(place, "negators", "no") for place in places) else role

    def _blood_pressure_of(self, at: int, named: str) -> int:
        """The index after the lower value of `120 over 80`, or of `120 80` when a blood pressure was meant; else 0."""
        upper = self.found[at]
        joined = self.beside.joins_pressures(at + 1)
        place = at + 2 if joined else at + 1
        meant = joined or self._is_pressure(named)
        written = whole_part(self.found[place].text) if place < len(self.found) else ""
        if not (meant and upper.text.isdigit() and written.isdigit()):
            return 0
        if joined and not self._is_pressure(named) and self._is_another_measure(upper, place, named):
            return 0
        lower = int(written)
        limit = DIASTOLIC if joined else range(20, 93)  # from 93 it could be a temperature
        return place + 1 if int(upper.text) in SYSTOLIC and lower in limit and lower < int(upper.text) else 0

    def _is_another_measure(self, upper: Token, place: int, named: str) -> bool:
        """Whether the words beside say so: `oxygen 88 over 80`, `102 over 30 min ago`, `101 con 80 de pulso`."""
        value, after = upper.value or Decimal(0), self.beside.role_after(place + 1)
        if self._is_oxygen(named):
            return _plausible("oxygen", value)
        other = named == "temperature" or (after is not None and after.name != "blood_pressure")
        return other and bool(fits(value))

    def _is_figure_of_speech(self, at: int, end: int, named: str) -> bool:
        """`99% sure`, `100% fine`: no saturation. A low percentage always is one, whatever is said with it.

        What is no saturation and may be a slip for a temperature (`100.4 % fine`, `101% sure`) stays one: no word
        behind the sign takes a fever away.
        """
        value, text = self.found[at].value or Decimal(0), self.found[at].text
        if warmth(value, text, "") and not self._is_saturation(at, value, named):
            return False
        said = end < len(self.found) and not self.found[end].after_break and self.found[end].text
        certain = said in self.lexicon.sets["percent_of"]
        return certain and value >= REASSURING_SATURATION and not self._is_oxygen(named)

    def _is_saturation(self, at: int, value: Decimal, named: str) -> bool:
        """A percentage is a saturation when it can be one; `38 %` and `99.8 %` may be slips for a temperature."""
        if "." in self.found[at].text and fits(value) and not self._is_oxygen(named):
            return False
        return 60 <= value <= 100 or (value < 60 and (named == "oxygen" or self.asked == "oxygen"))

    def _is_time(self, at: int, unit: str, after: Match | None) -> bool:
        value = self.found[at].value or Decimal(0)
        if unit or not self.found[at].text.isdigit() or warmth(value, self.found[at].text, ""):
            return False
        prefixed = self.beside.before(at, "prefix_time") is not None and value <= 24
        return prefixed or (after is not None and after.name == "time")

    def _is_dose(self, at: int, end: int, after: Match | None) -> bool:
        """A dose: a number in milligrams, counted, or beside a medicine, that nobody could mean as a temperature.

        `40 mg` and `400 ibuprofen` are round; `101 mg` and `386 ibuprofen` may still be fevers.
        """
        token = self.found[at]
        measured = after is not None and after.name == "milligrams"
        counted = after is not None and after.name == "dose"
        beside = any(match.end == at or match.start == end for match in self.medicines)
        if not (measured or counted or beside):
            return False
        value = token.value or Decimal(0)
        if warmth(value, token.text, "") is None:
            return True
        if not token.text.isdigit() or fits(value) == "F":
            return False
        return measured and value % 5 == 0 if fits(value) else value % 25 == 0

    def _answers_a_device(self, at: int, *, bare: bool) -> bool:
        """A whole number after the oxygen or pressure question: a saturation, or one that fits two questions.

        A low saturation stays one whatever follows it; any other number must stand alone to be an answer.
        """
        token = self.found[at]
        value = token.value or Decimal(0)
        is_low = self.asked == "oxygen" and 80 <= value < REASSURING_SATURATION and not fits(value)
        if self.asked not in {"oxygen", "bp"} or not (token.text.isdigit() or is_low):
            return False
        if not bare and not (self.asked == "oxygen" and 80 <= value < REASSURING_SATURATION):
            return False
        if self.asked == "oxygen" and 80 <= value <= 100:
            reading = Reading(
                "oxygen", value=value, unit="%", words=token.text, inferred=True, doubt=self._bound(at)
            )
            self._say(reading, at, at + 1)
        else:
            doubt = "question" if fits(value) else "range"
            self._say(Reading("number", value=value, words=token.text, doubt=doubt), at, at)
        return True

    def _maybe_temperature(
        self, at: int, end: int, role: Match | None, unit: str, after: Match | None
    ) -> int:
        token = self.found[at]
        value = token.value or Decimal(0)
        joined = self._spaced_out(at) if not (unit or fits(value)) else None
        if joined:
            digits, end = joined
            self._temperature(Decimal(digits), digits, "", at, end, doubt="point")
            return end
        other = None
        if tail := self._decimal_after(at, end, unit):
            other, value = value, Decimal(f"{token.text}.{self.found[tail - 1].text}")
            unit, end = self.beside.unit_after(tail)
            after = self.beside.role_after(end)
        elif listed := second_of_list(token.text):
            other = listed
        doubt = self._doubt(at, role, after, unit, other)
        if after is not None and after.name == "temperature":
            self._claim(after)
        elif after is not None and "." not in token.text and role is None:
            self._claim(after, explain=False)
            self._other_role(after, value, at, end)
        text = self._text(at, end)
        self._temperature(
            value, text if other is None else f"{value}", unit, at, end, role=role, doubt=doubt, other=other
        )
        return end

    def _other_role(self, after: Match, value: Decimal, at: int, end: int) -> None:
        """`98 hr`, `104 bpm`: the number is also what the word after it says."""
        if after.name in PLAUSIBLE and _plausible(after.name, value):
            text = self._text(at, after.end)
            self.readings.append(Reading(after.name, value=value, unit=UNITS.get(after.name, ""), words=text))

    def _decimal_after(self, at: int, end: int, unit: str) -> int:
        """The index after a lone digit that may be this number's decimal (`98 6`, `101. 4`, `98:6`); else 0."""
        if unit or self.asked in MENUS | {"oxygen", "bp"} or not self.found[at].text.isdigit():
            return 0
        place = end + 1 if end < len(self.found) and self.found[end].text in {":", "°", "'"} else end
        if place >= len(self.found) or not fits(self.found[at].value or Decimal(0)):
            return 0
        digit = self.found[place]
        return place + 1 if digit.kind == "number" and digit.text.isdigit() and len(digit.text) == 1 else 0

    def _spaced_out(self, at: int) -> tuple[str, int] | None:
        """`10 1.4`, `1 0 2`: neighbours that are a temperature only together."""
        if self.asked == "thinking":
            return None
        digits, end = self.found[at].text, at + 1
        while end < len(self.found) and end < at + 4 and self.found[end].kind == "number":
            token = self.found[end]
            if fits(token.value or Decimal(0)) or not digits.isdigit():
                return None
            digits, end = digits + token.text.replace(",", "."), end + 1
            if fits(Decimal(digits)):
                return digits, end
        return None

    def _doubt(
        self, at: int, role: Match | None, after: Match | None, unit: str, other: Decimal | None
    ) -> str:
        """Why the number may not be a temperature taken just now, as far as its neighbours say."""
        denial = self.beside.before(at, "negators")
        if denial is not None and not self.beside.before(at, "no"):
            return "denied"
        if bound := self._bound(at):
            return bound
        if role is not None and role.name != "temperature":
            return "role"
        if unit == "percent" or (after and after.name != "temperature" and "." not in self.found[at].text):
            return "role"
        bare = not unit and role is None and "." not in self.found[at].text and other is None
        return "whole" if bare and self.asked not in TEMPERATURE_OPEN else ""

    def _bound(self, at: int) -> str:
        """`bound` for an upper bound, `over` for a lower one."""
        if self.beside.before(at, "under"):
            return "bound"
        return "over" if self.beside.before(at, "over") else ""

    def _temperature(
        self, value: Decimal, text: str, unit: str, at: int, end: int, *,
        role: Match | None = None, doubt: str = "", other: Decimal | None = None,
    ) -> None:  # fmt: skip
        """Keep a number as a temperature if it can be one; otherwise as a number that nobody can place."""
        named = unit if unit in UNIT_LETTERS else ""
        warm = warmth(value, self.found[at].text if other is None else text, named)
        words = self._text(at, end)
        if warm is None:
            kind = "temperature" if (role and role.name == "temperature") or named else "number"
            self._say(Reading(kind, value=value, unit=named, words=words, doubt="range"), at, at)
            return
        reading = Reading(
            "temperature", value=warm.value, second=other, unit=warm.unit, words=words,
            inferred=not named, doubt=warm.doubt or doubt,
        )  # fmt: skip
        self._say(reading, at, end)

    def _role(self, name: str, at: int, end: int, role: Match | None) -> None:
        value = self.found[at].value
        start = role.start if role else at
        words = self._text(start, end)
        self._say(
            Reading(name, value=value, unit=UNITS.get(name, ""), words=words, doubt=self._bound(at)),
            start,
            end,
        )

    def _claim(self, match: Match, *, explain: bool = True) -> None:
        """A word that named the number before it does not name the one after it."""
        self.beside.claim(match)
        if explain:
            self.explained |= set(range(match.start, match.end))

    def _say(self, reading: Reading, start: int, end: int) -> None:
        """Keep a reading; tokens `start` to `end` are explained by it (none when the two are equal)."""
        self.readings.append(reading)
        self.explained |= set(range(start, end))
        before = self.beside.before(start, "about", "under", "over") if end > start else None
        if before:
            self.explained |= set(range(before.start, before.end))

    def _text(self, start: int, end: int) -> str:
        return " ".join(token.text for token in self.found[start:end])


TEMPERATURE_OPEN = frozenset({"temperature", "after_fever", "practice"})


def _plausible(role: str, value: Decimal) -> bool:
    low, high = PLAUSIBLE[role]
    return low <= value <= high
