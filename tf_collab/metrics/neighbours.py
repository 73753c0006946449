"""Precision, recall (Kynkaanniemi, 2019), density and coverage (Naeem et al., 2020)."""

from collections.abc import Iterator

import numpy as np

from tf_collab import tensors
from tf_collab.metrics import modes

__all__ = ["precision_recall_density_coverage"]

ROWS = 1000  # rows of a matrix of distances in memory at a time


def precision_recall_density_coverage(
    real: np.ndarray, fake: np.ndarray, *, k: int = 5
) -> dict[str, float]:
    """How well fake [m, features] lies among real [n, features], and the reverse.

    The ball of a sample reaches to its k-th nearest neighbour in its own set.

    - precision: share of fakes that lie in the ball of a real
    - recall: share of reals that lie in the ball of a fake
    - density: mean number of balls of reals that a fake lies in, over k; may exceed 1
    - coverage: share of reals with a fake in their ball

    A single outlier has a large ball, which inflates precision or recall, but not
    density and coverage. All but density are biased by n, m and k, so compare numbers
    of equal ones. Computes (n + m)**2 distances, a thousand rows at a time. Raises
    ValueError if the features differ, or unless k is from 1 to the size of the smaller
    set, less 1.

    Examples:
        >>> real, fake = np.random.default_rng(0).normal(size=[2, 100, 3])
        >>> scores = tc.metrics.precision_recall_density_coverage(real, fake + 100)
        >>> scores["precision"], scores["coverage"]
        (0.0, 0.0)
    """
    real, fake = as_pair(real, fake)
    if not 1 <= k < min(len(real), len(fake)):
        raise ValueError(
            "k must be at least 1 and below the number of samples of each set, "
            f"but is {k} with {len(real)} real and {len(fake)} fake samples."
        )
    centre = _centre(real)
    real, fake = real - centre, fake - centre
    # Scaled by a power of 2, which is exact, so that no square underflows.
    _, power = np.frexp(max(np.abs(x).max() for x in (real, fake)))
    real, fake = np.ldexp(real, -power), np.ldexp(fake, -power)
    real_radius, fake_radius = _radius(real, k), _radius(fake, k)
    precise = np.zeros(len(fake), bool)
    recalled = covered = balls = 0
    for rows, distance in squared_distances(real, fake):
        inside = distance <= real_radius[rows, None]
        precise |= inside.any(axis=0)
        balls += int(inside.sum())
        covered += int(inside.any(axis=1).sum())
        recalled += int((distance <= fake_radius).any(axis=1).sum())
    return {
        "precision": float(precise.mean()),
        "recall": recalled / len(real),
        "density": balls / (k * len(fake)),
        "coverage": covered / len(real),
    }


def as_pair(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both as float64 points [n, features] and [m, features].

    Raises ValueError if they are not, or if their features differ.
    """
    a, b = modes.as_points(a, "the first set"), modes.as_points(b, "the second set")
    if a.shape[1] != b.shape[1]:
        raise ValueError(
            "Both sets must have the same number of features, "
            f"but they have {a.shape[1]} and {b.shape[1]}."
        )
    return a, b


def squared_distances(
    a: np.ndarray, b: np.ndarray
) -> Iterator[tuple[slice, np.ndarray]]:
    """Yields slices of a's rows, and squared distances [rows, len(b)] to all of b.

    A distance that may be rounding alone is 0, so that copies are at distance 0.
    """
    centre = _centre(a)  # near 0 the difference below loses fewer digits
    a, b = a - centre, b - centre
    b_squared = np.einsum("ij,ij->i", b, b)
    for rows in tensors.slices(len(a), ROWS):
        part = a[rows]
        # One matrix product instead of differences: hundreds of times faster.
        distance = part @ (-2 * b.T)
        sizes = np.einsum("ij,ij->i", part, part)[:, None] + b_squared
        distance += sizes
        distance *= distance > _rounding(a.shape[1]) * sizes
        yield rows, distance


def _centre(x: np.ndarray) -> np.ndarray:
    """The median of some hundred samples, which an outlier does not move."""
    return np.median(x[:: max(1, len(x) // 100)], axis=0)


def _rounding(features: int) -> float:
    """A bound of the error of a squared distance, over the sum of the squared norms."""
    return (features + 4) * np.finfo(np.float64).eps


def _radius(x: np.ndarray, k: int) -> np.ndarray:
    """The squared distance [n] of each sample to its k-th nearest neighbour.

    A bound of the rounding of that pair, about this centre and about 0, is added.
    """
    radius = np.empty(len(x))
    squares = np.sum(x**2 + (x - _centre(x)) ** 2, axis=1)
    for rows, distance in squared_distances(x, x):
        np.fill_diagonal(distance[:, rows], np.inf)  # a sample is not its own neighbour
        nearest = np.argpartition(distance, k - 1, axis=1)[:, k - 1]
        radius[rows] = distance[np.arange(len(distance)), nearest]
        radius[rows] += _rounding(x.shape[1]) * (squares[rows] + squares[nearest])
    return radius
