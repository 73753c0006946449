"""Batches of a set in random order, with a new permutation every epoch."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tf_collab import seeds

__all__ = ["shuffled"]


def shuffled(
    rows: Any,
    batch: int,
    seed: int | tf.Tensor,
    *,
    what: str,
) -> Callable[[int | tf.Tensor], Any]:
    """`block_at(step)` -> `[batch, ...]`, rows of the set, unchanged, in CPU memory.

    `rows` may be a structure of arrays of one length, whose rows stay together. A batch
    may straddle two epochs. `block_at` can be called inside or outside of a graph; in a
    graph, a memory map that vanished raises tf.errors.UnknownError with the words of
    the OSError. `what` is a noun for the rows. Raises ValueError unless `batch` is from
    1 to the number of rows.
    """
    n = len(tf.nest.flatten(rows)[0])
    if not 1 <= batch <= n:
        raise ValueError(
            f"a batch must be 1 to {n}, as many {what} as there are, but is {batch}"
        )
    root = seeds.as_seed(seed)

    def read(leaf: Any, chosen: tf.Tensor) -> tf.Tensor:
        # Not a tensor of all rows: that would take the memory three times over, and as
        # a graph's constant it must stay below 2 GiB.
        dtype = tf.as_dtype(leaf.dtype)
        block = tf.numpy_function(leaf.__getitem__, [chosen], dtype, stateful=False)
        return tf.ensure_shape(block, [batch, *leaf.shape[1:]])

    def block_at(step: int | tf.Tensor) -> Any:
        with tf.device("CPU:0"):
            position = tf.cast(step, tf.int64) * batch + tf.range(batch, dtype=tf.int64)
            epoch = position // n
            # A batch is no larger than the set, so it meets two epochs at most.
            begun, next_one = (
                tf.random.experimental.index_shuffle(
                    position % n, seeds.fold_in(root, epoch[0] + i), n - 1
                )
                for i in (0, 1)
            )
            chosen = tf.where(epoch == epoch[0], begun, next_one)
            return tf.nest.map_structure(lambda leaf: read(leaf, chosen), rows)

    return block_at
