"""Explicit randomness: seeds are `[2]` int32 tensors, split or folded, used once."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

__all__ = ["as_seed", "fold_in", "numbered", "split", "uniform", "unsigned"]


def as_seed(seed: int | tf.Tensor) -> tf.Tensor:
    """The seed [2] int32 of a whole number; a seed tensor is returned as it is.

    Raises ValueError if the number is below 0 or above 2**31 - 1.
    """
    if not isinstance(seed, (int, np.integer)):
        return tf.ensure_shape(tf.convert_to_tensor(seed, tf.int32), [2])
    if not 0 <= seed < 2**31:
        raise ValueError(f"a seed is a whole number from 0 to 2**31 - 1, not {seed}")
    return tf.constant([0, int(seed)], tf.int32)


def split(seed: tf.Tensor, count: int = 2) -> list[tf.Tensor]:
    """`count` independent seeds [2], for different uses."""
    return tf.unstack(tf.random.split(seed, count))


def fold_in(seed: tf.Tensor, index: int | tf.Tensor) -> tf.Tensor:
    """The seed [2] of the index-th use of one kind, such as a step or a block."""
    return tf.random.fold_in(seed, tf.cast(index, tf.int32))


def numbered(seed: tf.Tensor, index: int) -> list[tf.Tensor]:
    """`split(fold_in(seed, index))`, for an index from 0 to 2**63 - 1.

    No two indices share the seed that is split: each is a word of it as it is.
    """
    word, _ = tf.unstack(fold_in(seed, 0))
    whole = tf.stack([tf.cast(word, tf.int64), tf.constant(index, tf.int64)])
    (halves,) = split(whole, 1)  # 128 bits
    return tf.unstack(tf.bitcast(halves, tf.int32))


def unsigned(seed: tf.Tensor) -> tf.Tensor:
    """The seed [2] with both halves made non-negative.

    XLA programs read a negative half as another number than TensorFlow does elsewhere,
    so their splits would differ.
    """
    return tf.bitwise.bitwise_and(seed, 2**31 - 1)


def uniform(shape: Sequence[int] | tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Uniforms on [0, 1), float32 of `shape`, the same inside and outside of XLA.

    TensorFlow's own float draws differ inside XLA programs; its integer draws do not.
    """
    bits = tf.random.stateless_uniform(shape, unsigned(seed), 0, 2**24, tf.int32)
    return tf.cast(bits, tf.float32) / 2**24
