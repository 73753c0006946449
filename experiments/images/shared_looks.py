"""What a net sees in sets of images, by many processes: each gives sums of a block.

A block is opened where it is looked at. Sums are added in the order of blocks, so that
no number depends on who looked at which, or on how many processes there were.
"""

import contextlib
import functools
import io
import os
import pathlib
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from experiments.images import classifier, image_metrics
from experiments.images.image_places import Place
from experiments.rundir import progress
from experiments.stages import cluster_work
from tf_collab import metrics
from tf_collab.front import jobs

__all__ = ["Asked", "Look", "asked", "looks"]

MOST = 64  # blocks of a set: each one's sums travel, as large as a covariance
Look = Callable[..., image_metrics.Seen]  # (images, *, n, splits) -> what was seen
Key = tuple[tuple[int, ...], int | None]  # checksums of the blocks, parts of a score
Sums = tuple[metrics.FeatureStats, metrics.ScoreSums | None]


class Asked(NamedTuple):
    """A set of images that is to be looked at."""

    place: Place
    n: int
    splits: int | None  # parts of a score, if one is asked for
    sums: tuple[int, ...]  # of each block


class Net(NamedTuple):
    """A net that each process opens."""

    name: str  # as `image_metrics.named` knows it
    sha256: str | None  # of its file, if it is one


class Block(NamedTuple):
    """Images that one process looks at."""

    number: int  # among all
    at: int  # in its set
    asked: Asked


def asked(
    place: Place, pixels: classifier.Pixels, n: int, splits: int | None = None
) -> Asked:
    """The first n of these images, which any process finds in `place`."""
    n = min(n, len(pixels))
    return Asked(place, n, splits, _sums(pixels, n))


def looks(config: Any, net: str, sets: Iterable[Asked]) -> Look:
    """A function that tells what was seen in each of these sets, by their images.

    Refused where a worker finds other images in a place, or another net in a file.
    """
    every = [(one, at) for one in sets for at in range(len(one.sums))]
    blocks = [Block(number, at, one) for number, (one, at) in enumerate(every)]
    work = functools.partial(_looked, Net(net, _digest(net)))
    seen: dict[Key, image_metrics.Seen] = {}
    done, total = 0, sum(len(_rows(block)) for block in blocks)
    with progress.bar("features", total, unit="images") as reach:
        found = _in_order(cluster_work.spread(config, work, blocks))
        for (stats, score), block in zip(found, blocks, strict=True):
            one = block.asked
            if not block.at:
                whole, sums = stats, score and _score(one)
            else:
                whole = whole.joined(stats)
            if sums and score:
                sums.add(score)
            if block.at == len(one.sums) - 1:
                value = sums.score() if sums else None
                seen[one.sums, one.splits] = image_metrics.Seen(whole, value, None)
            done += len(_rows(block))
            reach(done)

    def look(
        images: classifier.Pixels, *, n: int, splits: int | None = None
    ) -> image_metrics.Seen:
        return seen[_sums(images, min(n, len(images))), splits]

    return look


def _looked(net: Net, block: Block) -> tuple[int, Sums]:
    rows, place = _rows(block), block.asked.place
    with contextlib.redirect_stderr(io.StringIO()):  # which tells of reading
        pixels = place.images().pixels
    if len(pixels) < rows.stop or _sum(pixels, rows) != block.asked.sums[block.at]:
        raise RuntimeError(
            f"a worker finds other images in {place.named} than this command: let "
            "nothing change them, and give the command again"
        )
    score = _score(block.asked, rows.start) if block.asked.splits else None
    opened = _opened(net, pixels.shape[-1])
    return block.number, (image_metrics.passed(opened, pixels, rows, score), score)


@functools.lru_cache(maxsize=1)
def _opened(net: Net, channels: int) -> metrics.Classifier:
    if _digest(net.name) != net.sha256:
        raise RuntimeError(
            f"a worker finds another net in {net.name!r} than this command: give it "
            "the same file"
        )
    return image_metrics.named(net.name, channels)[1]


def _digest(net: str) -> str | None:
    return jobs.digest(pathlib.Path(net)) if os.path.isfile(net) else None


def _score(one: Asked, first: int = 0) -> metrics.ScoreSums:
    return metrics.ScoreSums(one.n, splits=one.splits or 1, first=first)


def _in_order(found: Iterable[tuple[int, Sums]]) -> Iterator[Sums]:
    """What was found of each block, in the order of blocks."""
    waiting: dict[int, Sums] = {}
    due = 0
    for number, sums in found:
        waiting[number] = sums
        while due in waiting:
            yield waiting.pop(due)
            due += 1


def _rows(block: Block) -> range:
    return _blocks(block.asked.n)[block.at]


def _blocks(n: int) -> list[range]:
    """The rows of each block of n images."""
    size = image_metrics.ROWS * -(-n // (MOST * image_metrics.ROWS))
    return [range(at, min(at + size, n)) for at in range(0, n, size)]


def _sums(pixels: classifier.Pixels, n: int) -> tuple[int, ...]:
    return tuple(_sum(pixels, rows) for rows in _blocks(n))


def _sum(pixels: classifier.Pixels, rows: range) -> int:
    part = np.ascontiguousarray(pixels[rows.start : rows.stop])
    return zlib.crc32(part.data, zlib.crc32(repr(part.shape).encode()))
