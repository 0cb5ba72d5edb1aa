"""Which numbers, in figures or in words, are digits of an open menu. `had 2 naps` and `un abrazo` hold none."""

from collections.abc import Sequence
from decimal import Decimal

from protocols.lexicon import Lexicon
from protocols.neighbours import Neighbours
from protocols.normalise import Token
from protocols.numerals import digit_of
from protocols.temperatures import fits

MENUS = frozenset({"symptoms", "caregiver", "breath", "dizzy", "fluids", "voice", "read_back"})
"""The questions answered by digits, as in questions.toml."""

DIGITS = frozenset("123456")


def is_menu(found: Sequence[Token], at: int, beside: Neighbours, lexicon: Lexicon) -> bool:
    """Whether the number at `at` can only be digits of the menu that is open."""
    text, value = found[at].text, found[at].value or Decimal(0)
    digits = [sign for sign in text if sign.isdigit()]
    if not set(digits) <= DIGITS or says_no_digit(found, at, beside, lexicon):
        return False
    return len(digits) == 1 or not fits(value) or (len(digits) == len(text) and value != 36)


def worded_digit(found: Sequence[Token], at: int, beside: Neighbours, lexicon: Lexicon) -> str:
    """The digit of the open menu that the word at `at` is, or nothing."""
    digit = digit_of(found[at].text, lexicon) if found[at].kind == "word" else ""
    if not digit or says_no_digit(found, at, beside, lexicon):
        return ""
    if found[at].text in lexicon.sets["articles"] and not _ends_or_lists(found, at + 1, lexicon):
        return ""
    return digit


def says_no_digit(found: Sequence[Token], at: int, beside: Neighbours, lexicon: Lexicon) -> bool:
    """Whether the words around say that this is no digit of a menu: a fixed phrase, a count, an hour or a "not"."""
    if beside.is_within(at, "no_digit") or beside.is_within(at, "none"):
        return True
    counts = at > 0 and _flows(found, at + 1) and found[at + 1].text in lexicon.sets["counted"]
    prefix = beside.before(at, "prefix_time")
    is_hour = prefix is not None and prefix.start > 0 and found[prefix.start - 1].kind == "number"
    return counts or is_hour or _is_denied(found, at, beside, lexicon)


def _is_denied(found: Sequence[Token], at: int, beside: Neighbours, lexicon: Lexicon) -> bool:
    """`not 2 or 3`. A bare "no" denies no digit: `no 3` may answer two questions."""
    for _ in DIGITS:
        if beside.before(at, "negators"):
            return not beside.before(at, "no")
        if at < 2 or found[at].after_break or found[at - 1].text not in lexicon.sets["or"]:
            return False
        at -= 2
    return False


def _ends_or_lists(found: Sequence[Token], at: int, lexicon: Lexicon) -> bool:
    """Whether a clause ends before `at`, or a list of digits goes on there (`una y dos`)."""
    if not _flows(found, at):
        return True
    text = found[at].text
    return found[at].kind == "number" or text in lexicon.numbers["and"] or bool(digit_of(text, lexicon))


def _flows(found: Sequence[Token], at: int) -> bool:
    return at < len(found) and not found[at].after_break
