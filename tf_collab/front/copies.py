"""Rows of one set that are in another too: exactly, or as far as their bytes tell."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf

__all__ = ["shared"]

PLACES = 256  # where pictures differ most: of many more, some value is on a byte's edge
LOST = 0.001  # of the rows of a set, which by bytes are the same as others
EDGE = 1e-4  # of a byte's step, which is more than round-off


def shared(train: Any, held: Any) -> tuple[int, int, int]:
    """How many distinct rows are held, are in train too, and are so by their bytes.

    Pictures in [0, 1] or [-1, 1] stay the same pictures when they are saved as bytes,
    rounded or cut off. Bytes count only where they tell the rows of each set apart as
    floats do: then a fair held-out row is taken for a training row no more often than
    training rows are for each other, however few values pictures have.
    """
    mine, known = ({*_whole(tf.nest.flatten(x))} for x in (held, train))
    exact = len(mine & known)
    return len(mine), exact, max(exact, _by_bytes(train, held, len(known), len(mine)))


def _by_bytes(train: Any, held: Any, known: int, mine: int) -> int:
    """Of so many distinct rows of each, how many of those held are in train."""
    pairs = [*zip(*map(tf.nest.flatten, (train, held)))]
    if not any(_is_picture(*pair) for pair in pairs):
        return 0
    forms = zip(*(_forms(*pair) for pair in pairs))
    near, cut, rounded, below = ([*_whole(leaves)] for leaves in forms)
    seen = {*near}
    if len(seen) < (1 - LOST) * known or len({*rounded}) < (1 - LOST) * mine:
        return 0
    either = seen.union(cut)
    return len({r for r, b in zip(rounded, below) if r in either or b in seen})


def _is_picture(*leaves: np.ndarray) -> bool:
    return all(
        leaf.ndim == 4
        and leaf.dtype.kind == "f"
        and max(-leaf.min(), leaf.max()) <= 1.001
        for leaf in leaves
    )


def _forms(train: np.ndarray, held: np.ndarray) -> list[np.ndarray]:
    """Train in bytes, rounded and cut off, and held alike; others as they are."""
    if not _is_picture(train, held):
        return [train, train, held, held]
    flat = [leaf.reshape(len(leaf), -1) for leaf in (train, held)]
    spread = flat[0][:1000].astype("f4").var(axis=0)
    at = np.argsort(-spread, kind="stable")[:PLACES]
    low = -1 if min(train.min(), held.min()) < -EDGE else 0
    levels = [(leaf[:, at].astype("f4") - low) * 255 / (1 - low) for leaf in flat]
    return [
        how(level).astype("i2")
        for level in levels
        for how in (np.rint, lambda level: np.floor(level + EDGE))
    ]


def _whole(leaves: Iterable[np.ndarray]) -> Iterator[bytes]:
    """All values of each row."""
    return (b"".join(part.tobytes() for part in row) for row in zip(*leaves))
