"""What an image loader is asked: checked first, and refused in one sentence."""

import os
import pathlib

from tf_collab.data import images

__all__ = ["Folder", "checked", "missing"]

Folder = os.PathLike | str | None


def checked(
    data_dir: Folder, split: str, download: bool, size: int | None, crop: int | None
) -> pathlib.Path | None:
    """The folder as a path; ValueError for what no loader can do."""
    if split not in images.SPLITS:
        splits = ", ".join(images.SPLITS)
        raise ValueError(f"split must be one of {splits}, but is {split!r}")
    for name, side in (("size", size), ("crop", crop)):
        if side is not None and side < 1:
            raise ValueError(f"{name} must be at least 1, but is {side}")
    if data_dir is None:
        return None
    path = pathlib.Path(data_dir).expanduser()
    if not path.is_dir() and not download:  # a download makes it
        raise ValueError(f"{str(path)!r} is no folder")
    return path


def missing(
    name: str, data_dir: Folder, what: str, *, tfds: str, also: str = ""
) -> ValueError:
    """An error that says how to get a set that was not found."""
    place = "data_dir" if data_dir is None else os.fspath(data_dir)
    there = "" if data_dir is None else f", data_dir={os.fspath(data_dir)!r}"
    return ValueError(
        f"{name} was not found: put {what} in {place}, {also}prepare it with "
        f"tfds.load({tfds!r}{there}), or set download"
    )
