"""From a text as it was typed to tokens that every rule reads the same way. Nothing is judged here.

Letters lose case and accents, digits of every script become 0-9, apostrophes vanish, and what people put between
words (dashes, brackets, line ends) becomes either a space or a break that a negation does not cross.
"""

import base64
import binascii
import re
import unicodedata
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

LONGEST = 1600
"""Characters read of one text: as many as a provider sends. The rest of a longer one is left to a person."""

LONGEST_PACKED = 6 * LONGEST
"""What base64 makes of the longest text, with room to spare."""

_BEFORE = str.maketrans(
    {
        "º": "°", "˚": "°", "’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "′": "'", "“": " ", "”": " ",
        "٫": ".", "٬": "", "·": ".", "½": ".5", "\u2026": ". ", "。": ". ", "、": ", ", "—": " - ",
        "–": "-", "−": "-", "‑": "-", "‐": "-", "\r": "\n", "\u2028": "\n", "\t": " ", "\xa0": " ",
    }
)  # fmt: skip
_SKIN = re.compile("[\U0001f3fb-\U0001f3ff]")
_REPAIR = re.compile(r"(?<![a-z0-9])[0-9li|][0-9oli|]*(?:[.,][0-9oli|]+)?(?=\s?(?:[cf]|°[cf]?)?(?![a-z0-9]))")
_MIXED = re.compile(r"[0-9][.,]?[oli|]|[oli|][.,]?[0-9]")
_LOST_APOSTROPHE = re.compile(r"(?<=[a-z])[?\ufffd](?=(?:t|s|m|ll|re|ve|d)\b)")
_CONTRACTED = re.compile(r"(?<=[a-z])'(ll|re|ve|d)\b")
_IN_FULL = {"ll": " will", "re": " are", "ve": " have", "d": " would"}
"""Contractions that without their apostrophe would be other words: `I'll` is not ill, `we'll` is not well."""

_LOOKS_LIKE = str.maketrans("oli|", "0111")

_TWO_PRESSURES_AND_PULSE = re.compile(r"(?<![\d/])((?:\d{3}|[4-9]\d)/\d{2,3})/(\d{2,3})(?![\d/])")
_QUOTED = re.compile(r"""([^"“”„«「『]*)["“”„«「『].*["“”»」』]([^"“”»」』]*)""", re.DOTALL)

_SHAPES = re.compile(
    r"""
      (?P<cjk> [\u3400-\u9fff]+ )
    | (?P<word> (?:o2|sp[o0]2)(?!\d|[.,]\d) | [^\W\d_\u3400-\u9fff]+ )
    | (?P<space> [\s'_-]+ )
    | (?P<phone> (?<!\d)\+?\d{10,15}(?!\d)
               | (?<!\d)(?:\+?1[-.\s])?\(?[2-9]\d\d\)?[-.\s]\s?[2-9]\d\d[-.]\d{4}(?!\d)
               | (?<![\d.])[2-9]\d\d-\d{4}(?!\d) )
    | (?P<date> (?<!\d)(?:19|20)\d\d-\d{1,2}-\d{1,2}(?!\d)
              | (?<![\d/])[0-3]?\d/[0-3]?\d/(?:\d{4}|\d{2})(?!\d) )
    | (?P<clock> (?<![\d.,/])(?:[01]?\d|2[0-3]):[0-5]\d(?:[ap]\.?m\b\.?)?(?!\d)
               | (?<![\d.,/])(?:1[0-2]|0?[1-9])(?:[.][0-5]\d)?[ap]\.?m\b\.? )
    | (?P<pair> (?<![\d/])\d{1,3}\s?/\s?\d{1,3}(?![\d/]) )
    | (?P<number> (?<!\d)\d[.,]\d{3}(?!\d) | \d{2,}\s?\.5(?!\d) | \d+(?:[.,]\d{1,2}(?!\d))? )
    | (?P<stop> [.,;!?()\n\[\]"]+ )
    | (?P<mark> . )
    """,
    re.VERBOSE,
)


class Token(NamedTuple):
    """One word, number, clock time, sign or emoji, folded; `after_break` says that a stop stands before it."""

    text: str
    kind: str
    value: Decimal | None = None
    glued: bool = False
    after_break: bool = False


def unwrap(text: str) -> str:
    """The text itself, or what it says where a carrier delivered a long text as base64."""
    packed = text.strip()
    if (
        not 24 <= len(packed) <= LONGEST_PACKED
        or len(packed) % 4
        or not re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", packed)
    ):
        return text
    try:
        said = base64.b64decode(packed, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return text
    return said if said.isprintable() and " " in said else text


def outside_quotes(text: str) -> str:
    """The text without what stands between its first and its last quotation mark; the text itself if it has none."""
    match = _QUOTED.fullmatch(text[:LONGEST].strip())
    return f"{match.group(1)} {match.group(2)}" if match else text


def fold(text: str) -> str:
    """The text in lower case, without accents, invisible signs or apostrophes, with digits 0-9."""
    return fold_whole(text)[0]


def fold_whole(text: str) -> tuple[str, bool]:
    """The folded text, and whether that is all of it. One sign may stand for many (a ligature); these count as well."""
    said = unwrap(text)
    composed = unicodedata.normalize("NFKC", _SKIN.sub("", said[:LONGEST].translate(_BEFORE)))
    return _folded(composed[:LONGEST]), max(len(said), len(composed)) <= LONGEST


def _folded(composed: str) -> str:
    text = composed.translate(_BEFORE).casefold()
    plain = text if text.isascii() else _without_accents(text)
    kept = _LOST_APOSTROPHE.sub("'", plain.replace("w/o", "without "))
    spelled = _CONTRACTED.sub(lambda match: _IN_FULL[match.group(1)], kept)
    pointed = re.sub(r"(?<=\d\d)'(?=\d(?!\d))", ".", spelled)
    joined = re.sub(r"(?<=\w)'(?=\w)", "", pointed)
    apart = _TWO_PRESSURES_AND_PULSE.sub(r"\1 \2", joined)
    return re.sub(r"(?<=\s)-+(?=\s)", ",", apart)


def _without_accents(text: str) -> str:
    """The text without marks and invisible signs, its digits 0-9."""
    return "".join(map(_plain, unicodedata.normalize("NFKD", text)))


@lru_cache(maxsize=8192)
def _plain(sign: str) -> str:
    category = unicodedata.category(sign)
    if category == "Nd":
        return str(unicodedata.decimal(sign))
    return "" if category in {"Mn", "Me", "Cf"} else sign


def tokens(text: str) -> tuple[Token, ...]:
    """The tokens of a text, in order. Every character that is not a space, dash or stop is in one of them."""
    return tokens_of(fold(text))


def tokens_of(folded: str) -> tuple[Token, ...]:
    """The tokens of a text that is folded already."""
    folded = _REPAIR.sub(_repaired, folded) if _MIXED.search(folded) else folded
    found: list[Token] = []
    after_break, last_end = False, -1
    for match in _SHAPES.finditer(folded):
        kind, text = match.lastgroup or "mark", match.group()
        if kind == "space":
            continue
        if kind == "stop":
            after_break = True
            continue
        start, end = match.span()
        glued = start == last_end
        if kind == "cjk":
            found.append(_token(text[0], "word", glued, after_break))
            found += [_token(sign, "word", True, False) for sign in text[1:]]
        else:
            found.append(_token(text, kind, glued, after_break))
        after_break, last_end = False, end
    return tuple(found)


@lru_cache(maxsize=8192)
def _token(text: str, kind: str, glued: bool, after_break: bool) -> Token:
    """What stands there, made once: a text that costs much says the same again and again."""
    value = Decimal("".join(text.split()).replace(",", ".")) if kind == "number" else None
    return Token(text.strip(), kind, value, glued, after_break)


def _repaired(match: re.Match[str]) -> str:
    """`l01.5` and `1O1.5` read as digits; a word without a digit (`lol`, `ill`) stays a word."""
    chunk = match.group()
    digits = chunk.translate(_LOOKS_LIKE)
    is_number = any(sign.isdigit() for sign in chunk) and len(digits.replace(".", "").replace(",", "")) >= 3
    return digits if is_number else chunk
