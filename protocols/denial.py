"""What a text denies. A denial reaches only the words it stands right before, in its own clause.

`no fever, chills` denies the fever and reports the chills. A bare "no" reaches nouns only: `no dizzy` answers no and
reports dizzy. A phrase that is itself the trouble (`can't wake`) cannot be denied, nor can what the rules mark so
(breathing).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from protocols.lexicon import Lexicon, Match
from protocols.normalise import Token

BARE_NO = frozenset({"no", "nope"})
DENIABLE = frozenset({"symptom", "medicine"})

Candidates = dict[int, list[Match]]
"""What may be denied, by where it begins."""


@dataclass
class Denials:
    """The matches that a text denies, and the tokens (denying words, the words between, what is denied) it takes.

    `lapsed` are the words that say it was otherwise before: `not shaking now`. `walked` are the places from which a
    denial was carried on already, so that a long list (`ni fiebre ni tos ni ...`) is walked once.
    """

    denied: set[Match] = field(default_factory=set)
    explained: set[int] = field(default_factory=set)
    used: set[int] = field(default_factory=set)
    lapsed: set[int] = field(default_factory=set)
    walked: set[tuple[int, bool]] = field(default_factory=set)
    bridged: dict[tuple[int, bool], int] = field(default_factory=dict)

    def past(self, found: Sequence[Token], place: int, bridges: frozenset[str], *, bare_no: bool) -> int:
        """The first place from `place` on where no bridging word stands. Each bridge is crossed once."""
        crossed = []
        while (place, bare_no) not in self.bridged and _flows(found, place) and found[place].text in bridges:
            crossed.append((place, bare_no))
            place += 1
        place = self.bridged.get((place, bare_no), place)
        self.bridged |= dict.fromkeys(crossed, place)
        return place


def denials(
    found: Sequence[Token],
    plain: Sequence[Match],
    danger: Sequence[Match],
    lexicon: Lexicon,
    never: frozenset[str],
) -> Denials:
    """Every denial in the text. `never` names the symptoms that no denial may take away."""
    result = Denials()
    candidates: Candidates = {}
    for match in danger:
        if _deniable(match, found, lexicon, never):
            candidates.setdefault(match.start, []).append(match)
    for negator in plain:
        if negator.name == "negators":
            _forward(negator, found, candidates, lexicon, result)
    _afterwards(found, candidates, lexicon, result)
    return result


def _deniable(match: Match, found: Sequence[Token], lexicon: Lexicon, never: frozenset[str]) -> bool:
    starts_with_trouble = found[match.start].text in lexicon.sets["denials"]
    in_words = all(token.kind == "word" for token in found[match.start : match.end])
    return in_words and match.group in DENIABLE and match.name not in never and not starts_with_trouble


def _forward(
    negator: Match, found: Sequence[Token], candidates: Candidates, lexicon: Lexicon, result: Denials
) -> None:
    """`no fever`, `have not had any chills`, and on through `or`: `no fever or chills`."""
    begin, place = negator.start, negator.end
    bare_no = negator.end - negator.start == 1 and found[negator.start].text in BARE_NO
    beyond = lexicon.sets["not_after_no"] if bare_no else frozenset()
    while True:
        place = result.past(found, place, lexicon.sets["bridges"] - beyond, bare_no=bare_no)
        reachable = _flows(found, place) and found[place].text not in beyond
        hits = candidates.get(place, []) if reachable else []
        if not hits:
            return
        end = max(match.end for match in hits)
        _deny(candidates, place, end, result)
        result.explained |= {*range(begin, place + 1), end - 1}
        result.used.add(negator.start)
        begin = end
        if not bare_no and _flows(found, end) and found[end].text in lexicon.sets["lapsed"]:
            result.lapsed.add(end)
        if (end, bare_no) in result.walked or not (
            _flows(found, end) and found[end].text in lexicon.sets["or"]
        ):
            return
        result.walked.add((end, bare_no))
        place = end + 1


def _afterwards(found: Sequence[Token], candidates: Candidates, lexicon: Lexicon, result: Denials) -> None:
    """`fiebre no`: in a language that denies afterwards, and only one word that is a clause of its own."""
    for match in (match for listed in candidates.values() for match in listed):
        begins = match.start == 0 or found[match.start].after_break
        denies = _flows(found, match.end) and found[match.end].text in lexicon.sets["after"]
        ends = match.end + 1 >= len(found) or found[match.end + 1].after_break if denies else False
        if begins and ends and match.end - match.start == 1 and match.language in AFTERWARDS:
            _deny(candidates, match.start, match.end, result)
            result.explained |= set(range(match.start, match.end + 1))
            result.used.add(match.end)


AFTERWARDS = frozenset({"es"})


def _deny(candidates: Candidates, start: int, end: int, result: Denials) -> None:
    inside = (match for place in range(start, end) for match in candidates.get(place, ()))
    result.denied |= {match for match in inside if match.end <= end}


def _flows(found: Sequence[Token], place: int) -> bool:
    """Whether the token at `place` exists and no stop stands before it."""
    return place < len(found) and not found[place].after_break
