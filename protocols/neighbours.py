"""The words that stand right before and right after a place in a text, by what they are to a number."""

from collections.abc import Sequence

from protocols.lexicon import Match
from protocols.normalise import Token

LINKS = frozenset({"=", ":", "~", "@", "#", "°", "≈", "-", "+", "*"})
BEFORE_A_NUMBER = frozenset({"negators", "no", "under", "over", "about", "filler", "prefix_time"})
"""The word lists that `before` is asked for."""

FAR = 4
"""How many words may link a number to the word that names it (`temp this morning was 98.6`)."""


class Neighbours:
    """Looks up phrases by where they begin or end, so that every question about a number costs the same."""

    def __init__(self, found: Sequence[Token], plain: Sequence[Match]) -> None:
        self._found = found
        self._beginning: dict[tuple[str, int], list[Match]] = {}
        self._ending: dict[tuple[str, int], list[Match]] = {}
        for match in plain:
            if match.group != "word":
                self._beginning.setdefault((match.group, match.start), []).append(match)
            if match.group == "roles" or match.name in BEFORE_A_NUMBER:
                self._ending.setdefault((match.group, match.end), []).append(match)
        self._claimed: set[int] = set()
        self._within: dict[str, set[int]] = {"none": set(), "no_digit": set()}
        for match in plain:
            if match.name in self._within and match.end - match.start > 1:
                self._within[match.name] |= set(range(match.start, match.end))

    def before(self, at: int, *names: str) -> Match | None:
        """The longest phrase of these word lists (of `BEFORE_A_NUMBER`) that ends just before `at`."""
        ending = [match for match in self._ending.get(("word", at), ()) if match.name in names]
        return min(ending, key=lambda match: match.start) if ending else None

    def is_within(self, at: int, name: str) -> bool:
        """Whether the token at `at` belongs to a phrase of several words of this list (`none` or `no_digit`)."""
        return at in self._within[name]

    def role_before(self, at: int, roles: frozenset[str]) -> Match | None:
        """The word that names the number at `at` (`temp is 101`, `hr: 88`), with only linking words between."""
        place = at
        while place > max(0, at - FAR) and not self._found[place].after_break:
            for match in self._ending.get(("roles", place), ()):
                if match.name in roles and match.start not in self._claimed:
                    return match
            links = self.before(place, "filler", "about", "over", "under")
            if links is None and self._found[place - 1].text not in LINKS:
                return None
            place = links.start if links else place - 1
        return None

    def role_after(self, at: int) -> Match | None:
        """The longest word at `at` that would name the number before it (`98 hr`, `500 mg`)."""
        roles = [match for match in self._beginning.get(("roles", at), ()) if match.name != "over_word"]
        return max(roles, key=lambda match: match.end, default=None)

    def joins_pressures(self, at: int) -> bool:
        """Whether the word at `at` joins two blood pressures (`120 over 80`)."""
        return any(match.name == "over_word" for match in self._beginning.get(("roles", at), ()))

    def unit_after(self, at: int) -> tuple[str, int]:
        """The unit written at `at` (F, C, percent or nothing), and the index after it."""
        end = at
        while skip := next(
            (match for match in self._beginning.get(("units", end), ()) if match.name == "skip"), None
        ):
            end = skip.end
        units = [match for match in self._beginning.get(("units", end), ()) if match.name != "skip"]
        longest = max(units, key=lambda match: match.end, default=None)
        return (longest.name, longest.end) if longest else ("", end)

    def claim(self, match: Match) -> None:
        """A word that named the number before it no longer names the one after it."""
        self._claimed.add(match.start)
