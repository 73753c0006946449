"""Where images are, so that any process can open the same ones."""

import dataclasses
import functools
import os
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import tf_collab as tc
from experiments.images import classifier, image_looks, image_sets
from tf_collab import archives, files

__all__ = [
    "Asked",
    "Place",
    "asked",
    "by_chance",
    "checksum",
    "checksums",
    "folder",
    "leave",
    "samples",
    "tests",
]


class Place(NamedTuple):
    """Images that `opened(*given)` gives in any process which sees the same files."""

    named: str  # in a sentence
    opened: Callable[..., tc.data.Images]
    given: tuple

    def images(self) -> tc.data.Images:
        """The images, which stay in memory until another place is asked for."""
        return _images(self)


class Asked(NamedTuple):
    """A set of images that is to be looked at."""

    place: Place
    n: int
    splits: int | None  # parts of a score, if one is asked for
    sums: tuple[int, ...]  # of each block


def asked(
    place: Place, pixels: classifier.Pixels, n: int, splits: int | None = None
) -> Asked:
    """The first n of these images, which any process finds in `place`."""
    n = min(n, len(pixels))
    return Asked(place, n, splits, checksums(pixels, n))


def checksums(pixels: classifier.Pixels, n: int) -> tuple[int, ...]:
    """Those of the blocks of the first n images."""
    return tuple(checksum(pixels, rows) for rows in image_looks.blocks(n))


def checksum(pixels: classifier.Pixels, rows: range) -> int:
    """That of some images, and of their shape."""
    part = np.ascontiguousarray(pixels[rows.start : rows.stop])
    return zlib.crc32(part.data, zlib.crc32(repr(part.shape).encode()))


def leave() -> None:
    """Lets go of the images of the last place."""
    _images.cache_clear()


@functools.lru_cache(maxsize=1)
def _images(place: Place) -> tc.data.Images:
    return place.opened(*place.given)


def folder(config: Any, flag: str, size: int | None) -> Place:
    """Those of --n images by chance in the folder that a flag names."""
    path = getattr(config, flag)
    cache = config.cache_dir and os.path.abspath(config.cache_dir)
    given = os.path.abspath(path), size, config.memory_gib, cache, config.n
    return Place(f"--{flag}={path}", _of_folder, given)


def _of_folder(
    path: str, size: int | None, memory_gib: float, cache_dir: str | None, n: int
) -> tc.data.Images:
    images = tc.data.IMAGES["folder"](
        path, split="all", size=size, memory_gib=memory_gib, cache_dir=cache_dir
    )
    return by_chance(images, n)


def tests(trained: Any, n: int) -> Place:
    """Those of n images by chance in the test split of a run with these flags."""
    places = {name: getattr(trained, name) for name in ("data_dir", "cache_dir")}
    whole = {name: path and os.path.abspath(path) for name, path in places.items()}
    given = dataclasses.replace(trained, **whole), n
    return Place(f"--dataset={trained.dataset}", _of_tests, given)


def _of_tests(trained: Any, n: int) -> tc.data.Images:
    test = image_sets.split(trained, "test")
    return by_chance(image_sets.thinned(trained, test), n)


def samples(path: os.PathLike | str) -> Place:
    """Those in a file of a run's samples."""
    return Place(f"{str(path)!r}", _of_samples, (os.path.abspath(path),))


def _of_samples(path: str) -> tc.data.Images:
    what = "file of samples"
    arrays = archives.arrays(path, ("x",), what=what)
    with files.reading(path, what):
        x = arrays["x"]
        if x.ndim != 4 or x.dtype.kind not in "uf":
            shape = f"{x.dtype} {list(x.shape)}"
            raise ValueError(f"its x is {shape}, not [n, height, width, channels]")
    return tc.data.Images(x)


def by_chance(images: tc.data.Images, n: int) -> tc.data.Images:
    """All of the images, or n of them by chance: files may be sorted by class.

    The choice is the same for every run, since these images are a ruler.
    """
    if n >= len(images.pixels):
        return images
    (some,) = tc.data.partition(images, (n,), seed=0)
    return some
