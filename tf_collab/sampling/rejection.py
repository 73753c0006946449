"""Discriminator rejection sampling (Azadi et al., 2019, arXiv:1810.06758)."""

from typing import NamedTuple

import tensorflow as tf

from tf_collab import base, checks, tensors

__all__ = ["RejectionState", "drs"]


class RejectionState(NamedTuple):
    """The threshold, which the burn-in fixes."""

    max_logit: tf.Tensor  # [], the largest log ratio of the burn-in and the reals
    gamma: tf.Tensor  # [], how much stricter than exact


def drs(
    gan: base.GAN,
    *,
    percentile: float | None = 80.0,
    eps: float = 1e-8,
    burn_in: int = 10_000,
    per_batch: bool = False,
) -> base.Acceptor:
    """Keeps x with probability `sigmoid(F - gamma)`; F - gamma is the paper's F hat.

    `F = delta - log(1 - exp(delta - eps))`, with `delta = log_ratio(x) - maximum`, the
    maximum over the burn-in and the reals. gamma is the `percentile` (0 to 100) of F
    over the burn-in, so a higher percentile keeps fewer samples. `percentile=None`
    means gamma = 0 and eps = 0: x is kept with probability `exp(delta)`, which is exact
    if the maximum is a bound. Info counts samples above it as `above_bound`. A sample
    whose score is not finite is never kept, and changes neither maximum nor gamma.

    `per_batch` is the variant of the authors of collaborative sampling: the maximum
    rises with the proposals, and gamma is computed from each batch of proposals. Raises
    ValueError if `percentile` or `burn_in` is out of range or if D gives no log ratio.

    Examples:
        >>> acceptor = tc.sampling.drs(gan, percentile=80.0, burn_in=100)
        >>> sampler = tc.sampling.compose(tc.sampling.direct(gan), acceptor)
        >>> kept = tc.sampling.draw(sampler, gan.prior, 50, real=real, batch=50, seed=0)
        >>> kept.efficiency < 1
        True
    """
    if percentile is not None and not 0 <= percentile <= 100:
        raise ValueError(f"percentile is from 0 to 100 or None, not {percentile}")
    if burn_in < 1:
        raise ValueError(f"drs needs a burn-in of 1 or more, not {burn_in}")
    gan.log_ratio  # noqa: B018  raises here, not later, if D gives none

    def log_odds(logit: tf.Tensor, max_logit: tf.Tensor) -> tf.Tensor:
        # F is not defined above the bound: such a sample counts as one at the bound.
        delta = tf.minimum(logit - max_logit, 0.0)
        return delta - tensors.log1mexp(delta - eps)

    def finite(logit: tf.Tensor) -> tf.Tensor:
        # A sample that is never kept must change neither the bound nor gamma.
        return tf.boolean_mask(logit, tf.math.is_finite(logit))

    def highest(logit: tf.Tensor) -> tf.Tensor:
        # If no score is finite, the bound is the least float.
        return tf.reduce_max(tf.concat([finite(logit), [logit.dtype.min]], axis=0))

    def fit(logit: tf.Tensor, max_logit: tf.Tensor) -> RejectionState:
        max_logit = tf.maximum(max_logit, highest(logit))
        if percentile is None:
            return RejectionState(max_logit, tf.zeros([]))
        odds = log_odds(finite(logit), max_logit)
        return RejectionState(max_logit, tensors.percentile(odds, percentile))

    def init(
        seed: tf.Tensor, candidates: base.Scored, real: base.Scored
    ) -> RejectionState:
        del seed
        bound = highest(checks.log_ratios(gan, real))
        return fit(gan.log_ratio_of(candidates), bound)

    def step(
        seed: tf.Tensor, candidates: base.Scored, state: RejectionState
    ) -> tuple[base.Verdict, RejectionState, dict[str, tf.Tensor]]:
        logit = gan.log_ratio_of(candidates)
        above = tf.cast(logit > state.max_logit, tf.int32)
        if per_batch:
            state = fit(logit, state.max_logit)
        uniform = tf.random.stateless_uniform(tf.shape(logit), seed)
        if percentile is None:
            keep = uniform < tf.exp(logit - state.max_logit)
        else:
            odds = log_odds(logit, state.max_logit) - state.gamma
            keep = uniform < tf.sigmoid(odds)
        keep &= tf.math.is_finite(logit)
        verdict = base.Verdict(candidates.x, candidates.score, keep)
        return verdict, state, {"above_bound": above}

    return base.Acceptor(init, step, burn_in=burn_in, judge=gan)
