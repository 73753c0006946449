"""A set of images with their labels, and parts of it."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np

from tf_collab.data.images import mapped

__all__ = ["SPLITS", "Images", "held_out", "imbalanced", "partition"]

SPLITS = ("train", "test", "all")


class Images(NamedTuple):
    """Images of one size, uint8; `pixels[rows]` is an array, wherever they lie."""

    pixels: np.ndarray | mapped.MappedPixels  # [n, height, width, channels]
    labels: np.ndarray | None = None  # [n], whole numbers
    classes: int | None = None
    skipped: int = 0  # files that could not be read
    notes: tuple[str, ...] = ()  # sentences: what was left out, or not found
    digest: str | None = None  # of all that was read: names and sizes, or content


def held_out(root: object, count: int, split: str) -> np.ndarray:
    """The rows of a split where the source has none: one in ten, at random, is test.

    Two at least; always the same ones, in increasing order. ValueError, which names
    the images' `root`, for fewer than 4 where some are to be held out.
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
    """Keeps `share` of each class named, at random, and all of the others."""
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
    """Disjoint random parts of the sizes given; images beyond their sum are left."""
    n = len(images.pixels)
    if min(counts, default=0) < 1 or sum(counts) > n:
        wanted = " + ".join(map(str, counts))
        raise ValueError(f"parts of {wanted} images are not to be had from {n}")
    order = np.random.default_rng(seed).permutation(n)[: sum(counts)]
    ends = np.cumsum(counts)[:-1]
    return tuple(_subset(images, np.sort(rows)) for rows in np.split(order, ends))


def _subset(images, rows):
    pixels, labels = images.pixels, images.labels
    on_disk = isinstance(pixels, mapped.MappedPixels)
    return images._replace(
        pixels=pixels.subset(rows) if on_disk else pixels[rows],
        labels=None if labels is None else labels[rows],
    )
