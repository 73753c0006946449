"""Checks of a loader's arguments, and the error for a set that is missing."""

import os
import pathlib

from tf_collab.data.images import layouts, sets

__all__ = ["Folder", "checked", "missing"]

Folder = os.PathLike | str | None


def checked(
    data_dir: Folder, split: str, download: bool, size: int | None, crop: int | None
) -> pathlib.Path | None:
    """The folder as a path with `~` resolved, or None if there is none.

    Raises ValueError if the split is unknown, if `size` or `crop` is below 1, or if
    `data_dir` is not a folder and a download will not make it one.
    """
    if split not in sets.SPLITS:
        splits = ", ".join(sets.SPLITS)
        raise ValueError(f"split must be one of {splits}, but is {split!r}")
    for name, side in (("size", size), ("crop", crop)):
        if side is not None and side < 1:
            raise ValueError(f"{name} must be at least 1, but is {side}")
    if data_dir is None:
        return None
    path = pathlib.Path(os.path.expanduser(data_dir))
    if not os.path.isdir(path) and (not download or os.path.lexists(path)):
        raise ValueError(f"{str(path)!r} is not a folder")  # a download makes one
    return path


def missing(
    name: str, data_dir: Folder, what: str, *, tfds: str, also: str = ""
) -> ValueError:
    """A ValueError that says how to get the set `name`, which was not found."""
    if data_dir is None:
        return ValueError(
            f"{name} was not found: give a folder with {what} as data_dir, {also}"
            f"prepare it with tfds.load({tfds!r}), or set download"
        )
    if advice := layouts.advice(data_dir):
        return ValueError(f"{name} was not found: {advice}")
    place = os.fspath(data_dir)
    return ValueError(
        f"{name} was not found in {place!r}{layouts.contents(place)}: put {what} in "
        f"{place}, prepare it with tfds.load({tfds!r}, data_dir={place!r}), or set "
        "download"
    )
