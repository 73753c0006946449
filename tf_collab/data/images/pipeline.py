"""Batches of images or of arrays, each a pure function of seed and step."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from tf_collab.data.images import epochs, mapped
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
    rows: Images | Any, batch: int, seed: int | tf.Tensor = 0
) -> Callable[[int | tf.Tensor], Any]:
    """`batch_at(step)` -> `[batch, ...]`, rows in an order of chance.

    `rows` are images of `data`, an array, a tensor, or a structure of these, as
    (x, labels), whose rows stay together. Bytes [n, height, width, channels] and
    [n, height, width] become float32 in [-1, 1], and float64 becomes float32, which is
    what nets take; everything else stays as it is.

    Every epoch is a new permutation, and a batch may straddle two epochs. `batch_at`
    can be called inside or outside of a graph; in a graph, a memory map that vanished
    raises tf.errors.UnknownError with the words of the OSError. Raises ValueError
    unless `batch` is from 1 to the number of rows, and rows are arrays of one length.

    Examples:
        >>> x, labels = np.random.default_rng(0).normal(size=(100, 2)), np.arange(100)
        >>> batch_at = tc.data.batches((x, labels), 64)
        >>> [(leaf.shape.as_list(), leaf.dtype.name) for leaf in batch_at(0)]
        [([64, 2], 'float32'), ([64], 'int64')]
    """
    what = "rows"
    if isinstance(rows, Images):
        rows, what = rows.pixels, "images"
    else:
        rows = tf.nest.map_structure(_as_rows, rows)
        _check_one_length(tf.nest.flatten(rows))
    rows_at = epochs.shuffled(rows, batch, seed, what=what)

    def batch_at(step: int | tf.Tensor) -> Any:
        with tf.device("CPU:0"):
            return tf.nest.map_structure(_for_nets, rows_at(step))

    return batch_at


def _for_nets(block: tf.Tensor) -> tf.Tensor:
    if block.dtype == tf.uint8 and block.shape.rank in (3, 4):
        return to_float(block)
    return tf.cast(block, tf.float32) if block.dtype == tf.float64 else block


def _as_rows(leaf: Any) -> np.ndarray | mapped.MappedPixels:
    """A leaf that NumPy can index by rows."""
    if isinstance(leaf, mapped.MappedPixels):
        return leaf
    if isinstance(leaf, tf.data.Dataset):
        raise ValueError(
            "a tf.data.Dataset cannot give rows by their numbers, which batches are "
            "made of: read its rows into arrays first"
        )
    array, told = None, type(leaf).__name__
    if hasattr(leaf, "shape"):
        array = np.asarray(leaf)
        told = f"{array.dtype} {list(array.shape)}"
    if array is None or not array.ndim or array.dtype.kind not in "biuf":
        raise ValueError(
            "batches are made of arrays [rows, ...] of numbers, or of images of "
            f"tc.data, not of {told}"
        )
    return array


def _check_one_length(leaves: list) -> None:
    sizes = {len(leaf) for leaf in leaves}
    if len(sizes) != 1:
        raise ValueError(
            "batches are made of arrays of one length, but these have "
            f"{' and '.join(map(str, sorted(sizes))) or 'no'} rows"
        )
