"""The hinge loss, or geometric GAN (Lim and Ye, 2017, arXiv:1705.02894)."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tf_collab import base

__all__ = ["hinge"]


def hinge() -> base.Objective:
    """D learns scores of 1 or more for reals, -1 or less for fakes; energy is -score.

    The score is not a density ratio: the best D is the sign of p_real - p_fake, which
    does not say how far apart the two are.
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
        del seed, step, previous
        real_score = discriminator(real, training=True)
        fake_score = discriminator(fake, training=True)
        return tf.reduce_mean(tf.nn.relu(1.0 - real_score)) + tf.reduce_mean(
            tf.nn.relu(1.0 + fake_score)
        )

    return base.Objective(discriminator_loss, energy=tf.negative, log_ratio=None)
