"""Sampling importance resampling, once (Rubin, 1988) or as a chain.

The chain is iterated SIR (Andrieu et al., 2018, arXiv:1312.2645, section 2), as in
Samsonov et al. (2022, arXiv:2111.02702).
"""

from typing import Any, NamedTuple

import tensorflow as tf

from tf_collab import base, seeds, tensors

__all__ = ["ResamplingState", "isir", "keys", "sir"]


def sir(gan: base.GAN, *, pool: int = 10) -> base.Acceptor:
    """Keeps one of every `pool` samples, x with odds `exp(log_ratio(x))`.

    Each `pool` rows of the batch are a group, independent of others; the one that is
    kept stands in the first row. The law is G's for a pool of 1, and goes to the one
    that the ratio tells as the pool grows. A sample whose log ratio is not finite is
    never kept. Raises ValueError if `pool` is below 1, or if D gives no log ratio.

    Examples:
        >>> sampler = tc.sampling.compose(tc.sampling.direct(gan), tc.sampling.sir(gan))
        >>> kept = tc.sampling.draw(sampler, gan.prior, 20, real=real, batch=50, seed=0)
        >>> kept.efficiency
        0.1
    """
    if pool < 1:
        raise ValueError(f"sir takes one of a pool of 1 or more, not of {pool}")
    gan.log_ratio  # noqa: B018  raises here, not later, if D gives none

    def init(seed: tf.Tensor, candidates: base.Scored, real: base.Scored) -> tuple[()]:
        del seed, candidates, real
        return ()

    def step(
        seed: tf.Tensor, candidates: base.Scored, state: tuple[()]
    ) -> tuple[base.Verdict, tuple[()], dict[str, tf.Tensor]]:
        key = keys(seed, gan.log_ratio_of(candidates))
        best, _ = _best(key, pool)
        chosen = tf.gather(key, best)
        verdict = _verdict(candidates, _rows(candidates, best), chosen, pool)
        return verdict, state, {}

    return base.Acceptor(init, step, judge=gan, group=pool)


class ResamplingState(NamedTuple):
    """A chain for each group of the batch."""

    x: Any  # [groups, *data], the chain's current sample
    score: tf.Tensor  # [groups], of x
    logit: tf.Tensor  # [groups], log ratio of x


def isir(gan: base.GAN, *, particles: int = 10) -> base.Acceptor:
    """Chains that go to one of `particles` samples: their own and fresh ones.

    Each `particles - 1` rows of the batch propose to a chain; its next sample is x with
    odds `exp(log_ratio(x))` among those and its own, and is kept after every step, in
    the first row of its group. The law that the ratio tells is left as it is by a step,
    whatever the number; samples of a chain resemble each other, and a chain begins at
    one of its first proposals, chosen as by `sir`. Info counts moves as `accepted`. A
    sample whose log ratio is not finite is never gone to. Raises ValueError if
    `particles` is below 2, or if D gives no log ratio.

    Examples:
        >>> chains = tc.sampling.isir(gan, particles=6)
        >>> sampler = tc.sampling.compose(tc.sampling.direct(gan), chains)
        >>> kept = tc.sampling.draw(sampler, gan.prior, 20, real=real, batch=50, seed=0)
        >>> kept.efficiency  # of 10 chains, the state after each 5 proposals
        0.2
    """
    if particles < 2:
        raise ValueError(f"isir chooses among 2 particles or more, not {particles}")
    gan.log_ratio  # noqa: B018  raises here, not later, if D gives none
    group = particles - 1

    def init(
        seed: tf.Tensor, candidates: base.Scored, real: base.Scored
    ) -> ResamplingState:
        del real
        logit = gan.log_ratio_of(candidates)
        best, key = _best(keys(seed, logit), group)
        chosen = _rows(candidates, best)
        # A chain without a finite proposal goes to the first that it gets.
        logit = tf.where(key > float("-inf"), tf.gather(logit, best), float("-inf"))
        return ResamplingState(*chosen, logit)

    def step(
        seed: tf.Tensor, candidates: base.Scored, state: ResamplingState
    ) -> tuple[base.Verdict, ResamplingState, dict[str, tf.Tensor]]:
        fresh_seed, own_seed = seeds.split(seed)
        logit = gan.log_ratio_of(candidates)
        best, key = _best(keys(fresh_seed, logit), group)
        go = key > keys(own_seed, state.logit)
        chosen = _rows(candidates, best)
        after = ResamplingState(
            tensors.where(go, chosen.x, state.x),
            tf.where(go, chosen.score, state.score),
            tf.where(go, tf.gather(logit, best), state.logit),
        )
        chosen = base.Scored(after.x, after.score)
        verdict = _verdict(candidates, chosen, after.logit, group)
        first = tf.range(tf.size(logit)) % group == 0
        moved = first & tf.repeat(go, group)
        return verdict, after, {"accepted": tf.cast(moved, tf.int32)}

    return base.Acceptor(init, step, judge=gan, group=group)


def keys(seed: tf.Tensor, logit: tf.Tensor) -> tf.Tensor:
    """Log ratios with Gumbel noise: the largest is x with odds `exp(logit)`."""
    return keyed(gumbel(seed, tf.size(logit)), logit)


def gumbel(seed: tf.Tensor, n: int | tf.Tensor) -> tf.Tensor:
    """Gumbel noise [n]."""
    uniform = tf.random.stateless_uniform([n], seed)
    return -tf.math.log(-tf.math.log(uniform))


def keyed(noise: tf.Tensor, logit: tf.Tensor) -> tf.Tensor:
    """Log ratios [n] with Gumbel noise [n]; what has no ratio is never the largest."""
    return tf.where(tf.math.is_finite(logit), logit + noise, float("-inf"))


def _best(key: tf.Tensor, group: int) -> tuple[tf.Tensor, tf.Tensor]:
    """The row of the largest key in each group, and that key; both [groups]."""
    by_group = tf.reshape(key, [-1, group])
    best = tf.argmax(by_group, axis=1, output_type=tf.int32)
    return best + group * tf.range(tf.size(best)), tf.reduce_max(by_group, axis=1)


def _rows(scored: base.Scored, index: tf.Tensor) -> base.Scored:
    return tf.nest.map_structure(lambda leaf: tf.gather(leaf, index), scored)


def _verdict(
    candidates: base.Scored, chosen: base.Scored, logit: tf.Tensor, group: int
) -> base.Verdict:
    """The chosen one in the first row of its group, kept if its `logit` is finite."""

    def leading(own: tf.Tensor, one: tf.Tensor) -> tf.Tensor:
        shape = tf.shape(own)
        groups = tf.reshape(own, tf.concat([[-1, group], shape[1:]], axis=0))
        both = tf.concat([one[:, None], groups[:, 1:]], axis=1)
        return tf.ensure_shape(tf.reshape(both, shape), own.shape)

    x, score = tf.nest.map_structure(leading, candidates, chosen)
    keep = leading(tf.zeros(tf.shape(score), tf.bool), tf.math.is_finite(logit))
    return base.Verdict(x, score, keep)
