"""Means of a kernel over pairs of points, tile by tile, so that memory is bounded."""

from collections.abc import Callable
from typing import Any, Literal

import tensorflow as tf

__all__ = ["as_points", "kernel_mean", "squared_distances"]

ROWS = 512  # rows of a tile at most, and columns too
FEW = 8  # up to so many dimensions distances are sums of squared differences


def as_points(*samples: Any) -> list[tf.Tensor]:
    """Samples [batch, *data] as points [batch, size]; all float64 if one of them is.

    Raises ValueError if their shapes differ in more than axis 0.
    """
    points = [tf.convert_to_tensor(x) for x in samples]
    if tf.float64 in [x.dtype for x in points]:
        points = [tf.cast(x, tf.float64) for x in points]
    if len({tuple(x.shape[1:]) for x in points}) > 1:
        shapes = " and ".join(str(list(x.shape[1:])) for x in points)
        raise ValueError(f"points must have one shape, not {shapes}")
    return [tf.reshape(x, [-1, x.shape[1:].num_elements()]) for x in points]


def kernel_mean(
    a: tf.Tensor,
    b: tf.Tensor,
    kernel: Callable[[tf.Tensor], tf.Tensor],
    *,
    own: Literal["keep", "drop"] | None = None,
) -> tf.Tensor:
    """The mean of the kernel [n] over b [m, size], at each point of a [n, size].

    `kernel` is a function of squared distances. `own` says how to treat the pair
    (a[i], b[i]): "keep" takes it for one point, at distance 0; "drop" does not count
    it; None takes it for a pair like any other. Computed in float64 for float64 points,
    else in float32. Beyond a and b it takes the memory of some six blocks of ROWS
    points.
    """
    dtype = tf.float64 if a.dtype == tf.float64 else tf.float32
    n, m = _count(a), _count(b)
    down, across = -(-n // ROWS), -(-m // ROWS)

    def add_tile(tile: tf.Tensor, total: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        x, rows, new_rows = _block(a, tile // across, down)
        y, columns, new_columns = _block(b, tile % across, across)
        squared = squared_distances(tf.cast(x, dtype), tf.cast(y, dtype))
        counted = new_rows[:, None] & new_columns
        if own == "keep":
            squared = tf.where(rows[:, None] != columns, squared, 0.0)
        if own == "drop":
            counted &= rows[:, None] != columns
        sums = tf.reduce_sum(tf.where(counted, kernel(squared), 0.0), axis=1)
        return tile + 1, tf.tensor_scatter_nd_add(total, rows[:, None], sums)

    _, total = tf.while_loop(
        lambda *_: True,
        add_tile,
        (0, tf.zeros([n], dtype)),
        parallel_iterations=1,
        maximum_iterations=down * across,  # XLA's gradient needs the number
    )
    return total / tf.cast(m - 1 if own == "drop" else m, dtype)


def squared_distances(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    """Squared distances [n, m] between points a [n, size] and b [m, size]; 0 or more.

    In few dimensions they are sums of squared differences. In many they come from one
    matrix product, which is many times faster and needs no tensor [n, m, size]. Its
    error is relative to the squared norms of the points, not to the distance.
    """
    if a.shape[1] <= FEW:
        coordinates = zip(tf.unstack(a, axis=1), tf.unstack(b, axis=1))
        return tf.add_n(
            [tf.math.squared_difference(x[:, None], y) for x, y in coordinates]
        )
    a_squared, b_squared = (tf.reduce_sum(tf.square(x), axis=1) for x in (a, b))
    product = tf.einsum("id,jd->ij", a, b)  # on CPUs up to twice as fast as matmul
    return tf.maximum(a_squared[:, None] + b_squared - 2.0 * product, 0.0)


def _block(
    x: tf.Tensor, i: tf.Tensor, count: int
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """The i-th of `count` blocks of rows, the rows' indices, and which rows are new.

    All blocks have one size, which XLA needs, so the last ones overlap.
    """
    n = _count(x)
    size = -(-n // count)
    start = tf.minimum(i * size, n - size)
    index = start + tf.range(size)
    return tf.slice(x, [start, 0], [size, x.shape[1]]), index, index >= i * size


def _count(x: tf.Tensor) -> int | tf.Tensor:
    return x.shape[0] or tf.shape(x)[0]
