"""What is common to every PDF: fonts that hold the words, black on white, and the foot of each page.

Latin words use a font every reader has. Words with Chinese signs use the Chinese font that PDF readers bring along. A
letter that neither holds is printed as its plain form, or as `?`, and never as an empty box; `lacks` tells a page of
it, so that it can say so.
"""

import re
import unicodedata
from datetime import datetime
from typing import Any

from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen import canvas
from reportlab.platypus import Paragraph

LATIN, BOLD, CHINESE = "Helvetica", "Helvetica-Bold", "MSung-Light"
FIRST_CHINESE = 0x2E80  # what lies before it and in no western font is another script

WITH_A_MARK = re.compile(r"LATIN (?P<size>CAPITAL|SMALL) LETTER (?P<letter>[A-Z]) WITH .*")

pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))


def is_chinese(words: str) -> bool:
    """Whether the words need the Chinese font."""
    return any(ord(sign) >= FIRST_CHINESE for sign in words)


def printable(words: str) -> str:
    """The words in letters that a font of ours holds: others lose their marks, and the last resort is `?`."""
    return "".join(_plain(sign) for sign in words)


def _plain(sign: str) -> str:
    if ord(sign) >= FIRST_CHINESE or _in_latin(sign):
        return sign
    kept = "".join(part for part in unicodedata.normalize("NFKD", sign) if _in_latin(part))
    named = WITH_A_MARK.fullmatch(unicodedata.name(sign, ""))  # a stroke does not come off by itself
    if not kept and named:
        kept = named["letter"] if named["size"] == "CAPITAL" else named["letter"].lower()
    return kept or "?"


def lacks(words: str) -> bool:
    """Whether some letter of the words is printed as another one."""
    return printable(words) != words


def _in_latin(sign: str) -> bool:
    try:
        sign.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def paragraph(
    words: str, size: float, *, bold: bool = False, leading: float = 1.2, center: bool = False
) -> Paragraph:
    """A paragraph of plain words (no markup) that breaks lines where its script does."""
    chinese = is_chinese(words)
    style = ParagraphStyle(
        "plain",
        fontName=CHINESE if chinese else BOLD if bold else LATIN,
        fontSize=size,
        leading=size * leading,
        wordWrap="CJK" if chinese else None,
        alignment=1 if center else 0,
    )
    escaped = printable(words).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return Paragraph(escaped, style)


class Numbered(canvas.Canvas):
    """A canvas that writes `page 2 of 5` and when the paper was made at the foot of every page."""

    def __init__(self, *args: Any, foot: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._foot = foot
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802 - the library's name
        """Keep the page until it is known how many there are."""
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        """Write every page with its number."""
        for number, page in enumerate(self._pages, start=1):
            self.__dict__.update(page)
            self.setFont(LATIN, 8)
            width = self._pagesize[0]
            self.drawString(36, 24, printable(self._foot))
            self.drawRightString(width - 36, 24, f"page {number} of {len(self._pages)}")
            super().showPage()
        super().save()


def stamp(now: datetime, zone_words: str) -> str:
    """When a paper was printed: the site's clock, and UTC."""
    return f"printed {zone_words} ({now:%Y-%m-%d %H:%M} UTC)"
