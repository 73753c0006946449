"""The files of a folder that somebody means: none that is hidden, none of a run."""

import collections
import json
import os
import pathlib
from collections.abc import Callable, Mapping
from typing import NamedTuple

from tf_collab import files

__all__ = ["Tree", "summary", "walk"]

# What systems and their servers put into folders, beside all that begins with a dot.
_SYSTEM = {
    *("__MACOSX", "lost+found", "System Volume Information", "$RECYCLE.BIN"),
    *("@eaDir", "#recycle", "@Recycle", "@Recently-Snapshot", "RECYCLER"),
}
_RUN = {"experiment", "flags", "phases"}  # what the record of a run has
_RECORD = 2**20  # bytes of it, at most
_LOCK = "lock"  # what a run has first


class Tree(NamedTuple):
    """Files in order of their names, and how many were left out, by what they are."""

    files: list[pathlib.Path]
    left_out: Mapping[str, int]


def walk(root: pathlib.Path, wanted: Callable[[str], bool]) -> Tree:
    """All files under `root` whose name is wanted, links to folders followed.

    A folder that can be reached twice is read once, at its own place before any link's,
    and never what holds `root`. OSError for a folder that cannot be listed.
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
        with os.scandir(folder) as scanned:  # which knows folders without asking
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
    """One sentence about what was left out, if anything was."""
    counts = [f"{what} ({n})" for what, n in sorted(left_out.items())]
    return (f"left out of {str(root)!r}: {', '.join(counts)}",) if counts else ()


def _identity(folder):
    stat = os.stat(folder)
    return stat.st_dev, stat.st_ino


def _is_run(folder):
    path = folder / "config.json"
    if [name for name in os.listdir(folder) if not name.startswith(".")] == [_LOCK]:
        return True  # it begins just now
    try:
        files.regular(path)
        if path.stat().st_size > _RECORD:
            return False
        with files.reading(path):
            record = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(record, dict) and record.keys() >= _RUN
