"""How well samples cover a mixture's modes (Liu et al., 2019, arXiv:1902.00813)."""

import math
from typing import Protocol

import numpy as np

from tf_collab import reals
from tf_collab.metrics import divergence

__all__ = ["Modes", "mode_coverage", "mode_spread"]


class Modes(Protocol):
    """What is asked of a mixture of isotropic Gaussians, as `data.Mixture` has it."""

    @property
    def centres(self) -> np.ndarray: ...  # [modes, 2]

    @property
    def std(self) -> float: ...  # standard deviation of every mode

    @property
    def weights(self) -> np.ndarray: ...  # [modes]; their sum may be any number above 0


def mode_coverage(
    x: np.ndarray, mixture: Modes, *, real: np.ndarray, radius: float = 4.0
) -> dict[str, float | int | None]:
    """Compares samples x [n, 2] with real samples [m, 2] of a mixture.

    A sample is good if it is closer than `radius` standard deviations to its nearest
    centre.

    - good: share of good samples
    - kl: KL(model || real) over modes, good samples only; None if none is good
    - js: Jensen-Shannon over modes and one more bin for all bad samples
    - mean_dist: mean distance of all samples to their nearest centre
    - modes: number of centres with at least one good sample
    - chi2: Pearson's statistic of good samples over modes, per degree of freedom:
      about 1 for samples of the mixture; None if none is good
    - spread: mean of `mode_spread` over modes, ideally 1; None if no mode has one
    - spread_min, spread_max: least and largest `mode_spread`
    - kl_exact, js_exact: like kl and js, but against the mixture's law, not `real`

    Read `kl` together with `good`: a few good samples may cover all modes. Raises
    ValueError if x or real are not finite [n, 2], if no real sample is good, or if
    `radius` is not above 0.

    Examples:
        >>> ring = tc.data.ring()
        >>> real, x = (ring.batch(800, (0, i)).numpy() for i in range(2))
        >>> coverage = tc.metrics.mode_coverage(x, ring, real=real)
        >>> coverage["good"] > 0.99, coverage["modes"]
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
    # The law of the radius of a 2-D Gaussian; overlap with other modes is ignored.
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


def mode_spread(x: np.ndarray, mixture: Modes, *, radius: float = 4.0) -> np.ndarray:
    """Variance of the good samples of each mode, over that of the mixture's: [modes].

    The variance is per coordinate, about the mean of the good samples, with n - 1; nan
    for fewer than two. Good samples of the mixture lack the tail of a Gaussian too.
    They have the share 1 - u / (exp(u) - 1) of its variance, with u = radius**2 / 2
    (0.9494 at radius 3), so a perfect mode gives 1 at any radius. Raises ValueError if
    x is not finite [n, 2].
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
    """x as a float64 array [n, dimension].

    Raises ValueError, in a sentence that begins with `name`, if x has another shape or
    is not finite.
    """
    x = reals.as_float64(x, name)
    if x.ndim != 2 or not x.size or dimension not in (None, x.shape[1]):
        columns = "dimension" if dimension is None else dimension
        raise ValueError(
            f"{name} must be samples of shape [n, {columns}] with n at least 1, "
            f"but its shape is {list(x.shape)}."
        )
    bad = np.count_nonzero(~np.isfinite(x).all(axis=1))
    if bad:
        raise reals.NotFinite(
            f"{name} has {bad} of {len(x)} samples that are not finite."
        )
    return x


def _counts(
    x: np.ndarray, mixture: Modes, radius: float, name: str
) -> tuple[np.ndarray, int, float]:
    """The number of good samples of each mode, that of bad ones, the mean distance."""
    if not radius > 0:
        raise ValueError(f"radius must be above 0, but is {radius}.")
    distance, mode = _nearest(as_points(x, name, dimension=2), mixture)
    good = distance < radius * mixture.std
    counts = np.bincount(mode[good], minlength=len(mixture.centres))
    return counts, int(np.count_nonzero(~good)), float(distance.mean())


def _chi2(counts: np.ndarray, weights: np.ndarray) -> float:
    expected = counts.sum() * weights / weights.sum()
    return float(np.sum((counts - expected) ** 2 / expected) / (len(counts) - 1))


def _nearest(x: np.ndarray, mixture: Modes) -> tuple[np.ndarray, np.ndarray]:
    """The distance [n] to the nearest centre, and the centre's index [n]."""
    from scipy import spatial

    return spatial.cKDTree(np.asarray(mixture.centres, np.float64)).query(x)
