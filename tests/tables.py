"""Markdown tables as test cases: what a pharmacist reads and signs is what runs."""

from pathlib import Path

TABLES = Path(__file__).parent / "protocols" / "tables"


def rows(name: str, folder: Path = TABLES) -> list[dict[str, str]]:
    """Every row of every table in the file, by column heading. A row of another width is an error, not a skip."""
    found: list[dict[str, str]] = []
    headings: list[str] = []
    for number, line in enumerate((folder / name).read_text(encoding="utf-8").splitlines(), start=1):
        if not line.startswith("|"):
            headings = []
            continue
        cells = [cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")]
        if not headings:
            headings = cells
        elif len(cells) != len(headings):
            raise ValueError(f"{name}, line {number}: {len(cells)} cells under {len(headings)} headings")
        elif not set("".join(cells)) <= set("-:"):
            found.append(dict(zip(headings, cells, strict=True)))
    if not found:
        raise ValueError(f"{name} has no rows")
    return found


def title(row: object) -> str:
    """A short name for a case: its first three filled cells."""
    cells = [cell for cell in row.values() if cell] if isinstance(row, dict) else [str(row)]
    return ", ".join(cells[:3])
