"""Batches of images as floats in [-1, 1], each a pure function of seed and step."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from tf_collab.data.images import epochs
from tf_collab.data.images.sets import Images

__all__ = ["batches", "to_float", "to_pixels"]


def to_float(pixels: np.ndarray | tf.Tensor) -> tf.Tensor:
    """Pixels 0..255 of any shape to float32 in [-1, 1]."""
    # One rounding, in the product: a quotient is rounded otherwise inside a graph.
    return (2.0 * tf.cast(pixels, tf.float32) - 255.0) * (1 / 255)


def to_pixels(x: np.ndarray | tf.Tensor) -> tf.Tensor:
    """Floats in [-1, 1] of any shape to uint8, rounded; values outside are clipped."""
    scaled = (tf.cast(x, tf.float32) + 1.0) * 127.5
    return tf.cast(tf.round(tf.clip_by_value(scaled, 0.0, 255.0)), tf.uint8)


def batches(
    images: Images, batch: int, seed: int | tf.Tensor
) -> Callable[[int | tf.Tensor], tf.Tensor]:
    """`batch_at(step)` -> float32 `[batch, height, width, channels]` in [-1, 1].

    Every epoch is a new permutation, and a batch may straddle two epochs. `batch_at`
    can be called inside or outside of a graph; in a graph, a memory map that vanished
    raises tf.errors.UnknownError with the words of the OSError. Raises ValueError
    unless `batch` is from 1 to the number of images.
    """
    pixels_at = epochs.shuffled(images.pixels, batch, seed, what="images")

    def batch_at(step: int | tf.Tensor) -> tf.Tensor:
        with tf.device("CPU:0"):
            return to_float(pixels_at(step))

    return batch_at
