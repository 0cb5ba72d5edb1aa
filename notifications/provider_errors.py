"""What each provider error means for us, read from `data/provider_errors.toml` and proved when it is loaded."""

import enum
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data" / "provider_errors.toml"


class Means(enum.StrEnum):
    """What kind of trouble an error is. The file says what follows from each."""

    NUMBER = "number"
    BLOCKED = "blocked"
    PASSING = "passing"
    SENDER = "sender"
    ACCOUNT = "account"
    OURS = "ours"
    WORDS = "words"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


# The number itself is the trouble: texting it again cannot help, somebody has to call.
ENDS_TEXTING = frozenset({Means.NUMBER, Means.BLOCKED})
# Another account, with numbers of its own, is not touched by it.
MENDED_BY_ANOTHER_ACCOUNT = frozenset({Means.SENDER, Means.ACCOUNT})
MAY_PAUSE = frozenset({Means.PASSING, Means.SENDER})


@dataclass(frozen=True)
class ProviderError:
    """One code: what it means, in words too, and the pauses before each further try."""

    code: str
    means: Means
    says: str
    pauses: tuple[timedelta, ...] = ()


@cache
def table(path: Path = DATA) -> Mapping[str, ProviderError]:
    """Every code of the file. Raises ValueError naming the row that is not whole."""
    found: dict[str, ProviderError] = {}
    for row in tomllib.loads(path.read_text())["error"]:
        for code in row["codes"]:
            if code in found:
                raise ValueError(f"error {code} has two rows")
            pauses = tuple(timedelta(seconds=seconds) for seconds in row.get("pauses", ()))
            found[code] = ProviderError(code, Means(row["means"]), row["says"], pauses)
            _prove(found[code])
    return found


def _prove(error: ProviderError) -> None:
    if not error.code.isdigit() or not error.says:
        raise ValueError(f"error {error.code} needs a number and words")
    if error.means == Means.UNKNOWN or (error.pauses and error.means not in MAY_PAUSE):
        raise ValueError(f"error {error.code}: nothing that is {error.means} gets another try")
    if error.means == Means.PASSING and not error.pauses:
        raise ValueError(f"error {error.code} passes, so it needs its pauses")
    if any(pause <= timedelta(0) for pause in error.pauses):
        raise ValueError(f"error {error.code}: a pause is longer than nothing")


def of(code: str) -> ProviderError:
    """What an error means; one nobody knows is final and means nothing more."""
    return table().get(code) or ProviderError(code, Means.UNKNOWN, "an error we do not know")


def retry_after(code: str, *, attempt: int) -> timedelta | None:
    """The pause before attempt + 1, or None when this error is final or the tries are used up."""
    pauses = of(code).pauses
    return pauses[attempt - 1] if attempt <= len(pauses) else None


def codes(*means: Means) -> list[str]:
    """Every code that means one of these."""
    return [code for code, error in table().items() if error.means in means]


def ends_texting(code: str) -> bool:
    """Whether this error says that texts no longer reach this number at all."""
    return of(code).means in ENDS_TEXTING
