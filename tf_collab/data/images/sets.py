"""Sets of images with their labels, and parts of a set."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np

from tf_collab.data.images import mapped

__all__ = ["SPLITS", "Images", "held_out", "imbalanced", "partition"]

SPLITS = ("train", "test", "all")


class Images(NamedTuple):
    """Images of one size, uint8; `pixels[rows]` is an array in memory."""

    pixels: np.ndarray | mapped.MappedPixels  # [n, height, width, channels]
    labels: np.ndarray | None = None  # [n], whole numbers
    classes: int | None = None
    skipped: int = 0  # number of images that could not be read
    notes: tuple[str, ...] = ()  # sentences about what was left out or is missing
    digest: str | None = None  # SHA-256 of the files' names and sizes, or of content


def held_out(root: object, count: int, split: str) -> np.ndarray:
    """The rows of a split of a source without splits, in increasing order.

    One row in ten, and at least two, is for tests; they are chosen at random, but
    always the same. Raises ValueError, naming `root`, if there are fewer than 4 images
    and `split` is not all.
    """
    if split != "all" and count < 4:
        raise ValueError(
            f"{str(root)!r} has {count} images: at least 4 are needed, 2 to learn from "
            "and 2 for tests, which get one in ten"
        )
    order, tests = np.random.default_rng(0).permutation(count), max(2, count // 10)
    parts = {"test": order[:tests], "train": order[tests:]}
    return np.sort(parts.get(split, order))


def imbalanced(
    images: Images, classes: Collection[int], share: float, *, seed: int
) -> Images:
    """Keeps the share (0 to 1) of each of `classes`, at random, and all other images.

    Raises ValueError if there are no labels, or no image of one of `classes`, or if
    `share` is out of range.
    """
    if images.labels is None:
        raise ValueError("these images have no labels, so no class can be made rare")
    if not 0 < share <= 1:
        raise ValueError(f"share must be above 0 and at most 1, but is {share}")
    absent = sorted(set(classes) - set(images.labels.tolist()))
    if absent:
        present = ", ".join(map(str, np.unique(images.labels)))
        raise ValueError(f"no image is of class {absent[0]}: there are {present}")
    random = np.random.default_rng(seed)
    keep = np.ones(len(images.labels), bool)
    for label in sorted(set(classes)):
        rows = random.permutation(np.flatnonzero(images.labels == label))
        keep[rows[round(share * len(rows)) :]] = False
    return _subset(images, np.flatnonzero(keep))


def partition(
    images: Images, counts: Sequence[int], *, seed: int
) -> tuple[Images, ...]:
    """Disjoint random parts with `counts` images each; other images are left out.

    Raises ValueError if a count is below 1, or if there are too few images.
    """
    n = len(images.pixels)
    if min(counts, default=0) < 1 or sum(counts) > n:
        wanted = " + ".join(map(str, counts))
        raise ValueError(f"cannot take {wanted} images out of {n}")
    order = np.random.default_rng(seed).permutation(n)[: sum(counts)]
    ends = np.cumsum(counts)[:-1]
    return tuple(_subset(images, np.sort(rows)) for rows in np.split(order, ends))


def _subset(images: Images, rows: np.ndarray) -> Images:
    pixels, labels = images.pixels, images.labels
    if isinstance(pixels, mapped.MappedPixels):
        some: np.ndarray | mapped.MappedPixels = pixels.subset(rows)
    else:
        some = pixels[rows]
    return images._replace(pixels=some, labels=None if labels is None else labels[rows])
