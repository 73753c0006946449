"""Collects many images into one array, decoded in threads, in memory or in a file."""

import concurrent.futures
import hashlib
import itertools
import math
import os
import pathlib
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypedDict

import numpy as np
import PIL
from PIL import Image

from tf_collab import files
from tf_collab.data.images import decoding, mapped, memory

__all__ = ["Source", "Storage", "collect"]

_Named = tuple[str, tuple[int, ...]]  # the name of an image, and its shape

_BLOCK = 128  # images decoded at a time, fewer if they are large
_GROUP = 8  # images for a thread at a time: decoding a small one is quick
_RGBA = 4  # bytes that Pillow takes for a pixel
_LEAST = 2**28  # bytes that decoding may always take


class Source(NamedTuple):
    """Images in a fixed order, not read yet."""

    root: pathlib.Path
    files: Sequence[pathlib.Path]  # if these change, so do the images
    split: str
    n: int  # number of images
    items: Iterable[tuple[str, Any]]  # (a name, the first argument of `load`)
    load: Callable[[Any, Callable[[int], None]], Image.Image]  # (item, claim) -> image
    whole: int | None = None  # number of images in all splits, if there are others
    notes: tuple[str, ...] = ()  # sentences for the user
    labelled: bool = False  # each row belongs to a label, so that none may be missing

    @property
    def bearable(self) -> int:
        """How many images may be unreadable: 1 % of the whole set, without labels."""
        return 0 if self.labelled else (self.whole or self.n) // 100

    @property
    def digest(self) -> str:
        """SHA-256 of the files' names and sizes; the root may move."""
        names = sorted(
            (os.path.relpath(path, self.root), (_stamp(path) or [None])[0])
            for path in self.files
        )
        return hashlib.sha256(repr(names).encode()).hexdigest()


class Storage(TypedDict, total=False):
    """Options of storage.

    Labelled sets at their own size are small: they are always held in memory, without
    progress reports.
    """

    memory_gib: float  # GiB of images that may be held in memory, 4 by default
    cache_dir: os.PathLike | str | None  # a folder for memory maps of larger sets
    progress: Callable[[int, int], None] | None  # called as (images done, all images)


def collect(
    source: Source,
    *,
    crop: int | None,
    size: int | None,
    memory_gib: float = 4.0,
    cache_dir: os.PathLike | str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> np.ndarray | mapped.MappedPixels:
    """The images that can be read, uint8 `[n, height, width, channels]`.

    A set that fits into `memory_gib` becomes an array. A larger one is written once to
    a memory map in the folder `cache_dir`, and reused from there as long as its files
    do not change. Up to one in a hundred images of the whole set may be unreadable, and
    is left out, unless they have labels. Raises ValueError if more are, if there are
    fewer than 2 images, if their shapes differ, or if a large set has no `cache_dir`.
    """
    if source.n < 2:
        raise ValueError(
            f"{str(source.root)!r} has {source.n} images for the split "
            f"{source.split!r}: at least 2 are needed"
        )
    path = None
    if cache_dir is not None:
        name = _map_name(source, crop, size)
        path = pathlib.Path(cache_dir).expanduser() / name
        if os.path.lexists(path):
            return _written_before(path, source, size or crop)
    most = memory_gib * 2**30
    blocks = _decoded(source, crop, size, most, progress)
    first = next(blocks)
    blocks, shape = itertools.chain([first], blocks), (source.n, *first.shape[1:])
    if math.prod(shape) <= most:
        return _in_memory(shape, blocks)
    if path is None:
        raise ValueError(
            f"{str(source.root)!r} has {source.n} images for the split "
            f"{source.split!r}, which take {math.prod(shape) / 2**30:.3g} GiB, and "
            f"memory_gib is {memory_gib:g}: give a folder for a memory map as "
            "cache_dir, or more memory"
        )
    mapped.write(path, source.n, blocks)
    return mapped.MappedPixels(path)


def _written_before(
    path: pathlib.Path, source: Source, side: int | None
) -> mapped.MappedPixels:
    """The memory map of a source; ValueError if the file holds something else."""
    advice = "remove it, and it will be written again"
    try:
        pixels = mapped.MappedPixels(path)
    except files.Unsound as error:
        raise ValueError(f"{error}: {advice}") from error
    fits = side is None or pixels.shape[1:3] == (side, side)
    if not fits or not source.n - source.bearable <= len(pixels) <= source.n:
        raise ValueError(
            f"{str(path)!r} is not the map of {source.n} images, but has "
            f"{list(pixels.shape)}: {advice}"
        )
    return pixels


def _in_memory(shape: tuple[int, ...], blocks: Iterable[np.ndarray]) -> np.ndarray:
    pixels, kept = np.empty(shape, np.uint8), 0
    for block in blocks:
        pixels[kept : kept + len(block)] = block
        kept += len(block)
    return pixels[:kept]


def _map_name(source: Source, crop: int | None, size: int | None) -> str:
    key = hashlib.sha256(repr((source.split, crop, size, PIL.__version__)).encode())
    for path in source.files:
        key.update(repr((os.path.relpath(path, source.root), _stamp(path))).encode())
    return f"images-{key.hexdigest()[:16]}.npy"


def _stamp(path: pathlib.Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:  # one more unreadable file, counted when it is read
        return None
    return stat.st_size, stat.st_mtime_ns


def _decoded(
    source: Source,
    crop: int | None,
    size: int | None,
    most: float,
    progress: Callable[[int, int], None] | None,
) -> Iterator[np.ndarray]:
    """Yields blocks of images, each with at least one; the first is a single image."""
    items, done, unreadable, first = iter(source.items), 0, [], None
    spare, length = memory.Memory(max(most, _LEAST)), 1

    def attempt(item: tuple[str, Any]) -> np.ndarray | Exception:
        name, place = item
        try:
            with spare.share() as claim:
                claim(2 * _RGBA * (size or 0) ** 2)
                pixels = decoding.fit(source.load(place, claim), crop=crop, size=size)
        except Exception as error:  # a decoder may raise anything for a broken file
            return error
        if first is not None:  # an image of another size may be a thousand times larger
            _check_alike(first, (name, pixels.shape))
        return pixels

    def attempts(group: Sequence[tuple[str, Any]]) -> list[np.ndarray | Exception]:
        return [attempt(item) for item in group]

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        while chunk := list(itertools.islice(items, length)):
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", module="PIL")  # odd metadata
                warnings.simplefilter("error", Image.DecompressionBombWarning)
                step = min(_GROUP, -(-length // (os.cpu_count() or 1)))
                groups = [chunk[i : i + step] for i in range(0, len(chunk), step)]
                results = list(itertools.chain(*pool.map(attempts, groups)))
            done += len(chunk)
            block = []
            for (name, _), result in zip(chunk, results):
                if isinstance(result, _Unlike):
                    raise result
                if isinstance(result, Exception):
                    unreadable.append(f"{name} ({_reason(result)})")
                else:
                    first = first or (name, result.shape)
                    block.append(result)
            if len(unreadable) > source.bearable:
                most_of = f", more than 1 % of all {source.whole or source.n}"
                raise ValueError(
                    f"{len(unreadable)} of the first {done} images of "
                    f"{str(source.root)!r} cannot be read"
                    f"{'' if source.labelled else most_of}: {', '.join(unreadable[:3])}"
                )
            if block:
                yield np.stack(block)
            if progress is not None:
                progress(done, source.n)
            if first is not None and length == 1:
                spare, length = _planned(source.n, first[1], most)


def _planned(
    count: int, shape: tuple[int, ...], most: float
) -> tuple[memory.Memory, int]:
    """The memory for decoding, beside the kept images, and the images at a time."""
    one = math.prod(shape)
    kept = count * one if count * one <= most else 0
    free = max(most - kept, _LEAST)
    # There are two copies of a block while it is handed on.
    length = min(_BLOCK, max(1, int(free / 4 / (2 * one))))
    return memory.Memory(free * 3 / 4), length


def _check_alike(first: _Named, other: _Named) -> None:
    if first[1] != other[1]:
        (a, (h, w, _)), (b, (other_h, other_w, _)) = first, other
        raise _Unlike(
            f"{a} has {w}x{h} pixels and {b} has {other_w}x{other_h}: give a size for "
            "all"
        )


class _Unlike(ValueError):
    """The images of a set have different shapes, so that they do not form an array."""


def _reason(error: Exception) -> str:
    if isinstance(error, PIL.UnidentifiedImageError):
        return "not a PNG, JPEG, WebP, BMP or GIF image"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, MemoryError):
        return "it asks for more memory than there is"
    return (str(error).splitlines() or [type(error).__name__])[0]
