"""Frechet distance between Gaussians fitted to features (FID; Heusel et al., 2017)."""

import functools
import os
import warnings
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from tf_collab import archives, files
from tf_collab.metrics import modes

__all__ = ["FeatureStats", "frechet_distance", "load_stats", "save_stats"]


class FeatureStats(NamedTuple):
    """Mean and covariance of features, all that a Frechet distance needs."""

    mean: np.ndarray  # [features] float64
    cov: np.ndarray  # [features, features] float64, over n - 1
    n: int | None  # number of samples; None if a file does not have it

    @classmethod
    def of(cls, features: np.ndarray) -> "FeatureStats":
        """The statistics of features [n, features].

        Raises ValueError unless they are finite numbers of that shape.
        """
        features = modes.as_points(features, "features")
        n, mean = len(features), features.mean(axis=0)
        centred = features - mean
        return cls(mean, centred.T @ centred / max(n - 1, 1), n)

    @classmethod
    def over(cls, batches: Iterable[np.ndarray]) -> "FeatureStats":
        """The statistics of all batches [batch, features], held one at a time.

        Raises ValueError if there is no batch, or as `of` does.
        """
        batches = iter(batches)
        first = next(batches, None)
        if first is None:
            raise ValueError("Statistics need a batch of features, but there is none.")
        return functools.reduce(cls.update, batches, cls.of(first))

    def update(self, features: np.ndarray) -> "FeatureStats":
        """The statistics of the samples so far together with features [n, features].

        Raises ValueError if the number of samples so far is not known, or as `of` does.
        """
        _check_counted(self)
        return self.joined(FeatureStats.of(features))

    def joined(self, new: "FeatureStats") -> "FeatureStats":
        """The statistics of the samples of both.

        Raises ValueError if a number of samples is not known, or numbers of features
        differ.
        """
        old, added = _check_counted(self), _check_counted(new)
        _check_alike(self, new)
        # Sums of squares about the mean of each part (Chan et al., 1979); sums about 0
        # would lose digits.
        n, gap = old + added, new.mean - self.mean
        squares = (old - 1) * self.cov + (added - 1) * new.cov
        squares += np.outer(gap, gap * (old * added / n))
        return FeatureStats(self.mean + gap * (added / n), squares / (n - 1), n)


def frechet_distance(
    a: FeatureStats | np.ndarray, b: FeatureStats | np.ndarray
) -> float:
    """|m1 - m2|**2 + Tr(S1 + S2 - 2 (S1 S2)**(1/2)), a squared distance, 0 or more.

    Of statistics, or of features [n, features]. Few samples bias it upwards, so
    compare numbers of equal n. With no more samples than features the covariance is
    singular, and a warning says so. Raises ValueError if the numbers of features
    differ, or if a side has a single sample.

    Examples:
        >>> points = np.random.default_rng(0).normal(size=[100, 2])
        >>> a, b = (tc.metrics.FeatureStats.of(points + shift) for shift in (0, 3))
        >>> round(tc.metrics.frechet_distance(a, b), 6)  # two features, 3**2 each
        18.0
    """
    a, b = (x if isinstance(x, FeatureStats) else FeatureStats.of(x) for x in (a, b))
    _check_alike(a, b)
    for n in (a.n, b.n):
        if n is not None and n < 2:
            raise ValueError("A covariance needs two samples, but there is one.")
        if n is not None and n <= len(a.mean):
            warnings.warn(
                f"A Frechet distance of {n} samples with {len(a.mean)} features is "
                "far too high: give more samples than features.",
                stacklevel=2,
            )
    value, vector = np.linalg.eigh(a.cov)
    root = vector * np.sqrt(np.maximum(value, 0)) @ vector.T
    # S1 S2 has the eigenvalues of this symmetric matrix; rounding alone makes some
    # of them negative.
    product = np.linalg.eigvalsh(root @ b.cov @ root)
    overlap = np.sqrt(np.maximum(product, 0)).sum()
    gap = a.mean - b.mean
    distance = gap @ gap + np.trace(a.cov) + np.trace(b.cov) - 2 * overlap
    return max(float(distance), 0.0)


def save_stats(path: str | os.PathLike, stats: FeatureStats) -> None:
    """Writes an npz file with `mu` and `sigma`, as pytorch-fid reads them, and `n`."""
    arrays: dict[str, Any] = {"mu": stats.mean, "sigma": stats.cov}
    if stats.n is not None:
        arrays["n"] = np.array(stats.n)
    with open(path, "wb") as file:  # savez adds a suffix to a name, not to a file
        np.savez(file, **arrays)


def load_stats(path: str | os.PathLike) -> FeatureStats:
    """The statistics in an npz file with `mu` and `sigma`, by whatever program.

    Raises ValueError if the file is damaged or holds anything else.
    """
    what = "npz file with arrays mu and sigma of numbers"
    arrays = archives.arrays(path, ("mu", "sigma", "n"), what=what)
    with files.reading(path, what):
        mean, cov, n = arrays["mu"], arrays["sigma"], arrays.get("n")
        for name, array in arrays.items():
            if array.dtype.kind not in "fiu":
                raise ValueError(f"its {name!r} is of {array.dtype}")
        if n is not None and not (n.dtype.kind in "iu" and n.shape == () and n >= 1):
            raise ValueError("its 'n' is not a number of samples")
    if mean.ndim != 1 or not mean.size or cov.shape != mean.shape * 2:
        raise ValueError(
            f"{str(path)!r} must have mu of shape [features] and sigma of shape "
            f"[features, features], but they are {list(mean.shape)} and "
            f"{list(cov.shape)}."
        )
    with np.errstate(all="ignore"):  # what overflows is not finite
        mean, cov = mean.astype(np.float64), cov.astype(np.float64)
        largest, apart = np.abs(cov).max(), np.abs(cov - cov.T).max()
    if not (np.isfinite(mean).all() and np.isfinite(cov).all()):
        raise ValueError(f"{str(path)!r} has numbers that are not finite.")
    if not apart <= 1e-6 * largest:
        raise ValueError(f"{str(path)!r} has a sigma that is not symmetric.")
    if cov.diagonal().min() < 0:
        raise ValueError(f"{str(path)!r} has a sigma with negative variances.")
    return FeatureStats(mean, cov, None if n is None else int(n))


def _check_counted(stats: FeatureStats) -> int:
    if stats.n is None:
        raise ValueError(
            "These statistics lack their number of samples, "
            "so no features can be added to them."
        )
    return stats.n


def _check_alike(a: FeatureStats, b: FeatureStats) -> None:
    if a.mean.shape != b.mean.shape:
        raise ValueError(
            "Both sets must have the same number of features, "
            f"but they have {len(a.mean)} and {len(b.mean)}."
        )
