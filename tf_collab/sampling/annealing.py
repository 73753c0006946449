"""Annealed sequential Monte Carlo among latents (Del Moral et al., 2006).

Of a GAN's latents, as of any law that is known up to a factor: from the prior to the
law that the ratio tells, by temperatures, on which all latents of a batch go together.
"""

from typing import Any

import tensorflow as tf

from tf_collab import base, seeds
from tf_collab.sampling import adjusted, adjusting, latents, moving

__all__ = ["smc"]


def smc(
    gan: base.GAN,
    *,
    temperatures: int = 10,
    moves: int = 3,
    rate: float = 0.01,
    warm_up: int = 100,
    target: float = 0.57,
    xla: bool | None = None,
) -> base.Proposer:
    """Proposes G(z) of latents that go to D's law by `temperatures`, all together.

    At the k-th the law is the prior times exp(b * log_ratio(G(z))), b = k /
    temperatures. Each z is weighted by the step of b; where the effective number of
    latents is below half of the batch, and at the last temperature, they are drawn
    again by their weights; then each makes `moves` steps of `mala`. The rate is adapted
    in `warm_up` of them as there.

    The latents of a batch are one population: the law is that of the ratio as the batch
    grows (1000 or more), and samples of a batch may have the same ancestor. A latent
    whose log ratio is not finite has no weight. Info is that of `mala`, how often they
    were drawn again as `resampled`, and as `mean_ratio` an unbiased estimate of the
    mean of exp(log_ratio) over G's samples, which is 1 for a calibrated ratio.

    Warns (`Doubt`) if scores depend on the batch. Raises ValueError if an option is out
    of range, if the prior has no density, or if D gives no log ratio.

    Examples:
        >>> walk = tc.sampling.smc(gan, temperatures=2, moves=2, warm_up=2)
        >>> sampler = tc.sampling.compose(walk, tc.sampling.always())
        >>> kept = tc.sampling.draw(sampler, gan.prior, 20, real=real, batch=20, seed=0)
        >>> kept.info["d_backward"] / 20
        5.0
    """
    if temperatures < 1 or moves < 1:
        raise ValueError(
            "smc goes by 1 temperature or more, with 1 move or more at each, not "
            f"{temperatures} and {moves}"
        )
    start = adjusting.adjusted(
        gan,
        "smc",
        adjusted.LANGEVIN,
        rate=rate,
        steps=moves,
        warm_up=warm_up,
        target=target,
        xla=xla,
    )
    on = latents.field(gan, "smc")

    def annealed(
        seed: tf.Tensor, point: latents.Point, turn: tf.Tensor, memory: tuple
    ) -> tuple[latents.Point, tuple]:
        """The next temperature, from the one before: a point's is that of its energy.

        A walk begins at points of the last one, which its first look sees.
        """
        log_weight, log_mean, resampled = memory
        ratio = gan.log_ratio_of(base.Scored(point.x, point.score))
        step = tf.where(tf.math.is_finite(ratio), ratio / temperatures, float("-inf"))
        log_weight += step
        total = tf.reduce_logsumexp(log_weight)
        share = tf.exp(log_weight - total)
        n = tf.cast(tf.size(share), tf.float32)
        few = tf.reduce_sum(share**2) * n > 2  # 1 / sum is the effective number
        due = (few | (turn == temperatures - 1)) & tf.math.is_finite(total)

        def again() -> tuple:
            chosen = ancestors(seed, share)
            rows = tf.nest.map_structure(lambda leaf: tf.gather(leaf, chosen), point)
            mean = log_mean + total - tf.math.log(n)
            return rows, tf.zeros_like(log_weight), mean, resampled + 1

        here = (point, log_weight, log_mean, resampled)
        point, *memory = tf.cond(due, again, lambda: here)
        before = tf.cast(tf.where(turn == 0, temperatures, turn), tf.float32)
        factor = tf.cast(turn + 1, tf.float32) / before
        return tempered(on, point, factor), tuple(memory)

    def chance(seed: tf.Tensor, at: tf.Tensor) -> tuple:
        _, propose_seed, take_seed = seeds.split(seed, 3)
        noise = adjusted.LANGEVIN.chance(propose_seed, at)
        return noise, adjusting.taken(take_seed, at)

    def move(
        old: latents.Point, dice: tuple, index: tf.Tensor, memory: tuple
    ) -> tuple[latents.Point, tuple]:
        count, rates = memory
        share = tf.cast(index // moves + 1, tf.float32) / temperatures
        here = on._replace(look=lambda at: tempered(on, on.look(at), share))
        new, log_odds = adjusted.LANGEVIN.propose(here, dice[0], old, rates[0])
        point, took = adjusting.settled(dice[1], old, new, log_odds)
        return point, (count + tf.cast(took, tf.int32), rates)

    moved = moving.mover(on, chance, move, most=moves, xla=xla)

    def step(
        seed: tf.Tensor, z: Any, state: adjusting.AdjustedState
    ) -> tuple[base.Scored, adjusting.AdjustedState, dict[str, tf.Tensor]]:
        first = on.see(on.begin(z))
        never = adjusting.never(first)

        def heated(
            turn: tf.Tensor, point: latents.Point, population: tuple, memory: tuple
        ) -> tuple:
            anneal_seed, *_ = seeds.split(seeds.fold_in(seed, turn * moves), 3)
            point, population = annealed(anneal_seed, point, turn, population)
            point, memory = moved(point, seed, memory, turn * moves, moves)
            return turn + 1, point, population, memory

        population = tf.cast(never, tf.float32), tf.zeros([]), 0
        memory = never, tf.fill(tf.shape(first.score), state.rate)
        _, last, (_, log_mean, resampled), (count, _) = tf.while_loop(
            lambda turn, *_: turn < temperatures,
            heated,
            (0, first, population, memory),
            parallel_iterations=1,
        )
        info = moving.told(first, last, temperatures * moves)
        told = {"mean_ratio": tf.exp(log_mean), "resampled": resampled}
        rows = tf.shape(never)
        info |= {name: tf.fill(rows, value) for name, value in told.items()}
        return base.Scored(last.x, last.score), state, {**info, "moved": count}

    return base.Proposer(start.init, step, guide=gan, together=True)


def tempered(
    on: latents.Field, point: latents.Point, factor: tf.Tensor
) -> latents.Point:
    """The point with `factor` times as much of the ratio in its energy and slope."""
    assert on.energy is not None
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(point.at)
        prior = on.energy(point.at, tf.zeros_like(point.energy))
    none = tf.UnconnectedGradients.ZERO  # of a prior that is flat
    slope = tape.gradient(prior, point.at, unconnected_gradients=none)
    return point._replace(
        energy=prior + factor * (point.energy - prior),
        slope=slope + factor * (point.slope - slope),
    )


def ancestors(seed: tf.Tensor, share: tf.Tensor) -> tf.Tensor:
    """Rows by their shares [n], whose sum is 1: evenly spaced, from one random place.

    Row i comes n * share[i] times on average, and as often or once more or less.
    """
    n = tf.size(share)
    shift = tf.random.stateless_uniform([], seed)
    places = (tf.range(tf.cast(n, tf.float32)) + shift) / tf.cast(n, tf.float32)
    ends = tf.cumsum(share)
    rows = tf.searchsorted(ends / ends[-1], places, side="right")
    return tf.minimum(rows, n - 1)
