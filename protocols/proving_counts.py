"""Are the rows of low blood counts whole? Known counts, bounds the right way round, and one answer for a value."""

from collections.abc import Iterator

from protocols import counts
from protocols.model import CountRule


def count_problems(rules: tuple[CountRule, ...]) -> Iterator[tuple[str, str]]:
    """Everything that keeps the rows from being used, in the order of the file."""
    for number, rule in enumerate(rules, start=1):
        yield from ((f"counts, row {number}", problem) for problem in _of_one(rule))
        for other in rules[: number - 1]:
            if _meet(rule, other):
                yield f"counts, row {number}", f"a value of {rule.count} meets two rows"


def _of_one(rule: CountRule) -> Iterator[str]:
    if rule.count not in counts.UNITS:
        yield f"nobody knows the count {rule.count!r}"
    if not {rule.only_with, rule.and_without} <= {"", *counts.COMPANY}:
        yield f"what comes with a count is one of {', '.join(counts.COMPANY)}"
    if rule.below <= 0 or (rule.at_least is not None and not 0 <= rule.at_least < rule.below):
        yield "the bounds run backwards"
    if rule.until is not None and rule.until < rule.below:
        yield "a dose is given again below the value that withholds it"
    if (rule.until is None) != bool(rule.missing):
        yield "needs the value from which a dose is given again, or says what is missing"
    if not rule.text:
        yield "needs the row in words"


def _meet(one: CountRule, other: CountRule) -> bool:
    """Whether a value meets both rows. A row with company may stand beside one without."""
    if (one.count, one.only_with) != (other.count, other.only_with):
        return False
    return (one.at_least or 0) < other.below and (other.at_least or 0) < one.below
