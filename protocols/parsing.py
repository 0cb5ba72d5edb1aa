"""TOML to values, strictly: an unknown key, a missing key or a value of the wrong kind is refused by name.

The dataclasses of `model` are the schema. A table's keys are the fields of its dataclass, except that a
restart row writes its two bounds the way a person does: `days = "8-28"`, `days = "29+"`.
"""

import json
import re
import tomllib
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from protocols.model import RestartRow

T = TypeVar("T")

DAYS = re.compile(r"(?P<from>\d+)(?:-(?P<to>\d+)|(?P<open>\+))")


class BrokenLabel(Exception):  # noqa: N818 - said to a pharmacist, who looks for a label and not for an error
    """A data file that cannot be trusted. The sentence names the file, the table, the row and the problem."""

    def __init__(self, file: str, place: str, problem: str) -> None:
        super().__init__(f"{file}: {place}: {problem}" if place else f"{file}: {problem}")
        self.file = file
        self.place = place
        self.problem = problem


def read(kind: type[T], path: Path, problems: Callable[[T], Iterable[tuple[str, str]]]) -> T:
    """One file as its dataclass, proved by `problems`, which carries its canonical text as `text`.

    Raises BrokenLabel naming file, row and problem if it cannot be trusted.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BrokenLabel(path.name, "", f"the file cannot be read: {error}") from error
    loaded = build(kind, content, file=path.name, text=canonical(content))
    for place, problem in problems(loaded):
        raise BrokenLabel(path.name, place, problem)
    return loaded


def canonical(content: Mapping[str, Any]) -> str:
    """The content as JSON in which order, spacing, comments and `0.30` for `0.3` make no difference."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=plain)


def plain(number: object) -> str:
    """A decimal in full, without an exponent and without trailing zeros."""
    if not isinstance(number, Decimal):
        raise TypeError(f"{number!r} is not a decimal")
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def build(kind: type[T], raw: Mapping[str, Any], *, file: str, place: str = "", **known: Any) -> T:
    """One dataclass from one table of the file. `known` holds fields the file does not carry."""
    if kind is RestartRow:
        raw = _with_bounds(raw, file=file, place=place)
    hints = get_type_hints(kind)
    wanted = {f.name: f for f in fields(kind) if f.name not in known}  # type: ignore[arg-type]
    for key in raw:
        if key not in wanted:
            raise BrokenLabel(file, place, f"nobody knows the key {key!r}")
    values = dict(known)
    for name, described in wanted.items():
        if name in raw:
            values[name] = _value(hints[name], raw[name], file=file, place=_inside(place, name))
        elif not _optional(described):
            raise BrokenLabel(file, place, f"{name!r} is missing")
    return kind(**values)


def _with_bounds(raw: Mapping[str, Any], *, file: str, place: str) -> dict[str, Any]:
    """Turn `days = "8-28"` into its two bounds."""
    found = DAYS.fullmatch(str(raw.get("days", "")))
    if found is None:
        raise BrokenLabel(file, place, f"days must read like '8-28' or '29+', not {raw.get('days')!r}")
    bounds = {"from_day": int(found["from"])} | ({} if found["open"] else {"to_day": int(found["to"])})
    return {key: value for key, value in raw.items() if key != "days"} | bounds


def _inside(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _optional(described: Field[Any]) -> bool:
    return described.default is not MISSING or described.default_factory is not MISSING


def _value(hint: Any, value: Any, *, file: str, place: str) -> Any:  # noqa: PLR0911 - one line per kind of value
    """The value as the hint wants it, or BrokenLabel."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (types.UnionType, Union):
        return _value(
            next(kind for kind in inner if kind is not types.NoneType), value, file=file, place=place
        )
    if origin is tuple:
        return _tuple(inner[0], value, file=file, place=place)
    if origin is Literal:
        if value not in inner:
            raise BrokenLabel(file, place, f"{value!r} is none of {', '.join(map(repr, inner))}")
        return value
    if is_dataclass(hint) and isinstance(hint, type) and isinstance(value, Mapping):
        return build(hint, value, file=file, place=place)
    if isinstance(value, Mapping) and inner:
        return types.MappingProxyType(
            {key: _value(inner[1], item, file=file, place=_inside(place, key)) for key, item in value.items()}
        )
    if hint is Decimal:
        return _amount(value, file=file, place=place)
    if type(value) is not hint:
        raise BrokenLabel(file, place, f"{value!r} is not {_named(hint)}")
    return value


def _tuple(kind: Any, value: Any, *, file: str, place: str) -> tuple[Any, ...]:
    """A list from the file; one word alone stands for a list of one."""
    items = value if isinstance(value, list) else [value]
    return tuple(
        _value(kind, item, file=file, place=f"{place}, row {number}" if is_dataclass(kind) else place)
        for number, item in enumerate(items, start=1)
    )


def _amount(value: Any, *, file: str, place: str) -> Decimal:
    """An exact positive number, as TOML writes it or, in canonical text, as its digits. A float is never exact."""
    digits = isinstance(value, int | Decimal | str) and not isinstance(value, bool)
    try:
        number = Decimal(value) if digits else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number <= 0:
        raise BrokenLabel(file, place, f"{value!r} is not an amount")
    return number


def _named(hint: Any) -> str:
    return {str: "a text", int: "a whole number", bool: "true or false"}.get(hint, str(hint))
