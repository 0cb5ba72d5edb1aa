"""What is wrong with a text before anybody receives it: too long, too hard, a forbidden word, a fact without example.

The service does not start while any text has a problem. Whether the words are the right ones only a person can say.
"""

import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from protocols import betraying, gsm, readability

MOST_SEGMENTS = 2
SIXTH_GRADE = Decimal(6)
SPOKEN = "voice."
PARTS = "role."
# A page is read at night on a watch or a lock screen.
PAGES = "page."
# Facts as long as they get, so that what fits here fits.
EXAMPLES: Mapping[str, str] = MappingProxyType(
    {
        "oncall_number": "+1 215-555-0100",
        "emergency_number": "911",
        "next_time": "Tue 22:00 EST",
        "end_time": "03/09 22:00 EST",
        "value": "101.4 F",
        "dose_mg": "20",
        "urgency": "EMERGENCY",
        "code": "4821",
        "codes": "4821, 3317, 9081",
        "link": "https://stepup.hospital.example/e/AB12CD34EF56GH78IJ90KLMN",
        "minutes": "15",
        "rung": "2",
        "who": "Responder on call",
        "time": "22:01 EST",
        "since": "Mon 02 Mar 22:00 EST",
        "until": "Tue 03 Mar 08:00 EST",
        "what": "the outcome",
    }
)


@dataclass(frozen=True)
class Judged:
    """One text as it is received, with example facts. `grade` is None where the formula says nothing."""

    key: str
    words: str
    segments: int
    is_gsm7: bool
    grade: Decimal | None
    problems: tuple[str, ...]

    @property
    def is_spoken(self) -> bool:
        """Said on a call: it has no length in segments."""
        return self.key.startswith(SPOKEN)


def fields(template: str) -> frozenset[str]:
    """The facts a text needs."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(template) if name is not None)


def judge(key: str, template: str, texts: Mapping[str, str], *, code: str, alphabet: str) -> Judged:
    """One text of a language. `alphabet` is `gsm7`, or `any` where the language cannot be written in it."""
    examples = {**EXAMPLES, "role": texts.get("role.responder", "")}
    needed = fields(template)
    if strangers := sorted(needed - examples.keys()):
        return Judged(key, template, 0, True, None, (f"no example is written for {', '.join(strangers)}",))
    words = template.format_map(examples)
    english = code == "en" and not key.startswith((PARTS, PAGES, "voice.page.", "voice.desk"))
    # Facts are not the author's words: a telephone number makes no sentence harder.
    grade = readability.grade(template.format_map(dict.fromkeys(needed, ""))) if english else None
    judged = Judged(key, words, gsm.segments(words), gsm.is_gsm7(words), grade, ())
    return Judged(key, words, judged.segments, judged.is_gsm7, grade, tuple(_problems(judged, alphabet)))


def _problems(text: Judged, alphabet: str) -> Iterator[str]:
    most = 1 if text.key.startswith(PAGES) else MOST_SEGMENTS
    if not text.is_spoken and text.segments > most:
        yield f"takes {text.segments} segments, {most} at most"
    if not text.is_spoken and alphabet == "gsm7" and not text.is_gsm7:
        yield "has a sign outside the plain alphabet, which more than halves a segment"
    if text.grade is not None and text.grade > SIXTH_GRADE:
        yield f"reads at grade {text.grade}, {SIXTH_GRADE} at most"
    if found := betraying.words_in(text.words):
        yield f"names what must not stand on a locked screen: {', '.join(found)}"
