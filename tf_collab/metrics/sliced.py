"""Sliced Wasserstein distance, for data without modes (Bonneel et al., 2015)."""

import numpy as np

from tf_collab.metrics import modes

__all__ = ["sliced_wasserstein"]


def sliced_wasserstein(
    a: np.ndarray, b: np.ndarray, *, projections: int = 64, seed: int = 0
) -> float:
    """Mean 1-D Wasserstein-1 distance between a [n, dimension] and b [m, dimension].

    The mean is over random unit directions, which depend on the seed alone, so numbers
    of one seed can be compared. The distance is in the units of the data. Small samples
    bias it upwards: two samples of one law are apart by about their spread over
    sqrt(n). Raises ValueError if the dimensions differ or `projections` is below 1.
    """
    a, b = modes.as_points(a, "a"), modes.as_points(b, "b")
    if a.shape[1] != b.shape[1]:
        raise ValueError(
            "Both samples must have the same dimension, "
            f"but they have {a.shape[1]} and {b.shape[1]}."
        )
    if projections < 1:
        raise ValueError(f"projections must be at least 1, but is {projections}.")
    directions = np.random.default_rng(seed).normal(size=(projections, a.shape[1]))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    # Both quantile functions are step functions. They are compared between all jumps,
    # in integer units of 1 / (n m), so unequal sizes need no interpolation.
    n, m = len(a), len(b)
    jumps = np.union1d(np.arange(1, n + 1) * m, np.arange(1, m + 1) * n)
    width = np.diff(jumps, prepend=0) / (n * m)
    row_a, row_b = (jumps - 1) // m, (jumps - 1) // n
    total = 0.0
    for direction in directions:
        quantile_a = np.sort(a @ direction)[row_a]
        quantile_b = np.sort(b @ direction)[row_b]
        total += float(width @ np.abs(quantile_a - quantile_b))
    return total / projections
