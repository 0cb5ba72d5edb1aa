"""From what was said to the rules that fire. Every rule that fits is kept; the gravest decides, elsewhere."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from protocols import shorthand, thinking, vitals
from protocols.reading import Reading
from protocols.replies import Understood
from protocols.rulebook import Question, Rule, Rulebook, at_least

TEMPERATURE_QUESTIONS = frozenset({"temperature", "after_fever", "practice", "read_back"})
# What answers a question of the round whichever question is open.
CAME_ALONG = {"medicine": "medicine", "blood_pressure": "bp", "oxygen": "oxygen"}
SETTLED = frozenset({"", "whole", "bound"})
UNJUDGED = {
    "heart_rate": "OTHER-VITAL-SIGN", "pain": "OTHER-VITAL-SIGN", "sugar": "OTHER-VITAL-SIGN",
    "weight": "OTHER-MEASURE", "age": "OTHER-MEASURE", "phone": "OTHER-MEASURE",
}  # fmt: skip
ILL_SYMPTOMS = frozenset({"fever", "chills", "hot", "unwell", "worse"})


class Surroundings(Protocol):
    """What a judgement needs of the context."""

    @property
    def in_watch(self) -> str: ...
    @property
    def sender(self) -> str: ...
    @property
    def media(self) -> int: ...
    @property
    def today(self) -> date | None: ...


@dataclass(frozen=True)
class Known:
    """What was known about the patient before this reply."""

    case_open: bool = False
    medicine_recent: bool = False
    recent: frozenset[str] = frozenset()  # ids of symptoms that still count, fever among them
    usual_pressure: Decimal | None = None
    thermometer: str = ""  # the kind that was recorded; empty where nobody did


@dataclass(frozen=True)
class Fired:
    """A rule that fired: what it says, on which words, from which source."""

    id: str
    urgency: str
    words: str
    why: str
    source: str
    points_to: str = ""
    human: str = "watch"

    def as_dict(self) -> dict[str, Any]:
        """The rule for JSON."""
        return {name: getattr(self, name) for name in ("id", "urgency", "words", "why", "source")}


@dataclass
class Judgement:
    """One reply against the rulebook. `judge` fills `fired`, which is never empty afterwards."""

    book: Rulebook
    heard: Understood
    question: Question | None
    known: Known
    context: Surroundings
    fired: list[Fired] = field(default_factory=list)

    def judge(self) -> None:
        """Fire every rule that fits, the red flags first."""
        if self.heard.canned:
            self._fire("AUTO-REPLY", self.heard.normal)
            self._surroundings()
            return
        self._symptoms()
        self._temperatures()
        self._other_vitals()
        self._medicines()
        self._together()
        if self._asked("thinking"):
            self._thinking()
        self._requests()
        self._coverage()
        self._surroundings()
        if not self.fired:
            self._fire("NORMAL", self.heard.normal)

    @property
    def asked(self) -> str:
        """The id of the open question, or nothing."""
        return self.question.id if self.question else ""

    @property
    def hides_temperature(self) -> bool:
        """Whether a medicine, said now or lately, may hide a fever."""
        return self.known.medicine_recent or bool(self.heard.of("medicine")) or self._has("MEDICINE-UNNAMED")

    @property
    def is_not_from_the_mouth(self) -> bool:
        """Whether this reply holds a temperature that a recorded thermometer of another kind than the mouth's gave."""
        return self.known.thermometer not in {"", "mouth"} and bool(self.heard.of("temperature"))

    def answers(self) -> tuple[str, ...]:
        """The questions that this reply answers: the open one, and others whose answer came along in it.

        A medicine that was taken answers its question; that one was not says nothing of the others. What came along
        counts only beside an answer to what was asked: else that is asked in simpler words first.
        """
        answered = []
        if self.question is not None and self._answers_open():
            answered.append(self.asked)
        warm = any(one.doubt in SETTLED for one in self.heard.of("temperature"))
        if warm and self.asked not in TEMPERATURE_QUESTIONS - {"read_back"}:
            answered.append("temperature")
        for kind, question in CAME_ALONG.items():
            if answered and any(not one.doubt for one in self.heard.of(kind)):
                answered.append(question)
        if self.asked == "voice" and self.heard.said("menu", "1"):
            answered.append("symptoms")
        return tuple(dict.fromkeys(answered))

    def read_back(self) -> str:
        """The value to confirm with the sender, like `101.4 F`; nothing when no number is doubtful or very low."""
        if self._has("LOW-CONFIRMED"):
            return ""
        doubted = [
            one
            for one in self.heard.of("temperature")
            if one.value is not None
            and (one.doubt in {"point", "unit"} or vitals.is_very_low(one, self.book))
        ]
        return f"{doubted[0].value:.1f} {doubted[0].unit}" if doubted else ""

    # The pieces

    def _symptoms(self) -> None:
        instead = self.question.instead if self.question else {}
        for reading in self.heard.of("symptom"):
            self._symptom(instead.get(reading.name, reading.name), reading.words)
        for meaning, words in shorthand.meanings(self.question, self.heard):
            if meaning in self.book.symptoms:
                self._symptom(meaning, words)
            elif meaning == "medicine":
                self._fire("MEDICINE-UNNAMED", words)
        for rule, words in shorthand.levels(self.question, self.heard):
            self._fire(rule, words)

    def _symptom(self, name: str, words: str) -> None:
        self._fire_rule(self.book.symptoms[name].as_rule(), words)

    def _temperatures(self) -> None:
        for reading in self.heard.of("temperature"):
            if self._asked("read_back") and vitals.is_very_low(reading, self.book):
                self._fire("LOW-CONFIRMED", reading.words)
            for rule in vitals.judge_temperature(reading, self.book):
                if rule != "NUMBER-TWO-QUESTIONS" or self.asked in {
                    "",
                    "symptoms",
                    "oxygen",
                    "bp",
                    "caregiver",
                }:
                    self._fire(rule, reading.words)
        for reading in self.heard.of("number") if not self._asked("thinking") else ():
            self._fire(
                "NUMBER-TWO-QUESTIONS" if reading.doubt == "question" else "NUMBER-UNPLACED", reading.words
            )

    def _other_vitals(self) -> None:
        for reading in self.heard.of("oxygen"):
            for rule in vitals.judge_oxygen(reading, self.book):
                self._fire(rule, reading.words)
        for reading in self.heard.of("blood_pressure"):
            rules = vitals.judge_pressure(
                reading, self.book, usual=self.known.usual_pressure, fever=self._fever()
            )
            for rule in rules:
                self._fire(rule, reading.words)
        for reading in self.heard.readings:
            if reading.kind in UNJUDGED:
                self._fire(UNJUDGED[reading.kind], reading.words)

    def _medicines(self) -> None:
        """Steroids page. A fever medicine pages when taken for illness, masks for another reason, else is asked."""
        if self.heard.of("medicine", "steroid"):
            self._fire("STEROID", self.heard.of("medicine", "steroid")[0].words)
        if asked := self.heard.of("medicine_asked"):
            steroid = any(one.name == "steroid" for one in asked)
            self._fire("STEROID-QUESTION" if steroid else "MEDICINE-QUESTION", asked[0].words)
        if self._asked("medicine") and not self.heard.of("medicine"):
            self._taken_unnamed()
        others = [one for one in self.heard.of("medicine") if one.name != "steroid"]
        if not others:
            return
        ill = self.heard.said("meaning", "for_illness") or any(
            one.name in ILL_SYMPTOMS for one in self.heard.of("symptom")
        )
        planned = self.heard.said("meaning", "premedication") or all(
            one.name == "premedication" for one in others
        )
        other_reason = self.heard.said("meaning", "for_other") and not self._ill_beside_other_reason()
        if ill or self._fever():
            self._fire("ANTIPYRETIC-WHEN-ILL", others[0].words)
        elif (planned or other_reason) and self._reading_allows_masking():
            self._fire("ANTIPYRETIC-OTHER-REASON", others[0].words)
        else:
            self._fire("ANTIPYRETIC", others[0].words)

    def _taken_unnamed(self) -> None:
        """`no, just took it`, `none, 650 mg at 3pm`: a no beside the hour, the amount or the taking of something."""
        amounts = [*self.heard.of("time"), *self.heard.of("dose")]
        denied = self.heard.said("answer", "no", "none")
        if said := [*self.heard.of("taken"), *(amounts if denied else ())]:
            self._fire("MEDICINE-UNNAMED", said[0].words)

    def _ill_beside_other_reason(self) -> bool:
        """Whether anything is wrong beside the ache the medicine was taken for."""
        return any(one.name != "pain" for one in self.heard.of("symptom"))

    def _reading_allows_masking(self) -> bool:
        """A normal temperature from the mouth in this reply, or the question that follows the temperature."""
        if self.known.thermometer not in {"", "mouth"}:
            return False
        return self.asked == "medicine" or bool(self.heard.of("temperature"))

    def _together(self) -> None:
        """What a fever, or a reading just below one, makes of a symptom beside it, now or in the hours before."""
        for reading in [*self.heard.of("symptom"), *self._short_symptoms()]:
            symptom = self.book.symptoms[reading.name]
            if self._fever() and symptom.with_fever:
                graver = "RED-FLAG-WITH-FEVER" if symptom.with_fever == "emergency" else "URGENT-WITH-FEVER"
                self._fire(graver, reading.words)
            if symptom.with_dizzy and ("dizzy" in self.known.recent or self.heard.said("symptom", "dizzy")):
                self._fire("URGENT-WITH-FEVER", reading.words)
            if self._has("RECHECK", "BORDER") and symptom.id != "fever":
                self._fire("RECHECK-WITH-SYMPTOM", reading.words)
        lasting = {self.book.symptoms[name].with_fever for name in self.known.recent}
        if "emergency" in lasting and self._has("FEVER", "POSSIBLE-FEVER", "SAID-FEVER"):
            self._fire("RED-FLAG-WITH-FEVER", "")
        if self.known.recent - {"fever"} and self._has("RECHECK", "BORDER"):
            self._fire("RECHECK-WITH-SYMPTOM", "")

    def _short_symptoms(self) -> list[Reading]:
        """The symptoms that a yes, a no or a menu digit stands for."""
        said = shorthand.meanings(self.question, self.heard)
        return [Reading("symptom", name, words=words) for name, words in said if name in self.book.symptoms]

    def _fever(self) -> bool:
        return "fever" in self.known.recent or self._has("FEVER", "POSSIBLE-FEVER", "SAID-FEVER")

    def _thinking(self) -> None:
        """The date and the sentence: a prompt for a person, whatever they say."""
        verdict = thinking.compare(self.heard.folded, self.context.today)
        if verdict in {"missing", "wrong"}:
            self._fire("DATE-MISSING" if verdict == "missing" else "DATE-WRONG", self.heard.normal)
            if "confusion" in self.known.recent:
                self._fire("DATE-WRONG-AND-CONFUSED", self.heard.normal)
        else:
            self._fire("DATE-RIGHT" if verdict == "right" else "DATE-UNCOMPARED", self.heard.normal)
            if not thinking.has_sentence(self.heard.normal):
                self._fire("SENTENCE-SHORT", self.heard.normal)

    REQUESTS = (
        ("help", "HELP"), ("died", "DIED"), ("wrong_person", "WRONG-PERSON"), ("call_me", "CALL-ME"),
        ("no_thermometer", "NO-THERMOMETER"),
    )  # fmt: skip

    def _requests(self) -> None:
        controls = {"opt_out": "STOP", "opt_in": "START"}
        if self.heard.control in controls:
            self._fire(controls[self.heard.control], self.heard.normal)
        for meaning, rule in self.REQUESTS:
            if self.heard.said("meaning", meaning):
                self._fire(rule, self.heard.of("meaning", meaning)[0].words)
        if self.heard.control == "help" and not self._has("HELP"):
            self._fire("INFO", self.heard.normal)
        if self.heard.automatic:
            self._fire("AUTO-REPLY", self.heard.normal)
        elif self.heard.harmless and self.asked != "free":
            self._fire("HARMLESS", self.heard.normal)

    def _surroundings(self) -> None:
        if self.context.media:
            self._fire("MEDIA", "")
        if self.context.sender == "shared":
            self._fire("SHARED-PHONE", "")
        if self.context.sender == "unregistered":
            self._fire("UNREGISTERED", "")
        if self.known.medicine_recent and self.heard.of("temperature"):
            self._fire("MASKED", self.heard.of("temperature")[0].words)
        if self.is_not_from_the_mouth:
            self._fire("NOT-FROM-THE-MOUTH", self.heard.of("temperature")[0].words)
        if self.known.case_open:
            self._fire("CASE-OPEN", "")

    def _coverage(self) -> None:
        """Nothing may pass as normal that was not wholly understood, or that leaves the open question open."""
        if self._clear() or any(at_least(one.urgency, "clarify") for one in self.fired):
            return
        if not self.heard.normal:
            self._fire("EMPTY", "")
        elif self.heard.leftovers:
            self._fire("NOT-UNDERSTOOD", " ".join(self.heard.leftovers))
        elif self.question is None:
            if not self.heard.of("temperature"):
                self._fire("NO-QUESTION-OPEN", self.heard.normal)
        elif self.question.no == "unanswered" and self._denies_fever():
            self._fire("NO-NUMBER-YET", self.heard.normal)
        elif not self._answers_open():
            self._fire("UNANSWERED", self.heard.normal)

    def _clear(self) -> bool:
        """Whether another rule already settled a text that is no sentence to be covered."""
        return self._asked("thinking") or self.heard.control in {"opt_out", "opt_in"}

    def _denies_fever(self) -> bool:
        denied = self.heard.said("symptom_denied", "fever", "hot") or self.heard.said("answer", "no", "none")
        return denied and not self.heard.of("temperature")

    def _answers_open(self) -> bool:
        """Whether the open question has its answer in this reply."""
        if self.question is None or self.heard.canned:
            return False
        if self.asked in {"thinking", "free"}:
            return bool(self.heard.normal)
        for reading in self.heard.readings:
            if reading.kind in self.question.accepts and self._is_sound(reading):
                return True
            closes = reading.kind == "well" or (reading.kind == "answer" and self._closes(reading.name))
            if closes and not self.heard.leftovers:
                return True
        return self.asked == "read_back" and any(one.doubt in SETTLED for one in self.heard.of("temperature"))

    def _closes(self, answer: str) -> bool:
        """Whether yes, no or none is a whole answer to the open question."""
        if self.question is None or answer not in {"yes", "no", "none"}:
            return False
        meaning = self.question.yes if answer == "yes" else self.question.no
        return meaning not in {"", "unanswered"}

    def _is_sound(self, reading: Reading) -> bool:
        if reading.kind == "temperature":
            return reading.doubt in SETTLED
        if reading.kind == "menu" and self.question is not None:
            return all(digit in self.question.menu for digit in reading.name if digit.isdigit())
        if reading.kind == "symptom_denied" and self.question is not None and self.question.yes:
            return reading.name == self.question.yes
        return not reading.doubt

    # Small words

    def _asked(self, name: str) -> bool:
        return self.asked == name

    def _has(self, *rules: str) -> bool:
        return any(one.id in rules for one in self.fired)

    def _fire(self, rule_id: str, words: str) -> None:
        self._fire_rule(self.book.rules[rule_id], words)

    def _fire_rule(self, rule: Rule, words: str) -> None:
        if self._has(rule.id):
            return
        inside = self.context.in_watch == "yes" or not rule.outside
        urgency = rule.urgency if inside else rule.outside
        self.fired.append(
            Fired(rule.id, urgency, words, rule.why, self.book.cited(rule), rule.points_to, rule.human)
        )
