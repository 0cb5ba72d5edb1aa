"""Numbers written as words (`one oh one point two`, `treinta y ocho y medio`, `38 y medio`) become number tokens.

A lone digit word stays a word, so that "no one" and "una" are never numbers; a menu reads those itself.
"""

from collections.abc import Sequence
from decimal import Decimal

from protocols.lexicon import Lexicon
from protocols.normalise import Token
from protocols.temperatures import fits


def digitised(found: Sequence[Token], lexicon: Lexicon, *, menu: bool = False) -> tuple[Token, ...]:
    """The tokens with every written-out number of two digits or more, or with a decimal, as one number token.

    Where a menu is open, words for single digits stay apart: they are its digits.
    """
    result: list[Token] = []
    at = 0
    while at < len(found):
        if found[at].kind != "number" and found[at].text not in lexicon.counting:
            result.append(found[at])
            at += 1
            continue
        digits, end = _number(found, at, lexicon)
        if digits and not (menu and digit_of(found[at].text, lexicon)):
            result.append(Token(digits, "number", Decimal(digits), found[at].glued, found[at].after_break))
            at = end
        else:
            result.append(found[at])
            at += 1
    return tuple(result)


def digit_of(word: str, lexicon: Lexicon) -> str:
    """The digit that a word names, or nothing."""
    digit = lexicon.numbers["digits"].get(word)
    return "" if digit is None else str(digit)


def _number(found: Sequence[Token], at: int, lexicon: Lexicon) -> tuple[str, int]:
    """The digits of the number written at `at` and the index after it, or nothing."""
    whole, end = _whole(found, at, lexicon)
    if not whole:
        return "", at
    fraction, after = _fraction(found, end, whole, lexicon)
    if fraction:
        return f"{whole}.{fraction}", after
    is_written = found[at].kind == "word"
    return (whole, end) if is_written and len(whole) > 1 else ("", at)


def _whole(found: Sequence[Token], at: int, lexicon: Lexicon) -> tuple[str, int]:
    token = found[at]
    if token.kind == "number" and token.text.isdigit():
        return token.text, at + 1
    for way in (_hundreds, _tens, _digit_by_digit):
        digits, end = way(found, at, lexicon)
        if digits:
            return digits, end
    teen = lexicon.numbers["teens"].get(token.text)
    return (str(teen), at + 1) if teen is not None else ("", at)


def _hundreds(found: Sequence[Token], at: int, lexicon: Lexicon) -> tuple[str, int]:
    """`one hundred and one`, `a hundred two`, `ciento uno`, and the same in Chinese characters."""
    count, hundred_at = 1, at
    if digit := digit_of(found[at].text, lexicon):
        count, hundred_at = int(digit), at + 1
    elif found[at].text in lexicon.numbers["one"]:
        hundred_at = at + 1
    if _text(found, hundred_at) not in lexicon.numbers["hundred"]:
        return "", at
    end = hundred_at + 1
    joined = end + 1 if _text(found, end) in lexicon.numbers["and"] else end
    rest, after = _below_hundred(found, joined, lexicon)
    return (str(count * 100 + int(rest)), after) if rest else (str(count * 100), end)


def _below_hundred(found: Sequence[Token], at: int, lexicon: Lexicon) -> tuple[str, int]:
    tens, end = _tens(found, at, lexicon)
    if tens:
        return tens, end
    word = _text(found, at)
    if word in lexicon.numbers["teens"]:
        return str(lexicon.numbers["teens"][word]), at + 1
    if digit_of(word, lexicon) == "0" and digit_of(_text(found, at + 1), lexicon):
        return digit_of(_text(found, at + 1), lexicon), at + 2
    digit = digit_of(word, lexicon)
    return (digit, at + 1) if digit else ("", at)


def _tens(found: Sequence[Token], at: int, lexicon: Lexicon) -> tuple[str, int]:
    """`ninety eight`, `treinta y ocho`; in Chinese a digit may stand before the ten."""
    word, end = _text(found, at), at + 1
    tens = lexicon.numbers["tens"].get(word, 0)
    count = digit_of(word, lexicon)
    if count and lexicon.numbers["teens"].get(_text(found, end)) == 10 and not _text(found, end).isascii():
        tens, end = int(count) * 10, end + 1
    if not tens:
        return "", at
    joined = end + 1 if _text(found, end) in lexicon.numbers["and"] else end
    digit = digit_of(_text(found, joined), lexicon)
    return (str(tens + int(digit)), joined + 1) if digit else (str(tens), end)


def _digit_by_digit(found: Sequence[Token], at: int, lexicon: Lexicon) -> tuple[str, int]:
    """`one oh one`, `three eight`: two or three digit words in a row."""
    digits = ""
    while len(digits) < 3 and (digit := digit_of(_text(found, at + len(digits)), lexicon)):
        digits += digit
    return (digits, at + len(digits)) if len(digits) >= 2 else ("", at)


def _fraction(found: Sequence[Token], at: int, whole: str, lexicon: Lexicon) -> tuple[str, int]:
    """What stands after the point: `point two`, `y medio`, or a bare digit word after written-out body heat."""
    words = [token.text for token in found[at : at + 4]]
    if not fits(Decimal(whole)):
        return "", at
    halves = (at + m.end for m in lexicon.plain.find(words) if m.name == "half" and m.start == 0)
    half = next(halves, None)
    if half is not None:
        return "5", half
    if _text(found, at) in lexicon.numbers["point_of_one"]:
        return _single_digit(found, at + 1, lexicon) or ("", at)
    begin = at + 1 if _text(found, at) in lexicon.numbers["point"] else at
    if begin == at and found[at - 1].kind == "number":
        return "", at
    digits, end = "", begin
    while len(digits) < 2 and end < len(found):
        token = found[end]
        spoken = begin > at and token.kind == "number" and token.text.isdigit() and len(token.text) <= 2
        digit = token.text if spoken else digit_of(token.text, lexicon) if token.kind == "word" else ""
        if not digit or (begin == at and (digits or token.after_break)):
            break
        digits, end = digits + digit, end + 1
    return (digits, end) if digits else ("", at)


def _single_digit(found: Sequence[Token], at: int, lexicon: Lexicon) -> tuple[str, int] | None:
    """The one digit at `at`, and the index after it (`38 con 5`)."""
    token = found[at] if at < len(found) and not found[at].after_break else None
    if token is None:
        return None
    digit = token.text if token.kind == "number" else digit_of(token.text, lexicon)
    return (digit, at + 1) if len(digit) == 1 and digit.isdigit() else None


def _text(found: Sequence[Token], at: int) -> str:
    return found[at].text if 0 <= at < len(found) and found[at].kind == "word" else ""
