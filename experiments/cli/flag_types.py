"""What the text of a flag may be: a reader for each type."""

import math
import os
import types
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin

from experiments.cli import rules

__all__ = [
    "Reader",
    "path",
    "reader",
    "spell",
]


class Reader(NamedTuple):
    read: Callable[[str], Any]  # ValueError("must be ...") where it cannot
    allowed: str  # for the help


def reader(kind: Any, checks: Sequence[rules.Check] = ()) -> Reader:
    """A reader of `kind`: int, float, str, Path, bool, a Literal, a tuple, a union.

    The checks see numbers and strings only: each item of a tuple, never None nor
    a word of a Literal.
    """
    origin, parts = get_origin(kind), get_args(kind)
    tables = [check for check in checks if isinstance(check, rules.OneOf)]
    if kind is str and tables:
        return _either([Literal[tuple(tables[0].about)]], checks)
    if kind in _PLAIN:
        convert, allowed = _PLAIN[kind]
        return Reader(_checked(convert, checks), allowed)
    if origin is tuple and parts[1:] == (...,):
        return _listed(reader(parts[0], checks))
    if origin in (Literal, Union, types.UnionType):
        return _either([kind] if origin is Literal else parts, checks)
    raise TypeError(f"A flag cannot be of type {kind}.")


def spell(value: Any) -> str:
    """`value` as it is given on a command line: reader(kind).read(spell(x)) == x."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (tuple, list)):
        return ",".join(spell(item) for item in value)
    return str(value)


def _whole(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        raise ValueError("must be a whole number") from None
    if not -(2**63) <= value < 2**63:
        raise ValueError("must fit in 64 bits")
    return value


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ValueError("must be a number") from None
    if not math.isfinite(value):
        raise ValueError("must be a finite number")
    return value


def _text(text: str) -> str:
    if not text:
        raise ValueError("must not be empty")
    if text.startswith("--"):  # `--workdir --seed=3`: absl takes the flag as a value
        raise ValueError("must not look like a flag: a value is missing")
    if "\0" in text:
        raise ValueError("must not hold a zero byte")
    return text


def path(text: str) -> rules.Path:
    """A path as a flag may give it: `~` and `~user` are home folders, as in a shell."""
    _text(text)
    resolved = os.path.expanduser(text)
    if resolved.startswith("~"):
        home = text.split("/")[0]
        raise ValueError(
            f"must not begin with {home}, which is nobody's home: a name that does "
            f"is given as ./{home}"
        )
    return rules.Path(resolved)


def _truth(text: str) -> bool:
    if text.lower() not in ("true", "t", "1", "false", "f", "0"):
        raise ValueError("must be true or false")
    return text.lower() in ("true", "t", "1")


_PLAIN: dict[Any, tuple[Callable[[str], Any], str]] = {
    int: (_whole, "INTEGER"),
    float: (_number, "NUMBER"),
    str: (_text, "TEXT"),
    rules.Path: (path, "PATH"),
    bool: (_truth, "true|false"),
}


def _checked(
    convert: Callable[[str], Any], checks: Sequence[rules.Check]
) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        value = convert(text)
        for check in checks:
            if (wrong := check(value)) is not None:
                raise ValueError(wrong)
        return value

    return read


def _listed(item: Reader) -> Reader:
    def read(text: str) -> tuple[Any, ...]:
        if not text:
            raise ValueError("must name at least one item")
        values = []
        for part in text.split(","):
            try:
                values.append(item.read(part))
            except ValueError as wrong:
                raise ValueError(f"item {part!r} {wrong}") from None
        return tuple(values)

    return Reader(read, f"{item.allowed},...")


def _either(kinds: Sequence[Any], checks: Sequence[rules.Check]) -> Reader:
    words: dict[str, Any] = {}
    elsewhere: dict[str, str] = {}
    usual: dict[str, str] = {}
    for check in checks:
        if isinstance(check, rules.Elsewhere):
            elsewhere |= check.hints
        if isinstance(check, rules.OneOf):
            usual |= check.elsewhere
    others = []
    for kind in kinds:
        if kind is type(None):
            words["none"] = None
        elif get_origin(kind) is Literal:
            words.update((str(word), word) for word in get_args(kind))
        else:
            others.append(reader(kind, checks))

    def read(text: str) -> Any:
        if text in words:
            return words[text]
        if not others:
            listed = ", ".join(words)
            hint = rules.nearest(text, words, elsewhere=usual)
            raise ValueError(f"must be one of {listed}{hint}")
        try:
            return others[0].read(text)
        except ValueError as wrong:
            close = rules.nearest(text, words.keys() - {"none"})
            hint = f"(or give {' or '.join(words)}){elsewhere.get(text, close)}"
            raise ValueError(f"{wrong} {hint}") from None

    if len(others) > 1:
        raise TypeError(f"A flag cannot be any of {kinds}: its text is ambiguous.")
    return Reader(read, "|".join([*(other.allowed for other in others), *words]))
