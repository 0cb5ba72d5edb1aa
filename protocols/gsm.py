"""How many segments a text takes on the phone network. One sign outside the GSM alphabet more than halves a segment."""

import unicodedata

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("^{}\\[~]|€\f")
"""Signs of the GSM alphabet that take two places."""


def is_gsm7(text: str) -> bool:
    """Whether every sign of the text is in the GSM 7-bit alphabet."""
    return all(sign in BASIC or sign in EXTENDED for sign in text)


TYPED = str.maketrans(
    {
        "\r": "",
        "\t": " ",
        "\N{NO-BREAK SPACE}": " ",
        "\N{LEFT SINGLE QUOTATION MARK}": "'",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "\N{LEFT DOUBLE QUOTATION MARK}": '"',
        "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
        "\N{EN DASH}": "-",
        "\N{EM DASH}": "-",
        "\N{HORIZONTAL ELLIPSIS}": "...",
    }
)
"""What keyboards put in by themselves, and how a phone network writes it."""


def plain(text: str) -> str:
    """The text with typed quotes and dashes made plain, and accents left out where the alphabet lacks the letter.

    What has no plain form stays as it is.
    """
    return "".join(sign if is_gsm7(sign) else _without_accent(sign) for sign in text.translate(TYPED))


def _without_accent(sign: str) -> str:
    letters = "".join(one for one in unicodedata.normalize("NFKD", sign) if not unicodedata.combining(one))
    return letters if is_gsm7(letters) else sign


def segments(text: str) -> int:
    """The number of segments: of 160 GSM signs or 70 others, and of 153 or 67 each when there are several."""
    if is_gsm7(text):
        length, alone, each = sum(2 if sign in EXTENDED else 1 for sign in text), 160, 153
    else:
        length, alone, each = len(text.encode("utf-16-be")) // 2, 70, 67
    return 1 if length <= alone else -(-length // each)
