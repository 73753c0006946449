"""What a log ratio is worth: its slope, and its mean over what is sampled."""

from typing import NamedTuple

import numpy as np

from tf_collab import reals

__all__ = ["RatioReport", "ratio_report"]

WIDE = 1.96  # standard errors on each side of a value: 95 % of normals


class RatioReport(NamedTuple):
    """Two numbers that are 1 for a calibrated ratio, each with its 95 % interval."""

    slope: float
    slope_low: float
    slope_high: float
    mean_ratio: float
    mean_low: float
    mean_high: float


def ratio_report(real: np.ndarray, fake: np.ndarray) -> RatioReport:
    """Of log ratios of held-out reals [n] and fresh samples [m], not those of a fit.

    `slope` is that of a logistic regression of what is real on the log ratio: below 1
    the ratio is too sure, above 1 too modest. Its interval is that of the sandwich
    estimate, where each class has the same weight and a given size. `mean_ratio` is the
    mean of exp(log ratio) over samples, of which few large ones may make the most: its
    interval is too narrow then. Raises ValueError if a class has less than two numbers,
    if one is not finite, or if no finite slope fits: all alike, or classes apart.

    Examples:
        >>> d = np.random.default_rng(0).normal(size=4000)
        >>> found = tc.metrics.ratio_report(1 + 2 * (d + 0.5), 1 + 2 * (d - 0.5))
        >>> round(found.slope, 1)
        0.5
    """
    classes = [reals.as_float64(v, "Log ratios") for v in (real, fake)]
    for values in classes:
        if values.ndim != 1 or len(values) < 2 or not np.isfinite(values).all():
            raise ValueError(
                "log ratios of reals and of samples are two vectors of two or more "
                "finite numbers each"
            )
    of_real, of_fake = classes
    low, high = max(map(np.min, classes)), min(map(np.max, classes))
    if not low < high:
        raise ValueError(
            "no slope fits these log ratios: they are all alike, or those of reals and "
            "of samples do not overlap"
        )
    slope, error = _slope(of_real, of_fake)
    ratio = np.exp(of_fake)
    mean, spread = ratio.mean(), ratio.std(ddof=1) / np.sqrt(len(ratio))
    return RatioReport(
        slope,
        slope - WIDE * error,
        slope + WIDE * error,
        float(mean),
        float(mean - WIDE * spread),
        float(mean + WIDE * spread),
    )


def _slope(real: np.ndarray, fake: np.ndarray) -> tuple[float, float]:
    """Of the logistic regression, with an offset: the slope and its standard error."""
    both = np.concatenate([real, fake])
    centre, scale = both.mean(), both.std()
    rows = [
        np.stack([(v - centre) / scale, np.ones_like(v)], axis=1) for v in (real, fake)
    ]
    fit = np.zeros(2)
    for _ in range(100):
        push, bend, noise = np.zeros(2), np.zeros([2, 2]), np.zeros([2, 2])
        for x, is_real in zip(rows, (1.0, 0.0)):
            prob = 1 / (1 + np.exp(-np.clip(x @ fit, -500, 500)))
            each = (is_real - prob)[:, None] * x
            push += each.mean(axis=0)
            bend += (x * (prob * (1 - prob))[:, None]).T @ x / len(x)
            noise += np.cov(each.T) / len(x)
        step = np.linalg.solve(bend, push)
        # Newton's step, kept short: far from the root it leads too far.
        fit += step / max(1.0, np.abs(step).max())
        if np.abs(step).max() < 1e-10:
            break
    spread = np.linalg.solve(bend, np.linalg.solve(bend, noise).T)
    return float(fit[0] / scale), float(np.sqrt(spread[0, 0]) / scale)
