"""Walks whose moves are taken or refused, by a rate that a warm-up finds."""

import functools
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

from tf_collab import base, seeds, tensors
from tf_collab.sampling import latents

__all__ = ["AdjustedState", "Jump", "Propose", "adjusted", "settled"]

COOLING = 0.6  # the power of the steps so far with which the rate is adapted less

# (where to look, seed, old point, rate []) -> (new point, log odds [batch] of going
# there, which leave the density exp(-E) as it is)
Propose = Callable[
    [latents.Field, tf.Tensor, latents.Point, tf.Tensor],
    tuple[latents.Point, tf.Tensor],
]
# (where to look, seed, old point) -> the point that a move begins at
Jump = Callable[[latents.Field, tf.Tensor, latents.Point], latents.Point]


class AdjustedState(NamedTuple):
    """What the warm-up found."""

    rate: tf.Tensor  # []


def adjusted(
    gan: base.GAN,
    name: str,
    propose: Propose,
    *,
    rate: float,
    steps: int,
    warm_up: int,
    target: float,
    looks: int = 1,
    jump: Jump | None = None,
    local: int = 1,
) -> base.Proposer:
    """A proposer of G(z) after `steps` moves of z, each of `looks` passes.

    In `warm_up` moves, of latents that are thrown away, the rate is adapted until the
    share that is taken is `target`. What is refused keeps its point, slope and all.
    Each `local` moves begin with a `jump`, if there is one. Info counts the moves taken
    as `moved`, and passes but those of jumps. Warns (`Doubt`) if scores depend on the
    batch. Raises ValueError if an option is out of range, if the prior has no density,
    or if D gives no log ratio.
    """
    if not rate > 0 or steps < 0 or warm_up < 0:
        raise ValueError(
            f"{name} needs a rate above 0, and 0 steps or more, not "
            f"{rate}, {steps} and warm_up={warm_up}"
        )
    if not 0 < target < 1:
        raise ValueError(f"target is a share between 0 and 1, not {target}")
    on = latents.field(gan, name)
    if gan.batch_statistics:
        warnings.warn(
            f"{name} takes or refuses a move by scores that depend on the rest of the "
            "batch, which moves too (batch_statistics): it leaves no law as it is",
            base.Doubt,
            stacklevel=3,
        )

    def moved(
        seed: tf.Tensor, old: latents.Point, index: tf.Tensor, rate: tf.Tensor
    ) -> tuple[latents.Point, tf.Tensor]:
        if jump is not None:
            far = functools.partial(jump, on, seeds.fold_in(seed, 0), old)
            old = tf.cond(index % local == 0, far, lambda: old)
        propose_seed, take_seed = seeds.split(seed)
        new, log_odds = propose(on, propose_seed, old, rate)
        return settled(take_seed, old, new, log_odds)

    def init(seed: tf.Tensor, z: Any, real: base.Scored) -> AdjustedState:
        del real

        def adapt(
            seed: tf.Tensor, point: latents.Point, index: tf.Tensor, log_rate: tf.Tensor
        ) -> tuple[latents.Point, tf.Tensor]:
            point, taken = moved(seed, point, index, tf.exp(log_rate))
            share = tf.reduce_mean(tf.cast(taken, tf.float32))
            gain = tf.cast(index + 1, tf.float32) ** -COOLING
            return point, log_rate + 2 * gain * (share - target)

        start = tf.math.log(tf.constant(rate, tf.float32))
        _, log_rate, _ = latents.walked(on, z, seed, warm_up, adapt, start, looks)
        return AdjustedState(tf.exp(log_rate))

    def step(
        seed: tf.Tensor, z: Any, state: AdjustedState
    ) -> tuple[base.Scored, AdjustedState, dict[str, tf.Tensor]]:
        def move(
            seed: tf.Tensor, point: latents.Point, index: tf.Tensor, count: tf.Tensor
        ) -> tuple[latents.Point, tf.Tensor]:
            point, taken = moved(seed, point, index, state.rate)
            return point, count + tf.cast(taken, tf.int32)

        never = tf.zeros(tf.shape(tf.nest.flatten(z)[0])[:1], tf.int32)
        last, count, info = latents.walked(on, z, seed, steps, move, never, looks)
        return base.Scored(last.x, last.score), state, {**info, "moved": count}

    return base.Proposer(init, step, guide=gan)


def settled(
    seed: tf.Tensor, old: latents.Point, new: latents.Point, log_odds: tf.Tensor
) -> tuple[latents.Point, tf.Tensor]:
    """The points after moves that are taken by their log odds, and which were."""
    uniform = tf.random.stateless_uniform(tf.shape(log_odds), seed)
    # Odds that are not finite are those of a place where nothing is: never taken.
    taken = tf.math.log(uniform) < log_odds
    return tensors.where(taken, new, old), taken
