"""What the value of a flag must be: positive, in a table, a path that leads there."""

import glob
import os
import pathlib
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, NewType

from tf_collab import files, names, tables

__all__ = [
    "OF_PLACES",
    "Check",
    "Elsewhere",
    "OneOf",
    "Path",
    "a_checkpoint",
    "a_file",
    "a_file_or_folder",
    "a_folder",
    "above",
    "at_least",
    "at_most",
    "between",
    "nearest",
    "nearest_flag",
    "new_file",
    "new_folder",
    "non_negative",
    "one_of",
    "positive",
    "some_files",
]

Check = Callable[[Any], str | None]  # a value -> what is wrong with it
Path = NewType("Path", str)  # of a file or a folder, its ~ resolved


def positive(value: float) -> str | None:
    return None if value > 0 else "must be positive"


def non_negative(value: float) -> str | None:
    return None if value >= 0 else "must not be negative"


def above(low: float) -> Check:
    return lambda value: None if value > low else f"must be above {low}"


def at_least(low: float) -> Check:
    return lambda value: None if value >= low else f"must be at least {low}"


def at_most(high: float) -> Check:
    return lambda value: None if value <= high else f"must be at most {high}"


def between(low: float, high: float) -> Check:
    """Both ends are allowed."""
    wrong = f"must be between {low} and {high}"
    return lambda value: None if low <= value <= high else wrong


class OneOf(NamedTuple):
    """A check that text is one of the names of a table, which the help lists."""

    about: Mapping[str, str]  # what each name stands for
    elsewhere: Mapping[str, str] = MappingProxyType({})  # usual names -> these

    def __call__(self, value: str) -> str | None:
        known = ", ".join(self.about)
        hint = nearest(value, self.about, elsewhere=self.elsewhere)
        return None if value in self.about else f"must be one of {known}{hint}"


class Elsewhere(NamedTuple):
    """Words that a flag of this name takes in other programs alone, and a hint."""

    hints: Mapping[str, str]

    def __call__(self, value: Any) -> None:
        """Nothing is wrong with a value that could be read."""


def one_of(rows: Mapping[str, Any]) -> OneOf:
    """Of a table whose rows say what they are `about`."""
    about = {name: row.about for name, row in rows.items()}
    return OneOf(about, tables.elsewhere(rows))


def nearest(
    text: str,
    options: Iterable[str],
    prefix: str = "",
    elsewhere: Mapping[str, str] | None = None,
) -> str:
    """'; did you mean NAME?', or nothing where no name is close."""
    close = names.nearest(text, options, elsewhere, cutoff=0.5)
    return f"; did you mean {prefix}{close}?" if close else ""


# Usual names of flags -> those that stand for the same here.
ELSEWHERE = {
    "objective": "gan",
    "loss": "gan",
    "sampler": "method",
    "iterations": "niters",
    "output_dir": "workdir",
}


def nearest_flag(name: str, flags: Iterable[str]) -> str:
    """As `nearest`, of flags, which may have another usual name."""
    flags = [*flags]
    usual = {other: ours for other, ours in ELSEWHERE.items() if ours in flags}
    return nearest(name, flags, "--", usual)


def a_file(path: str) -> str | None:
    """A regular file, or a link to one."""
    try:
        files.regular(path)
        opened = os.access(path, os.R_OK)
    except ValueError as wrong:
        return f"must be a file, and {wrong}"
    except OSError as wrong:
        return f"must be a file that is there: {wrong.strerror}"
    return None if opened else "must be a file that may be read"


def a_folder(path: str) -> str | None:
    """A folder that is there, or a link to one."""
    if not os.path.lexists(path):
        return "must be a folder that is there"
    return None if os.path.isdir(path) else "must be a folder, and is not one"


def a_file_or_folder(path: str) -> str | None:
    """A folder, a regular file, or a link to one."""
    return None if os.path.isdir(path) else a_file(path)


def some_files(pattern: str) -> str | None:
    """A file, or a pattern of file names."""
    if os.path.exists(pattern):
        return a_file(pattern)
    if any(os.path.isfile(path) for path in glob.iglob(pattern)):
        return None
    return "must name a file: there is no such file"


def a_checkpoint(prefix: str) -> str | None:
    """A checkpoint's folder, any of its files, or what their names begin with."""
    if os.path.lexists(prefix) or glob.glob(glob.escape(prefix) + ".*"):
        return None
    return "must be a checkpoint, and there is no file whose name begins with it"


def new_file(path: str) -> str | None:
    """A file that can be written, in a folder that is there."""
    folder = os.path.dirname(path) or "."
    if os.path.lexists(path):
        return a_file(path) or _writable(path)
    if wrong := a_folder(folder):
        return f"must be in a folder: {folder!r} {wrong}"
    return _writable(folder)


def new_folder(path: str) -> str | None:
    """A folder that is there, or can be made."""
    place = pathlib.Path(path)
    near = next(p for p in (place, *place.absolute().parents) if os.path.lexists(p))
    if not near.is_dir():
        return "must be a folder" + f": {str(near)!r} is not one" * (near != place)
    return _writable(near)


# These hang on what is there: a path may be right now and wrong on another day.
OF_PLACES: tuple[Check, ...] = (a_file, a_folder, a_file_or_folder, some_files)
OF_PLACES += (a_checkpoint, new_file, new_folder)


def _writable(path: str | pathlib.Path) -> str | None:
    if os.access(path, os.W_OK):
        return None
    return f"must be writable: {str(path)!r} is not"
