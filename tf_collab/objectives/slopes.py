"""The slope of a discriminator in its input, for penalties on it."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tf_collab import tensors

__all__ = ["with_slope"]


def with_slope(
    discriminator: Callable[..., tf.Tensor], x: Any
) -> tuple[tf.Tensor, tf.Tensor]:
    """Scores [batch] of x [batch, *data] in training, and their squared slopes [batch].

    A slope is over all numbers of a sample that are floats.
    """
    floats = [v for v in tf.nest.flatten(x) if v.dtype.is_floating]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(floats)
        score = discriminator(x, training=True)
    none = tf.UnconnectedGradients.ZERO
    grads = tape.gradient(score, floats, unconnected_gradients=none)
    slope = tf.concat([tensors.flatten(grad) for grad in grads], axis=1)
    return score, tf.reduce_sum(tf.square(slope), axis=1)
