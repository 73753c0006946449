"""What a net sees in a set of images: sums over blocks, which one process adds up.

Whoever looked at which block, the blocks are the same and are added in one order, so
that no digit depends on it.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

import tf_collab as tc
from experiments.images import classifier
from tf_collab import metrics

__all__ = ["Seen", "Sums", "added", "blocks", "look", "summed"]

ROWS = 1000  # images in memory as floats, and their features
MOST = 64  # blocks of a set: the sums of each are as large as a covariance

Sums = tuple[metrics.FeatureStats, metrics.ScoreSums | None]


class Seen(NamedTuple):
    """What a net saw in a set of images."""

    stats: metrics.FeatureStats
    score: float | None  # inception's or the classifier's, where it was asked for
    features: np.ndarray | None  # [n, features], where they were asked for


def look(
    net: metrics.Classifier,
    images: classifier.Pixels,
    *,
    n: int | None = None,
    splits: int | None = None,
    keep: bool = False,
) -> Seen:
    """One pass over the first n images [m, h, w, c], uint8 or floats from -1 to 1.

    A thousand are looked at at a time, and only statistics outlive them, unless `keep`
    asks for the features. `splits` asks for a score over so many parts.
    """
    n = len(images) if n is None else min(n, len(images))
    kept: list[np.ndarray] | None = [] if keep else None
    stats, sums = added(
        summed(net, images, rows, n, splits, kept) for rows in blocks(n)
    )
    score = None if sums is None else sums.score()
    return Seen(stats, score, np.concatenate(kept) if kept else None)


def blocks(n: int) -> list[range]:
    """The rows of each block of n images."""
    there = max(n, 1)  # or nothing would tell that there are none
    size = ROWS * -(-there // (MOST * ROWS))
    return [range(at, min(at + size, n)) for at in range(0, there, size)]


def summed(
    net: metrics.Classifier,
    images: classifier.Pixels,
    rows: range,
    n: int,
    splits: int | None = None,
    kept: list[np.ndarray] | None = None,
) -> Sums:
    """The sums of some rows of n; their features go to `kept`, if it is given."""
    sums = splits and metrics.ScoreSums(n, splits=splits, first=rows.start)

    def features() -> Iterator[np.ndarray]:
        for at in range(rows.start, rows.stop, ROWS):
            part = images[at : min(at + ROWS, rows.stop)]
            if part.dtype == np.uint8:
                part = np.asarray(tc.data.to_float(part))
            found = net.features(part.clip(-1, 1))
            if sums:
                assert net.logits is not None  # a score is asked of nets with logits
                sums.update(net.logits(found))
            if kept is not None:
                kept.append(found)
            yield found

    return metrics.FeatureStats.over(features()), sums or None


def added(found: Iterable[Sums]) -> Sums:
    """The sums of a set, of those of its blocks in their order."""
    found = iter(found)
    stats, sums = next(found)
    for more, later in found:
        stats = stats.joined(more)
        if sums and later:
            sums.add(later)
    return stats, sums
