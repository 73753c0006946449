"""The files of a folder, without hidden ones and those of runs."""

import collections
import json
import os
import pathlib
from collections.abc import Callable, Mapping
from typing import NamedTuple

from tf_collab import files

__all__ = ["Tree", "summary", "walk"]

# What systems and servers put into folders, beside names that begin with a dot.
_SYSTEM = {
    *("__MACOSX", "lost+found", "System Volume Information", "$RECYCLE.BIN"),
    *("@eaDir", "#recycle", "@Recycle", "@Recently-Snapshot", "RECYCLER"),
}
_RUN = {"experiment", "flags", "phases"}  # entries of a run's record
_RECORD = 2**20  # bytes of such a record, at most
_LOCK = "lock"  # the first file of a run


class Tree(NamedTuple):
    """Files in order of their names, and how many of what kind were left out."""

    files: list[pathlib.Path]
    left_out: Mapping[str, int]


def walk(root: pathlib.Path, wanted: Callable[[str], bool]) -> Tree:
    """All files under `root` whose name is `wanted`; links to folders are followed.

    A folder that can be reached twice is read once, at its own place rather than a
    link's. The folders above `root` are never read. Raises OSError if a folder cannot
    be listed.
    """
    kept, left_out = [], collections.Counter[str]()
    seen = {
        _identity(folder) for folder in pathlib.Path(os.path.realpath(root)).parents
    }
    folders, links = [root], collections.deque[pathlib.Path]()
    while folders or links:
        folder = folders.pop() if folders else links.popleft()
        identity = _identity(folder)
        if identity in seen:
            left_out["links to folders read already"] += 1
            continue
        seen.add(identity)
        if folder != root and _is_run(folder):
            left_out["folders of runs"] += 1
            continue
        with os.scandir(folder) as scanned:  # tells folders without a further call
            entries = sorted(scanned, key=lambda entry: entry.name)
        for entry in entries:
            name, path, link = entry.name, folder / entry.name, entry.is_symlink()
            hidden = name.startswith(".") or name in _SYSTEM
            if os.path.isdir(path) if link else entry.is_dir():
                if hidden:
                    left_out["hidden folders"] += 1
                else:
                    (links if link else folders).append(path)
            elif hidden or not wanted(name):
                left_out["hidden files" if hidden else "other files"] += 1
            else:
                kept.append(path)
    return Tree(sorted(kept), left_out)


def summary(root: os.PathLike | str, left_out: Mapping[str, int]) -> tuple[str, ...]:
    """A tuple of one sentence about what was left out; () if nothing was."""
    counts = [f"{what} ({n})" for what, n in sorted(left_out.items())]
    return (f"left out of {str(root)!r}: {', '.join(counts)}",) if counts else ()


def _identity(folder: pathlib.Path) -> tuple[int, int]:
    stat = os.stat(folder)
    return stat.st_dev, stat.st_ino


def _is_run(folder: pathlib.Path) -> bool:
    path = folder / "config.json"
    if [name for name in os.listdir(folder) if not name.startswith(".")] == [_LOCK]:
        return True  # a run that has just begun
    try:
        files.regular(path)
        if path.stat().st_size > _RECORD:
            return False
        with files.reading(path):
            record = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(record, dict) and record.keys() >= _RUN
