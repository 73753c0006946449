"""Maps from a score to a log ratio, fitted on held-out scores (Turner et al., 2019).

`real_score` [n] are D's scores of reals that D was not trained on, `fake_score` [m] its
scores of fresh proposals of the kind that the sampler will judge. Fit again whenever D
changes. Both classes have the same weight, however many scores each has, so the fitted
logit is log p_real / p_fake. Measure a calibrator on other scores than those that it
was fitted to; `halves` splits them. A fit raises ValueError if a class has no scores,
if a score is not finite, or if all scores are equal. A fit warns (`Doubt`) if fakes
score above reals, if D does not separate the two, or if reals and fakes are known to be
scored by two Ds.
"""

import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from tf_collab import base, fingerprints, oddities, reals, tensors

__all__ = [
    "ByLabel",
    "Calibrator",
    "beta",
    "by_label",
    "halves",
    "identity",
    "isotonic",
    "platt",
    "smooth",
    "temperature",
]

# The penalty is RIDGE / 2 times the square of a slope per standard deviation of the
# scores. It changes a slope by about a thousandth, and keeps it finite where the scores
# of the classes do not overlap.
RIDGE = 1e-4

# Scores that differ by less count as equal: float32 cannot hold such a steep slope.
LEAST = 1e-30


class Calibrator(NamedTuple):
    """A fitted map from a score to a log ratio."""

    log_ratio: Callable[[tf.Tensor], tf.Tensor]  # score [batch] -> [batch]
    differentiable: bool  # False: its gradient is 0 nearly everywhere
    fingerprint: int | None = None  # of the D that it was fitted to, where known
    fixes_offset: bool = True  # False: a constant in the score stays in the log ratio

    def __call__(self, score: tf.Tensor) -> tf.Tensor:
        """score [batch] -> log ratio [batch], float32, or float64 for float64 scores.

        Raises ValueError if the scores are not real numbers.
        """
        score = tf.convert_to_tensor(score)
        if score.dtype.is_complex or not (
            score.dtype.is_numeric or score.dtype.is_bool
        ):
            raise ValueError(f"scores are real numbers, not {score.dtype.name}")
        wide = score.dtype if score.dtype == tf.float64 else tf.float32
        return self.log_ratio(tf.cast(score, wide))


class ByLabel(NamedTuple):
    """A calibrator for each label; that of its label maps the score of a sample."""

    maps: tuple[Calibrator, ...]  # of labels 0, 1, ...
    needs_label: bool = True  # samplers give the labels that are beside x

    @property
    def differentiable(self) -> bool:
        """Whether each of the maps is."""
        return all(of_label.differentiable for of_label in self.maps)

    @property
    def fixes_offset(self) -> bool:
        """Whether each of the maps does."""
        return all(getattr(each, "fixes_offset", True) for each in self.maps)

    @property
    def fingerprint(self) -> int | None:
        """That of the first map whose D is known."""
        known = (getattr(of_label, "fingerprint", None) for of_label in self.maps)
        return next(filter(None, known), None)

    def __call__(self, score: tf.Tensor, label: tf.Tensor | None = None) -> tf.Tensor:
        """(score [batch], label [batch]) -> log p_real(x | label) / p_fake(x | label).

        Raises ValueError without labels.
        """
        if label is None:
            raise ValueError(
                "this calibrator has a map for each label: ask gan.log_ratio_of(scored)"
                ", whose samples are (x, label)"
            )
        ratios = tf.stack([of_label(score) for of_label in self.maps], axis=1)
        return tf.gather(ratios, label, axis=1, batch_dims=1)


def by_label(
    fit: Callable[[np.ndarray, np.ndarray], Calibrator],
    real: base.Scored,
    fake: base.Scored,
) -> ByLabel:
    """A calibrator for each label, fitted by `fit` to the scores of that label alone.

    `real` and `fake` are samples (x, label) with D's scores, `fake` also as `draw`
    returns them. The ratio is that within a label, so that what a sampler keeps has
    labels as frequent as its prior draws them. Raises ValueError if a label from 0 to
    the highest has no reals or no fakes, or scores that `fit` refuses. Doubts of `fit`
    name the label.

    Examples:
        >>> score = np.array([1.0, 2.0, 0.0, 3.0, -1.0, 1.0])
        >>> x = np.zeros([6, 2]), np.array([0, 0, 0, 1, 1, 1])
        >>> real, fake = tc.Scored(x, score), tc.Scored(x, score[::-1] - 1)
        >>> found = tc.calibrators.by_label(tc.calibrators.platt, real, fake)
        >>> len(found.maps)
        2
    """
    scores = [np.asarray(part.score) for part in (real, fake)]
    labels = [tensors.label(part.x).numpy() for part in (real, fake)]
    maps = []
    for label in range(1 + max(of_kind.max() for of_kind in labels)):
        own = [score[of == label] for score, of in zip(scores, labels)]
        for part, score in zip(own, scores):
            fingerprints.note(part, fingerprints.known(score))
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always", base.Doubt)
            try:
                maps.append(fit(*own))
            except ValueError as error:
                raise ValueError(f"label {label}: {error}") from None
        for doubt in told:
            what = f"label {label}: {doubt.message}"
            warnings.warn(what, doubt.category, stacklevel=2)
    return ByLabel(tuple(maps))


def identity() -> Calibrator:
    """The score itself, for a classifier that is already calibrated."""
    return Calibrator(tf.identity, differentiable=True, fixes_offset=False)


def temperature(real_score: np.ndarray, fake_score: np.ndarray) -> Calibrator:
    """The map a * d, for a classifier's logit d (Guo et al., 2017).

    a is 1 / temperature.
    """
    score, weight, label = _pooled(real_score, fake_score)
    _, scale = _moments(score, weight)
    (slope,) = _logistic(score[:, None] / scale, weight, label)

    def log_ratio(score: tf.Tensor) -> tf.Tensor:
        return slope / scale * score

    fitted = _fitted(log_ratio, real_score, fake_score, differentiable=True)
    return fitted._replace(fixes_offset=False)


def platt(real_score: np.ndarray, fake_score: np.ndarray) -> Calibrator:
    """The map a * d + b, for any score d (Platt, 1999)."""
    score, weight, label = _pooled(real_score, fake_score)
    centre, scale = _moments(score, weight)
    features = np.stack([(score - centre) / scale, np.ones_like(score)], axis=1)
    slope, offset = _logistic(features, weight, label, intercept=True)

    def log_ratio(score: tf.Tensor) -> tf.Tensor:
        # Centred first: a large part common to all scores would cost digits.
        return slope / scale * (score - centre) + offset

    return _fitted(log_ratio, real_score, fake_score, differentiable=True)


def beta(real_score: np.ndarray, fake_score: np.ndarray) -> Calibrator:
    """The map -a * softplus(-d) + b * softplus(d) + c, a, b >= 0 (Kull et al., 2017).

    d is a classifier's logit. The paper writes a * log(D) - b * log(1 - D) + c, the log
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

    def log_ratio(score: tf.Tensor) -> tf.Tensor:
        return above * tf.nn.softplus(score) - below * tf.nn.softplus(-score) + offset

    return _fitted(log_ratio, real_score, fake_score, differentiable=True)


def isotonic(real_score: np.ndarray, fake_score: np.ndarray) -> Calibrator:
    """The best increasing step function (Zadrozny and Elkan, 2002), joined by lines.

    Probabilities are clipped to [1 / (n + 2), 1 - 1 / (n + 2)] for n scores in all, so
    that every log ratio is finite. The map is constant beyond the scores of the fit,
    and its gradient is 0 nearly everywhere.
    """
    left, right, of_block, _ = _blocks(*_pooled(real_score, fake_score))
    knot, logit = np.stack([left, right], axis=1).ravel(), np.repeat(of_block, 2)

    def log_ratio(score: tf.Tensor) -> tf.Tensor:
        knots, logits = tf.constant(knot, score.dtype), tf.constant(logit, score.dtype)
        upper = tf.searchsorted(knots, score, side="right")
        upper = tf.clip_by_value(upper, 1, len(knot) - 1)
        left, low = tf.gather(knots, upper - 1), tf.gather(logits, upper - 1)
        right, high = tf.gather(knots, upper), tf.gather(logits, upper)
        part = tf.math.divide_no_nan(score - left, right - left)
        return low + tf.clip_by_value(part, 0.0, 1.0) * (high - low)

    return _fitted(log_ratio, real_score, fake_score, differentiable=False)


def smooth(real_score: np.ndarray, fake_score: np.ndarray) -> Calibrator:
    """The increasing step function of `isotonic`, joined by a smooth curve, for walks.

    The curve is a cubic in each piece (Fritsch and Butland, 1984) through the mean
    score of each step: it increases and has a slope everywhere. Beyond the outer steps
    it goes on by lines, no steeper than the whole. Steps follow the noise of the scores
    that it is fitted to, and its slope does so even more: take it where `platt` and
    `beta` do not fit, and some thousand scores.
    """
    from scipy import interpolate

    *_, logit, knot = _blocks(*_pooled(real_score, fake_score))
    if len(knot) == 1:  # no score tells more than another
        knot, logit = np.append(knot, knot + 1), np.repeat(logit, 2)
    slope = interpolate.PchipInterpolator(knot, logit).derivative()(knot)
    most = (logit[-1] - logit[0]) / (knot[-1] - knot[0])
    first, last = np.minimum(slope[[0, -1]], most)
    width = np.diff(knot)

    def log_ratio(score: tf.Tensor) -> tf.Tensor:
        constant = lambda v: tf.constant(v, score.dtype)
        inside = tf.clip_by_value(score, constant(knot[0]), constant(knot[-1]))
        piece = tf.searchsorted(constant(knot[1:-1]), inside, side="right")
        at = lambda v: tf.gather(constant(v), piece)
        part, wide = (inside - at(knot[:-1])) / at(width), at(width)
        rest = 1 - part
        low, high, up, on = (
            at(v) for v in (logit[:-1], logit[1:], slope[:-1], slope[1:])
        )
        curve = (1 + 2 * part) * rest**2 * low + (1 + 2 * rest) * part**2 * high
        curve += wide * part * rest * (rest * up - part * on)
        ends = tf.where(score < inside, constant(first), constant(last))
        return curve + ends * (score - inside)

    return _fitted(log_ratio, real_score, fake_score, differentiable=True)


def _blocks(
    score: np.ndarray, weight: np.ndarray, label: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Isotonic regression: of each step first and last score, logit, and mean score."""
    from scipy import optimize

    value, index = np.unique(score, return_inverse=True)
    mass = np.bincount(index, weight)
    share = np.clip(np.bincount(index, weight * label) / mass, 0, 1)
    fit = optimize.isotonic_regression(share, weights=mass)
    least = 1 / (len(score) + 2)
    start = fit.blocks[:-1]
    prob = np.clip(fit.x[start], least, 1 - least)
    mean = np.add.reduceat(mass * value, start) / np.add.reduceat(mass, start)
    last = value[fit.blocks[1:] - 1]
    return value[start], last, np.log(prob) - np.log1p(-prob), mean


def halves(score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scores [n] -> (scores to fit with, scores to measure with), taken in turn."""
    parts = score[::2], score[1::2]
    if np.ndim(score) == 1:  # rows of data are halved too
        for part in parts:
            fingerprints.note(part, fingerprints.known(score))
    return parts


def _fitted(
    log_ratio: Callable,
    real_score: np.ndarray,
    fake_score: np.ndarray,
    *,
    differentiable: bool,
) -> Calibrator:
    """With the fingerprint of the D whose scores these are."""
    of_real, of_fake = map(fingerprints.known, (real_score, fake_score))
    if None not in (of_real, of_fake) and of_real != of_fake:
        warnings.warn(
            "the scores of reals and of fakes are of two discriminators, or of one "
            "before and after it learned: score both by the GAN whose samples the "
            "calibrator is for",
            base.Doubt,
            stacklevel=3,
        )
    return Calibrator(
        log_ratio, differentiable, of_fake if of_real is None else of_real
    )


def _pooled(
    real_score: np.ndarray, fake_score: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
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
            raise reals.NotFinite(
                f"A calibrator needs finite scores, but {bad} of {score.size} {name} "
                "scores are not."
            )
    score = np.concatenate(classes)
    if np.ptp(score) < LEAST:
        raise ValueError(
            f"All {score.size} scores are {score[0]:g}, or differ from that by less "
            f"than {LEAST:g}: a calibrator cannot be fitted to a discriminator that "
            "gives every sample the same score."
        )
    _doubt(*classes)
    sizes = [len(values) for values in classes]
    return score, np.repeat([0.5 / n for n in sizes], sizes), np.repeat([1, 0], sizes)


def _doubt(real: np.ndarray, fake: np.ndarray) -> None:
    """Warns of scores whose order no calibrator can mend.

    The share of pairs in the right order counts as chance within two standard errors,
    or 1 %. Fewer than 20 scores of a class say nothing of their order.
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


def _moments(score: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """Mean and standard deviation, by which the scores are standardised."""
    centre = float(weight @ score)
    return centre, float(np.sqrt(weight @ (score - centre) ** 2))


def _logistic(
    features: np.ndarray,
    weight: np.ndarray,
    label: np.ndarray,
    *,
    intercept: bool = False,
    slope_bounds: tuple[float | None, float | None] = (None, None),
) -> list[float]:
    """Coefficients of weighted logistic regression; an intercept is the last one."""
    from scipy import optimize, special

    sign = np.where(label, 1.0, -1.0)
    ridge = np.full(features.shape[1], RIDGE)
    bounds = [slope_bounds] * len(ridge)
    if intercept:
        ridge[-1], bounds[-1] = 0.0, (None, None)

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        margin = sign * (features @ w)
        pull = weight * sign * special.expit(-margin)
        value = weight @ np.logaddexp(0, -margin) + ridge @ w**2 / 2
        return value, ridge * w - pull @ features

    start = np.zeros(len(ridge))
    options = {"ftol": 1e-15, "gtol": 1e-9}
    result = optimize.minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options
    )
    return result.x.tolist()
