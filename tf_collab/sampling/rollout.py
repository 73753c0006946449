"""The walk of an activation down its energy, which refinement takes.

The walk draws no random numbers, so all of it may be one XLA program.
"""

import math
from collections.abc import Callable, Collection
from typing import Any, NamedTuple

import tensorflow as tf

from tf_collab import base, tensors
from tf_collab.sampling import walking

__all__ = ["Point", "after_all", "better", "blank", "nowhere", "resting", "roll_out"]


class Point(NamedTuple):
    """One visited point of each sample."""

    x: Any  # [batch, *data], the sample that was scored; () if it is not stored
    score: tf.Tensor  # [batch]
    energy: tf.Tensor  # [batch]
    steps: tf.Tensor  # [batch] int32, number of moves to the point


def nowhere(x: Any, zero: tf.Tensor) -> Point:
    """What any finite point is better than; `zero` [batch] has a row a sample."""
    energy = tf.fill(tf.shape(zero), float("inf"))
    score = tf.fill(tf.shape(zero), float("nan"))  # no acceptor keeps this score
    return Point(x, score, energy, zero)


def better(old: Point, new: Point) -> Point:
    """The point of less energy, sample by sample; of equal ones the old."""
    # A point that is not finite is never better: D may overflow to -inf energy.
    finite = tf.math.is_finite(new.energy) & tf.math.is_finite(new.score)
    return tensors.where(finite & (new.energy < old.energy), new, old)


def after_all(best: Point, last: Point) -> Point:
    """The best point, which is known only after all moves, so it took all of them."""
    # A sample without a finite point returns its last, and `draw` reports it.
    x = tensors.where(tf.math.is_finite(best.energy), best.x, last.x)
    return best._replace(x=x, steps=last.steps)


def resting(gan: base.GAN, stop: float) -> Callable[[Any, tf.Tensor], tf.Tensor]:
    """(x, score) -> [batch] bool: whether D says "real" with probability `stop`."""
    # A logit, because a saturated sigmoid could not be compared with `stop`.
    rest_at = math.log(stop / (1 - stop))

    def rests(x: Any, score: tf.Tensor) -> tf.Tensor:
        ratio = gan.log_ratio_of(base.Scored(x, score))
        # Said of NaN in words of its own: a graph takes ~(a < b) for a >= b.
        return (ratio >= rest_at) | tf.math.is_nan(ratio)

    return rests


class Roll(NamedTuple):
    """The variables of the loop."""

    k: tf.Tensor  # [], the index of the step
    h: Any  # [batch, *act]
    policy: Any  # a state of the policy for each leaf of h that moves
    steps: tf.Tensor  # [batch] int32, number of moves so far
    best: Point  # the point to return, of those visited so far


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
    """(h, depth [batch], real_mean [batch]) -> the picked Point.

    The options are those of `refine`, which checks them. With `leave` the depths are in
    decreasing order, and a sample leaves the batch after its own depth. That is useless
    where every depth is the same, and impossible in XLA, whose shapes are fixed.
    """
    # Batch statistics must be of samples at one depth, so all go on to the deepest.
    together = pick == "random" and gan.batch_statistics
    # The sample that was scored is returned: G may return another one if called again.
    keep = pick == "best" or together
    rests = None if stop is None else resting(gan, stop)
    all_go = pick != "random" and rests is None  # every sample makes all moves

    def onward(
        move: Callable, roll: Roll, depth: tf.Tensor, real_mean: tf.Tensor
    ) -> tuple[Any, Any, tuple]:
        if not leave:
            return move(roll.h, roll.policy, real_mean)
        n = tf.reduce_sum(tf.cast(roll.k < depth, tf.int32))

        def whole(new: tf.Tensor, old: tf.Tensor) -> tf.Tensor:
            return tf.ensure_shape(tf.concat([new, old[n:]], axis=0), old.shape)

        old = roll.h, roll.policy, ((), roll.best.score, roll.best.energy)
        part = tf.nest.map_structure(
            lambda leaf: leaf[:n], (roll.h, roll.policy, real_mean)
        )
        h, state, (_, score, energy) = move(*part)
        return tf.nest.map_structure(whole, (h, state, ((), score, energy)), old)

    def along(h: Any, depth: tf.Tensor, real_mean: tf.Tensor) -> Point:
        h, on = walking.ground(gan, layer, hold, h)
        begin, move = walking.motion(gan, policy, bounds, on)
        deepest = tf.reduce_max(depth)
        zero = tf.zeros_like(depth)
        worst = nowhere(blank(on.decode, h) if keep else (), zero)
        first = Roll(tf.zeros([], tf.int32), h, begin(h), zero, worst)

        def step(*loop: Any) -> Roll:
            roll = Roll(*loop)
            moved, state, (x, score, energy) = onward(move, roll, depth, real_mean)
            go = roll.k < (deepest if together else depth)
            if rests is not None:
                go &= ~rests(x, score)
            best, here = roll.best, Point(x, score, energy, roll.steps)
            if pick == "best":
                best = better(best, here)
            if together:
                best = tensors.where(roll.k == depth, here, best)
            return Roll(
                roll.k + 1,
                moved if all_go else tensors.where(go, moved, roll.h),
                state,
                roll.steps + tf.cast(go, tf.int32),
                best,
            )

        roll = Roll(*tf.while_loop(lambda k, *_: k < deepest, step, first))
        x, score, energy = on.visit(roll.h)
        point = Point(x, score, energy, roll.steps)
        if pick == "best":
            return after_all(better(roll.best, point), point)
        if together:
            return tensors.where(depth == deepest, point, roll.best)
        return point

    return along


def blank(decode: Callable, h: Any) -> Any:
    """Zeros of the shape of decode(h), which is traced but never run."""
    like = tf.nest.map_structure(lambda v: tf.TensorSpec(v.shape, v.dtype), h)
    x = tf.function(decode, autograph=False).get_concrete_function(like)
    n = tf.shape(tf.nest.flatten(h)[0])[0]
    return tf.nest.map_structure(
        lambda v: tf.zeros([v.shape[0] or n, *v.shape[1:]], v.dtype),
        x.structured_outputs,
    )
