"""Least squares about 0 (write here: the loss, its authors, year, arXiv number)."""

import tensorflow as tf

from tf_collab import base

__all__ = ["symmetric"]


def symmetric() -> base.Objective:
    """D regresses 1 on reals and -1 on fakes; G climbs D.

    With the densities p of reals and q of fakes, the best score is `(p - q) / (p + q)`,
    so `log(p / q) = 2 * atanh(score)`. This is infinite or NaN for scores from -1 down
    or from 1 up, which only a D that is not the best one gives.
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
        log_ratio=lambda score: 2.0 * tf.atanh(score),  # None if D tells none
    )
