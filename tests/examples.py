"""How many examples a property test tries: a few while somebody is typing, all of them in the whole run.

`pytest --hypothesis-profile=whole` is what `manage.py test` says; without it the quick profile holds. The whole run
draws the same examples each time, so that it fails for a change and never for a draw; `search` draws others, ten times
as many, for whoever looks for what nobody has found yet. Where it is only asked whether anything fails at all
(`benchmarks/mutants.py`), `first` looks for no smaller example of it.
"""

from collections.abc import Sequence
from typing import TypeVar

from hypothesis import Phase, settings

Row = TypeVar("Row")

QUICK, WHOLE, SEARCH, FIRST = "quick", "whole", "search", "first"
SHARE = 10  # of the examples, so that the rules are through in the time of a breath

settings.register_profile(WHOLE, max_examples=100, deadline=None, derandomize=True)
settings.register_profile(SEARCH, max_examples=100 * SHARE, deadline=None)
settings.register_profile(QUICK, max_examples=100 // SHARE, deadline=None)
settings.register_profile(
    FIRST, max_examples=100 // SHARE, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate]
)
settings.load_profile(QUICK)


def examples(most: int) -> settings:
    """Settings of a property test that tries `most` examples in the whole run, and a tenth of them otherwise."""
    return settings(max_examples=max(5, most * settings().max_examples // 100), deadline=None)


def some(rows: Sequence[Row]) -> Sequence[Row]:
    """Every tenth row while somebody is typing, all otherwise: for a test that goes through a corpus or a year."""
    return rows if settings.get_current_profile_name() in {WHOLE, SEARCH} else rows[::SHARE]
