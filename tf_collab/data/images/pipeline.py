"""Batches of images as floats in [-1, 1], each a pure function of seed and step."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from tf_collab.data.images import epochs
from tf_collab.data.images.sets import Images

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
    pixels_at = epochs.shuffled(images.pixels, batch, seed, what="images")

    def batch_at(step):
        with tf.device("CPU:0"):
            return to_float(pixels_at(step))

    return batch_at
