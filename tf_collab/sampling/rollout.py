"""The walk of an activation down its energy, as refinement takes it.

Deterministic and free of random numbers, so that all of it may be one XLA program.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

from tf_collab import base, checks, tensors

__all__ = ["Point", "motion", "real_probability", "roll_out"]


class Point(NamedTuple):
    """One visited point."""

    h: Any  # [batch, *act]
    score: tf.Tensor  # [batch]
    energy: tf.Tensor  # [batch]
    steps: tf.Tensor  # [batch] int32, moves made


class Roll(NamedTuple):
    """The loop's variables."""

    k: tf.Tensor  # []
    h: Any  # [batch, *act]
    policy: Any  # one state for each leaf of h that moves
    steps: tf.Tensor  # [batch] int32, moves made so far
    best: Point


def real_probability(gan: base.GAN, real: base.Scored) -> tf.Tensor:
    """The mean probability [] that D gives to reals."""
    return tf.reduce_mean(tf.sigmoid(gan.log_ratio(checks.scores_of(real))))


def motion(
    gan: base.GAN,
    policy: base.Policy,
    layer: int,
    bounds: tuple[float, float] | None,
) -> tuple[Callable, Callable, Callable]:
    """`visit(h) -> (x, score, energy)`, `move(h, state, real_mean)` and `start(h)`."""

    def visit(h):
        x, score = gan.scored(gan.generator.decode(h, from_=layer))
        return x, score, gan.objective.energy(score)

    def movable(h):
        return [leaf.dtype.is_floating for leaf in tf.nest.flatten(h)]

    def start(h):
        leaves = tf.nest.flatten(h)
        return tuple(policy.init(v) for v, m in zip(leaves, movable(h)) if m)

    def move(h, state, real_mean):
        leaves, can = tf.nest.flatten(h), movable(h)
        moving = [leaf for leaf, m in zip(leaves, can) if m]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(moving)
            _, score, energy = visit(h)
        grads = tape.gradient(energy, moving)  # of the sum: each sample its own
        gap = lambda: real_mean - tf.sigmoid(gan.log_ratio(score))
        moved = [policy.update(g, s, gap=gap) for g, s in zip(grads, state)]
        new = iter(v + delta for v, (delta, _) in zip(moving, moved))
        leaves = [next(new) if m else leaf for leaf, m in zip(leaves, can)]
        if bounds is not None:
            leaves = [
                tf.clip_by_value(v, *bounds) if m else v for v, m in zip(leaves, can)
            ]
        after = tf.nest.pack_sequence_as(h, leaves)
        return after, tuple(s for _, s in moved), (score, energy)

    return visit, move, start


def roll_out(
    gan: base.GAN,
    policy: base.Policy,
    layer: int,
    pick: str,
    stop: float | None,
    bounds: tuple[float, float] | None,
    *,
    leave: bool,
) -> Callable[..., tuple[Any, Point]]:
    """(h, depth [batch], real_mean [batch]) -> (x, the point picked).

    Options are those of `refine`, which checks them. With `leave` depths come in
    decreasing order, and samples past theirs leave the batch: no use where every depth
    is the same, impossible in XLA, whose shapes are fixed.
    """
    visit, move, start = motion(gan, policy, layer, bounds)
    # Batch statistics are of samples at one depth, so all walk on past their own.
    together = pick == "random" and gan.batch_statistics
    # A logit, so that a saturated sigmoid cannot blur the rule.
    rest_at = None if stop is None else math.log(stop / (1 - stop))

    def better(old, new):
        # Not finite is never better: D may well overflow to the least energy of all.
        finite = tf.math.is_finite(new.energy) & tf.math.is_finite(new.score)
        return tensors.where(finite & (new.energy < old.energy), new, old)

    def onward(roll, depth, real_mean):
        if not leave:
            return move(roll.h, roll.policy, real_mean)
        n = tf.reduce_sum(tf.cast(roll.k < depth, tf.int32))

        def head(leaf):
            return leaf[:n] if leaf.shape.rank else leaf

        def whole(new, old):
            if not old.shape.rank:  # a number of the policy's, not of a sample
                return new
            return tf.ensure_shape(tf.concat([new, old[n:]], axis=0), old.shape)

        old = roll.h, roll.policy, (roll.best.score, roll.best.energy)
        part = tf.nest.map_structure(head, (roll.h, roll.policy, real_mean))
        return tf.nest.map_structure(whole, move(*part), old)

    def along(h, depth, real_mean):
        deepest = tf.reduce_max(depth)
        zero = tf.zeros_like(depth)
        worst = tf.fill(tf.shape(depth), float("inf"))
        unknown = tf.fill(tf.shape(depth), float("nan"))  # a score nobody accepts
        first = Roll(
            tf.zeros([], tf.int32), h, start(h), zero, Point(h, unknown, worst, zero)
        )

        def step(*loop):
            roll = Roll(*loop)
            moved, state, (score, energy) = onward(roll, depth, real_mean)
            go = roll.k < (deepest if together else depth)
            if rest_at is not None:
                go &= gan.log_ratio(score) < rest_at
            best, here = roll.best, Point(roll.h, score, energy, roll.steps)
            if pick == "best":
                best = better(best, here)
            if together:
                best = tensors.where(roll.k == depth, here, best)
            return Roll(
                roll.k + 1,
                tensors.where(go, moved, roll.h),
                state,
                roll.steps + tf.cast(go, tf.int32),
                best,
            )

        roll = Roll(*tf.while_loop(lambda k, *_: k < deepest, step, first))
        x, score, energy = visit(roll.h)
        point = Point(roll.h, score, energy, roll.steps)
        if pick == "best":
            # The best is known after all moves only, so those are what it took.
            point = better(roll.best, point)._replace(steps=roll.steps)
        if together:
            point = tensors.where(depth == deepest, point, roll.best)
        if pick == "best" or together:
            x = gan.generator.decode(point.h, from_=layer)
        return x, point

    return along
