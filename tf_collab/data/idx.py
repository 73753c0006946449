"""IDX files: the format of MNIST (LeCun, Cortes and Burges)."""

import gzip
import math
import os
import pathlib
import zlib

import numpy as np

__all__ = ["NAMES", "digits", "read"]

NAMES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}


def read(path: os.PathLike | str) -> np.ndarray:
    """The bytes of an IDX file, plain or `.gz`, as uint8 of its own shape."""
    path = pathlib.Path(path)
    try:
        with gzip.open(path) if path.suffix == ".gz" else open(path, "rb") as file:
            content = file.read()
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(f"{path} is damaged: {error}") from error
    # 0, 0, 8 for bytes, the rank, then big-endian lengths.
    rank = content[3] if content[:3] == b"\0\0\x08" and len(content) > 3 else 0
    start = 4 + 4 * rank
    if rank == 0 or len(content) < start:
        raise ValueError(f"{path} is no IDX file of bytes")
    shape = np.frombuffer(content, ">u4", rank, 4).tolist()
    if len(content) - start != math.prod(shape):
        raise ValueError(
            f"{path} has {len(content) - start} bytes of data, and its header says "
            f"{math.prod(shape)}: it is damaged"
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def digits(
    folder: pathlib.Path, split: str
) -> tuple[list[pathlib.Path], np.ndarray, np.ndarray] | None:
    """Files, pixels `[n, h, w, 1]` and labels of the MNIST family, if they are there.

    `split` is train, test or all. Some of the files without the others are an error.
    """
    splits = NAMES if split == "all" else [split]
    if not any(_find(folder, name) for pair in NAMES.values() for name in pair):
        return None
    files: list[pathlib.Path] = []
    for name in (name for part in splits for name in NAMES[part]):
        path = _find(folder, name)
        if path is None:
            raise ValueError(f"{folder} has no {name}, plain or with .gz")
        files.append(path)
    arrays = [read(path) for path in files]
    for i in range(0, len(files), 2):
        _check_pair(files[i : i + 2], arrays[i : i + 2])
    pixels, labels = np.concatenate(arrays[::2]), np.concatenate(arrays[1::2])
    return files, pixels[..., None], labels.astype(int)


def _find(folder, name):
    paths = (folder / name, folder / f"{name}.gz")
    return next((path for path in paths if path.is_file()), None)


def _check_pair(files, arrays):
    pixels, labels = arrays
    if pixels.ndim != 3 or labels.shape != pixels.shape[:1]:
        raise ValueError(
            f"{files[0]} is {list(pixels.shape)} and {files[1].name} is "
            f"{list(labels.shape)}: they should be [n, height, width] and [n]"
        )
