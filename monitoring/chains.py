"""The chain over a case's history: whether each line is as it was written, in its place, after the line before it.

The database makes the links (migration `a_chain_over_each_case`); here they are walked. A line that was changed,
put in between, taken out or moved breaks a link. The end of a chain is held by the ledger, which is sealed by itself:
whoever resolves a case leaves the digest of its last line there, and every print of a timeline shows it. After it only
a second clinician's reading of a worksheet of the case is written, which the readings themselves hold; any other line
is told. What nothing here can tell from a line of ours is one put behind the last of a case that is not resolved.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from django.db.models import QuerySet

from monitoring.models import AssessmentReading, Escalation, EscalationEvent
from notifications import written
from notifications.models import AuditEntry

FIRST = "0" * 64
BATCH = 2000
RESOLVED = "resolved the case"
READ = "assessment read"  # the line of a second clinician's word on a worksheet

Act = tuple[int | None, datetime]
"""By whom something was done, and when."""


@dataclass(frozen=True)
class Broken:
    """The first link of a case that does not hold: at which line, and what is wrong there."""

    case: int
    code: str
    line: int
    why: str


@dataclass(frozen=True)
class Walked:
    """How many cases and lines were walked, and the first broken link of each case that has one."""

    cases: int
    lines: int
    broken: tuple[Broken, ...]


def walk(case: Escalation | None = None) -> Walked:
    """Every line of every case, or of one, in order."""
    lines = EscalationEvent.objects.select_related("escalation").order_by("escalation", "number", "pk")
    cases = Escalation.objects.all()
    if case is not None:
        lines, cases = lines.filter(escalation=case), cases.filter(pk=case.pk)
    ends, read = _ends(cases.filter(state=Escalation.State.RESOLVED)), _read(cases)
    counted, seen, broken = 0, set(), []
    for pk, rows in groupby(lines.iterator(chunk_size=BATCH), key=lambda line: line.escalation_id):
        chain = list(rows)
        counted += len(chain)
        seen.add(pk)
        broken.extend(list(_broken(chain, ends.get(pk), read[pk]))[:1])
    gone = cases.exclude(pk__in=seen)
    broken.extend(Broken(one.pk, one.code, 1, "no line of it is left") for one in gone)
    return Walked(len(seen), counted, tuple(sorted(broken, key=lambda one: one.case)))


def _ends(resolved: Iterable[Escalation]) -> dict[int, tuple[int, str]]:
    """What the ledger holds of the end of each resolved case: the number and the digest of its last line."""
    entries = AuditEntry.objects.filter(act=RESOLVED, detail__has_key="digest").order_by("pk")
    wanted = {str(case): case.pk for case in resolved}
    return {
        wanted[entry.subject]: (entry.detail["line"], entry.detail["digest"])
        for entry in entries.filter(subject__in=wanted)
    }


def _read(cases: QuerySet[Escalation]) -> Mapping[int, set[Act]]:
    """By case, who read a worksheet of it as the second clinician, and when."""
    readings = AssessmentReading.objects.filter(assessment__escalation__in=cases)
    found = defaultdict[int, set[Act]](set)
    for pk, by, at in readings.values_list("assessment__escalation", "by", "at"):
        found[pk].add((by, at))
    return found


def _broken(
    chain: list[EscalationEvent], end: tuple[int, str] | None, read: Collection[Act]
) -> Iterator[Broken]:
    """Every link of one case that does not hold."""
    last, expected = FIRST, 1
    for line in chain:
        about = (line.escalation_id, line.escalation.code, line.number)
        if line.number != expected:
            yield Broken(
                *about, f"line {expected} is missing before it" if line.number > expected else "stands twice"
            )
        elif line.previous != last:
            yield Broken(*about, "does not follow the line before it")
        elif line.digest != digest(line):
            yield Broken(*about, "is not as it was written")
        last, expected = line.digest, line.number + 1
    if end is not None:
        held = next((line.digest for line in chain if line.number == end[0]), "")
        if held != end[1]:
            yield Broken(
                chain[0].escalation_id,
                chain[0].escalation.code,
                end[0],
                "is not the line the ledger was told of",
            )
        for line in chain:
            if line.number > end[0] and (line.what != READ or (line.by_id, line.at) not in read):
                yield Broken(
                    line.escalation_id,
                    line.escalation.code,
                    line.number,
                    "was put in after the case was resolved",
                )


def digest(line: EscalationEvent) -> str:
    """SHA-256 of a line and of the digest before it, exactly as the database makes it."""
    content = [
        line.previous,
        line.number,
        line.pk,
        line.escalation_id,
        _moment(line.at),
        line.by_id,
        line.what,
        line.text,
        line.finding_id,
    ]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def end_of(case: Escalation) -> EscalationEvent:
    """The last line of a case, which vouches for all before it."""
    return _newest_first.get(case_id=case.pk)


@written.Query
def _newest_first(*, case_id: int) -> QuerySet[EscalationEvent]:
    """The lines of a case, the newest first."""
    return EscalationEvent.objects.filter(escalation=case_id).order_by("-number")
