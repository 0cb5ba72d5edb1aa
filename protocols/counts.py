"""The next dose after a low blood count: by the value, hold, give again from a value on, or ask.

Only rows that were read decide, and a row that wants something besides the count is a person's to judge. What no row
was read for asks; a guideline's line travels beside the ruling as information and never decides.
"""

from collections.abc import Sequence
from decimal import Decimal

from protocols import reactions
from protocols.errors import Refusal
from protocols.model import COUNT_UNITS, CountRule, Label
from protocols.parsing import plain
from protocols.reactions import Ruling

UNITS = COUNT_UNITS
COMPANY = ("bleeding", "fever")  # what a row may name besides the count
PART = "other"  # the part of the label in which its count rows stand


def shown(count: str, value: Decimal) -> str:
    """`neutrophils 0.4 × 10⁹/L`."""
    return f"{count} {plain(value)} {UNITS[count]}"


def met(label: Label, count: str, value: Decimal) -> tuple[CountRule, ...]:
    """The rows that withhold a dose at this value, with or without company."""
    return tuple(rule for rule in label.counts if rule.count == count and rule.covers(value))


def is_read(label: Label, count: str) -> bool:
    """True if a row was read that withholds a dose by this count alone: only then does a higher value let one go on."""
    return any(rule.count == count and not rule.only_with for rule in label.counts)


def unread(label: Label, count: str) -> str:
    """What is missing of this count and who supplies it, as sentences."""
    return label.supply(label.table(PART).missing or f"no row was read for {count}")


def next_after(label: Label, *, count: str, value: Decimal, over: bool, back_to: Decimal | None) -> Ruling:
    """What the label says of the next dose after a low count of this value.

    `over` means that a clinician recorded its end, `back_to` with which value. Until then no dose is given, whatever
    the rows say. Afterwards the rows that covered the value decide, those with company too: whoever recorded it knew.
    Refuses a count nobody knows.
    """
    if count not in UNITS:
        raise Refusal("unknown-count", f"No count is called {count!r}. Known: {', '.join(UNITS)}.")
    rules = met(label, count, value)
    if not over:
        return _open(label, count, value, rules)
    if not is_read(label, count):
        return _ruling("ask", unread(label, count), "not read")
    if not rules:
        because = f"No row of the label withholds a dose at {shown(count, value)}."
        return _ruling("give", because, _cited(label, [rule for rule in label.counts if rule.count == count]))
    return _again(label, count, rules, back_to)


def _open(label: Label, count: str, value: Decimal, rules: Sequence[CountRule]) -> Ruling:
    """Held while it lasts: by the label's row where one covers it, else by our own rule."""
    lasts = f"{capital(shown(count, value))} is not recorded as over: no dose until it is."
    if not rules:
        return _ruling("hold", lasts, "our rule, in every protocol")
    return _ruling("hold", f"{_sentences(label, rules)} {lasts}", _cited(label, rules))


def _again(label: Label, count: str, rules: Sequence[CountRule], back_to: Decimal | None) -> Ruling:
    """Given again from the highest value that the rows want; asked where it was not read or not recorded."""
    said, source = _sentences(label, rules), _cited(label, rules)
    missing = next((rule.missing for rule in rules if rule.until is None), "")
    if missing:
        return _ruling("ask", f"{label.supply(missing)} {said}", source)
    if back_to is None:
        return _ruling("ask", f"The value to which {count} came back is not recorded. {said}", source)
    if back_to < until(rules):
        low = f"{capital(shown(count, back_to))} is below {plain(until(rules))}."
        return _ruling("hold", f"{low} {said}", source)
    return _ruling("give", f"Back to {shown(count, back_to)}. {said}", source)


def until(rules: Sequence[CountRule]) -> Decimal:
    """The value from which all of these rows give a dose again; zero where none prints one."""
    return max((rule.until for rule in rules if rule.until is not None), default=Decimal(0))


def now_at(label: Label, *, count: str, values: Sequence[Decimal]) -> Ruling | None:
    """What a run of reported values, the oldest first, means for a dose now; None where no row has anything to say.

    Below a row's value a dose is withheld, and goes on being withheld until a later value has reached what the row
    wants. A row that wants company, and the value that ends one which wants something gone besides, ask: numbers
    alone do not say.
    """
    standing: tuple[CountRule, ...] = ()
    ended: tuple[CountRule, ...] = ()
    for value in values:
        alone = tuple(rule for rule in met(label, count, value) if not rule.only_with)
        reached = all(rule.until is not None and value >= rule.until for rule in standing)
        ended = standing if reached and not alone else ()
        standing = tuple(dict.fromkeys((*standing, *alone))) if alone or not reached else ()
    if not values:
        return None
    newest = capital(shown(count, values[-1]))
    if standing:
        return _ruling("hold", f"{newest}. {_sentences(label, standing)}", _cited(label, standing))
    asking = (*met(label, count, values[-1]), *(rule for rule in ended if rule.and_without))
    if not asking:
        return None
    whether = " or ".join(dict.fromkeys(rule.only_with or rule.and_without for rule in asking))
    asked = f"{newest}: is there {whether}? Decide it, and record a low blood count where there is."
    return _ruling("ask", f"{asked} {_sentences(label, asking)}", _cited(label, asking))


def _ruling(decision: str, because: str, source: str) -> Ruling:
    return Ruling(decision, "unspecified", True, "", because, source)  # type: ignore[arg-type]


def _sentences(label: Label, rules: Sequence[CountRule]) -> str:
    """The rows in the label's words, each with the value and the company that let a dose be given again."""
    return " ".join(f"{reactions.said(label, rule)}{_wants(rule)}" for rule in rules)


def _wants(rule: CountRule) -> str:
    if rule.until is None:
        return ""
    gone = f", without {rule.and_without}" if rule.and_without else ""
    return f" Given again at {plain(rule.until)} {rule.unit} or more{gone}."


def _cited(label: Label, rules: Sequence[CountRule]) -> str:
    return label.cite(tuple(dict.fromkeys(source for rule in rules for source in rule.sources)))


def capital(words: str) -> str:
    """The words as a sentence begins."""
    return words[0].upper() + words[1:]
