"""How many segments a text costs: 160 or 153 characters of GSM-7, 70 or 67 of UCS-2."""

GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_7_TWO_PLACES = frozenset("^{}\\[~]|€\f")


def count(body: str) -> int:
    """The number of segments, at least one."""
    if all(letter in GSM_7 or letter in GSM_7_TWO_PLACES for letter in body):
        length = sum(2 if letter in GSM_7_TWO_PLACES else 1 for letter in body)
        single, part = 160, 153
    else:
        length = len(body.encode("utf-16-be")) // 2
        single, part = 70, 67
    return 1 if length <= single else -(-length // part)
