"""Batches of a set in random order, with a new permutation every epoch."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from tf_collab import seeds
from tf_collab.data.images import mapped

__all__ = ["shuffled"]


def shuffled(
    rows: np.ndarray | mapped.MappedPixels,
    batch: int,
    seed: int | tf.Tensor,
    *,
    what: str,
) -> Callable[[int | tf.Tensor], tf.Tensor]:
    """`block_at(step)` -> `[batch, ...]`, rows of the set, unchanged, in CPU memory.

    A batch may straddle two epochs. `block_at` can be called inside or outside of a
    graph; in a graph, a memory map that vanished raises tf.errors.UnknownError with the
    words of the OSError. `what` is a noun for the rows. Raises ValueError unless
    `batch` is from 1 to the number of rows.
    """
    n = len(rows)
    if not 1 <= batch <= n:
        raise ValueError(
            f"a batch must be 1 to {n}, as many {what} as there are, but is {batch}"
        )
    root = seeds.as_seed(seed)

    def read(chosen: tf.Tensor) -> tf.Tensor:
        # Not a tensor of all rows: that would take the memory three times over, and as
        # a graph's constant it must stay below 2 GiB.
        dtype = tf.as_dtype(rows.dtype)
        block = tf.numpy_function(rows.__getitem__, [chosen], dtype, stateful=False)
        return tf.ensure_shape(block, [batch, *rows.shape[1:]])

    def block_at(step: int | tf.Tensor) -> tf.Tensor:
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
            return read(tf.where(epoch == epoch[0], begun, next_one))

    return block_at
