"""WGAN with gradient penalty (Gulrajani et al., 2017, arXiv:1704.00028)."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tf_collab import base, replicas, seeds, tensors
from tf_collab.objectives import slopes

__all__ = ["slope_penalty", "wgan_gp"]


def wgan_gp(*, penalty: float = 10.0) -> base.Objective:
    """D is a critic; its score is not a density ratio, and the energy is -score.

    `penalty` weighs (|slope| - 1)**2 of D at one random mix of a real and a fake for
    each sample; the norm is over all numbers of a sample. Of a structure the leaves of
    floats are mixed, and whole numbers, as labels, are the fake's.
    """

    def discriminator_loss(
        discriminator: Callable[..., tf.Tensor],
        real: Any,
        fake: Any,
        *,
        seed: tf.Tensor,
        step: tf.Tensor,
        previous: Any = None,
    ) -> tf.Tensor:
        del step, previous
        real_score = discriminator(real, training=True)
        fake_score = discriminator(fake, training=True)
        gap = tf.reduce_mean(fake_score) - tf.reduce_mean(real_score)
        return gap + penalty * slope_penalty(discriminator, real, fake, seed)

    return base.Objective(discriminator_loss, energy=tf.negative, log_ratio=None)


def slope_penalty(
    discriminator: Callable[..., tf.Tensor],
    real: Any,
    fake: Any,
    seed: tf.Tensor,
) -> tf.Tensor:
    """The mean [] of (|slope| - 1)**2 of D at one random mix of a real and a fake."""
    draw = lambda n, seed: seeds.uniform([n], seed)
    weight = replicas.drawn(draw, tensors.batch_size(real), seed)

    def mix(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
        if not fake.dtype.is_floating:
            return fake
        return fake + tensors.expand(weight, real) * (real - fake)

    mixed = tf.nest.map_structure(mix, real, fake)
    _, square = slopes.with_slope(discriminator, mixed)
    # 1e-12 keeps the gradient of the norm finite where the slope is 0.
    return tf.reduce_mean(tf.square(tf.sqrt(square + 1e-12) - 1.0))
