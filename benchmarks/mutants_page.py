"""The page that says what came of breaking each module on purpose: one section a file and seed, written by its run."""

import re
import subprocess
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

WHY = Path(__file__).parent / "survivors.toml"
HEAD = """# Broken on purpose

What the tests notice when a module is broken in one place at a time: a call left out, a comparison turned, `and` for
`or`, a `not` dropped, a span made ten times as long. Where more breaks can be made than were tried, the seed drew them.
Lines of the log, and points at which a test kills the process, are left alone. A survivor that makes no difference to
anybody ("the same") is counted apart. Each section is written by
`python -m benchmarks mutants --of FILE --seed N --page docs/mutants.md`; why a survivor may live stands in
`benchmarks/survivors.toml`.
"""
UNEXPLAINED = "not explained yet"
NOT_AGAIN = "that the tests still pass on the whole service was not tried at its end"
THE_SAME = "the same: "
TABLE = (
    "| File and seed | Can be made | Tried | Change nothing | Of the others noticed | Share | At commit |\n"
    "|---|---:|---:|---:|---:|---:|---|"
)
SUMMARY = re.compile(r"^(\d+) of (\d+) noticed; (\d+) can be made; at commit `(\w+)`\.")


@dataclass(frozen=True)
class Sample:
    """Which breaks are tried: of what file, drawn by which seed, how many of all there are, at which commit."""

    file: str
    seed: int
    there_are: int
    wanted: int
    commit: str

    @property
    def title(self) -> str:
        """The name of its section."""
        return f"{self.file}, seed {self.seed}"


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


def commit(root: Path) -> str:
    """The commit that is checked out there."""
    command = ["git", "-C", str(root), "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def write(page: Path, sample: Sample, outcomes: Sequence[Outcome], *, is_whole: bool = True) -> None:
    """Put this sample's section into the page, in the place of an older one, and its line into the table.

    One that is not whole says so: its run was broken off, and the tests did not pass once more at its end.

    Why a survivor may live is read anew for every section, so that a reason given later needs no other run.
    """
    sections = _sections(page.read_text()) if page.exists() else {}
    sections[sample.title] = _section(sample, outcomes, is_whole=is_whole)
    in_order = [(title, _explained(title, words)) for title, words in sorted(sections.items())]
    table = "\n".join([TABLE, *(_row(title, words) for title, words in in_order)])
    parts = [f"## {title}\n\n{words}\n" for title, words in in_order]
    page.write_text("\n".join([HEAD, f"{table}\n", *parts]))


def _explained(title: str, words: str) -> str:
    """A section with the reasons of now beside its survivors."""
    reasons: dict[str, str] = tomllib.loads(WHY.read_text()).get(title.partition(",")[0], {})
    known = {f"| `{_cell(what)}` |": why for what, why in reasons.items()}
    return "\n".join(
        f"{row} {known.get(row, UNEXPLAINED)} |" if (row := _survivor(line)) else line
        for line in words.splitlines()
    )


def _survivor(line: str) -> str:
    """The first cell of a row that names a survivor, with its borders; nothing for any other line."""
    found = re.match(r"\| `.*?` \|(?= )", line)
    return found.group() if found else ""


def _sections(text: str) -> dict[str, str]:
    found = re.split(r"^## (.+)$", text, flags=re.MULTILINE)[1:]
    return {name: words.strip() for name, words in zip(found[::2], found[1::2], strict=True)}


def _row(title: str, words: str) -> str:
    found = SUMMARY.match(words)
    if found is None:
        raise ValueError(f"The section {title!r} does not begin with its figures.")
    noticed, tried, there_are = (int(one) for one in found.groups()[:3])
    same = words.count(f"| {THE_SAME}")
    share = 100 * noticed // max(1, tried - same)
    return f"| {title} | {there_are} | {tried} | {same} | {noticed} | {share} % | `{found[4]}` |"


def _section(sample: Sample, outcomes: Sequence[Outcome], *, is_whole: bool) -> str:
    alive = [one for one in outcomes if not one.noticed]
    noticed = len(outcomes) - len(alive)
    lines = [
        f"{noticed} of {len(outcomes)} noticed; {sample.there_are} can be made; at commit `{sample.commit}`."
    ]
    if not is_whole:
        lines[0] += f" The run was broken off after {len(outcomes)} of {sample.wanted}: {NOT_AGAIN}."
    if alive:
        lines += ["", "| Survived | Why it may |", "|---|---|"]
        lines += [f"| `{_cell(one.what)}` | {UNEXPLAINED} |" for one in alive]
    return "\n".join(lines)


def _cell(words: str) -> str:
    return words.replace("|", "\\|")
