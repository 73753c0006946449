"""Continuous batching: walks that may stop early, in slots that stay full.

A sample that comes to rest leaves its slot, and the next one enters, so that the cost
follows the mean number of steps and not the largest (iteration-level scheduling; Yu et
al., 2022, "Orca"). Each sample takes the path that it takes in `rollout.roll_out`.
"""

from collections.abc import Callable, Collection
from typing import Any, NamedTuple

import tensorflow as tf

from tf_collab import base, tensors
from tf_collab.cpu import threads
from tf_collab.sampling import rollout, walking

__all__ = ["MANY", "roll_out", "rows_of"]

SLOTS = 250  # of a loop; with fewer, products and convolutions are slower
MOST = 5000  # samples of an XLA program, which keeps few slots empty
MANY = 1000  # samples of a loop elsewhere
LAST = 0.5, 0.2  # shares of the slots that walk on alone, when nothing enters any more
FEWEST = 50  # slots that are worth that: a product of fewer rows is hardly faster


def rows_of(n: int) -> int:
    """How many of n samples an XLA program walks; others run beside it, on other cores.

    Elsewhere an operation uses all cores, and one loop walks all of them, or `MANY`.
    """
    return max(SLOTS, min(MOST, threads.share(n)))


class Slots(NamedTuple):
    """What walks side by side."""

    row: tf.Tensor  # [slots] int32, whose walk it is; none's if beyond the batch
    h: Any  # [slots, *act]
    policy: Any  # a state of the policy for each leaf of h that moves
    steps: tf.Tensor  # [slots] int32, number of moves so far
    best: Any  # the best rollout.Point so far; () if another one is picked


def roll_out(
    gan: base.GAN,
    policy: base.Policy,
    layer: int,
    pick: str,
    stop: float,
    bounds: tuple[float, float] | None,
    hold: Collection[str | int],
    *,
    slots: int | None = None,
) -> Callable[..., rollout.Point]:
    """(h, depth [batch], real_mean [batch]) -> the picked Point.

    The options are those of `refine`, which checks them. A sample may not depend on its
    neighbours, as it does with batch statistics. `slots` is how many there are
    (None: `SLOTS`, or fewer where the batch is known to be smaller).
    """
    rests = rollout.resting(gan, stop)

    def along(h: Any, depth: tf.Tensor, real_mean: tf.Tensor) -> rollout.Point:
        h, on = walking.ground(gan, layer, hold, h)
        begin, move = walking.motion(gan, policy, bounds, on)
        n = depth.shape[0] or tf.shape(depth)[0]
        every = tf.range(n)

        def of(values: Any, row: tf.Tensor) -> Any:
            row = tf.minimum(row, n - 1)  # an empty slot repeats the last sample
            return tf.nest.map_structure(lambda leaf: tf.gather(leaf, row), values)

        def entered(row: tf.Tensor, x: Any) -> Slots:
            """Slots at the start of their walks; any x is as good as none there."""
            start, zero = of(h, row), tf.zeros_like(row)
            best = rollout.nowhere(x, zero) if pick == "best" else ()
            return Slots(row, start, begin(start), zero, best)

        def step(coming: tf.Tensor, now: Slots, found: rollout.Point) -> tuple:
            means = of(real_mean, now.row)
            moved, state, (x, score, energy) = move(now.h, now.policy, means)
            point = rollout.Point(x, score, energy, now.steps)
            best: Any = ()
            if pick == "best":
                best = rollout.better(now.best, point)
                point = rollout.after_all(best, point)
            ended = (now.steps >= of(depth, now.row)) | rests(x, score)
            ended |= now.row >= n
            # What goes on is written beyond the batch, where nobody reads.
            to = tf.where(ended, tf.minimum(now.row, n), n)
            found = tf.nest.map_structure(
                lambda old, new: tf.tensor_scatter_nd_update(old, to[:, None], new),
                found,
                point,
            )
            turn = tf.cumsum(tf.cast(ended, tf.int32))
            row = tf.where(ended, coming + turn - 1, now.row)
            onward = Slots(row, moved, state, now.steps + 1, best)
            return (
                coming + turn[-1],
                tensors.where(ended, entered(row, x), onward),
                found,
            )

        def onto(size: int, now: Slots) -> Slots:
            """The first `size` slots, those that are empty last."""
            order = tf.argsort(now.row, stable=True)[:size]
            return tf.nest.map_structure(lambda leaf: tf.gather(leaf, order), now)

        size = slots or min(depth.shape[0] or SLOTS, SLOTS)
        x = rollout.blank(on.decode, h)
        now = entered(every[:size], of(x, every[:size]))
        blank = rollout.nowhere(x, tf.zeros_like(every))
        room = lambda leaf: tf.concat([leaf, leaf[:1]], axis=0)
        loop = tf.size(now.row), now, tf.nest.map_structure(room, blank)

        def until(left: int, loop: tuple) -> tuple:
            busy = lambda now: tf.reduce_sum(tf.cast(now.row < n, tf.int32))
            return tf.while_loop(lambda _, now, found: busy(now) > left, step, loop)

        for few in (int(share * size) for share in LAST):
            if few < FEWEST:
                continue
            coming, now, found = until(few, loop)
            loop = coming, onto(few, now), found
        _, _, found = until(0, loop)
        return tf.nest.map_structure(lambda leaf: leaf[:n], found)

    return along
