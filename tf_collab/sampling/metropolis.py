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
    reals: Any  # the Starts to restart from; () if chains never restart
    label: Any  # [batch] int32, of the chain; () if chains go from label to label


class Starts(NamedTuple):
    """The log ratios of reals that a chain may start from."""

    logit: tf.Tensor  # [reals], those of a label side by side
    label: Any  # [reals] int32, in increasing order; () if labels do not matter

    def draw(self, seed: tf.Tensor, n: int | tf.Tensor, label: Any) -> tf.Tensor:
        """n log ratios of reals, row i of `label[i]`, with equal chances."""
        if isinstance(self.label, tuple):
            index = tf.random.stateless_uniform(
                [n], seed, 0, tf.size(self.logit), tf.int32
            )
            return tf.gather(self.logit, index)
        first, last = (tf.searchsorted(self.label, label, s) for s in ("left", "right"))
        known = tf.debugging.Assert(
            tf.reduce_all(first < last),
            ["a chain within a label starts from a real of it: none has label", label],
        )
        count = tf.cast(last - first, tf.float32)
        with tf.control_dependencies([known]):
            above = tf.cast(seeds.uniform([n], seed) * count, tf.int32)
        return tf.gather(self.logit, tf.minimum(first + above, last - 1))


def mhgan(
    gan: base.GAN,
    *,
    thin: int = 20,
    restart: bool = False,
    capped: str = "accept",
    within_label: bool = False,
) -> base.Acceptor:
    """Metropolis-Hastings chains whose proposals do not depend on their states.

    Row i of the batch proposes to chain i. A sample of log ratio d' replaces one of log
    ratio d with probability `min(1, exp(d' - d))`. A chain starts from the score of a
    held-out real, which itself is never returned, and outputs its sample after every
    `thin` proposals. With `restart` the chain then starts again from a real, as in the
    paper (with thin = 640); otherwise it continues. A chain that has accepted no
    proposal by then outputs nothing and is counted in info as `capped`. It accepts its
    next finite proposal, or, with "restart" for `capped`, starts again as all others
    do: then all samples have the law of the first, and a D for which no sample is as
    good as reals gives none.

    Of samples (x, label) a chain goes from label to label. `within_label` chains keep
    the label of the first candidate in their row, begin at a real of it and refuse
    proposals of others: what D says of one label against another has no effect, and
    labels stay as frequent as the prior draws them. With `priors.labelled(...,
    in_turn=True)` and batches of one size no proposal is lost by that.

    Raises ValueError if `thin` is below 1, if only capped chains are to restart, or if
    D gives no log ratio.

    Examples:
        >>> chains = tc.sampling.mhgan(gan, thin=10)
        >>> sampler = tc.sampling.compose(tc.sampling.direct(gan), chains)
        >>> kept = tc.sampling.draw(sampler, gan.prior, 50, real=real, batch=50, seed=0)
        >>> kept.efficiency  # of 50 chains, the states after 10 proposals
        0.1
    """
    if thin < 1:
        raise ValueError(f"mhgan needs thin of 1 or more, not {thin}")
    if capped not in ("accept", "restart") or (capped == "restart" and not restart):
        raise ValueError(
            'capped is "accept", or "restart" of chains that all restart, not '
            f"{capped!r} with restart={restart}"
        )
    gan.log_ratio  # noqa: B018  raises here, not later, if D gives none

    def init(
        seed: tf.Tensor, candidates: base.Scored, real: base.Scored
    ) -> MetropolisState:
        starts, label = Starts(checks.log_ratios(gan, real), ()), ()
        if within_label:
            label, of_reals = map(tensors.label, (candidates.x, real.x))
            order = tf.argsort(of_reals, stable=True)
            starts = Starts(tf.gather(starts.logit, order), tf.gather(of_reals, order))
        n = tf.size(candidates.score)
        return MetropolisState(
            # Zeros, not the candidates: only shapes are needed, so none are computed.
            x=tf.nest.map_structure(tf.zeros_like, candidates.x),
            score=tf.zeros_like(candidates.score),
            logit=starts.draw(seed, n, label),
            moved=tf.fill([n], False),
            since=tf.zeros([], tf.int32),
            reals=starts if restart else (),
            label=label,
        )

    def step(
        seed: tf.Tensor, candidates: base.Scored, state: MetropolisState
    ) -> tuple[base.Verdict, MetropolisState, dict[str, tf.Tensor]]:
        accept_seed, restart_seed = seeds.split(seed)
        proposed = gan.log_ratio_of(candidates)
        uniform = tf.random.stateless_uniform(tf.shape(proposed), accept_seed)
        # A ratio that is not finite is rejected: a chain would never leave it.
        accept = tf.math.log(uniform) < proposed - state.logit
        accept &= tf.math.is_finite(proposed)
        if within_label:
            accept &= tensors.label(candidates.x) == state.label
        x = tensors.where(accept, candidates.x, state.x)
        score = tf.where(accept, candidates.score, state.score)
        logit = tf.where(accept, proposed, state.logit)
        moved = state.moved | accept
        due = tf.equal(state.since + 1, thin)
        verdict = base.Verdict(x, score, keep=due & moved)
        stuck = due & ~moved
        info = {
            "accepted": tf.cast(accept, tf.int32),
            "capped": tf.cast(stuck, tf.int32),
        }
        if restart:
            again = state.reals.draw(restart_seed, tf.size(logit), state.label)
            logit, moved = tf.where(due, again, logit), moved & ~due
        if capped == "accept":
            logit = tf.where(stuck, float("-inf"), logit)  # anything is better
        since = tf.where(due, 0, state.since + 1)
        after = state._replace(x=x, score=score, logit=logit, moved=moved, since=since)
        return verdict, after, info

    return base.Acceptor(init, step, thin=thin, judge=gan)
