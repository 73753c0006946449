"""The least-squares GAN, as CycleGAN trains it (Mao et al., 2017, arXiv:1611.04076)."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tf_collab import base

__all__ = ["lsgan"]


def lsgan() -> base.Objective:
    """D regresses 1 on reals and 0 on fakes; its score is not a density ratio.

    The energy of a score s is (s - 1)**2.
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
        return tf.reduce_mean(tf.square(real_score - 1.0)) + tf.reduce_mean(
            tf.square(fake_score)
        )

    def energy(score: tf.Tensor) -> tf.Tensor:
        return tf.square(score - 1.0)

    return base.Objective(discriminator_loss, energy, log_ratio=None)
