"""Least squares about 0 (write here: the loss, its authors, year, arXiv number)."""

import tensorflow as tf

from tf_collab import base

__all__ = ["symmetric"]


def symmetric() -> base.Objective:
    """D regresses 1 on reals and -1 on fakes; G climbs D.

    The best score is `(p - q) / (p + q)`, of the densities p of reals and q of fakes,
    so `log(p / q) = 2 * atanh(score)`; infinite or NaN for scores that only a D which
    is not the best gives, beyond -1 and 1.
    """

    def discriminator_loss(discriminator, real, fake, *, seed, step, previous=None):
        del seed, step, previous
        real_score = discriminator(real, training=True)
        fake_score = discriminator(fake, training=True)
        return tf.reduce_mean(tf.square(real_score - 1.0)) + tf.reduce_mean(
            tf.square(fake_score + 1.0)
        )

    return base.Objective(
        discriminator_loss,
        energy=tf.negative,
        log_ratio=lambda score: 2.0 * tf.atanh(score),  # None where there is no ratio
    )
