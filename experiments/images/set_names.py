"""What the names of numbers call files and folders."""

import os
import pathlib
from collections.abc import Iterable, Iterator

from experiments.rundir import jsonl

__all__ = ["called", "distinct"]


def called(path: str, table: jsonl.Table, field: str, **taken: str) -> str:
    """What the names of numbers call a file or folder: another one's, another name."""
    before = [line[field] for line in table.lines() if line.get(field)]
    *_, name = distinct([*dict.fromkeys(before), path], *taken.values())
    return name


def distinct(paths: Iterable[str], *taken: str) -> Iterator[str]:
    """For each path its last part, and those before it where another has that name."""
    names: dict[str, str] = dict.fromkeys(taken, "")
    for path in map(os.path.abspath, paths):
        *above, last = pathlib.Path(path).parts
        parts = [*above[1:], last if os.path.isdir(path) else pathlib.Path(last).stem]
        longer = ("-".join(parts[-n:]) for n in range(1, len(parts) + 1))
        name = next((n for n in longer if names.get(n, path) == path), path)
        names[name] = path
        yield name
