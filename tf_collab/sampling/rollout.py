"""The walk of an activation down its energy, as refinement takes it.

Deterministic and free of random numbers, so that all of it may be one XLA program.
"""

import math
from collections.abc import Callable, Collection
from typing import Any, NamedTuple

import tensorflow as tf

from tf_collab import base, tensors
from tf_collab.sampling import walking

__all__ = ["Point", "roll_out"]


class Point(NamedTuple):
    """One visited point."""

    x: Any  # [batch, *data], the sample that was scored; () where it is not kept
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


def roll_out(
    gan: base.GAN,
    policy: base.Policy,
    layer: int,
    pick: str,
    stop: float | None,
    bounds: tuple[float, float] | None,
    hold: Collection[str | int],
    *,
    leave: bool,
) -> Callable[..., Point]:
    """(h, depth [batch], real_mean [batch]) -> the point picked.

    Options are those of `refine`, which checks them. With `leave` depths come in
    decreasing order, and samples past theirs leave the batch: no use where every depth
    is the same, impossible in XLA, whose shapes are fixed.
    """
    # Batch statistics are of samples at one depth, so all walk on past their own.
    together = pick == "random" and gan.batch_statistics
    # What was scored is what is given: G may make another sample when asked again.
    keep = pick == "best" or together
    # A logit, so that a saturated sigmoid cannot blur the rule.
    rest_at = None if stop is None else math.log(stop / (1 - stop))

    def better(old, new):
        # Not finite is never better: D may well overflow to the least energy of all.
        finite = tf.math.is_finite(new.energy) & tf.math.is_finite(new.score)
        return tensors.where(finite & (new.energy < old.energy), new, old)

    def onward(move, roll, depth, real_mean):
        if not leave:
            return move(roll.h, roll.policy, real_mean)
        n = tf.reduce_sum(tf.cast(roll.k < depth, tf.int32))

        def head(leaf):
            return leaf[:n] if leaf.shape.rank else leaf

        def whole(new, old):
            if not old.shape.rank:  # a number of the policy's, not of a sample
                return new
            return tf.ensure_shape(tf.concat([new, old[n:]], axis=0), old.shape)

        old = roll.h, roll.policy, ((), roll.best.score, roll.best.energy)
        part = tf.nest.map_structure(head, (roll.h, roll.policy, real_mean))
        h, state, (_, score, energy) = move(*part)
        return tf.nest.map_structure(whole, (h, state, ((), score, energy)), old)

    def along(h, depth, real_mean):
        h, on = walking.ground(gan, layer, hold, h)
        begin, move = walking.motion(gan, policy, bounds, on)
        deepest = tf.reduce_max(depth)
        zero = tf.zeros_like(depth)
        worst = tf.fill(tf.shape(depth), float("inf"))
        unknown = tf.fill(tf.shape(depth), float("nan"))  # a score nobody accepts
        x = _blank(on.decode, h) if keep else ()
        first = Roll(
            tf.zeros([], tf.int32), h, begin(h), zero, Point(x, unknown, worst, zero)
        )

        def step(*loop):
            roll = Roll(*loop)
            moved, state, (x, score, energy) = onward(move, roll, depth, real_mean)
            go = roll.k < (deepest if together else depth)
            if rest_at is not None:
                go &= gan.log_ratio(score) < rest_at
            best, here = roll.best, Point(x, score, energy, roll.steps)
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
        x, score, energy = on.visit(roll.h)
        point = Point(x, score, energy, roll.steps)
        if pick == "best":
            best = better(roll.best, point)
            # Of a sample without a finite point the last is given, for `draw` to tell.
            x = tensors.where(tf.math.is_finite(best.energy), best.x, point.x)
            # The best is known only after all moves, so it took all of them.
            return best._replace(x=x, steps=roll.steps)
        if together:
            return tensors.where(depth == deepest, point, roll.best)
        return point

    return along


def _blank(decode, h):
    """Zeros like decode(h), which is traced for its shapes and never run."""
    like = tf.nest.map_structure(lambda v: tf.TensorSpec(v.shape, v.dtype), h)
    x = tf.function(decode, autograph=False).get_concrete_function(like)
    n = tf.shape(tf.nest.flatten(h)[0])[0]
    return tf.nest.map_structure(
        lambda v: tf.zeros([v.shape[0] or n, *v.shape[1:]], v.dtype),
        x.structured_outputs,
    )
