"""Figures that say in themselves which they are: see `pictures.show`."""

import functools
import os
import pathlib

from PIL import Image

from experiments.rundir import run_folder
from tf_collab import files

__all__ = ["is_whole"]


def is_whole(run: run_folder.Run, file: str) -> bool:
    """Whether figures/FILE.png is there, with no bit flipped, and not another's.

    That of an older version does not say what it is, and may be another's. With --pdf
    figures/FILE.pdf is to be there too.
    """
    path = run.at(f"figures/{file}.png")
    try:
        files.regular(path)
        now = os.stat(path)
    except (OSError, ValueError):
        return False
    if run.pdf and not path.with_suffix(".pdf").is_file():
        return False
    return _is_picture(path, file, (now.st_ino, now.st_size, now.st_mtime_ns))


@functools.lru_cache(maxsize=10_000)  # a command asks again and again
def _is_picture(path: pathlib.Path, file: str, state: tuple[int, ...]) -> bool:
    try:
        with Image.open(path, formats=["PNG"]) as image:
            image.verify()
            return bool(image.info.get("Title", file) == file)
    except Exception:  # a decoder may raise anything for a broken file
        return False
