"""Checks of paths that flags give: whether each is there, or can be made."""

import glob
import os
import pathlib

from tf_collab import files

__all__ = ["a_checkpoint", "a_file", "a_folder", "new_file", "new_folder", "some_files"]


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


def _writable(path: str | pathlib.Path) -> str | None:
    if os.access(path, os.W_OK):
        return None
    return f"must be writable: {str(path)!r} is not"
