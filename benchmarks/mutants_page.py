"""The page that says what came of breaking each module on purpose: one section a file, written anew by each run."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

WHY = Path(__file__).parent / "survivors.toml"
HEAD = """# Broken on purpose

What the tests notice when a module is broken in one place at a time: a call left out, a comparison turned, `and` for
`or`, a `not` dropped, a span made ten times as long. A sample drawn by the seed, not every break there is. Each section
is written by `python -m benchmarks mutants --of FILE --page docs/mutants.md`; why a survivor may live stands in
`benchmarks/survivors.toml`.
"""


@dataclass(frozen=True)
class Outcome:
    """One break: whether a test noticed it, which one first, and how long that took."""

    name: str
    noticed: bool
    by: str
    seconds: float

    @property
    def what(self) -> str:
        """The break without its line, which moves."""
        return re.sub(r"^line \d+ ", "", self.name)


def write(page: Path, file: str, seed: int, outcomes: Sequence[Outcome]) -> None:
    """Put this file's section into the page, in the place of an older one."""
    reasons: dict[str, str] = tomllib.loads(WHY.read_text()).get(file, {})
    sections = _sections(page.read_text()) if page.exists() else {}
    sections[file] = _section(seed, outcomes, reasons)
    parts = [HEAD, *(f"## {name}\n\n{words}\n" for name, words in sorted(sections.items()))]
    page.write_text("\n".join(parts))


def _sections(text: str) -> dict[str, str]:
    found = re.split(r"^## (.+)$", text, flags=re.MULTILINE)[1:]
    return {name: words.strip() for name, words in zip(found[::2], found[1::2], strict=True)}


def _section(seed: int, outcomes: Sequence[Outcome], reasons: dict[str, str]) -> str:
    alive = [one for one in outcomes if not one.noticed]
    noticed = len(outcomes) - len(alive)
    share = 100 * noticed / max(1, len(outcomes))
    lines = [f"{noticed} of {len(outcomes)} noticed ({share:.0f} %), seed {seed}."]
    if alive:
        lines += ["", "| Survived | Why it may |", "|---|---|"]
        lines += [f"| `{_cell(one.what)}` | {reasons.get(one.what, 'not explained yet')} |" for one in alive]
    return "\n".join(lines)


def _cell(words: str) -> str:
    return words.replace("|", "\\|")
