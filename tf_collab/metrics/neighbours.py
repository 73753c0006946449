"""Precision, recall (Kynkaanniemi, 2019), density and coverage (Naeem et al., 2020)."""

from collections.abc import Iterator

import numpy as np

from tf_collab import tensors
from tf_collab.metrics import modes

__all__ = ["precision_recall_density_coverage"]

ROWS = 1000  # of a matrix of distances that are in memory at once


def precision_recall_density_coverage(
    real: np.ndarray, fake: np.ndarray, *, k: int = 5
) -> dict[str, float]:
    """How well fake [m, features] lies among real [n, features], and the reverse.

    A sample's ball reaches to its k-th nearest neighbour of its own set.

    - precision: share of fakes in a real's ball
    - recall: share of reals in a fake's ball
    - density: mean number of reals' balls that a fake is in, over k; can exceed 1
    - coverage: share of reals with a fake in their ball

    One outlier among the samples has a large ball and inflates precision or recall,
    not density and coverage. All but density are biased by n, m and k: compare equal
    ones. Takes (n + m)**2 distances, a thousand rows at a time.

    Examples:
        >>> real, fake = np.random.default_rng(0).normal(size=[2, 100, 3])
        >>> found = tc.metrics.precision_recall_density_coverage(real, fake + 100)
        >>> found["precision"], found["coverage"]
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
    # By a power of 2, which is exact, so that no square is too small for a number.
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
    """Both as float64 points of one dimension; one sentence if they are not."""
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
    """Slices of a's rows and their squared distances [rows, len(b)] to all of b.

    What may be rounding alone is 0, so that copies have no distance.
    """
    centre = _centre(a)  # near 0, less is lost in the difference below
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


def _centre(x):
    """The median of some hundred samples, which one that is far out does not move."""
    return np.median(x[:: max(1, len(x) // 100)], axis=0)


def _rounding(features):
    """Of a squared distance at most, as a share of the two squared sizes."""
    return (features + 4) * np.finfo(np.float64).eps


def _radius(x, k):
    """Squared distance [n] of each sample to its k-th nearest other.

    And what rounding may make of the same pair, about this centre and about 0.
    """
    radius = np.empty(len(x))
    squares = np.sum(x**2 + (x - _centre(x)) ** 2, axis=1)
    for rows, distance in squared_distances(x, x):
        np.fill_diagonal(distance[:, rows], np.inf)  # nobody's own neighbour
        nearest = np.argpartition(distance, k - 1, axis=1)[:, k - 1]
        radius[rows] = distance[np.arange(len(distance)), nearest]
        radius[rows] += _rounding(x.shape[1]) * (squares[rows] + squares[nearest])
    return radius
