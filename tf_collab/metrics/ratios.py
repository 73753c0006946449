"""What a log ratio is worth: its slope, and its mean over what is sampled."""

from typing import NamedTuple

import numpy as np

from tf_collab import reals

__all__ = ["Interval", "RatioReport", "ratio_mean", "ratio_report"]

WIDE = 1.96  # standard errors on each side of a value: 95 % of normals


class Interval(NamedTuple):
    """An estimate with its 95 % interval."""

    value: float
    low: float
    high: float

    def __contains__(self, number: object) -> bool:
        """Whether the interval has the number."""
        return self.low <= float(number) <= self.high  # type: ignore[arg-type]


class RatioReport(NamedTuple):
    """Two numbers that are 1 for a calibrated ratio, each with its 95 % interval."""

    slope: Interval
    mean_ratio: Interval


def ratio_report(real: np.ndarray, fake: np.ndarray) -> RatioReport:
    """Of log ratios of held-out reals [n] and fresh samples [m], not those of a fit.

    `slope` is that of a logistic regression of what is real on the log ratio: below 1
    the ratio is too sure, above 1 too modest. Its interval is that of the sandwich
    estimate, where each class has the same weight and a given size. `mean_ratio` is the
    mean of exp(log ratio) over samples, as `ratio_mean` gives it. Raises ValueError if
    a class has less than two numbers, if one is not finite, or if no finite slope fits:
    all alike, or classes apart.

    Examples:
        >>> d = np.random.default_rng(0).normal(size=4000)
        >>> found = tc.metrics.ratio_report(1 + 2 * (d + 0.5), 1 + 2 * (d - 0.5))
        >>> round(found.slope.value, 1)
        0.5
    """
    classes = of_real, of_fake = _checked(real, fake)
    low, high = max(map(np.min, classes)), min(map(np.max, classes))
    if not low < high:
        raise ValueError(
            "no slope fits these log ratios: they are all alike, or those of reals and "
            "of samples do not overlap"
        )
    slope, error = _slope(of_real, of_fake)
    half = WIDE * error
    return RatioReport(Interval(slope, slope - half, slope + half), ratio_mean(of_fake))


def ratio_mean(fake: np.ndarray) -> Interval:
    """The mean of exp(log ratio) over samples, which is 1 for a ratio of two laws.

    Of log ratios [m] of fresh samples. The interval allows for the skewness of ratios
    (Hall, 1992). Few large ones may make the most of the mean: where the effective size
    of exp(log ratio) is below some 30 samples, it is too narrow all the same. Raises
    ValueError as `ratio_report` does.

    Examples:
        >>> d = np.random.default_rng(0).normal(-0.5, 1, size=500)  # E exp(d) is 1
        >>> 1 in tc.metrics.ratio_mean(d)
        True
    """
    d, _ = _checked(fake, fake)
    most = d.max()  # exp(d) may be beyond all numbers
    ratio = np.exp(d - most)
    mean, spread, root = ratio.mean(), ratio.std(ddof=1), np.sqrt(len(d))
    skew = np.mean((ratio - mean) ** 3) / spread**3 / root if spread > 0 else 0.0
    low, high = (mean - spread / root * _unskewed(z, skew) for z in (WIDE, -WIDE))
    with np.errstate(over="ignore", divide="ignore"):
        ends = np.exp(most + np.log([mean, max(low, 0.0), high]))
    return Interval(*np.minimum(ends, np.finfo(float).max).tolist())


def _unskewed(z: float, skew: float) -> float:
    """The t-value of skewed numbers that is as rare as a normal one of z (Hall)."""
    if abs(skew) < 1e-9:
        return z
    return float(3 / skew * (np.cbrt(1 + skew * (z - skew / 6)) - 1))


def _checked(real: np.ndarray, fake: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    classes = [reals.as_float64(v, "Log ratios") for v in (real, fake)]
    for values in classes:
        if values.ndim != 1 or len(values) < 2 or not np.isfinite(values).all():
            raise ValueError(
                "log ratios of reals and of samples are two vectors of two or more "
                "finite numbers each"
            )
    return classes[0], classes[1]


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
