"""Soft threshold sampling (write here: the method, its authors, year, arXiv number)."""

from typing import NamedTuple

import tensorflow as tf

from tf_collab import base, tensors

__all__ = ["ThresholdState", "soft_threshold"]


class ThresholdState(NamedTuple):
    """The threshold, which the burn-in fixes."""

    middle: tf.Tensor  # [], the log ratio of samples that are kept half of the time


def soft_threshold(
    gan: base.GAN, *, percentile: float = 50.0, burn_in: int = 1000
) -> base.Acceptor:
    """Keeps x with probability `sigmoid(log_ratio(x) - middle)`.

    `middle` is the `percentile` (0 to 100) of log ratios over the burn-in. Kept samples
    follow p_g(x) * sigmoid(log_ratio(x) - middle), up to a constant. A sample whose
    score is not finite is never kept. Raises ValueError if `percentile` is out of
    range, or if D gives no log ratio.
    """
    if not 0 <= percentile <= 100:
        raise ValueError(f"percentile is from 0 to 100, not {percentile}")
    log_ratio = gan.log_ratio  # raises here, not later, if D gives none

    def init(seed, candidates, real):
        del seed, real
        logit = log_ratio(candidates.score)
        logit = tf.boolean_mask(logit, tf.math.is_finite(logit))
        return ThresholdState(tensors.percentile(logit, percentile))

    def step(seed, candidates, state):
        logit = log_ratio(candidates.score)
        uniform = tf.random.stateless_uniform(tf.shape(logit), seed)
        keep = uniform < tf.sigmoid(logit - state.middle)
        keep &= tf.math.is_finite(logit)
        info = {"above": tf.cast(logit > state.middle, tf.int32)}
        return base.Verdict(*candidates, keep=keep), state, info

    return base.Acceptor(init, step, burn_in=burn_in)
