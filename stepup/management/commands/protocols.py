"""`manage.py protocols`: the labels and pathways known, and how far each was read. Touches no database."""

from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser

from protocols import dosing, library, precautions
from protocols.model import Label
from protocols.pathway import STEP_UP, Pathway
from protocols.regimens import Dose, Phase, Step
from stepup.management.plain import PlainCommand, heading, label_of


class Command(PlainCommand):
    help = "Print the labels and pathways known, their fingerprints, and which of their tables answer ask."
    example = "protocols teclistamab-us-2025-03"

    def arguments(self, parser: CommandParser) -> None:
        """Nothing, or one id."""
        parser.add_argument("id", nargs="?", help="one label or pathway in full")

    def answer(self, options: dict[str, Any]) -> tuple[list[str], Any]:
        """Everything in short, or one label or pathway in full."""
        wanted = options["id"]
        if wanted is None:
            labels, pathways = library.known_labels(), library.pathways()
            lines = [line for label in labels for line in _label_lines(label)]
            lines += [line for pathway in pathways for line in _pathway_lines(pathway)]
            document = {
                "labels": [_label(each) for each in labels],
                "pathways": [_pathway(each) for each in pathways],
            }
            return lines, document
        if any(pathway.id == wanted for pathway in library.pathways()):
            pathway = library.pathway(wanted)
            return _pathway_lines(pathway), _pathway(pathway)
        label = label_of(wanted)
        return [
            *_label_lines(label),
            *_dose_lines(label),
            *_around_lines(label),
            *_reading_lines(label),
        ], _label(label)


def _label_lines(label: Label) -> list[str]:
    """The label in short: what it is, its fingerprint, and each part of it read or asked for."""
    lines = [
        label.id,
        f"    {heading(label)}",
        f"    fingerprint  {label.fingerprint}",
        f"    note         {label.note}",
    ]
    for table in label.tables:
        said = {"yes": "read", "partly": "read in part, else ask", "no": "ask"}[table.read]
        lines.append(f"    {table.id:<14} {said}{': ' if table.missing else ''}{table.missing}")
    return [*lines, ""]


def _dose_lines(label: Label) -> list[str]:
    """Every dose of every regimen with its rule and its source."""
    lines = []
    for regimen in label.regimens:
        lines.append(f"    {regimen.id}: {regimen.title}")
        for dose in regimen.doses:
            lines.append(
                f"        {dose.id:<22} {dosing.rule(dose) or 'ask':<12} {_when(dose):<14} {label.cite(dose.sources)}"
            )
            if isinstance(dose, Phase) and dose.entry:
                lines.append(f"        {'':<22} only once a clinician confirms {dose.entry}")
    return [*lines, ""]


def _when(dose: Dose) -> str:
    if isinstance(dose, Step):
        return dose.day
    return f"every {dose.interval_days} days" + (f", {dose.doses} doses" if dose.doses else "")


def _around_lines(label: Label) -> list[str]:
    """What goes before and after each dose, once for those that share it."""
    lines = []
    for each in precautions.around(label):
        lines += [f"    {each.names}", f"        before   {each.before}", f"        after    {each.after}"]
    return [*lines, ""]


def _reading_lines(label: Label) -> list[str]:
    """How we read the label where it can be read in more than one way."""
    return [f"    reading      {each.topic}: {each.says}. Because {each.why}." for each in label.readings]


def _pathway_lines(pathway: Pathway) -> list[str]:
    """The pathway in short, and what in it is nobody's but ours."""
    lines = [
        pathway.id,
        f"    {pathway.title}, {pathway.jurisdiction}",
        f"    fingerprint  {pathway.fingerprint}",
        f"    in hospital  {_in_hospital(pathway)}",
    ]
    for row in pathway.rhythm:
        lines.append(
            f"    hour {row.from_hour} to {row.to_hour}: every {row.every_hours} hours: {', '.join(row.ask)}"
        )
    return [*lines, *(f"    proposal     {proposal}" for proposal in pathway.proposals), ""]


def _in_hospital(pathway: Pathway) -> str:
    """Which doses are given there, in words; every other one is given at home."""
    named = [
        "every dose watched as a step-up dose" if dose == STEP_UP else dose for dose in pathway.in_hospital
    ]
    return ", ".join(named) or "no dose"


def _label(label: Label) -> dict[str, Any]:
    """The label as JSON: identity, fingerprint, and its parts by how far they were read."""
    return {
        "id": label.id,
        "kind": "label",
        "drug": label.drug,
        "name": label.name,
        "brand": label.brand,
        "jurisdiction": label.jurisdiction,
        "revision": label.revision,
        "fingerprint": label.fingerprint,
        "note": label.note,
        "readings": [asdict(each) for each in label.readings],
        "premedication": [asdict(each) for each in label.premedication],
        "observations": [asdict(each) for each in label.observations],
        "statements": [asdict(each) for each in label.statements],
        "guidelines": [asdict(each) for each in label.guidelines],
        "regimens": [_regimen(label, regimen.id) for regimen in label.regimens],
        "read": [table.id for table in label.tables if table.read == "yes"],
        "partly_read": [table.id for table in label.tables if table.read == "partly"],
        "ask": [table.id for table in label.tables if table.read == "no"],
        "tables": [asdict(table) for table in label.tables],
        "sources": [asdict(source) for source in label.sources],
    }


def _regimen(label: Label, regimen_id: str) -> dict[str, Any]:
    regimen = next(each for each in label.regimens if each.id == regimen_id)
    doses = [
        {"id": dose.id, "name": dose.name, "rule": dosing.rule(dose) or None, "sources": list(dose.sources)}
        for dose in regimen.doses
    ]
    return {
        "id": regimen.id,
        "title": regimen.title,
        "steps": doses[: len(regimen.steps)],
        "phases": doses[len(regimen.steps) :],
    }


def _pathway(pathway: Pathway) -> dict[str, Any]:
    """The pathway as JSON: identity, fingerprint, rhythm, and which values are proposals."""
    return {
        "id": pathway.id,
        "kind": "pathway",
        "title": pathway.title,
        "jurisdiction": pathway.jurisdiction,
        "fingerprint": pathway.fingerprint,
        "watch_hours": pathway.watch_hours,
        "rhythm": [asdict(row) for row in pathway.rhythm],
        "later_doses": list(pathway.later_doses),
        "later_watch_hours": pathway.later_watch_hours,
        "later_rhythm": [asdict(row) for row in pathway.later_rhythm],
        "in_hospital": list(pathway.in_hospital),
        "readiness": [asdict(row) for row in pathway.readiness],
        "basis": [asdict(row) for row in pathway.basis],
        "silence": asdict(pathway.silence),
        "minutes_per_rung": dict(pathway.minutes_per_rung),
        "ladder": [asdict(row) for row in pathway.ladder],
        "proposals": list(pathway.proposals),
        "sources": [asdict(source) for source in pathway.sources],
    }
