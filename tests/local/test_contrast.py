"""The colours of the style sheet, as pairs of ink and paper, measured as WCAG 2.2 measures them."""

import re

import pytest

from tests.local.trees import REPOSITORY

SHEET = (REPOSITORY / "stepup/static/stepup/stepup.css").read_text("utf-8")
PAPERS = ("paper", "sheet")
TEXT, LARGE = 4.5, 3.0
# Ink, what it stands on, and what it has to reach: words 4.5 to 1, the edges and shapes that mean something 3 to 1.
PAIRS = [
    *((ink, paper, TEXT) for ink in ("ink", "soft", "link", "danger", "warn") for paper in (*PAPERS, "sunk")),
    *(("ink", wash, TEXT) for wash in ("danger-wash", "warn-wash")),
    ("danger", "danger-wash", TEXT), ("warn", "warn-wash", TEXT), ("on-act", "act", TEXT),
    ("on-danger", "danger-fill", TEXT), ("on-bar", "bar", TEXT),
    *((edge, paper, LARGE) for edge in ("edge", "focus") for paper in PAPERS),
]  # fmt: skip


def tokens(theme: str) -> dict[str, str]:
    """The colours of a theme by name; the dark one changes those of the light one."""
    light, dark = re.findall(r":root \{(.*?)\}", SHEET, re.DOTALL)[:2]
    named = dict(re.findall(r"--([\w-]+): #(\w{6})", light))
    return named if theme == "light" else {**named, **dict(re.findall(r"--([\w-]+): #(\w{6})", dark))}


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_black_on_white_is_21_to_1() -> None:
    assert contrast("000000", "ffffff") == pytest.approx(21)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_ux8b_every_ink_stands_out_from_its_paper_in_both_themes(theme) -> None:
    colours = tokens(theme)
    weak = {
        f"{ink} on {paper}": round(contrast(colours[ink], colours[paper]), 2)
        for ink, paper, least in PAIRS
        if contrast(colours[ink], colours[paper]) < least
    }
    assert weak == {}
