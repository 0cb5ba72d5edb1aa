"""The ladder: who is called in which order, by which routes, and how long each rung has. It never ends.

A pathway carries it as rows; whoever pages reads the rows, asks who that is now, and asks here which rung is next.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

ROLES = ("nurse", "prescriber", "responder")
# A place on the on-call list, a role of whoever is on call, or one person by their sign-in name.
CALLS = re.compile(rf"on call [1-9]|{'|'.join(ROLES)}|person:\S{{1,60}}")
PAGES = ("emergency", "urgent")
MOST_RUNGS = 9


@dataclass(frozen=True)
class Rung:
    """Whom one rung calls, how long after its time the text and the call go out, and the minutes it has.

    `calls` names places on the on-call list (`on call 1`), roles (`prescriber`: everybody of that role who is on call)
    or people (`person:` and a sign-in name). Minutes left out are the pathway's `minutes_per_rung`. `from_urgency` is
    the least urgency it is called for: a rung from `emergency` on is climbed past in a case that is urgent.
    """

    calls: tuple[str, ...]
    text_after_minutes: int = 0
    voice_after_minutes: int = 0
    emergency_minutes: int | None = None
    urgent_minutes: int | None = None
    from_urgency: Literal["urgent", "emergency"] = "urgent"

    def is_called(self, urgency: str) -> bool:
        """Whether a case of this urgency calls this rung."""
        return urgency == "emergency" or self.from_urgency != "emergency"

    def minutes(self, urgency: str, usual: Mapping[str, int]) -> int:
        """How long this rung has before the next is called."""
        own = self.emergency_minutes if urgency == "emergency" else self.urgent_minutes
        return usual[urgency] if own is None else own

    @property
    def routes(self) -> str:
        """By which routes it calls, in words."""
        text, voice = self.text_after_minutes, self.voice_after_minutes
        if text == voice:
            return "by text and voice"
        return f"by text, by voice {voice} min later" if voice else f"by voice, by text {text} min later"

    @property
    def places(self) -> tuple[int, ...]:
        """The places of the on-call list this rung calls."""
        return tuple(int(one.removeprefix("on call ")) for one in self.calls if one.startswith("on call "))


def whole(rungs: Sequence[Rung], *, places: int) -> tuple[Rung, ...]:
    """The ladder as it is climbed where the on-call list has so many places.

    Whoever a site puts on call is called: a place no rung names follows as a rung of its own, on the last one's terms
    but at every urgency.
    """
    named = {place for rung in rungs for place in rung.places}
    left = [place for place in range(1, places + 1) if place not in named]
    terms = rungs[-1] if rungs else Rung(())
    return (*rungs, *(_one(place, terms) for place in left))


def _one(place: int, terms: Rung) -> Rung:
    return Rung(
        (f"on call {place}",),
        terms.text_after_minutes,
        terms.voice_after_minutes,
        terms.emergency_minutes,
        terms.urgent_minutes,
    )


def problems(rungs: Sequence[Rung], usual: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Everything that keeps a ladder from being climbed: `(place, problem)`."""
    if len(rungs) > MOST_RUNGS:
        yield "ladder", f"has at most {MOST_RUNGS} rungs"
    if rungs and not any(rung.places for rung in rungs):
        yield "ladder", "calls nobody by a place on the on-call list: begin with on call 1"
    elif rungs and not any(rung.places for rung in rungs if rung.is_called("urgent")):
        yield (
            "ladder",
            "calls nobody by a place on the on-call list when it is urgent: let on call 1 be called then",
        )
    for number, rung in enumerate(rungs, start=1):
        place = f"ladder, row {number}"
        unknown = [one for one in rung.calls if CALLS.fullmatch(one) is None]
        if unknown or not rung.calls:
            known = f"on call 1 to on call 9, {', '.join(ROLES)}, or person: and a sign-in name"
            yield place, f"nobody knows how to call {', '.join(unknown) or 'nobody'}: write {known}"
        if len(set(rung.calls)) != len(rung.calls):
            yield place, "calls somebody twice"
        if rung.urgent_minutes is not None and not rung.is_called("urgent"):
            yield place, "has minutes for what is urgent and is called in an emergency only"
        minutes = [rung.minutes(urgency, usual) for urgency in PAGES if urgency in usual]
        if min(minutes, default=0) <= 0:
            yield place, "every rung must last more than nothing"
            continue
        delays = (rung.text_after_minutes, rung.voice_after_minutes)
        if min(delays) < 0 or min(delays) > 0:
            yield place, "the text or the call goes out at once: one of the two delays is 0"
        if max(delays) >= min(minutes):
            yield place, f"a delay of {max(delays)} minutes is not over before the next rung is called"


@dataclass(frozen=True)
class Step:
    """The rung to call, in which round of the ladder, whether anybody stands on it, and which were passed over."""

    round: int
    rung: int
    staffed: bool
    skipped: tuple[int, ...]


def next_step(
    round_: int, rung: int, staffed: Sequence[int], *, top: int, not_called: Collection[int] = ()
) -> Step:
    """The first staffed rung above `rung` (0 at the foot), going round to the next round when needed.

    A rung with nobody on it is skipped at no cost of time and reported; one that is `not_called` at this urgency is
    passed without a word, unless nobody stands on any other: a person is called before nobody is. With nobody
    anywhere the answer is the top of this climb, unstaffed, so that a caller still has a place to stand and a time
    to come back.
    """
    if not set(staffed) - set(not_called):
        not_called = ()
    skipped: list[int] = []
    for candidate in [*range(rung + 1, top + 1), *range(1, rung + 1)]:
        if candidate in not_called:
            continue
        if candidate in staffed:
            return Step(round_ if candidate > rung else round_ + 1, candidate, True, tuple(skipped))
        skipped.append(candidate)
    return Step(round_ + 1, 0, False, tuple(skipped))
