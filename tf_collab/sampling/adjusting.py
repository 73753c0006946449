"""Walks whose moves are taken or refused, by a rate that a warm-up finds."""

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

from tf_collab import base, seeds, tensors
from tf_collab.sampling import latents, moving

__all__ = ["AdjustedState", "Jump", "Propose", "adjusted", "never", "settled", "taken"]

COOLING = 0.6  # the power of the steps so far with which the rate is adapted less


class Propose(NamedTuple):
    """How a move is proposed."""

    chance: Callable[[tf.Tensor, tf.Tensor], Any]  # (seed, at) -> its random numbers
    # (where to look, random numbers, old point, rate []) -> (new point, log odds
    # [batch] of going there, which leave the density exp(-E) as it is)
    propose: Callable[..., tuple[latents.Point, tf.Tensor]]
    looks: int = 1


class Jump(NamedTuple):
    """How a walk goes elsewhere before some of its moves."""

    # (seed, old point) -> (point, random numbers)
    chance: Callable[[tf.Tensor, latents.Point], tuple[latents.Point, Any]]
    # of rows alone: the point that a move begins at
    go: Callable[[latents.Point, Any], latents.Point]


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
    xla: bool | None = None,
    jump: Jump | None = None,
    local: int = 1,
) -> base.Proposer:
    """A proposer of G(z) after `steps` moves of z.

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

    def chance(seed: tf.Tensor, at: tf.Tensor) -> tuple:
        propose_seed, take_seed = seeds.split(seed)
        return propose.chance(propose_seed, at), taken(take_seed, at)

    def move(
        old: latents.Point, dice: tuple, index: tf.Tensor, memory: tuple
    ) -> tuple[latents.Point, tuple]:
        del index
        count, rates = memory
        new, log_odds = propose.propose(on, dice[0], old, rates[0])
        point, took = settled(dice[1], old, new, log_odds)
        return point, (count + tf.cast(took, tf.int32), rates)

    short = steps if jump is None else local
    ahead = None if jump is None else jump.go
    moved = moving.mover(on, chance, move, most=short, xla=xla, ahead=ahead)
    warming = moving.mover(on, chance, move, most=1, xla=False)
    warm_jump = None if jump is None else on.pieces(jump.go, False)

    def before(
        seed: tf.Tensor, point: latents.Point, index: tf.Tensor
    ) -> tuple[latents.Point, Any]:
        assert jump is not None
        return jump.chance(seeds.fold_in(seeds.fold_in(seed, index), 0), point)

    def init(seed: tf.Tensor, z: Any, real: base.Scored) -> AdjustedState:
        del real

        def adapt(
            index: tf.Tensor, point: latents.Point, log_rate: tf.Tensor
        ) -> tuple[tf.Tensor, latents.Point, tf.Tensor]:
            if warm_jump is not None:
                far = lambda: warm_jump(*before(seed, point, index))
                point = tf.cond(index % local == 0, far, lambda: point)
            rates = tf.fill(tf.shape(point.score), tf.exp(log_rate))
            memory = never(point), rates
            point, (took, _) = warming(point, seed, memory, index, 1)
            share = tf.reduce_mean(tf.cast(took, tf.float32))
            gain = tf.cast(index + 1, tf.float32) ** -COOLING
            return index + 1, point, log_rate + 2 * gain * (share - target)

        start = (0, on.see(on.begin(z)), tf.math.log(tf.constant(rate, tf.float32)))
        *_, log_rate = tf.while_loop(
            lambda index, *_: index < warm_up, adapt, start, parallel_iterations=1
        )
        return AdjustedState(tf.exp(log_rate))

    def step(
        seed: tf.Tensor, z: Any, state: AdjustedState
    ) -> tuple[base.Scored, AdjustedState, dict[str, tf.Tensor]]:
        first = on.see(on.begin(z))
        memory = never(first), tf.fill(tf.shape(first.score), state.rate)
        if jump is None:
            last, (count, _) = moved(first, seed, memory, 0, steps)
        else:

            def turn(index: tf.Tensor, point: latents.Point, memory: tuple) -> tuple:
                point, luck = before(seed, point, index)
                due = tf.minimum(steps - index, local)
                return index + local, *moved(point, seed, memory, index, due, luck)

            _, last, (count, _) = tf.while_loop(
                lambda index, *_: index < steps,
                turn,
                (0, first, memory),
                parallel_iterations=1,
            )
        info = moving.told(first, last, steps, propose.looks)
        return base.Scored(last.x, last.score), state, {**info, "moved": count}

    return base.Proposer(init, step, guide=gan)


def never(point: latents.Point) -> tf.Tensor:
    """How often each latent [batch] has moved at first."""
    return tf.zeros(tf.shape(point.score), tf.int32)


def taken(seed: tf.Tensor, at: tf.Tensor) -> tf.Tensor:
    """The random numbers [batch] by which moves are taken."""
    return tf.random.stateless_uniform(tf.shape(at)[:1], seed)


def settled(
    uniform: tf.Tensor, old: latents.Point, new: latents.Point, log_odds: tf.Tensor
) -> tuple[latents.Point, tf.Tensor]:
    """The points after moves that are taken by their log odds, and which were."""
    # Odds that are not finite are those of a place where nothing is: never taken.
    go = tf.math.log(uniform) < log_odds
    return tensors.where(go, new, old), go
