"""Permutation tests of two samples: are they of one law, are rows of one alike?

A statistic of sides [shuffles, rows], which of two each row is on, is asked how large
it is for the sides as they are and for shuffled ones. For rows that are independent and
of one law all are alike in law, whatever that law is.
"""

from collections.abc import Callable

import numpy as np

from tf_collab.metrics.neighbours import squared_distances

__all__ = ["SHUFFLES", "apart", "grouped"]

SHUFFLES = 20_000  # that are all to be passed: a level of 1 in 20 000
LOOK = 200  # shuffles after which most are cleared


def apart(gram: np.ndarray, side: np.ndarray, rng: np.random.Generator) -> bool:
    """Whether the two sides [rows] are farther apart (MMD) than after any shuffle."""
    gram = gram - np.diag(np.diag(gram))

    def statistic(sides):  # but for what all shuffles share
        n = sides.sum(axis=1, keepdims=True)
        sides = np.where(sides, 1 / n, -1 / (len(gram) - n))
        return np.einsum("ij,ij->i", sides @ gram, sides)

    return _rare(statistic, side, rng)


def grouped(looks: np.ndarray, side: np.ndarray, rng: np.random.Generator) -> bool:
    """Whether rows [rows, features] are nearest to their own side more than by chance.

    Copies are counted on the side that is True; rows that have none by their nearest
    neighbours (Schilling, 1986), so that a law of few values is not taken for groups.
    """
    kinds = np.unique(looks, axis=0, return_inverse=True, return_counts=True)
    kind, counts = kinds[1].reshape(-1), kinds[2]
    member = np.eye(len(counts), dtype=np.float32)[kind]
    copies = lambda sides: ((sides @ member) ** 2).sum(axis=1) - sides.sum(axis=1)
    if _rare(copies, side, rng):
        return True
    alone = counts[kind] == 1
    return alone.sum() > 1 and _rare(neighbours(looks[alone]), side[alone], rng)


def neighbours(looks: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """sides -> how many rows have their nearest neighbour on their own side."""
    gaps = np.concatenate([part for _, part in squared_distances(looks, looks)])
    np.fill_diagonal(gaps, np.inf)
    nearest = gaps.argmin(axis=1)
    return lambda sides: (sides[:, nearest] == sides).sum(axis=1)


def _rare(
    statistic: Callable[[np.ndarray], np.ndarray],
    side: np.ndarray,
    rng: np.random.Generator,
) -> bool:
    """Whether no shuffle of the sides [rows] has a statistic [sides] as large."""
    now = statistic(side[None])
    for size in (LOOK, *[SHUFFLES // 20] * 20):
        if (statistic(rng.permuted(np.tile(side, (size, 1)), axis=1)) >= now).any():
            return False
    return True
