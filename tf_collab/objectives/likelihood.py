"""KALE, of generalized energy based models (Arbel et al., 2021, arXiv:2003.05033)."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tf_collab import base

__all__ = ["kale"]


def kale() -> base.Objective:
    """D maximises mean D(real) - mean exp(D(fake)) + 1, a bound of KL(real, fake).

    The score is -E - c of the paper, the energy and the log of its normaliser in one
    net. The best one is the log ratio, and the bound is the divergence then. G descends
    the same value, -mean exp(D(fake)), in which samples count by their ratio;
    refinement descends the negative score. An exp overflows for scores above 88.
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
        of_real = tf.reduce_mean(discriminator(real, training=True))
        of_fake = discriminator(fake, training=True)
        return tf.reduce_mean(tf.exp(of_fake)) - 1.0 - of_real

    def generator_loss(
        discriminator: Callable[..., tf.Tensor], real: Any, fake: Any
    ) -> tf.Tensor:
        del real
        return -tf.reduce_mean(tf.exp(discriminator(fake, training=True)))

    return base.Objective(
        discriminator_loss,
        energy=tf.negative,
        log_ratio=tf.identity,
        generator_loss=generator_loss,
    )
