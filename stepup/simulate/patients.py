"""A made-up patient at home: when they look at their phone, what they write, and how they really are.

They know nothing of the service but the texts on their phone.
"""

from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from stepup.simulate import figures
from stepup.simulate.agenda import after

# What tells the questions apart on a handset, as parts of `protocols/data/texts.en.toml`.
QUESTIONS = {
    "read_back": "Did you mean",
    "temperature": ("What is your temperature", "Text your temperature now", "number on your thermometer"),
    "symptoms": ("Do you have any now", "Please send one number"),
    "medicine": ("any fever pill or steroid", "Did you take a fever pill"),
    "thinking": "Please type today's day",
    "caregiver": "Do they seem like themselves",
    "silence": "no answer from the person you care for",
    "bp": "If you have a cuff",
    "oxygen": "If you have an oxygen clip",
}
HARMLESS = [
    "Thank you", "What time is my appointment?", "Can I drive tomorrow?", "Is the clinic open on Saturday",
    "ok thanks", "My daughter is here now", "Can I take my vitamins",
]  # fmt: skip
WORRYING = ["I feel dizzy when I stand up", "I have a bad headache", "I am shivering a bit"]
WELL = {
    "symptoms": ("6", ["None", "none of these", "6. I am fine", "no symptoms", "All good"]),
    "medicine": ("NONE", ["no", "nothing", "none today", "No medicine"]),
    "caregiver": ("1", ["yes", "Yes 1", "1 she is fine"]),
    "bp": ("NO", ["No cuff", "no"]),
    "oxygen": ("NO", ["no clip", "no"]),
    "read_back": ("1", ["yes", "Yes that is right"]),
    "silence": ("1", ["They are fine", "1 was asleep"]),
}
TEMPERATURE = [
    "{t} F",
    "my temp is {t}",
    "about {t}",
    "its {t} thanks",
    "{t} this time",
    "Temp {t}, feeling ok",
]


def question_in(words: str) -> str:
    """Which question a text asks, read as a person would; empty for a text that asks nothing."""
    for question, signs in QUESTIONS.items():
        if any(sign in words for sign in ([signs] if isinstance(signs, str) else signs)):
            return question
    return ""


class Person:
    """One patient with a caregiver in the same home. `rng` is theirs alone, so nobody else's luck changes theirs."""

    def __init__(self, number: int, rng: Random, zone: ZoneInfo) -> None:
        self.number, self.rng, self.zone = number, rng, zone
        self.answers = rng.betavariate(figures.ANSWERS_ALPHA, figures.ANSWERS_BETA)
        self.has_tocilizumab = rng.random() < figures.HAS_TOCILIZUMAB
        self.opts_out = rng.random() < figures.OPTS_OUT
        self.fever_after = self._draws_a_fever()
        self.fever: tuple[datetime, datetime] | None = None
        self.began_at: datetime | None = None  # the course; None before its first dose
        self.at_phone_until: datetime | None = None

    def _draws_a_fever(self) -> str:
        """The dose of the step-up that the one fever of this course follows; empty for a course without one."""
        share = figures.FEVER_WITH_TOCILIZUMAB if self.has_tocilizumab else figures.FEVER_WITHOUT
        [step] = self.rng.choices(list(figures.FEVER_AFTER), list(figures.FEVER_AFTER.values()))
        return step if self.rng.random() < share else ""

    def is_given_a_dose(self, step: str, now: datetime) -> None:
        """Their course begins with the first; after the one that was drawn comes a fever, once in a course."""
        self.began_at = self.began_at or now
        if step == self.fever_after and self.fever is None:
            most = figures.FEVER_LATEST_HOURS * 60
            onset = now + after(self.rng, figures.FEVER_ONSET_HOURS * 60, figures.FEVER_SIGMA, most=most)
            self.fever = onset, onset + timedelta(hours=figures.FEVER_LASTS_HOURS)

    def has_fever(self, now: datetime) -> bool:
        """Whether they are febrile at this moment, whatever they say."""
        return self.fever is not None and self.fever[0] <= now < self.fever[1]

    def looks_after(self, now: datetime, *, roused: bool = False) -> timedelta | None:
        """How long until they answer a text that arrives now; None if they will not."""
        if self.at_phone_until is not None and now < self.at_phone_until:
            if self.rng.random() < figures.GOES_ON:
                return after(self.rng, figures.GOING_ON_MEDIAN, figures.GOING_ON_SIGMA)
            return None
        days = (now - self.began_at).days if self.began_at else 0
        share = (
            self.answers * (1 - figures.LOSS_A_DAY) ** days * (figures.AT_NIGHT if self._is_night(now) else 1)
        )
        if self.rng.random() >= (figures.ROUSED if roused else share):
            return None
        if roused or self.rng.random() < figures.QUICK_SHARE:
            return after(self.rng, figures.QUICK_MEDIAN, figures.QUICK_SIGMA)
        return after(self.rng, figures.SLOW_MEDIAN, figures.SLOW_SIGMA)

    def writes(self, question: str, now: datetime) -> list[str]:
        """The texts they send in answer, one after the other; they keep the phone in hand for a few minutes."""
        self.at_phone_until = now + timedelta(minutes=6)
        if self.rng.random() < figures.WRONG_PERSON:
            return ["Wrong number"]
        off = self.rng.random() < figures.OFF_FORMAT
        words = [self._says(question, now, off=off)]
        if self.rng.random() < figures.IN_PARTS:
            words.insert(0, "Hello")
        if self.rng.random() < figures.SENT_TWICE:
            words.append(words[-1])
        return words

    def next_unasked(self, now: datetime) -> datetime:
        """When they will next write something of their own: often in the first days of the course, then rarely."""
        began, left = self.began_at or now, self.rng.expovariate(1)
        early_until = began + timedelta(days=figures.UNASKED_EARLY_DAYS)
        early = max((early_until - now) / timedelta(days=1), 0.0)
        if left < early * figures.UNASKED_EARLY:
            return now + timedelta(days=left / figures.UNASKED_EARLY)
        return now + timedelta(days=early + (left - early * figures.UNASKED_EARLY) / figures.UNASKED_LATER)

    def writes_unasked(self) -> str:
        """Something nobody asked for."""
        return self.rng.choice(WORRYING if self.rng.random() < figures.UNASKED_WORRYING else HARMLESS)

    def _says(self, question: str, now: datetime, *, off: bool) -> str:
        rng, febrile = self.rng, self.has_fever(now)
        if question == "temperature":
            shown = f"{self._temperature(febrile):.1f}"
            return rng.choice(TEMPERATURE).format(t=shown) if off else shown
        if question == "thinking":
            local = now.astimezone(self.zone)
            if off:
                return f"{local.month}/{local.day}/{local:%y} {local:%a} all good at home"
            return f"{local:%A %B} {local.day}, {local.year}. I am at home today."
        if febrile and question == "symptoms" and rng.random() < figures.CHILLS_WITH_FEVER:
            return rng.choice(["chills", "I am shaking"]) if off else "1"
        if febrile and question == "medicine" and rng.random() < figures.TOOK_SOMETHING:
            return "took some Tylenol around 2 hours ago" if off else "Tylenol 2 hours ago"
        asked, others = WELL[question]
        return rng.choice(others) if off else asked

    def _temperature(self, febrile: bool) -> float:
        if febrile:
            return self.rng.uniform(100.5, 102.8)
        if self.rng.random() < figures.BORDERLINE:
            return self.rng.uniform(99.5, 100.3)
        return self.rng.uniform(97.4, 99.0)

    def _is_night(self, now: datetime) -> bool:
        hour = now.astimezone(self.zone).hour
        return hour >= figures.NIGHT_FROM or hour < figures.NIGHT_UNTIL
