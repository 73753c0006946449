"""Sets of images with their labels, and parts of a set."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np

from tf_collab.data.images import mapped
from tf_collab.groups import in_order, whole

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
    groups: np.ndarray | None = None  # [n], whole numbers; no split parts a group


def held_out(
    root: object, count: int, split: str, groups: np.ndarray | None = None
) -> np.ndarray:
    """The rows of a split of a source without splits, in increasing order.

    One row in ten, and at least two, is for tests; they are chosen at random, but
    always the same. With `groups` [count] whole groups are chosen, until their rows are
    as many. Raises ValueError, naming `root`, if there are fewer than 4 images, or
    nothing beside the groups for tests, and `split` is not all.
    """
    if split == "all":
        return np.arange(count)
    if count < 4:
        raise ValueError(
            f"{str(root)!r} has {count} images: at least 4 are needed, 2 to learn from "
            "and 2 for tests, which get one in ten"
        )
    order, ends = in_order(count, groups, seed=0)
    tests = whole(ends, max(2, count // 10))
    if tests > count - 2:
        raise ValueError(
            f"the {len(ends)} groups of images in {str(root)!r} are too large to part: "
            "beside those for tests, one image in ten, at least 2 must be left"
        )
    return np.sort({"test": order[:tests], "train": order[tests:]}[split])


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

    Images in groups are parted where a group ends: a part takes the whole of its last
    group, and the next part is smaller by as much. Raises ValueError if a count is
    below 1, if there are too few images, or if groups leave a part none.
    """
    n = len(images.pixels)
    if min(counts, default=0) < 1 or sum(counts) > n:
        wanted = " + ".join(map(str, counts))
        raise ValueError(f"cannot take {wanted} images out of {n}")
    order, ends = in_order(n, images.groups, seed=seed)
    cuts = [whole(ends, count) for count in np.cumsum(counts)]
    parts = np.split(order, cuts)[: len(counts)]
    if not all(map(len, parts)):
        raise ValueError(
            f"cannot take {' + '.join(map(str, counts))} images out of {n} in "
            f"{len(ends)} groups without parting one"
        )
    return tuple(_subset(images, np.sort(rows)) for rows in parts)


def _subset(images: Images, rows: np.ndarray) -> Images:
    pixels = images.pixels
    if isinstance(pixels, mapped.MappedPixels):
        some: np.ndarray | mapped.MappedPixels = pixels.subset(rows)
    else:
        some = pixels[rows]
    labels, groups = (
        None if each is None else each[rows] for each in (images.labels, images.groups)
    )
    return images._replace(pixels=some, labels=labels, groups=groups)
