"""How many segments a text takes on the phone network. One sign outside the GSM alphabet more than halves a segment."""

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("^{}\\[~]|€\f")
"""Signs of the GSM alphabet that take two places."""


def is_gsm7(text: str) -> bool:
    """Whether every sign of the text is in the GSM 7-bit alphabet."""
    return all(sign in BASIC or sign in EXTENDED for sign in text)


def segments(text: str) -> int:
    """The number of segments: of 160 GSM signs or 70 others, and of 153 or 67 each when there are several."""
    if is_gsm7(text):
        length, alone, each = sum(2 if sign in EXTENDED else 1 for sign in text), 160, 153
    else:
        length, alone, each = len(text.encode("utf-16-be")) // 2, 70, 67
    return 1 if length <= alone else -(-length // each)
