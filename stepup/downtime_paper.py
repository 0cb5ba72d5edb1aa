"""The downtime list as a PDF to print and a CSV to sort: for the hour in which no screen answers."""

import csv as comma_separated
from io import BytesIO, StringIO
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from reportlab.lib.pagesizes import letter
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, HRFlowable, KeepTogether, SimpleDocTemplate, Spacer

from notifications import daynames
from stepup import downtime_words, paper
from stepup.downtime import DowntimeList, Line

WRITING_LINES = 2
AFTERWARDS = gettext_lazy(
    "When the service is back, type in what was heard and done, with its own time. What was not sent meanwhile stands "
    "on the record of each patient; old pages are never sent late."
)


def pdf(made: DowntimeList) -> bytes:
    """The list in black on white, a block a patient that no page parts, with lines to write on."""
    title, when = downtime_words.head(made)
    zone = made.site.time_zone
    local = daynames.on_clock(made.made_at, zone, downtime_words.TIME)
    until = daynames.on_clock(made.good_until, zone, "%H:%M %Z")
    story: list[Flowable] = [paper.paragraph(title, 15, bold=True), paper.paragraph(when, 10)]
    story += [paper.paragraph(line, 11, bold=True) for line in downtime_words.calls(made)]
    for line in made.lines:
        story.append(KeepTogether(list(_block(made, line))))
    if not made.lines:
        story.append(paper.paragraph(_("Nobody is being watched and no case is open."), 11))
    story += [Spacer(0, 4 * mm), paper.paragraph(str(AFTERWARDS), 9)]
    into = BytesIO()
    foot = _("%(site)s, %(stamp)s, good until %(until)s") % {
        "site": made.site.name, "stamp": paper.stamp(made.made_at, local), "until": until,
    }  # fmt: skip
    sheet = SimpleDocTemplate(into, pagesize=letter, title="Downtime list", invariant=1, **_margins())
    sheet.build(story, canvasmaker=lambda *args, **more: paper.Numbered(*args, foot=foot, **more))
    return into.getvalue()


def _margins() -> dict[str, Any]:
    return {"leftMargin": 36, "rightMargin": 36, "topMargin": 36, "bottomMargin": 44}


def _block(made: DowntimeList, line: Line) -> list[Flowable]:
    case = downtime_words.case(line)
    said = [paper.paragraph(words, 9.5) for words in downtime_words.facts(made.site, line)]
    room = [HRFlowable(width="100%", thickness=0.4, spaceBefore=6 * mm) for _ in range(WRITING_LINES)]
    name = downtime_words.heading(line)
    marked = _(" (some letters cannot be printed here: compare the number)") if paper.lacks(name) else ""
    return [
        HRFlowable(width="100%", thickness=1.2, color="black", spaceBefore=3 * mm, spaceAfter=1 * mm),
        paper.paragraph(name + marked, 11, bold=True),
        paper.paragraph(case, 11 if line.case else 9.5, bold=bool(line.case)),
        *said,
        paper.paragraph(_("asked at, answer, by whom:"), 8),
        *room,
    ]


def csv(made: DowntimeList) -> bytes:
    """The list as UTF-8 with a mark that spreadsheets know."""
    into = StringIO()
    comma_separated.writer(into).writerows(downtime_words.table(made))
    return into.getvalue().encode("utf-8-sig")
