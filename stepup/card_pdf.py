"""The wallet card as a PDF: two cards on one sheet, each to be folded; what an emergency team needs, and no fact.

A card says what the first screen of the page says, the number to call, the address as a QR code and in letters, and no
name: whoever carries it may write one on it.
"""

from dataclasses import dataclass
from datetime import date
from io import BytesIO

import segno
from reportlab.lib.pagesizes import letter
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from notifications import phones
from stepup import paper
from stepup.emergency_texts import Advice

WIDTH, HEIGHT = 85.6 * mm, 54 * mm  # a bank card; the sheet holds front and back side by side
EDGE = 3 * mm
QR_SIDE = 30 * mm
COPIES = 2  # the patient's and the caregiver's


@dataclass(frozen=True)
class Card:
    """Everything on a card. `address` is the whole address of the patient's page; `short` the one to type."""

    advice: Advice
    number: str
    address: str
    short: str
    code: str
    printed_on: date


def draw(card: Card) -> bytes:
    """The sheet, ready to print, cut and fold."""
    into = BytesIO()
    sheet = Canvas(into, pagesize=letter, pageCompression=1, invariant=1)
    sheet.setTitle("Emergency card")
    _, tall = letter
    left = (letter[0] - 2 * WIDTH) / 2
    _put(sheet, card.advice.words["card_fold"], 9, (left, tall - 20 * mm), 2 * WIDTH)
    for copy in range(COPIES):
        bottom = tall - 30 * mm - (copy + 1) * (HEIGHT + 12 * mm)
        _frame(sheet, left, bottom)
        _front(sheet, card, left, bottom)
        _back(sheet, card, left + WIDTH, bottom)
    sheet.showPage()
    sheet.save()
    return into.getvalue()


def _frame(sheet: Canvas, left: float, bottom: float) -> None:
    sheet.setLineWidth(0.5)
    sheet.rect(left, bottom, 2 * WIDTH, HEIGHT)
    sheet.setDash(2, 2)
    sheet.line(left + WIDTH, bottom, left + WIDTH, bottom + HEIGHT)
    sheet.setDash()


def _front(sheet: Canvas, card: Card, left: float, bottom: float) -> None:
    words, inner = card.advice.words, WIDTH - 2 * EDGE
    top = bottom + HEIGHT - EDGE
    top = _put(sheet, card.advice.body["first"]["says"], 8.5, (left + EDGE, top), inner, bold=True)
    top = _put(sheet, words["call_now"], 8, (left + EDGE, top - 1.5 * mm), inner)
    top = _put(sheet, phones.for_reading(card.number), 17, (left + EDGE, top), inner, bold=True)
    _put(sheet, words["card_show"], 7, (left + EDGE, top - 1 * mm), inner)
    _put(sheet, f"{words['card_name']}: " + "_" * 34, 8, (left + EDGE, bottom + EDGE + 4 * mm), inner)


def _back(sheet: Canvas, card: Card, left: float, bottom: float) -> None:
    words = card.advice.words
    _qr(sheet, card.address, left + EDGE, bottom + HEIGHT - EDGE - QR_SIDE)
    beside, width = left + EDGE + QR_SIDE + 3 * mm, WIDTH - QR_SIDE - 3 * EDGE
    top = bottom + HEIGHT - EDGE
    top = _put(sheet, words["card_scan"], 7.5, (beside, top), width)
    top = _put(sheet, card.short, 8, (beside, top - 0.5 * mm), width, bold=True)
    top = _put(sheet, _parted(card.code), 15, (beside, top - 1 * mm), width, bold=True)
    _put(sheet, words["card_born"], 7, (beside, top - 1 * mm), width)
    until = words["card_until"].format(until=card.advice.review_on, printed=card.printed_on)
    _put(sheet, until, 7, (left + EDGE, bottom + HEIGHT - EDGE - QR_SIDE - 2 * mm), WIDTH - 2 * EDGE)


def _parted(code: str) -> str:
    """Four signs at a time, as people type them; the page takes them with or without the space."""
    return f"{code[:4]} {code[4:]}"


def _put(
    sheet: Canvas, words: str, size: float, at: tuple[float, float], width: float, *, bold: bool = False
) -> float:
    """Write a paragraph whose upper left corner is `at`; return where the next one begins."""
    left, top = at
    text = paper.paragraph(words, size, bold=bold)
    _, tall = text.wrap(width, HEIGHT)
    text.drawOn(sheet, left, top - tall)
    return float(top - tall)


def _qr(sheet: Canvas, address: str, left: float, bottom: float) -> None:
    """The address as a QR code that a creased card still shows (level Q mends a quarter of it)."""
    rows = list(segno.make(address, error="q", micro=False).matrix_iter(border=0))
    side = QR_SIDE / len(rows)
    for down, row in enumerate(rows):
        for across, dark in enumerate(row):
            if dark:
                y = bottom + QR_SIDE - (down + 1) * side
                sheet.rect(left + across * side, y, side, side, stroke=0, fill=1)
