"""How well a fresh classifier tells samples from reals, of which none learned from D.

Kernel ridge regression of the label (1 real, -1 generated), which has its errors on
rows that it did not learn from in closed form (Cawley and Talbot, 2003).
"""

from typing import NamedTuple

import numpy as np

from tf_collab.metrics import neighbours
from tf_collab.metrics.kernel import Kernel
from tf_collab.metrics.ratios import Interval

__all__ = ["Told", "told_apart", "told_share"]

RIDGES = tuple(10.0**-power for power in range(6))  # of the kernel's mean on itself
GROUPS = 10  # of rows, that the jackknife leaves out
WIDTH = 2.262  # standard errors, of 95 % by so few groups (Student)
LEAST = 20  # rows of each kind


class Told(NamedTuple):
    """How much a classifier tells: 0 nothing, 1 all; below 0 it errs more than chance.

    It is 1 less the mean squared error of a label of 1 or -1. That of the best
    classifier is the triangular discrimination of both laws, an f-divergence; one that
    learned from few rows tells less.
    """

    before: float
    after: float
    less: Interval  # before - after


def told_apart(
    real: np.ndarray, before: np.ndarray, after: np.ndarray, *, kernel: Kernel
) -> Told:
    """What fresh classifiers tell of samples before and after something was done.

    One learns to tell `before` [m, features] from the reals [n, features], another
    `after`, whose rows are of the same latents. Both are judged on rows that they did
    not learn from, and have one ridge, that of the least error of both. The interval
    is a jackknife's, which learns all anew without a tenth of the rows. Raises
    ValueError for fewer than 20 rows of a kind, other features, or no pairs.

    Examples:
        >>> rng = np.random.default_rng(0)
        >>> real, fake = rng.normal(size=(90, 2)), rng.normal(2, size=(90, 2))
        >>> kernel = tc.metrics.gaussian_kernel(1.0)
        >>> told = tc.metrics.told_apart(real, fake, fake - 1, kernel=kernel)
        >>> told.before > told.after, told.less.low > 0
        (True, True)
    """
    grams = [_gram(real, fake, kernel) for fake in (before, after)]
    n, m = len(real), len(before)
    if len(after) != m:
        raise ValueError(
            f"Samples before and after are pairs, but are {m} and {len(after)}."
        )
    label, every = np.repeat([1.0, -1.0], [n, m]), np.arange(n + m)
    tried = [[_share(g, label, ridge, every) for g in grams] for ridge in RIDGES]
    best = int(np.argmax(np.sum(tried, axis=1)))
    group = np.concatenate([np.arange(n), np.arange(m)]) % GROUPS
    rounds = []
    for i in range(GROUPS):
        rows = np.flatnonzero(group != i)
        shares = [_share(g, label, RIDGES[best], rows) for g in grams]
        rounds.append(shares[0] - shares[1])
    first, second = tried[best]
    half = WIDTH * float(np.sqrt((GROUPS - 1) * np.var(rounds)))
    less = first - second
    return Told(first, second, Interval(less, less - half, less + half))


def told_share(real: np.ndarray, fake: np.ndarray, *, kernel: Kernel) -> float:
    """What one classifier tells, by the ridge of the least error: 0 nothing, 1 all.

    `real` and `fake` are [rows, features]; ValueError for fewer than 20 rows.
    """
    gram = _gram(real, fake, kernel)
    label = np.repeat([1.0, -1.0], [len(real), len(fake)])
    every = np.arange(len(label))
    return max(_share(gram, label, ridge, every) for ridge in RIDGES)


def _gram(real: np.ndarray, fake: np.ndarray, kernel: Kernel) -> np.ndarray:
    pair = neighbours.as_pair(real, fake)
    if min(map(len, pair)) < LEAST:
        raise ValueError(
            f"A classifier needs {LEAST} rows of each kind, but got {len(pair[0])} "
            f"reals and {len(pair[1])} samples."
        )
    x = np.concatenate(pair)
    gram = kernel(x, x)
    return gram / (np.mean(np.diag(gram)) or 1.0) + 1  # a constant is learned too


def _share(
    gram: np.ndarray, label: np.ndarray, ridge: float, rows: np.ndarray
) -> float:
    """What is told of the rows, of each by what all others taught."""
    label = label[rows]
    # Both kinds weigh the same, however many rows each has.
    weight = 0.5 / np.where(label > 0, np.sum(label > 0), np.sum(label < 0))
    inner = gram[np.ix_(rows, rows)] + np.diag(ridge / weight)
    inverse = np.linalg.inv(inner)
    error = inverse @ label / np.diag(inverse)
    return 1 - float(weight @ error**2)
