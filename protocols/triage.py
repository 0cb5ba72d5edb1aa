"""What a reply means: its urgency, the rules that fired, and why. Raises a concern, never lowers one.

The gravest rule wins. "None" is concluded only when every word was explained; anything else goes to a person inside
a watch. No rule gives advice about a medicine, and no grade is more than provisional.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any

from protocols import learned, provisional, rulebook
from protocols.judging import Fired, Judgement, Known
from protocols.reading import Reading
from protocols.replies import Understood, understand
from protocols.rulebook import URGENCIES, Question, at_least, worst

__all__ = [
    "RULES_VERSION",
    "URGENCIES",
    "Context",
    "Finding",
    "Fired",
    "Reading",
    "assess",
    "carried",
    "version",
    "worst",
]

RULES_VERSION = rulebook.load().fingerprint
"""The fingerprint of the rules and words: stored with every finding, so that it can be concluded again."""

TAIL = 80


@dataclass(frozen=True)
class Context:
    """What a reply is read against. A text alone is never enough; what is not known is left as it stands here.

    `asked` is the open question's id, if the reply came in its time. `in_watch` is yes, no or closed. `sender` is
    patient, caregiver, unregistered, shared or clinician. `medicine_recent` says that a fever medicine or steroid was
    reported in the last 24 hours. `recent` names the symptoms, fever among them, that `carried` took from earlier
    findings of the hours that count. `media` counts pictures and recordings. `known` holds facts as free text
    ("baseline bp 130/80", "case open", "tylenol 2h ago"). `pending` is the value that was read back ("101.4 F") when
    `asked` is read_back, and `today` the patient's own date. `phrases` are the harmless ones that the site has learned
    in this language, in normal form. `protocol` names what the watch runs on, with its fingerprint; no rule reads it.
    `thermometer` is the recorded kind (mouth, ear, forehead, armpit, skin, none; empty where nobody recorded it), and
    `usual_upper` the recorded upper blood pressure in mmHg.
    """

    asked: str | None = None
    language: str = "en"
    in_watch: str = "yes"
    sender: str = "patient"
    drug: str = ""
    step: str = ""
    hour: Decimal | None = None
    case_open: bool = False
    medicine_recent: bool = False
    media: int = 0
    recent: tuple[str, ...] = ()
    known: str = ""
    pending: str = ""
    today: date | None = None
    phrases: tuple[str, ...] = ()
    protocol: str = ""
    thermometer: str = ""
    usual_upper: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """The context for JSON: decimals and dates as text."""
        facts = {name: getattr(self, name) for name in self.__dataclass_fields__}
        facts["hour"] = None if self.hour is None else f"{self.hour:f}"
        facts["today"] = None if self.today is None else self.today.isoformat()
        return facts

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> "Context":
        """The context that `as_dict` wrote, read from JSON. What an older release did not write keeps its default."""
        names = {field.name for field in fields(cls)}
        known = {name: value for name, value in facts.items() if name in names}
        hour, today = known.get("hour"), known.get("today")
        known |= {"hour": None if hour is None else Decimal(hour)}
        known |= {"today": None if today is None else date.fromisoformat(today)}
        known |= {name: tuple(known.get(name, ())) for name in ("recent", "phrases")}
        return cls(**known)


@dataclass(frozen=True)
class Finding:
    """What triage concludes from one reply.

    `control` is opt_out, opt_in, help, wrong_number or nothing. `answers` are the questions that this reply answers.
    `missing_for_grade` says what nobody knows yet of what a real grade is made of, where a provisional one is shown.
    `read_back` is the value to confirm when a number was doubtful, like "101.4 F". `automatic` says that a machine
    wrote the reply, so that it counts as none. `normal` is the text as the rules read it, and `learned` the site's own
    phrases without which words of it would have stayed unexplained. `unexplained` are the words that no
    rule and no list accounts for.
    """

    urgency: str
    human_task: bool
    provisional_grade: str | None
    readings: tuple[Reading, ...]
    rules: tuple[Fired, ...]
    because: str
    control: str = ""
    answers: tuple[str, ...] = ()
    read_back: str = ""
    took_pocket_dose: bool = False
    masked: bool = False
    automatic: bool = False
    normal: str = ""
    learned: tuple[str, ...] = ()
    unexplained: tuple[str, ...] = ()
    missing_for_grade: tuple[str, ...] = ()

    @property
    def is_a_concern(self) -> bool:
        """Whether it moves a watch to closer questions: a fever, a symptom, a medicine that hides one, or graver."""
        book, grave = rulebook.load().rules, {"routine", "urgent", "emergency"}
        known = (book.get(fired.id) for fired in self.rules if fired.urgency in grave)
        return any(rule is not None and rule.begins for rule in known)

    def as_dict(self) -> dict[str, Any]:
        """The finding for JSON: decimals as text."""
        facts = {name: getattr(self, name) for name in self.__dataclass_fields__}
        facts["readings"] = [reading.as_dict() for reading in self.readings]
        facts["rules"] = [fired.as_dict() for fired in self.rules]
        facts |= {"answers": list(self.answers), "learned": list(self.learned)}
        facts |= {name: list(facts[name]) for name in ("unexplained", "missing_for_grade")}
        return facts


def version(phrases: Iterable[str] = ()) -> str:
    """What a reply was read by: the fingerprint of the rules, and behind it that of the phrases learned, if any."""
    return "+".join(filter(None, (RULES_VERSION, learned.fingerprint(phrases))))


def assess(text: str, context: Context) -> Finding:
    """What `text` means in its context. Never raises: what the rules cannot read becomes a task for a person."""
    try:
        return _assess(text, context)
    except Exception as error:  # a patient's words may never end in a traceback and silence
        return _failed(text, error)


def _assess(text: str, context: Context) -> Finding:
    book = rulebook.load()
    known = _known(context)
    question = None if context.sender == "unregistered" else book.question(context.asked)
    heard = _read_back(text, context, question) or _understand(text, context, question)
    judgement = Judgement(book, heard, question, known, context)
    judgement.judge()
    return _conclude(judgement, context)


def _understand(text: str, context: Context, question: Question | None) -> Understood:
    book = rulebook.load()
    return understand(
        text,
        asked=question.id if question else None,
        language=context.language,
        never_denied=book.never_denied,
        no_alarms=question is not None and question.no in book.symptoms,
        also=question.also_answered_by if question else frozenset(),
        # What nobody could explain after the medicine question may be a medicine.
        phrases=() if question and question.id == "medicine" else context.phrases,
    )


def _read_back(text: str, context: Context, question: Question | None) -> Understood | None:
    """A plain yes to a value that was read back is that value, sent anew; everything else is read as it stands."""
    if question is None or question.id != "read_back" or not context.pending:
        return None
    answer = _understand(text, replace(context, phrases=()), question)  # nothing learned may confirm a value
    confirmed = any((one.kind, one.name) in {("answer", "yes"), ("menu", "1")} for one in answer.readings)
    if not confirmed or answer.leftovers or len(answer.readings) != 1:
        return None
    return replace(_understand(context.pending, context, question), normal=answer.normal)


def _known(context: Context) -> Known:
    """The facts of the context, and what its free text adds to them."""
    words = rulebook.load().known
    said = _as_free_text(context.known)
    text = f" {context.known.casefold()} "
    taken = said.of("medicine") and not any(word in text for word in words["not_taken"])
    pressures = [one.value for one in said.of("blood_pressure") if one.value is not None]
    warm = [one for one in said.of("temperature") if one.value is not None]
    fever_lines = rulebook.load().temperature["fever"]
    fever = {"fever" for one in warm if one.value is not None and one.value >= fever_lines[one.unit]}
    return Known(
        case_open=context.case_open or any(phrase in text for phrase in words["case_open"]),
        medicine_recent=context.medicine_recent
        or (bool(taken) and not _long_ago(said, words["masks_for_hours"])),
        recent=frozenset(context.recent) | {one.name for one in said.of("symptom")} | fever,
        usual_pressure=min(pressures, default=None)
        if context.usual_upper is None
        else Decimal(context.usual_upper),
        thermometer=context.thermometer or _named(text, words["thermometers"]),
    )


@lru_cache(maxsize=64)
def _as_free_text(known: str) -> Understood:
    """What free text about a patient says, read once: it is nearly always empty."""
    return understand(known, asked=None, language="en")


def _named(text: str, kinds: Iterable[str]) -> str:
    """The kind of thermometer that free text names, like `forehead thermometer`."""
    return next((kind for kind in kinds if f"{kind} thermometer" in text), "")


def carried(fired: Iterable[str]) -> tuple[str, ...]:
    """The symptoms, by id, that rules of these ids stand for, a measured fever among them: they count in later texts.

    A doubtful number is left out: once it is confirmed it fires as a fever of its own.
    """
    meanings = _symptoms_by_rule()
    return tuple(sorted({meanings[rule_id] for rule_id in fired if rule_id in meanings}))


@cache
def _symptoms_by_rule() -> Mapping[str, str]:
    symptoms = rulebook.load().symptoms.values()
    return {symptom.as_rule().id: symptom.id for symptom in symptoms} | {"FEVER": "fever"}


def _long_ago(said: Understood, limit: int) -> bool:
    """Whether the known facts give an age in hours, and every age is beyond the limit."""
    words = said.normal.split()
    hours = [
        int(number)
        for number, unit in pairwise(words)
        if number.isdigit() and unit in {"h", "hr", "hrs", "hour", "hours"}
    ]
    return bool(hours) and min(hours) > limit


def _conclude(judgement: Judgement, context: Context) -> Finding:
    fired = tuple(sorted(judgement.fired, key=lambda one: URGENCIES.index(one.urgency)))
    urgency = fired[0].urgency
    points = frozenset(one.points_to for one in fired if at_least(one.urgency, "urgent")) - {""}
    shown = provisional.label(points)
    hidden = judgement.hides_temperature
    readings = tuple(
        one.hidden() if hidden and one.kind == "temperature" else one for one in judgement.heard.readings
    )
    return Finding(
        urgency=urgency,
        human_task=any(_needs_a_person(one, context) for one in fired),
        provisional_grade=shown,
        readings=readings,
        rules=fired,
        because=_because(fired, masked=hidden),
        control=judgement.heard.control,
        answers=judgement.answers(),
        read_back=judgement.read_back(),
        took_pocket_dose=judgement.heard.said("medicine", "steroid"),
        masked=hidden,
        automatic=judgement.heard.automatic,
        normal=judgement.heard.normal,
        learned=judgement.heard.learned,
        unexplained=_unexplained(judgement, fired),
        missing_for_grade=provisional.missing(
            shown, (one.as_dict() for one in readings), medicine_known=judgement.known.medicine_recent
        ),
    )


def _unexplained(judgement: Judgement, fired: tuple[Fired, ...]) -> tuple[str, ...]:
    """The words left over that nothing was read from and no rule names: none that sounded like danger is among them."""
    heard = judgement.heard
    named = [one.words for one in fired if one.id != "NOT-UNDERSTOOD"] + [one.words for one in heard.readings]
    explained = {word for words in named for word in words.split()}
    words = [word for word in heard.leftovers if any(sign.isalnum() for sign in word)]
    return tuple(word for word in words if word not in explained)


def _needs_a_person(fired: Fired, context: Context) -> bool:
    """Emergency and urgent always; other rules as they say, and every unclear text inside a watch."""
    if at_least(fired.urgency, "urgent") or (fired.human == "always" and fired.urgency != "none"):
        return True
    inside = context.in_watch == "yes"
    return inside and (fired.urgency == "clarify" or (fired.human == "watch" and fired.urgency == "routine"))


def _because(fired: tuple[Fired, ...], *, masked: bool) -> str:
    """One plain sentence: the gravest rule, the words it came from, and how many more there are."""
    first = fired[0]
    gravest = [one for one in fired if one.urgency == first.urgency or at_least(one.urgency, "urgent")]
    words = list(dict.fromkeys(one.words for one in gravest if one.words))[:3]
    said = f' ("{", ".join(words)[:TAIL]}")' if words else ""
    alike = [one.why for one in fired[1:] if one.urgency == first.urgency and one.urgency != "none"]
    also = f"; also {', '.join(dict.fromkeys(alike))}" if alike else ""
    hidden = "; a medicine may be hiding a fever" if masked and first.id != "MASKED" else ""
    return f"{first.why[0].upper()}{first.why[1:]}{said}{also}{hidden}."


def _failed(text: str, error: Exception) -> Finding:
    """The finding for a text on which the rules broke. It carries the words, never the traceback."""
    rule = Fired(
        id="PARSER-ERROR", urgency="clarify", words=str(text)[:TAIL], human="always",
        why=f"the rules failed on this text ({type(error).__name__}); a person must read it", source="",
    )  # fmt: skip
    return Finding("clarify", True, None, (), (rule,), _because((rule,), masked=False))
