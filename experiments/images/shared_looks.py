"""What a net sees in sets of images, by many processes: each gives sums of a block.

A block is opened where it is looked at. Sums are added in the order of blocks, as one
process adds them, and a set's are let go once all of them are there.
"""

import contextlib
import functools
import io
import itertools
import os
import pathlib
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from experiments.cli import errors
from experiments.images import classifier, image_looks, image_metrics, image_places
from experiments.images.image_looks import Sums
from experiments.images.image_places import Asked
from experiments.rundir import progress
from experiments.stages import cluster_work
from tf_collab import metrics
from tf_collab.front import jobs

__all__ = ["Look", "looks"]

Look = Callable[..., image_looks.Seen]  # (images, *, n, splits) -> what was seen


class Net(NamedTuple):
    """A net that each process opens."""

    name: str  # as `image_metrics.named` knows it
    sha256: str | None  # of its file, if it is one


class Block(NamedTuple):
    """Images that one process looks at."""

    number: int  # among all
    at: int  # in its set
    asked: Asked


@contextlib.contextmanager
def looks(config: Any, net: str, sets: Sequence[Asked]) -> Iterator[Look]:
    """A function that tells what was seen in these sets, asked in their order.

    A set's sums are added up once it is asked for, and are then forgotten. Refused
    where a worker finds other images in a place, or another net in a file.
    """
    left = iter(sets)
    with contextlib.closing(_seen(config, net, sets)) as seen:

        def look(
            images: classifier.Pixels, *, n: int, splits: int | None = None
        ) -> image_looks.Seen:
            one = next(left)
            there = image_places.asked(one.place, images, n, splits)
            if there != one:
                raise errors.Refused(
                    f"the images in {one.place.named} have changed since this command "
                    "began: let nothing change them, and give the command again"
                )
            return next(seen)

        yield look


def _seen(
    config: Any, net: str, sets: Sequence[Asked]
) -> Generator[image_looks.Seen, None, None]:
    """What was seen in each set, once all of its blocks are there."""
    every = [(one, at) for one in sets for at in range(len(one.sums))]
    blocks = [Block(number, at, one) for number, (one, at) in enumerate(every)]
    work = functools.partial(_looked, Net(net, _digest(net)))
    total = sum(one.n for one in sets)
    with (
        progress.bar("features", total, unit="images") as reach,
        contextlib.closing(cluster_work.spread(config, work, blocks, _leave)) as found,
    ):
        sums = _in_order(found, blocks, reach)
        for one in sets:
            stats, score = image_looks.added(itertools.islice(sums, len(one.sums)))
            yield image_looks.Seen(stats, score.score() if score else None, None)


def _looked(net: Net, block: Block) -> tuple[int, Sums]:
    rows, place = _rows(block), block.asked.place
    with contextlib.redirect_stderr(io.StringIO()):  # which tells of reading
        pixels = place.images().pixels
    if (
        len(pixels) < rows.stop
        or image_places.checksum(pixels, rows) != block.asked.sums[block.at]
    ):
        raise RuntimeError(
            f"a worker finds other images in {place.named} than this command: let "
            "nothing change them, and give the command again"
        )
    opened = _opened(net, pixels.shape[-1])
    asked = block.asked
    return block.number, image_looks.summed(opened, pixels, rows, asked.n, asked.splits)


@functools.lru_cache(maxsize=1)
def _opened(net: Net, channels: int) -> metrics.Classifier:
    if _digest(net.name) != net.sha256:
        raise RuntimeError(
            f"a worker finds another net in {net.name!r} than this command: give it "
            "the same file"
        )
    return image_metrics.named(net.name, channels)[1]


def _leave() -> None:
    """Lets go of the net and the images at which this process has looked."""
    _opened.cache_clear()
    image_places.leave()


def _digest(net: str) -> str | None:
    return jobs.digest(pathlib.Path(net)) if os.path.isfile(net) else None


def _in_order(
    found: Iterable[tuple[int, Sums]],
    blocks: Sequence[Block],
    reach: Callable[[int], None],
) -> Iterator[Sums]:
    """What was found of each block, in the order of blocks."""
    waiting: dict[int, Sums] = {}
    due = done = 0
    for number, sums in found:
        waiting[number] = sums
        done += len(_rows(blocks[number]))
        reach(done)
        while due in waiting:
            yield waiting.pop(due)
            due += 1


def _rows(block: Block) -> range:
    return image_looks.blocks(block.asked.n)[block.at]
