"""Past replies of a site concluded again: what a phrase, or other rules, would have changed, and in which direction."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitoring.models import Finding, LearnedPhrase
from protocols import learning, replaying, triage
from protocols.replaying import Compared, Concluded, Kept

LOOKS_BACK = timedelta(days=90)
MOST = 5_000
"""How far a replay looks back, and at how many of the newest replies; both are said with what it found."""


@dataclass(frozen=True)
class Replay:
    """What came of a replay: `looked_at` replies since `since`, of which those in `compared` were concluded again."""

    since: datetime
    looked_at: int
    is_cut: bool
    compared: tuple[Compared, ...]
    patients: tuple[int, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many of all replies go which way; those that were not concluded again cannot have changed."""
        found = replaying.counted(self.compared)
        return {**found, "same": found["same"] + self.looked_at - len(self.compared)}

    @property
    def changed(self) -> list[Compared]:
        """What would have come out differently: lowered first, of the same direction the newest first."""
        order = replaying.DIRECTIONS.index
        changed = [one for one in self.compared if one.direction != "same"]
        return sorted(changed, key=lambda one: (order(one.direction), -one.kept.key))

    @property
    def lowered_alarms(self) -> list[Compared]:
        """What paged and would page less urgently, or nobody."""
        return [one for one in self.compared if one.lowers_an_alarm]

    def as_dict(self) -> dict[str, object]:
        """The counts, as they are kept with an approval."""
        return {
            "since": self.since.isoformat(),
            "looked_at": self.looked_at,
            "cut_at": MOST if self.is_cut else None,
            "read_again": len(self.compared),
            **self.counts,
        }


def kept(finding: Finding) -> Kept:
    """A stored finding as the rules can conclude it again."""
    return Kept(
        key=finding.pk,
        text=finding.reply.body if finding.reply else "",
        context=triage.Context.of(finding.context),
        then=Concluded(
            urgency=finding.urgency,
            human_task=finding.human_task,
            grade=finding.provisional_grade,
            because=finding.because,
            readings=tuple(finding.readings),
            rules=tuple(finding.rules),
        ),
    )


def of_phrase(phrase: LearnedPhrase, *, in_use: tuple[str, ...], now: datetime) -> Replay:
    """What this phrase would change, beside those in use, over the site's past replies in its language.

    Only replies that hold its words can change, so only they are concluded again.
    """
    found, is_cut = _newest(phrase.site_id, now=now, looks_back=LOOKS_BACK, most=MOST)
    mine = [finding for finding in found if finding.context.get("language") == phrase.language]
    holding = [finding for finding in mine if _holds(finding, phrase.words)]
    return Replay(
        since=now - LOOKS_BACK,
        looked_at=len(mine),
        is_cut=is_cut,
        compared=tuple(
            replaying.with_phrase(kept(finding), phrase.words, in_use=in_use) for finding in holding
        ),
        patients=_patients(holding),
    )


def of_rules(
    site_id: int | None, *, now: datetime, looks_back: timedelta = LOOKS_BACK, only_other_rules: bool = False
) -> Replay:
    """What the installed rules conclude otherwise than was concluded, over past replies of one site or of all.

    With `only_other_rules`, what these very rules had read is counted as the same and not concluded again.
    """
    found, is_cut = _newest(site_id, now=now, looks_back=looks_back, most=MOST)
    ours = triage.RULES_VERSION if only_other_rules else None
    again = [finding for finding in found if ours is None or not finding.rules_version.startswith(ours)]
    compared = tuple(replaying.by_the_rules(kept(finding)) for finding in again)
    return Replay(now - looks_back, len(found), is_cut, compared, _patients(again))


def _newest(
    site_id: int | None, *, now: datetime, looks_back: timedelta, most: int
) -> tuple[list[Finding], bool]:
    """The newest findings from replies, and whether there were more than are looked at."""
    found = Finding.objects.filter(reply__isnull=False, at__gt=now - looks_back, at__lte=now)
    if site_id is not None:
        found = found.filter(site=site_id)
    newest = list(found.select_related("reply").order_by("-at", "-pk")[: most + 1])
    return newest[:most], len(newest) > most


def _holds(finding: Finding, words: str) -> bool:
    normal = finding.normal or learning.normal_form(finding.reply.body if finding.reply else "")
    return f" {words} " in f" {normal} "


def _patients(findings: list[Finding]) -> tuple[int, ...]:
    return tuple(sorted(set(_known(findings))))


def _known(findings: list[Finding]) -> Iterator[int]:
    yield from (finding.patient_id for finding in findings if finding.patient_id is not None)
