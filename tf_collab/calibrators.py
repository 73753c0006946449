"""Maps from a score to a log ratio, fitted on held-out scores (Turner et al., 2019).

Give the scores of reals that never trained D and of fresh proposals of the chain that
the calibrator will judge; refit after every change of D. The classes count equally,
however many scores each has, so the fitted logit is log p_real / p_fake. Diagnose on
other scores than those of the fit: `halves`. A fit warns (`Doubt`) where fakes score
above reals, and where D tells neither from the other.
"""

import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from tf_collab import base, oddities, reals

__all__ = [
    "Calibrator",
    "beta",
    "halves",
    "identity",
    "isotonic",
    "platt",
    "temperature",
]

# The penalty on a slope per standard deviation of the scores, half its square. It
# moves a slope by about a thousandth, and keeps that of separable scores finite.
RIDGE = 1e-4

# Scores that differ by less count as equal: float32 cannot hold a slope so steep.
LEAST = 1e-30


class Calibrator(NamedTuple):
    log_ratio: Callable[[tf.Tensor], tf.Tensor]  # score [batch] -> [batch]
    differentiable: bool  # False: of no use to a sampler that follows gradients

    def __call__(self, score: tf.Tensor) -> tf.Tensor:
        score = tf.convert_to_tensor(score)
        if score.dtype.is_complex or not (
            score.dtype.is_numeric or score.dtype.is_bool
        ):
            raise ValueError(f"scores are real numbers, not {score.dtype.name}")
        wide = score.dtype if score.dtype == tf.float64 else tf.float32
        return self.log_ratio(tf.cast(score, wide))


def identity() -> Calibrator:
    """The score itself, for a classifier that is already calibrated."""
    return Calibrator(tf.identity, differentiable=True)


def temperature(real_score: np.ndarray, fake_score: np.ndarray) -> Calibrator:
    """a * d, for a classifier's logit d (Guo et al., 2017); a is 1 / temperature."""
    score, weight, label = _pooled(real_score, fake_score)
    _, scale = _moments(score, weight)
    (slope,) = _logistic(score[:, None] / scale, weight, label)

    def log_ratio(score):
        return slope / scale * score

    return Calibrator(log_ratio, differentiable=True)


def platt(real_score: np.ndarray, fake_score: np.ndarray) -> Calibrator:
    """a * d + b for any score d (Platt, 1999)."""
    score, weight, label = _pooled(real_score, fake_score)
    centre, scale = _moments(score, weight)
    features = np.stack([(score - centre) / scale, np.ones_like(score)], axis=1)
    slope, offset = _logistic(features, weight, label, intercept=True)

    def log_ratio(score):
        # Centred first: a large common part of the scores would round the rest off.
        return slope / scale * (score - centre) + offset

    return Calibrator(log_ratio, differentiable=True)


def beta(real_score: np.ndarray, fake_score: np.ndarray) -> Calibrator:
    """-a * softplus(-d) + b * softplus(d) + c, with a, b >= 0 (Kull et al., 2017).

    For a classifier's logit d: the paper's a * log(D) - b * log(1 - D) + c, the log
    ratio when D has a beta law in each class. a = b = 1, c = 0 is the identity.
    """
    score, weight, label = _pooled(real_score, fake_score)
    _, scale = _moments(score, weight)
    curves = np.stack([-np.logaddexp(0, -score), np.logaddexp(0, score)], axis=1)
    centre = weight @ curves
    features = np.column_stack([(curves - centre) / scale, np.ones_like(score)])
    below, above, offset = _logistic(
        features, weight, label, intercept=True, slope_bounds=(0, None)
    )
    below, above = below / scale, above / scale
    offset -= float(centre @ [below, above])

    def log_ratio(score):
        return above * tf.nn.softplus(score) - below * tf.nn.softplus(-score) + offset

    return Calibrator(log_ratio, differentiable=True)


def isotonic(real_score: np.ndarray, fake_score: np.ndarray) -> Calibrator:
    """The best rising step function (Zadrozny and Elkan, 2002), joined by lines.

    Probabilities are kept within [1 / (n + 2), 1 - 1 / (n + 2)] for n scores in all,
    so that no log ratio is infinite. Constant beyond the scores of the fit, and with
    gradients that are 0 nearly everywhere.
    """
    from scipy import optimize

    score, weight, label = _pooled(real_score, fake_score)
    value, index = np.unique(score, return_inverse=True)
    mass = np.bincount(index, weight)
    share = np.clip(np.bincount(index, weight * label) / mass, 0, 1)
    fit = optimize.isotonic_regression(share, weights=mass)
    least = 1 / (len(score) + 2)
    prob = np.clip(np.repeat(fit.x[fit.blocks[:-1]], 2), least, 1 - least)
    ends = np.stack([fit.blocks[:-1], fit.blocks[1:] - 1], axis=1)  # of each block
    knot, logit = value[ends.ravel()], np.log(prob) - np.log1p(-prob)

    def log_ratio(score):
        knots, logits = tf.constant(knot, score.dtype), tf.constant(logit, score.dtype)
        upper = tf.searchsorted(knots, score, side="right")
        upper = tf.clip_by_value(upper, 1, len(knot) - 1)
        left, low = tf.gather(knots, upper - 1), tf.gather(logits, upper - 1)
        right, high = tf.gather(knots, upper), tf.gather(logits, upper)
        part = tf.math.divide_no_nan(score - left, right - left)
        return low + tf.clip_by_value(part, 0.0, 1.0) * (high - low)

    return Calibrator(log_ratio, differentiable=False)


def halves(score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scores to fit with and scores to diagnose with: every other one."""
    return score[::2], score[1::2]


def _pooled(real_score, fake_score) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All scores, their weights (half per class) and labels (1 for real), float64."""
    classes = [
        reals.as_float64(score, f"The {name} scores")
        for name, score in (("real", real_score), ("fake", fake_score))
    ]
    for name, score in zip(("real", "fake"), classes, strict=True):
        if score.ndim != 1 or not score.size:
            raise ValueError(
                f"A calibrator needs the {name} scores as a vector that is not empty, "
                f"but their shape is {list(score.shape)}."
            )
        bad = np.count_nonzero(~np.isfinite(score))
        if bad:
            raise ValueError(
                f"A calibrator needs finite scores, but {bad} of {score.size} {name} "
                "scores are not."
            )
    score = np.concatenate(classes)
    if np.ptp(score) < LEAST:
        raise ValueError(
            f"All {score.size} scores are {score[0]:g}, or differ from that by less "
            f"than {LEAST:g}: a calibrator cannot be fitted to a discriminator that "
            "says the same of everything."
        )
    _doubt(*classes)
    sizes = [len(values) for values in classes]
    return score, np.repeat([0.5 / n for n in sizes], sizes), np.repeat([1, 0], sizes)


def _doubt(real, fake):
    """Warns of scores whose order no calibrator can mend.

    Two standard errors of the share of pairs, were both of one law, or 1 % of them.
    Fewer than 20 scores of a class tell nothing of their order.
    """
    n, m = len(real), len(fake)
    if min(n, m) < 20:
        return
    share = oddities.above(real, fake)
    noise = max(2 * np.sqrt((n + m + 1) / (12 * n * m)), 0.01)
    if abs(share - 0.5) <= noise:
        what = (
            f"{n} reals score above {m} fakes in {share:.0%} of all pairs, which is no "
            "more than chance: a calibrator of such scores is flat or noise, and "
            "choosing by it keeps samples at random"
        )
    elif share < 0.5:
        what = (
            f"fakes score above reals in {1 - share:.0%} of all pairs: a calibrator of "
            "such scores is upside down, or flat where it may not fall; tune the "
            "discriminator on fakes of this kind before it judges them"
        )
    else:
        return
    warnings.warn(what, base.Doubt, stacklevel=4)


def _moments(score, weight) -> tuple[float, float]:
    """Mean and standard deviation, by which the scores are standardised."""
    centre = float(weight @ score)
    return centre, float(np.sqrt(weight @ (score - centre) ** 2))


def _logistic(
    features, weight, label, *, intercept=False, slope_bounds=(None, None)
) -> list[float]:
    """Coefficients of weighted logistic regression; a last one is the intercept."""
    from scipy import optimize, special

    sign = np.where(label, 1.0, -1.0)
    ridge = np.full(features.shape[1], RIDGE)
    bounds = [slope_bounds] * len(ridge)
    if intercept:
        ridge[-1], bounds[-1] = 0.0, (None, None)

    def loss(w):
        margin = sign * (features @ w)
        pull = weight * sign * special.expit(-margin)
        value = weight @ np.logaddexp(0, -margin) + ridge @ w**2 / 2
        return value, ridge * w - pull @ features

    start = np.zeros(len(ridge))
    options = {"ftol": 1e-15, "gtol": 1e-9}
    found = optimize.minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options
    )
    return found.x.tolist()
