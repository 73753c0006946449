"""Walks of many samples, each to a depth of its own that was drawn beforehand.

A program whose shapes are fixed, as XLA's are, walks with a batch until its deepest
sample is there. So the deepest sample shares a slot with the shallowest, which walks
after it, the next deepest with the next shallowest, and so on: all slots are busy for
about as long, and none walks in vain.
"""

from collections.abc import Callable, Collection
from typing import Any

import tensorflow as tf

from tf_collab import base, tensors
from tf_collab.cpu import threads
from tf_collab.sampling import rollout, walking

__all__ = ["deepest_first", "in_pairs", "roll_out", "rows_of"]

FEWEST, MOST = 50, 250  # slots; a product of fewer rows is slow, of more no faster


def rows_of(pairs: int) -> int:
    """How many pairs a program walks; others run beside it, on other cores."""
    return max(FEWEST, min(MOST, threads.share(pairs)))


def deepest_first(walk: Callable[..., rollout.Point]) -> Callable[..., rollout.Point]:
    """`walk(h, depth, real_mean)`, which gets the samples in decreasing depth.

    Then samples of similar depth share a piece, and the deepest piece starts first.
    """

    def call(h: Any, depth: tf.Tensor, real_mean: tf.Tensor) -> rollout.Point:
        order = tf.argsort(depth, direction="DESCENDING", stable=True)
        point = walk(_taken(h, order), tf.gather(depth, order), real_mean)
        return _taken(point, tf.argsort(order))

    return call


def in_pairs(walk: Callable[..., rollout.Point]) -> Callable[..., rollout.Point]:
    """`walk` of `roll_out`, which gets the samples in pairs, for samples [batch, ...].

    `real_mean` is the same number for all of them.
    """

    def call(h: Any, depth: tf.Tensor, real_mean: tf.Tensor) -> rollout.Point:
        n = tensors.batch_size(depth)
        order = tf.argsort(depth, direction="DESCENDING", stable=True)
        half = (n + 1) // 2  # of an odd number the middle one walks twice
        pairs = tf.stack([order[:half], order[::-1][:half]], axis=1)
        # Pairs that take as long share a piece.
        length = tf.reduce_sum(tf.gather(depth, pairs), axis=1)
        order = tf.argsort(length, direction="DESCENDING", stable=True)
        pairs = tf.gather(pairs, order)
        point = walk(_taken(h, pairs), tf.gather(depth, pairs), real_mean[:half])
        place = tf.range(2 * half)
        back = tf.math.unsorted_segment_max(place, tf.reshape(pairs, [-1]), n)
        flat = lambda leaf: tf.reshape(leaf, [-1, *leaf.shape[2:]])
        return _taken(tf.nest.map_structure(flat, point), back)

    return call


def roll_out(
    gan: base.GAN,
    policy: base.Policy,
    layer: int,
    bounds: tuple[float, float] | None,
    hold: Collection[str | int],
) -> Callable[..., rollout.Point]:
    """(h [pairs, 2, *act], depth [pairs, 2], real_mean [pairs]) -> the Point there.

    The options are those of `refine`, which checks them. The second of a pair walks
    after the first. A sample may not depend on its neighbours, as it does with batch
    statistics.
    """

    def along(h: Any, depth: tf.Tensor, real_mean: tf.Tensor) -> rollout.Point:
        one_by_one = lambda leaf: tf.concat([leaf[:, 0], leaf[:, 1]], axis=0)
        h, on = walking.ground(gan, layer, hold, tf.nest.map_structure(one_by_one, h))
        begin, move = walking.motion(gan, policy, bounds, on)
        turn, end = depth[:, 0], tf.reduce_sum(depth, axis=1)
        pairs = tensors.batch_size(turn)
        first = tf.nest.map_structure(lambda leaf: leaf[:pairs], h)
        second = tf.nest.map_structure(lambda leaf: leaf[pairs:], h)

        def step(k: tf.Tensor, h: Any, state: Any, there: Any) -> tuple:
            there = tensors.where(k == turn, h, there)
            h = tensors.where(k == turn, second, h)
            state = tensors.where(k == turn, begin(second), state)
            moved, state, _ = move(h, state, real_mean)
            return k + 1, tensors.where(k < end, moved, h), state, there

        last = tf.reduce_max(end)
        loop = tf.zeros([], turn.dtype), first, begin(first), first
        _, h, _, there = tf.while_loop(lambda k, *_: k < last, step, loop)
        turned = turn < last  # else the first one has just arrived
        there = tensors.where(turned, there, h)
        h = tensors.where(turned, h, second)
        both = lambda *leaves: tf.concat(leaves, axis=0)
        x, score, energy = on.visit(tf.nest.map_structure(both, there, h))
        in_twos = lambda leaf: tf.stack([leaf[:pairs], leaf[pairs:]], axis=1)
        x, score, energy = tf.nest.map_structure(in_twos, (x, score, energy))
        return rollout.Point(x, score, energy, depth)

    return along


def _taken(values: Any, rows: tf.Tensor) -> Any:
    return tf.nest.map_structure(lambda leaf: tf.gather(leaf, rows), values)
