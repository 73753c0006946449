"""IDX files: the format of MNIST (LeCun, Cortes and Burges)."""

import gzip
import math
import os
import pathlib
from collections.abc import Sequence

import numpy as np

from tf_collab import files

__all__ = ["NAMES", "digits", "read"]

NAMES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
MOST = 2**30  # bytes of one array; MNIST has 47 million, its largest kin 640 million
_DEFLATED = 1032  # bytes that one byte of a .gz stands for, at most


def read(path: os.PathLike | str) -> np.ndarray:
    """The array in an IDX file of bytes, plain or `.gz`, as uint8 of the file's shape.

    Raises ValueError if the file is damaged, or if its header announces more than
    1 GiB.
    """
    path = pathlib.Path(path)
    files.regular(path)
    zipped = path.suffix == ".gz"
    with (
        files.reading(path, "IDX file"),
        gzip.open(path) if zipped else open(path, "rb") as file,
    ):
        # 0, 0, 8 for bytes, the rank, then big-endian lengths.
        head = file.read(4)
        rank = head[3] if head[:3] == b"\0\0\x08" and len(head) > 3 else 0
        lengths = file.read(4 * rank)
        if rank == 0 or len(lengths) < 4 * rank:
            raise files.Unsound(f"{str(path)!r} is not an IDX file of bytes")
        shape = np.frombuffer(lengths, ">u4").tolist()
        size, there = math.prod(shape), os.path.getsize(path)
        if size > min(MOST, there * (_DEFLATED if zipped else 1)):
            raise files.Unsound(
                f"{str(path)!r} has {there} bytes, and its header says {size}: it is "
                + ("damaged" if size <= MOST else "damaged, or too large to be read")
            )
        content = file.read(size)
        if len(content) < size or file.read(1):
            over = "more" if len(content) == size else len(content)
            raise files.Unsound(
                f"{str(path)!r} has {over} bytes of data, and its header says {size}: "
                "it is damaged"
            )
        return np.frombuffer(content, np.uint8).reshape(shape)


def digits(
    folder: pathlib.Path, split: str
) -> tuple[list[pathlib.Path], np.ndarray, np.ndarray] | None:
    """Files, pixels uint8 `[n, h, w, 1]` and labels [n] of a set in MNIST's form.

    `split` is train, test or all. None if no file is there. Raises ValueError if only
    some of the files are there, or if one is damaged.
    """
    splits = NAMES if split == "all" else [split]
    if not any(_find(folder, name) for pair in NAMES.values() for name in pair):
        return None
    paths: list[pathlib.Path] = []
    for name in (name for part in splits for name in NAMES[part]):
        path = _find(folder, name)
        if path is None:
            raise ValueError(f"{str(folder)!r} has no {name}, plain or with .gz")
        paths.append(path)
    arrays = [read(path) for path in paths]
    for i in range(0, len(paths), 2):
        _check_pair(paths[i : i + 2], arrays[i : i + 2])
    pixels, labels = np.concatenate(arrays[::2]), np.concatenate(arrays[1::2])
    return paths, pixels[..., None], labels.astype(int)


def _find(folder: pathlib.Path, name: str) -> pathlib.Path | None:
    """The file of that name, or of its dotted form, which some programs write."""
    dotted = name.replace("-idx", ".idx")
    # Some programs unpack it into a folder of the same name.
    stems = (name, dotted, f"{name}/{name}", f"{dotted}/{dotted}", f"{name}/{dotted}")
    paths = (folder / f"{stem}{end}" for stem in stems for end in ("", ".gz"))
    return next((path for path in paths if path.is_file()), None)


def _check_pair(paths: Sequence[pathlib.Path], arrays: Sequence[np.ndarray]) -> None:
    pixels, labels = arrays
    if pixels.ndim != 3 or labels.shape != pixels.shape[:1] or not pixels.size:
        raise ValueError(
            f"{str(paths[0])!r} is {list(pixels.shape)} and {paths[1].name} is "
            f"{list(labels.shape)}: they should be [n, height, width] and [n]"
        )
