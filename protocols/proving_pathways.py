"""Is this pathway whole? Hours that run forward, questions that can be asked, a source or a proposal for each value.

Each check yields `(place, problem)`; the library refuses the file at the first one.
"""

from collections.abc import Iterator

from protocols import ladder, rulebook
from protocols.pathway import Pathway, Readiness, Rhythm
from protocols.proving import Problem, sources_cited

QUESTIONS = frozenset(
    {
        "temperature",
        "symptoms",
        "medicine",
        "thinking",
        "caregiver",
        "breath",
        "dizzy",
        "bp",
        "oxygen",
        "fluids",
        "free",
    }
)
URGENCIES = {"emergency", "urgent", "clarify"}


def pathway_problems(pathway: Pathway) -> Iterator[Problem]:
    """Everything that keeps a pathway from being used."""
    yield from sources_cited(pathway, pathway.sources)
    yield from _rhythm(pathway.rhythm, pathway.watch_hours, "rhythm")
    yield from _rhythm(pathway.later_rhythm, pathway.later_watch_hours, "later_rhythm")
    silence = pathway.silence
    minutes = (
        silence.again_minutes,
        silence.caregiver_minutes,
        silence.voice_minutes,
        silence.person_minutes,
    )
    if not 0 < minutes[0] < minutes[1] < minutes[2] < minutes[3]:
        yield "silence", f"each step must come after the one before it, not at {minutes} minutes"
    if set(pathway.minutes_per_rung) != URGENCIES:
        yield "minutes_per_rung", f"needs exactly {', '.join(sorted(URGENCIES))}"
    for name in (
        "concern_every_hours",
        "clarify_minutes",
        "reach_minutes",
        "resolve_minutes",
        "tell_patient_minutes",
    ):
        if getattr(pathway, name) <= 0:
            yield name, "must be more than nothing"
    if any(rung <= 0 for rung in pathway.minutes_per_rung.values()):
        yield "minutes_per_rung", "every rung must last more than nothing"
    yield from ladder.problems(pathway.ladder, pathway.minutes_per_rung)
    if pathway.fever_c * 9 / 5 + 32 != pathway.fever_f:
        yield "fever_f", f"{pathway.fever_f} F is not {pathway.fever_c} C"
    line = rulebook.load().temperature["fever"]
    if (pathway.fever_c, pathway.fever_f) != (line["C"], line["F"]):
        # What is signed and what pages must be one line: triage reads its own file, whichever pathway a patient is on.
        yield (
            "fever_c",
            f"every reply is judged by {line['C']} C and {line['F']} F: no other line can be signed",
        )

    yield from _readiness(pathway.readiness)


def _readiness(rows: tuple[Readiness, ...]) -> Iterator[Problem]:
    """Each thing asked once, its facts and limits possible, and what is derived never asked of a person."""
    ids = [row.id for row in rows]
    if len(set(ids)) != len(ids):
        yield "readiness", "an id stands twice"
    for number, row in enumerate(rows, start=1):
        place = f"readiness, row {number}"
        if {"name", "answer"} <= set(row.wants) or (row.derived and row.wants):
            yield place, "wants a name or an answer, not both, and nothing where it is derived"
        if row.one_of and (
            "answer" not in row.wants or len(set(row.one_of)) < 2 or len(max(row.one_of, key=len)) > 120
        ):
            yield (
                place,
                "answers to choose from need a question that wants one, two at least, and 120 signs at most",
            )
        if row.at_most_minutes is not None and ("minutes" not in row.wants or row.at_most_minutes <= 0):
            yield place, "a limit of minutes needs minutes to compare, and more than nothing"
        if (row.good_days is not None and row.good_days < 0) or (
            row.derived == "weight" and not row.good_days
        ):
            yield place, "days run forward, and a weight must say how many it stays good"


def _rhythm(rows: tuple[Rhythm, ...], watch_hours: int, place: str) -> Iterator[Problem]:
    """Spans inside the watch, known questions, and a last question when the watch ends."""
    for number, row in enumerate(rows, start=1):
        if not (0 <= row.from_hour < row.to_hour <= watch_hours and row.every_hours > 0):
            yield f"{place}, row {number}", "the hours must run forward inside the watch"
        if not row.ask or not set(row.ask) <= QUESTIONS:
            yield (
                f"{place}, row {number}",
                f"nobody knows how to ask {', '.join(sorted(set(row.ask) - QUESTIONS))}",
            )
    if not any(
        row.to_hour == watch_hours
        and row.every_hours > 0
        and not (watch_hours - row.from_hour) % row.every_hours
        for row in rows
    ):
        yield place, f"nothing is asked at hour {watch_hours}, when the watch ends"
