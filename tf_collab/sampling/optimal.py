"""Optimal budgeted rejection sampling (Verine et al., 2023, arXiv:2311.00460)."""

from typing import NamedTuple

import tensorflow as tf

from tf_collab import base

__all__ = ["OptimalState", "obrs"]

SLACK = 1e-9  # of a comparison in float64, for log ratios that are alike


class OptimalState(NamedTuple):
    """What the burn-in fixes."""

    shift: tf.Tensor  # [], c of the paper, added to every log ratio


def obrs(gan: base.GAN, *, budget: float = 5.0, burn_in: int = 10_000) -> base.Acceptor:
    """Keeps one sample in `budget`, x with probability `min(1, exp(log_ratio(x) + c))`.

    Of all rules that keep as many, this one comes nearest to the data in every
    f-divergence (theorem 3.2 of the paper). c is fitted exactly to the burn-in, so that
    its mean probability is 1 / budget; the paper's code bisects. With a budget of 1 all
    finite samples are kept, and with a large one this is exact rejection without a
    bound to know. Info counts as `saturated` the samples that are kept for sure: their
    law is G's own, so more of them mean that the budget stops short of the data.

    Raises ValueError if `budget` or `burn_in` is below 1, or if D gives no log ratio.

    Examples:
        >>> acceptor = tc.sampling.obrs(gan, budget=4, burn_in=1000)
        >>> sampler = tc.sampling.compose(tc.sampling.direct(gan), acceptor)
        >>> kept = tc.sampling.draw(sampler, gan.prior, 50, real=real, batch=50, seed=0)
        >>> kept.x.shape
        (50, 2)
    """
    if not budget >= 1:
        raise ValueError(f"a budget is 1 proposal a sample or more, not {budget}")
    if burn_in < 1:
        raise ValueError(f"obrs needs a burn-in of 1 or more, not {burn_in}")
    gan.log_ratio  # noqa: B018  raises here, not later, if D gives none

    def init(
        seed: tf.Tensor, candidates: base.Scored, real: base.Scored
    ) -> OptimalState:
        del seed, real
        return OptimalState(_shift(gan.log_ratio_of(candidates), budget))

    def step(
        seed: tf.Tensor, candidates: base.Scored, state: OptimalState
    ) -> tuple[base.Verdict, OptimalState, dict[str, tf.Tensor]]:
        logit = gan.log_ratio_of(candidates)
        odds = logit + state.shift
        uniform = tf.random.stateless_uniform(tf.shape(logit), seed)
        finite = tf.math.is_finite(logit)
        keep = finite & (uniform < tf.exp(tf.minimum(odds, 0.0)))
        saturated = tf.cast(finite & (odds >= 0), tf.int32)
        verdict = base.Verdict(candidates.x, candidates.score, keep)
        return verdict, state, {"saturated": saturated}

    return base.Acceptor(init, step, burn_in=burn_in, judge=gan)


def _shift(logit: tf.Tensor, budget: float) -> tf.Tensor:
    """c, the root of `mean(min(1, exp(logit + c))) = 1 / budget`.

    If the k largest are kept for sure, the others have n / budget - k among them, which
    gives c; the least k whose c agrees with it is right. What is not finite is never
    kept, and +inf keeps all others.
    """
    wanted = tf.cast(tf.size(logit), tf.float64) / budget
    finite = tf.cast(tf.boolean_mask(logit, tf.math.is_finite(logit)), tf.float64)
    falling = tf.sort(finite, direction="DESCENDING")
    tail = tf.math.cumulative_logsumexp(falling, reverse=True)
    left = wanted - tf.cast(tf.range(tf.size(falling)), tf.float64)
    shift = tf.math.log(tf.maximum(left, 0.0)) - tail
    agrees = (left > 0) & (falling + shift <= SLACK)
    every = tf.constant([float("inf")], tf.float64)
    first = tf.argmax(tf.concat([agrees, [True]], axis=0))
    return tf.cast(tf.concat([shift, every], axis=0)[first], tf.float32)
