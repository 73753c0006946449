"""Many images to one array: decoded in threads, in memory or in a file."""

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

from tf_collab.data import decoding, mapped

__all__ = ["Source", "Storage", "collect", "image_files"]

_BLOCK = 128  # images decoded at a time
_GROUP = 8  # of these by one thread: a small one is less work than a hand-over


class Source(NamedTuple):
    """Images where they lie, in a fixed order; none is read yet."""

    root: pathlib.Path
    files: Sequence[pathlib.Path]  # if these change, so do the images
    split: str
    n: int
    items: Iterable[tuple[str, Any]]  # a name, and what `load` makes an image of
    load: Callable[[Any], Image.Image]
    whole: int | None = None  # images of all splits, if there are others

    @property
    def bearable(self) -> int:
        """How many may be unreadable: one in a hundred of the whole set."""
        return (self.whole or self.n) // 100


class Storage(TypedDict, total=False):
    """Where images are kept, and who hears of it.

    Sets with classes at their own size are small: they are in memory, unheard of.
    """

    memory_gib: float  # what may be held in memory, 4 unless told
    cache_dir: os.PathLike | str | None  # a folder for the maps of larger sets
    progress: Callable[[int, int], None] | None  # hears (images done, all)


def image_files(folder: pathlib.Path) -> list[pathlib.Path]:
    """All image files of a tree by name, but for hidden ones, in order."""
    found = [
        pathlib.Path(parent, name)
        for parent, _, names in os.walk(folder)
        for name in names
        if pathlib.Path(name).suffix.lower() in decoding.SUFFIXES
        and not name.startswith(".")
    ]
    return sorted(found)


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

    What fits `memory_gib` is an array; a larger set is written once to a memory map in
    the folder `cache_dir` and found there again while its files stay as they are. Up to
    one image in a hundred of the whole set may be unreadable and is left out.
    """
    if source.n < 2:
        raise ValueError(
            f"{source.root} has {source.n} images for the split "
            f"{source.split!r}: at least 2 are needed"
        )
    path = None
    if cache_dir is not None:
        name = _map_name(source, crop, size)
        path = pathlib.Path(cache_dir).expanduser() / name
        if path.exists():
            return mapped.MappedPixels(path)
    blocks = _decoded(source, crop, size, progress)
    first = next(blocks)
    blocks, shape = itertools.chain([first], blocks), (source.n, *first.shape[1:])
    if math.prod(shape) <= memory_gib * 2**30:
        return _in_memory(shape, blocks)
    if path is None:
        raise ValueError(
            f"{source.root} has {source.n} images for the split {source.split!r}, "
            f"which take {math.prod(shape) / 2**30:.3g} GiB, and memory_gib is "
            f"{memory_gib:g}: give a folder for a memory map as cache_dir, or more "
            "memory"
        )
    mapped.write(path, source.n, blocks)
    return mapped.MappedPixels(path)


def _in_memory(shape, blocks):
    pixels, kept = np.empty(shape, np.uint8), 0
    for block in blocks:
        pixels[kept : kept + len(block)] = block
        kept += len(block)
    return pixels[:kept]


def _map_name(source, crop, size):
    key = hashlib.sha256(repr((source.split, crop, size, PIL.__version__)).encode())
    for path in source.files:
        key.update(repr((os.path.relpath(path, source.root), _stamp(path))).encode())
    return f"images-{key.hexdigest()[:16]}.npy"


def _stamp(path):
    try:
        stat = path.stat()
    except OSError:  # one more unreadable file, counted when it is read
        return None
    return stat.st_size, stat.st_mtime_ns


def _decoded(source, crop, size, progress) -> Iterator[np.ndarray]:
    """Blocks of images, none of them empty."""

    def attempt(item):
        try:
            return decoding.fit(source.load(item[1]), crop=crop, size=size)
        except Exception as error:  # a broken file makes a decoder raise anything
            return error

    def attempts(group):
        return [attempt(item) for item in group]

    items, done, unreadable, first = iter(source.items), 0, [], None
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        while chunk := list(itertools.islice(items, _BLOCK)):
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", module="PIL")  # odd metadata
                warnings.simplefilter("error", Image.DecompressionBombWarning)
                groups = [chunk[i : i + _GROUP] for i in range(0, len(chunk), _GROUP)]
                results = list(itertools.chain(*pool.map(attempts, groups)))
            done += len(chunk)
            block = []
            for (name, _), result in zip(chunk, results):
                if isinstance(result, Exception):
                    unreadable.append(f"{name} ({_reason(result)})")
                    continue
                first = first or (name, result.shape)
                _check_alike(first, (name, result.shape))
                block.append(result)
            if len(unreadable) > source.bearable:
                raise ValueError(
                    f"{len(unreadable)} of the first {done} images of {source.root} "
                    f"cannot be read, more than 1 % of all {source.whole or source.n}: "
                    f"{', '.join(unreadable[:3])}"
                )
            if block:
                yield np.stack(block)
            if progress is not None:
                progress(done, source.n)


def _check_alike(first, other):
    if first[1] != other[1]:
        (a, (h, w, _)), (b, (other_h, other_w, _)) = first, other
        raise ValueError(
            f"{a} has {w}x{h} pixels and {b} has {other_w}x{other_h}: give a size for "
            "all"
        )


def _reason(error):
    if isinstance(error, PIL.UnidentifiedImageError):
        return "no PNG, JPEG, WebP, BMP or GIF image"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return (str(error).splitlines() or [type(error).__name__])[0]
