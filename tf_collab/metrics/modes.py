"""How well samples cover a mixture's modes (Liu et al., 2019, arXiv:1902.00813)."""

import math

import numpy as np

from tf_collab import reals
from tf_collab.metrics import divergence

__all__ = ["mode_coverage", "mode_spread"]


def mode_coverage(
    x: np.ndarray, mixture, *, real: np.ndarray, radius: float = 4.0
) -> dict[str, float | int | None]:
    """Compares samples x [n, 2] with real samples [m, 2] of a mixture.

    A sample is good when it is strictly within `radius` standard deviations of its
    nearest centre. `mixture` has `centres` [modes, 2], `std` and `weights` [modes].

    - good: share of good samples
    - kl: KL(model || real) over modes, good samples only; None if none is good
    - js: Jensen-Shannon over modes and one more bin for all bad samples
    - mean_dist: mean distance of all samples to their nearest centre
    - modes: number of centres with at least one good sample
    - chi2: Pearson's statistic of good samples over modes, per degree of freedom:
      about 1 for samples of the mixture; None if none is good
    - spread: mean of `mode_spread` where defined, ideally 1; else None
    - spread_min, spread_max: its extremes
    - kl_exact, js_exact: as kl and js, against the mixture's law instead of `real`

    Read `kl` beside `good`: few good samples can be spread well over the modes.

    Examples:
        >>> ring = tc.data.ring()
        >>> real, x = (ring.batch(800, (0, i)).numpy() for i in range(2))
        >>> found = tc.metrics.mode_coverage(x, ring, real=real)
        >>> found["good"] > 0.99, found["modes"]
        (True, 8)
    """
    counts, bad, mean_dist = _counts(x, mixture, radius, "x")
    real_counts, real_bad, _ = _counts(real, mixture, radius, "real")
    if not real_counts.any():
        raise ValueError(
            f"None of the real samples is within {radius:g} standard deviations of a "
            "centre: give samples of the mixture they are compared with."
        )
    weights = np.asarray(mixture.weights, np.float64)
    # The law of a 2-D Gaussian's radius; neighbours closer than that are ignored.
    tail = math.exp(-(radius**2) / 2)
    law = np.append(weights / weights.sum() * (1 - tail), tail)
    model = np.append(counts, bad)
    spread = mode_spread(x, mixture, radius=radius)
    spread = spread[np.isfinite(spread)]
    hit = int(np.count_nonzero(counts))
    return {
        "good": float(counts.sum() / (counts.sum() + bad)),
        "kl": divergence.kl(counts, real_counts) if hit else None,
        "js": divergence.js(model, np.append(real_counts, real_bad)),
        "mean_dist": mean_dist,
        "modes": hit,
        "chi2": _chi2(counts, weights) if hit else None,
        **{
            name: float(of(spread)) if spread.size else None
            for name, of in (
                ("spread", np.mean),
                ("spread_min", np.min),
                ("spread_max", np.max),
            )
        },
        "kl_exact": divergence.kl(counts, weights) if hit else None,
        "js_exact": divergence.js(model, law),
    }


def mode_spread(x: np.ndarray, mixture, *, radius: float = 4.0) -> np.ndarray:
    """Variance [modes] of each mode's good samples over that of the mixture's own.

    Per coordinate, about the good samples' own mean, with n - 1; nan for fewer than
    two. The mixture's good samples lack a Gaussian's tail too: they have the share
    1 - u / (exp(u) - 1) of its variance, u = radius**2 / 2: 0.9494 at radius 3.
    So a perfect mode gives 1 at any radius.
    """
    x = as_points(x, "x", dimension=2)
    distance, mode = _nearest(x, mixture)
    good = distance < radius * mixture.std
    centres = np.asarray(mixture.centres, np.float64)
    size, mode = len(centres), mode[good]
    offset = x[good] - centres[mode]
    count = np.bincount(mode, minlength=size)
    squares = np.zeros(size)
    for axis in offset.T:
        mean = np.bincount(mode, axis, size) / np.maximum(count, 1)
        squares += np.bincount(mode, (axis - mean[mode]) ** 2, size)
    variance = squares / (2 * np.maximum(count - 1, 1))
    u = radius**2 / 2
    ideal = mixture.std**2 * (1 + u * math.exp(-u) / math.expm1(-u))
    return np.where(count > 1, variance / ideal, np.nan)


def as_points(x: np.ndarray, name: str, *, dimension: int | None = None) -> np.ndarray:
    """x as a float64 array [n, dimension]; one sentence if it cannot be."""
    x = reals.as_float64(x, name)
    if x.ndim != 2 or not x.size or dimension not in (None, x.shape[1]):
        columns = "dimension" if dimension is None else dimension
        raise ValueError(
            f"{name} must be samples of shape [n, {columns}] with n at least 1, "
            f"but its shape is {list(x.shape)}."
        )
    bad = np.count_nonzero(~np.isfinite(x).all(axis=1))
    if bad:
        raise ValueError(f"{name} has {bad} of {len(x)} samples that are not finite.")
    return x


def _counts(x, mixture, radius, name) -> tuple[np.ndarray, int, float]:
    """Good samples per mode [modes], the number of bad ones, the mean distance."""
    if not radius > 0:
        raise ValueError(f"radius must be above 0, but is {radius}.")
    distance, mode = _nearest(as_points(x, name, dimension=2), mixture)
    good = distance < radius * mixture.std
    counts = np.bincount(mode[good], minlength=len(mixture.centres))
    return counts, int(np.count_nonzero(~good)), float(distance.mean())


def _chi2(counts, weights):
    expected = counts.sum() * weights / weights.sum()
    return float(np.sum((counts - expected) ** 2 / expected) / (len(counts) - 1))


def _nearest(x: np.ndarray, mixture) -> tuple[np.ndarray, np.ndarray]:
    """Distance [n] to the nearest centre and its index [n]."""
    from scipy import spatial

    return spatial.cKDTree(np.asarray(mixture.centres, np.float64)).query(x)
