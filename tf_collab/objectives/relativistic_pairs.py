"""Relativistic pairs, two penalties: R3GAN (Huang et al., 2025, arXiv:2501.05441)."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tf_collab import base
from tf_collab.objectives import slopes

__all__ = ["relativistic"]


def relativistic(*, penalty: float = 1.0) -> base.Objective:
    """D ranks a real above a fake in pairs; both nets learn by the pairs' difference.

    D's loss is the mean of softplus(-(D(real) - D(fake))), and G's that of the
    opposite difference. `penalty` (gamma of the paper) weighs half of the mean squared
    slope of D at reals (R1) and at fakes (R2); what is right for it depends on the data
    and their scale. The best score is the log ratio up to a constant, which no pair
    shows (`offset_known`): a calibrator finds it. The energy of a sample is its
    negative score. Raises ValueError if the penalty is below 0.
    """
    if not penalty >= 0:
        raise ValueError(f"a penalty is 0 or more, not {penalty}")

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
        of_real, steep_real = slopes.with_slope(discriminator, real)
        of_fake, steep_fake = slopes.with_slope(discriminator, fake)
        steep = tf.reduce_mean(steep_real) + tf.reduce_mean(steep_fake)
        pairs = tf.reduce_mean(tf.nn.softplus(of_fake - of_real))
        return pairs + penalty / 2 * steep

    def generator_loss(
        discriminator: Callable[..., tf.Tensor], real: Any, fake: Any
    ) -> tf.Tensor:
        of_real = discriminator(real, training=True)
        of_fake = discriminator(fake, training=True)
        return tf.reduce_mean(tf.nn.softplus(of_real - of_fake))

    return base.Objective(
        discriminator_loss,
        energy=tf.negative,
        log_ratio=tf.identity,
        offset_known=False,
        generator_loss=generator_loss,
    )
