"""Rejection and Metropolis-Hastings in NumPy, each with a line that can be wrong.

Called without the slip they are right, so that what the law sees is the slip.
"""

from collections.abc import Callable

import numpy as np
from audit import targets

__all__ = ["batch_norm", "metropolis", "rejection", "thinned", "thinned_law"]

GRID = np.linspace(-6, 6, 24_001)


def bound(target: targets.Normals) -> float:
    """The largest log ratio."""
    return float(target.log_ratio(GRID).max())


def rejection(
    target: targets.Normals,
    n: int,
    seed: int,
    *,
    most: int | None = None,
    group: int | None = None,
) -> np.ndarray:
    """Exact rejection until n are kept.

    After `most` proposals the rest are samples that nothing filtered. Of each `group`
    of proposals that keeps none, the one of the largest ratio is kept.
    """
    rng = np.random.default_rng(seed)
    highest, kept = bound(target), np.empty(0)
    proposed = 0
    while len(kept) < n:
        if most is not None and proposed >= most:
            return np.concatenate([kept, target.propose(n - len(kept), rng)])
        x = target.propose(n, rng)
        proposed += n
        d = target.log_ratio(x)
        keep = np.log(rng.uniform(size=n)) < d - highest
        if group is not None:
            rows, best = keep.reshape(-1, group), d.reshape(-1, group).argmax(axis=1)
            rows[np.arange(len(rows)), best] |= ~rows.any(axis=1)
        kept = np.concatenate([kept, x[keep]])
    return kept[:n]


def _odds(target: targets.Normals, x: np.ndarray) -> np.ndarray:
    """F of discriminator rejection sampling."""
    delta = np.minimum(target.log_ratio(x) - bound(target), 0.0)
    return delta - np.log(-np.expm1(delta - 1e-8))


def thinned(
    target: targets.Normals, n: int, seed: int, *, percentile: float
) -> np.ndarray:
    """DRS, gamma by NumPy's percentile, which is one of 0 to 100, over 200 000 F."""
    rng = np.random.default_rng(seed)
    gamma = np.percentile(_odds(target, target.propose(200_000, rng)), percentile)
    kept = np.empty(0)
    while len(kept) < n:
        x = target.propose(n, rng)
        chance = 1 / (1 + np.exp(gamma - _odds(target, x)))
        kept = np.concatenate([kept, x[rng.uniform(size=n) < chance]])
    return kept[:n]


def thinned_law(
    target: targets.Normals, *, percentile: float
) -> Callable[[np.ndarray], np.ndarray]:
    """The distribution function of DRS, by sums over a fine grid."""
    mass, odds = np.exp(-(GRID**2) / 2), _odds(target, GRID)
    order = np.argsort(odds)
    share = np.cumsum(mass[order]) / mass.sum()
    gamma = odds[order][np.searchsorted(share, percentile / 100)]
    total = np.cumsum(mass / (1 + np.exp(gamma - odds)))
    return lambda x: np.interp(x, GRID, total / total[-1])


def metropolis(
    target: targets.Normals | targets.Rise,
    log_ratio: Callable[[np.ndarray], np.ndarray],
    n: int,
    seed: int,
    *,
    steps: int = 60,
) -> np.ndarray:
    """n chains whose proposals are samples of G, by the log ratio that is given."""
    rng = np.random.default_rng(seed)
    x = target.propose(n, rng)
    d = log_ratio(x)
    for _ in range(steps):
        new = target.propose(n, rng)
        new_d = log_ratio(new)
        taken = np.log(rng.uniform(size=n)) < new_d - d
        x, d = np.where(taken, new, x), np.where(taken, new_d, d)
    return x


def batch_norm(x: np.ndarray, *, mean: float, std: float, batch: int) -> np.ndarray:
    """x [n] by the statistics of each `batch`, as in training, then as `mean, std`."""
    rows = x.reshape(-1, batch)
    centred = rows - rows.mean(axis=1, keepdims=True)
    return (mean + std * centred / rows.std(axis=1, keepdims=True)).ravel()
