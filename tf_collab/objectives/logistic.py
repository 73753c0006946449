"""The non-saturating GAN (Goodfellow et al., 2014, arXiv:1406.2661)."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tf_collab import base

__all__ = ["nsgan"]


def nsgan() -> base.Objective:
    """D classifies; its score is a logit, which estimates the log ratio.

    The energy of a score s is -log D = softplus(-s).
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
        return tf.reduce_mean(tf.nn.softplus(-real_score)) + tf.reduce_mean(
            tf.nn.softplus(fake_score)
        )

    def energy(score: tf.Tensor) -> tf.Tensor:
        return tf.nn.softplus(-score)  # -log D

    return base.Objective(discriminator_loss, energy, log_ratio=tf.identity)
