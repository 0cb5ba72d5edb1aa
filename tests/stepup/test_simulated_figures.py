"""The made-up people and provider of the virtual ward do what `figures.py` says, as often as it says.

Each share is counted over so many draws that another one would be seen; the figures stand here once more, in words.
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from math import sqrt
from random import Random
from statistics import mean, quantiles
from typing import Any

import pytest
import requests

from stepup.simulate import figures
from stepup.simulate.agenda import Agenda
from stepup.simulate.clinic import ZONE
from stepup.simulate.patients import Person
from stepup.simulate.provider import Provider

NOON = datetime(2027, 3, 2, 12, tzinfo=ZONE).astimezone(UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MANY = 20_000
STEP_UP = ("step_up_dose_1", "step_up_dose_2", "first_treatment_dose")


def is_near(number: int, of: int, share: float) -> bool:
    """Whether so many of so many may well be this share: within four standard deviations."""
    return abs(number - of * share) <= 4 * sqrt(of * share * (1 - share))


def people(number: int = MANY) -> Iterator[Person]:
    """Many people, each with their own luck."""
    return (Person(place, Random(f"figures:{place}"), ZONE) for place in range(number))


def somebody(**facts: Any) -> Person:
    """One person, well at home, to be asked many times."""
    person = Person(0, Random("somebody"), ZONE)
    person.fever_after, person.began_at = "", NOON
    for name, value in facts.items():
        setattr(person, name, value)
    return person


# at the provider


class Sent:
    """One text: whether the provider took it, and what it reported, in the order in which it came."""

    def __init__(self) -> None:
        self.answer = 0
        self.reports: list[
            tuple[str, str, bool]
        ] = []  # status, code, whether the request was answered before


def many_texts(number: int) -> list[Sent]:
    """So many texts, each to a phone of its own, lived through to their last report."""
    agenda, texts = Agenda(), {}
    provider = Provider(agenda, figures.FAULTS["usual"], Random("texts"))

    def note(token: str, payload: dict[str, str], *, now: datetime) -> None:
        text = texts[token]
        text.reports.append((payload["MessageStatus"], payload.get("ErrorCode", ""), bool(text.answer)))

    provider.reports = note
    for place in range(number):
        provider.now = NOON + place * MINUTE
        text = texts[f"token{place}"] = Sent()
        fields = {
            "To": f"+1{place}",
            "From": "+1",
            "Body": "Hello",
            "StatusCallback": f"https://h/token{place}",
        }
        try:
            text.answer, _ = provider("POST", "/Messages.json", fields)
        except requests.ReadTimeout:
            text.answer = -1
        for act, _ in agenda.due(provider.now + MINUTE - timedelta(seconds=1)):
            act(provider.now)
    return list(texts.values())


@pytest.fixture(scope="module")
def texts() -> list[Sent]:
    """Enough of them for what happens to seven in a thousand."""
    return many_texts(100_000)


def took(texts: list[Sent]) -> list[Sent]:
    """Those that the provider took, whether or not it said so."""
    return [text for text in texts if text.answer in {201, -1}]


@pytest.mark.parametrize(
    ("code", "share"), [("30003", 0.012), ("30005", 0.004), ("30007", 0.005), ("30008", 0.003)]
)
def test_texts_fail_as_often_as_assumed(texts, code, share) -> None:
    taken = took(texts)
    failed = sum(any(said == code for _, said, _ in text.reports) for text in taken)
    assert is_near(failed, len(taken), share * (1 - 0.007)), "but for those of which nothing was heard"


def test_97_of_100_texts_are_delivered_and_reported_so(texts) -> None:
    delivered = sum(any(status == "delivered" for status, *_ in text.reports) for text in texts)
    assert round(100 * delivered / len(texts)) == 97


def test_the_life_of_a_text_is_reported_and_how_it_ended_is_missing_for_7_in_1000(texts) -> None:
    taken = took(texts)
    assert all("sent" in {status for status, *_ in text.reports} for text in taken)
    ended = sum(
        bool({"delivered", "undelivered"} & {status for status, *_ in text.reports}) for text in taken
    )
    assert is_near(len(taken) - ended, len(taken), 0.007)


def test_2_of_100_reports_come_twice(texts) -> None:
    each = [Counter(status for status, *_ in text.reports) for text in texts]
    assert is_near(sum(one - 1 for counts in each for one in counts.values()), sum(map(len, each)), 0.02)


def test_5_of_100_texts_are_reported_on_in_the_wrong_order(texts) -> None:
    whole = [text for text in texts if len({status for status, *_ in text.reports}) == 2]
    wrong = sum(text.reports[-1][0] == "sent" for text in whole)
    assert is_near(wrong, len(whole), 0.05 * (1 - 0.01))


def test_1_of_100_texts_is_reported_on_before_the_request_for_it_is_answered(texts) -> None:
    taken = took(texts)
    before = sum(not text.reports[0][2] for text in taken)
    assert is_near(before, len(taken), 0.01)


@pytest.mark.parametrize(("answer", "share"), [(429, 0.002), (500, 0.001), (-1, 0.001)])
def test_requests_fail_as_often_as_assumed(texts, answer, share) -> None:
    assert is_near(sum(text.answer == answer for text in texts), len(texts), share)


def test_a_text_to_the_service_comes_twice_5_times_and_never_once_in_1000() -> None:
    provider = Provider(Agenda(), figures.FAULTS["usual"], Random("inbound"))
    number = 100_000
    times = Counter(provider.receive("+1", "+2", "Hello", f"SM{n}", NOON) for n in range(number))
    assert is_near(times[2], number, 0.005)
    assert is_near(times[0], number, 0.001)


# at home


def test_people_answer_as_readily_as_assumed() -> None:
    shares = sorted(person.answers for person in people())
    assert mean(shares) == pytest.approx(0.78, abs=0.005)
    assert shares[len(shares) // 20] == pytest.approx(0.45, abs=0.012)
    assert shares[-len(shares) // 20] == pytest.approx(0.98, abs=0.004)


@pytest.mark.parametrize(
    ("at", "share"),
    [
        (NOON, 0.8),
        (NOON + 20 * DAY, 0.8 * 0.99**20),
        (NOON + 11 * HOUR, 0.8 * 0.5),
        (NOON - 6 * HOUR, 0.8 * 0.5),
        (NOON + 9 * HOUR, 0.8),
    ],
    ids=[
        "at noon",
        "one in a hundred fewer each day",
        "half at night",
        "half before seven",
        "in the evening",
    ],
)
def test_fewer_answer_each_day_and_at_night(at, share) -> None:
    person = somebody(answers=0.8)
    assert is_near(sum(person.looks_after(at) is not None for _ in range(MANY)), MANY, share)


@pytest.mark.parametrize(("minutes", "share"), [(17, 0.507), (60, 0.717), (240, 0.915), (480, 0.967)])
def test_answers_come_as_late_as_assumed(minutes, share) -> None:
    person = somebody(answers=1.0)
    spans = [person.looks_after(NOON) for _ in range(MANY)]
    assert is_near(sum(span is not None and span <= minutes * MINUTE for span in spans), MANY, share)


@pytest.mark.parametrize(
    "question", ["temperature", "symptoms", "medicine", "thinking", "caregiver", "bp", "oxygen"]
)
def test_22_of_100_replies_are_not_in_the_asked_format(question) -> None:
    in_format = {"symptoms": "6", "medicine": "NONE", "caregiver": "1", "bp": "NO", "oxygen": "NO"}
    person = somebody()

    def is_in_format(words: str) -> bool:
        if question == "temperature":
            return words.replace(".", "", 1).isdecimal()
        if question == "thinking":
            return words.endswith("I am at home today.")
        return words == in_format[question]

    answers = [words for words in answers_to(person, question) if words != ["Wrong number"]]
    off = sum(not any(map(is_in_format, words)) for words in answers)
    assert is_near(off, len(answers), 0.22)


def answers_to(person: Person, question: str) -> list[list[str]]:
    """What somebody writes, asked the same question many times."""
    return [person.writes(question, NOON) for _ in range(MANY)]


def readings_of(person: Person) -> list[float]:
    """The temperatures in what somebody writes when asked for it many times."""
    found = (re.search(r"\d+\.\d", words[-1]) for words in answers_to(person, "temperature"))
    return [float(one[0]) for one in found if one]


def test_replies_come_in_parts_twice_and_from_a_wrong_person_as_often_as_assumed() -> None:
    answers = answers_to(somebody(), "temperature")
    wrong = answers.count(["Wrong number"])
    assert is_near(wrong, MANY, 0.005)
    assert is_near(sum(words[0] == "Hello" for words in answers), MANY - wrong, 0.05)
    assert is_near(sum(len(words) > 1 and words[-1] == words[-2] for words in answers), MANY - wrong, 0.03)


def test_6_of_100_readings_are_borderline() -> None:
    readings = readings_of(somebody())
    assert all(97.4 <= one <= 100.3 for one in readings), "nobody has a fever"
    assert is_near(sum(one >= 99.5 for one in readings), len(readings), 0.06)


def test_somebody_febrile_reads_a_fever() -> None:
    assert min(readings_of(somebody(fever=(NOON, NOON + HOUR)))) >= 100.5


def test_people_write_unasked_11_times_in_ten_days_at_first_and_later_3_times() -> None:
    by_day: Counter[int] = Counter()
    for person in people(4_000):
        person.began_at, at = NOON, NOON
        while (at := person.next_unasked(at)) < NOON + 8 * DAY:
            by_day[(at - NOON).days] += 1
    for day in range(8):
        expected = 4_000 * (1.1 if day <= 3 else 0.3)
        assert abs(by_day[day] - expected) <= 4 * sqrt(expected), f"day {day}"


def test_2_of_100_opt_out() -> None:
    assert is_near(sum(person.opts_out for person in people()), MANY, 0.02)


# fever


@pytest.mark.parametrize(("has_tocilizumab", "share"), [(True, 0.2), (False, 0.7)])
def test_a_course_has_one_fever_or_none_over_the_step_up(has_tocilizumab, share) -> None:
    courses = [person for person in people() if person.has_tocilizumab == has_tocilizumab]
    for person in courses:
        for place, step in enumerate(STEP_UP):
            person.is_given_a_dose(step, NOON + 3 * place * DAY)
    assert is_near(sum(person.fever is not None for person in courses), len(courses), share)


def test_no_dose_past_the_step_up_brings_a_fever() -> None:
    for person in people(500):
        for week in range(20):
            person.is_given_a_dose("weekly", NOON + 7 * week * DAY)
        assert person.fever is None


def test_a_second_dose_of_the_same_step_brings_no_second_fever() -> None:
    person = somebody(fever_after="step_up_dose_1")
    person.is_given_a_dose("step_up_dose_1", NOON)
    first = person.fever
    person.is_given_a_dose("step_up_dose_1", NOON + 9 * DAY)
    assert first is not None
    assert person.fever == first


def test_half_of_the_fevers_begin_within_24_hours_of_their_dose() -> None:
    onsets = []
    for person in people():
        for step in STEP_UP:
            before = person.fever
            person.is_given_a_dose(step, NOON)
            if person.fever is not None and before is None:
                onsets.append((person.fever[0] - NOON) / HOUR)
    assert quantiles(onsets)[1] == pytest.approx(24, abs=1)
    assert is_near(sum(onset <= 12 for onset in onsets), len(onsets), 0.161), "a log-normal of sigma 0.7"
