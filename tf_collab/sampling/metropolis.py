"""Metropolis-Hastings sampling from a GAN (Turner et al., 2019, arXiv:1811.11357)."""

from typing import Any, NamedTuple

import tensorflow as tf

from tf_collab import base, checks, seeds, tensors

__all__ = ["MetropolisState", "mhgan"]


class MetropolisState(NamedTuple):
    """One chain for each row of the batch."""

    x: Any  # [batch, *data], the chain's current sample
    score: tf.Tensor  # [batch], of x
    logit: tf.Tensor  # [batch], log ratio of x, or of the real that the chain began at
    moved: tf.Tensor  # [batch] bool, whether x is a generated sample
    since: tf.Tensor  # [], proposals since the last output
    reals: Any  # [reals], log ratios to restart from; () if chains never restart


def mhgan(gan: base.GAN, *, thin: int = 20, restart: bool = False) -> base.Acceptor:
    """Metropolis-Hastings chains whose proposals do not depend on their states.

    Row i of the batch proposes to chain i. A sample of log ratio d' replaces one of log
    ratio d with probability `min(1, exp(d' - d))`. A chain starts from the score of a
    held-out real, which itself is never returned, and outputs its sample after every
    `thin` proposals. With `restart` the chain then starts again from a real, as in the
    paper (with thin = 640); otherwise it continues. A chain that has accepted no
    proposal by then outputs nothing, accepts its next finite proposal, and is counted
    in info as `capped`. Raises ValueError if `thin` is below 1, or if D gives no log
    ratio.

    Examples:
        >>> chains = tc.sampling.mhgan(gan, thin=10)
        >>> sampler = tc.sampling.compose(tc.sampling.direct(gan), chains)
        >>> kept = tc.sampling.draw(sampler, gan.prior, 50, real=real, batch=50, seed=0)
        >>> kept.efficiency  # of 50 chains, the states after 10 proposals
        0.1
    """
    if thin < 1:
        raise ValueError(f"mhgan needs thin of 1 or more, not {thin}")
    log_ratio = gan.log_ratio  # raises here, not later, if D gives none

    def from_reals(seed: tf.Tensor, n: int | tf.Tensor, reals: tf.Tensor) -> tf.Tensor:
        index = tf.random.stateless_uniform([n], seed, 0, tf.size(reals), tf.int32)
        return tf.gather(reals, index)

    def init(
        seed: tf.Tensor, candidates: base.Scored, real: base.Scored
    ) -> MetropolisState:
        reals = log_ratio(checks.scores_of(real))
        n = tf.size(candidates.score)
        return MetropolisState(
            # Zeros, not the candidates: only shapes are needed, so none are computed.
            x=tf.nest.map_structure(tf.zeros_like, candidates.x),
            score=tf.zeros_like(candidates.score),
            logit=from_reals(seed, n, reals),
            moved=tf.fill([n], False),
            since=tf.zeros([], tf.int32),
            reals=reals if restart else (),
        )

    def step(
        seed: tf.Tensor, candidates: base.Scored, state: MetropolisState
    ) -> tuple[base.Verdict, MetropolisState, dict[str, tf.Tensor]]:
        accept_seed, restart_seed = seeds.split(seed)
        proposed = log_ratio(candidates.score)
        uniform = tf.random.stateless_uniform(tf.shape(proposed), accept_seed)
        # A ratio that is not finite is rejected: a chain would never leave it.
        accept = tf.math.log(uniform) < proposed - state.logit
        accept &= tf.math.is_finite(proposed)
        x = tensors.where(accept, candidates.x, state.x)
        score = tf.where(accept, candidates.score, state.score)
        logit = tf.where(accept, proposed, state.logit)
        moved = state.moved | accept
        due = tf.equal(state.since + 1, thin)
        verdict = base.Verdict(x, score, keep=due & moved)
        capped = due & ~moved
        info = {
            "accepted": tf.cast(accept, tf.int32),
            "capped": tf.cast(capped, tf.int32),
        }
        if restart:
            again = from_reals(restart_seed, tf.size(logit), state.reals)
            logit, moved = tf.where(due, again, logit), moved & ~due
        logit = tf.where(capped, float("-inf"), logit)  # anything is better
        since = tf.where(due, 0, state.since + 1)
        after = MetropolisState(x, score, logit, moved, since, state.reals)
        return verdict, after, info

    return base.Acceptor(init, step, thin=thin, judge=gan)
