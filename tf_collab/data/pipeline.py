"""Batches of images as floats in [-1, 1], each a pure function of seed and step."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from tf_collab import seeds
from tf_collab.data.images import Images

__all__ = ["batches", "to_float", "to_pixels"]


def to_float(pixels: np.ndarray | tf.Tensor) -> tf.Tensor:
    """0..255 to float32 in [-1, 1]."""
    # Exact up to one product: a quotient is rounded otherwise in a graph than outside.
    return (2.0 * tf.cast(pixels, tf.float32) - 255.0) * (1 / 255)


def to_pixels(x: np.ndarray | tf.Tensor) -> tf.Tensor:
    """[-1, 1] to uint8, rounded; what lies outside is clipped."""
    scaled = (tf.cast(x, tf.float32) + 1.0) * 127.5
    return tf.cast(tf.round(tf.clip_by_value(scaled, 0.0, 255.0)), tf.uint8)


def batches(
    images: Images, batch: int, seed: int | tf.Tensor
) -> Callable[[int | tf.Tensor], tf.Tensor]:
    """`batch_at(step)` -> float32 `[batch, height, width, channels]` in [-1, 1].

    Every epoch is a new permutation, and a batch may straddle two. It works alike in a
    graph, where a memory map that vanished is a tf.errors.UnknownError with the words
    of its OSError.
    """
    pixels = images.pixels
    n = len(pixels)
    if not 1 <= batch <= n:
        raise ValueError(
            f"a batch must be 1 to {n}, as many images as there are, but is {batch}"
        )
    root = seeds.as_seed(seed)

    def read(rows):
        # Not a tensor of all images: that would take the memory three times over, and
        # as a graph's constant it must stay below 2 GiB.
        block = tf.numpy_function(pixels.__getitem__, [rows], tf.uint8, stateful=False)
        return tf.ensure_shape(block, [batch, *pixels.shape[1:]])

    def batch_at(step):
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
            rows = tf.where(epoch == epoch[0], begun, next_one)
            return to_float(read(rows))

    return batch_at
