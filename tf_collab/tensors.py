"""Operations that TensorFlow lacks."""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import tensorflow as tf

__all__ = [
    "batch_size",
    "described",
    "expand",
    "finite",
    "flatten",
    "keys",
    "label",
    "log1mexp",
    "percentile",
    "slices",
    "spelled",
    "where",
    "wide",
]

MOST, LONG = 8, 100  # leaves and letters of what is spelled out


def described(x: Any) -> str:
    """Of each leaf its type and shape, in one line."""
    return str(tf.nest.map_structure(_leaf, x)).replace("'", "")


def spelled(x: Any, leaf_of: Callable[[Any], str] | None = None) -> str:
    """What `leaf_of` tells of each leaf, or of how many parts x is: one short line."""
    leaf_of = leaf_of or _leaf
    kind = "dict" if isinstance(x, Mapping) else type(x).__name__[:30]
    try:
        leaves = tf.nest.flatten(x)
    except TypeError:
        return f"{kind} of {len(x)} names of several types"
    if len(leaves) <= MOST:
        told = str(tf.nest.map_structure(leaf_of, x)).replace("'", "")
        if len(told) <= LONG:
            return told
    if not tf.nest.is_nested(x):
        return f"{kind} of a type with a long name"
    return f"{kind} with {len(x)} parts and {len(leaves)} values in all"


def _leaf(leaf: Any) -> str:
    if not hasattr(leaf, "shape"):
        return type(leaf).__name__
    shape = "unknown" if leaf.shape is None else list(leaf.shape)
    return f"{tf.as_dtype(leaf.dtype).name} {shape}"


def expand(v: tf.Tensor, like: tf.Tensor) -> tf.Tensor:
    """`[batch]` as `[batch, 1, ...]`, so that it broadcasts over `like`."""
    return tf.reshape(v, [-1] + [1] * (like.shape.rank - 1))


def batch_size(x: Any) -> int | tf.Tensor:
    """The rows of a structure of tensors [batch, ...], as an int where it is known."""
    leaf = tf.nest.flatten(x)[0]
    return leaf.shape[0] or tf.shape(leaf)[0]


def flatten(x: tf.Tensor) -> tf.Tensor:
    """`[batch, *data]` as `[batch, size]`."""
    return tf.reshape(x, [tf.shape(x)[0], -1])


def finite(x: Any) -> tf.Tensor:
    """Whether all numbers of a sample are finite, in all leaves of x; [batch] bool."""
    leaves = [tf.convert_to_tensor(leaf) for leaf in tf.nest.flatten(x)]
    whole = tf.fill(tf.shape(leaves[0])[:1], True)
    for leaf in leaves:
        parts = [leaf] if leaf.dtype.is_floating else []
        if leaf.dtype.is_complex:
            parts = [tf.math.real(leaf), tf.math.imag(leaf)]
        for part in parts:
            whole &= tf.reduce_all(tf.math.is_finite(flatten(part)), axis=1)
    return whole


def keys(x: Any) -> list[str | int | None]:
    """The name, field or index of each leaf in the outermost structure of x.

    [None] for a single tensor.
    """
    if isinstance(x, Mapping):
        parts = sorted(x.items())  # as TensorFlow flattens them
    elif hasattr(x, "_fields"):
        parts = list(zip(x._fields, x))
    elif isinstance(x, (tuple, list)):
        parts = list(enumerate(x))
    else:
        return [None]
    return [key for key, part in parts for _ in tf.nest.flatten(part)]


def label(x: Any) -> tf.Tensor:
    """The labels [batch] int32 beside (x, label), which are whole or one-hot there.

    Raises ValueError if x is not such a pair.
    """
    if not isinstance(x, (tuple, list)) or len(x) != 2 or tf.nest.is_nested(x[1]):
        raise ValueError(
            "samples with labels are a pair (x, label), as priors.labelled leads to, "
            f"not {spelled(x)}"
        )
    label = tf.convert_to_tensor(x[1])
    if label.shape.rank == 2 and label.shape[1] != 1:
        return tf.argmax(label, axis=1, output_type=tf.int32)
    return tf.cast(tf.reshape(label, [-1]), tf.int32)


def wide(x: tf.Tensor) -> tf.Tensor:
    """Half-precision floats as float32, other tensors as they are."""
    x = tf.convert_to_tensor(x)
    return tf.cast(x, tf.float32) if x.dtype.is_floating and x.dtype.size < 4 else x


def where(mask: tf.Tensor, a: Any, b: Any) -> Any:
    """`a` where the mask `[batch]` is true, else `b`, sample by sample.

    `a` and `b` are tensors, or structures of the same form.
    """

    def chosen(x: Any, y: Any) -> tf.Tensor:
        if tf.is_tensor(x) and tf.is_tensor(y) and x.dtype == y.dtype:
            rows = mask.shape[:1].is_compatible_with(x.shape[:1]) and x.shape.rank
            if rows and mask.shape[0] != 1 and x.shape.as_list() == y.shape.as_list():
                # By whole rows: `tf.where` takes seven times as long for images.
                return tf.raw_ops.Select(condition=mask, x=x, y=y)
        return tf.where(expand(mask, x), x, y)

    return tf.nest.map_structure(chosen, a, b)


def slices(n: int, rows: int) -> Iterator[slice]:
    """Those that n rows fall into, `rows` at a time: memory is bounded by one."""
    return (slice(start, min(start + rows, n)) for start in range(0, n, rows))


def percentile(x: tf.Tensor, q: float) -> tf.Tensor:
    """The q-th percentile [] (0 to 100) of a vector x [n], linear between neighbours.

    NaN for an empty vector.
    """
    last = tf.maximum(tf.size(x) - 1, 0)
    ordered = tf.concat([tf.sort(x), [float("nan")]], axis=0)
    rank = q / 100 * tf.cast(last, x.dtype)
    low = tf.cast(tf.floor(rank), tf.int32)
    high = tf.minimum(low + 1, last)
    weight = rank - tf.floor(rank)
    below, above = tf.gather(ordered, low), tf.gather(ordered, high)
    return below + weight * (above - below)


def log1mexp(x: tf.Tensor) -> tf.Tensor:
    """`log(1 - exp(x))` for x < 0, accurate near 0 and far below, of x's shape.

    The gradient is finite.
    """
    near = x > -math.log(2)
    # Each branch gets harmless numbers where the other is chosen: a NaN in the branch
    # not chosen would still reach the gradient.
    small = tf.math.log(-tf.math.expm1(tf.where(near, x, -1.0)))
    large = tf.math.log1p(-tf.exp(tf.where(near, -1.0, x)))
    return tf.where(near, small, large)
