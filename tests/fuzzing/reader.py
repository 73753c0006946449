"""A reader of files, and what it may make of a damaged one."""

import os
import pathlib
import shutil
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from experiments.cli import errors

__all__ = ["Reader", "outcome"]


class Reader(NamedTuple):
    name: str
    file: str  # its ending may matter
    valid: Callable[[], Sequence[bytes]]  # contents that are read
    read: Callable[[pathlib.Path], Any]
    modules: Sequence[str]  # whose opening of files it stands for


def outcome(reader: Reader, content: bytes, folder: pathlib.Path) -> str:
    """'accepted' or 'refused'; whatever is neither raises.

    The folder has no other file, before and after.
    """
    path = folder / reader.file
    path.write_bytes(content)
    try:
        return _outcome(reader, path)
    finally:
        if os.listdir(folder) != [reader.file]:
            shutil.rmtree(folder)
            folder.mkdir()


def _outcome(reader: Reader, path: pathlib.Path) -> str:
    try:
        reader.read(path)
    except (ValueError, errors.Refused) as error:
        # A program has its own way of making one line of a refusal.
        told = (errors.last_words(error) or [str(error)])[0]
        # Or the folder, where that was handed over.
        named = any(str(place) in told for place in (path.name, path.stem, path.parent))
        if not named or len(told.splitlines()) != 1:
            raise AssertionError(f"not one line with the file: {told!r}") from error
        return "refused"
    return "accepted"
