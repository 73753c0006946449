"""The hinge loss, or geometric GAN (Lim and Ye, 2017, arXiv:1705.02894)."""

import tensorflow as tf

from tf_collab import base

__all__ = ["hinge"]


def hinge() -> base.Objective:
    """D wants reals at 1 or above and fakes at -1 or below; G climbs D.

    The score is not a density ratio: the best D is the sign of p_real - p_fake, which
    tells nothing of how far apart they are.
    """

    def discriminator_loss(discriminator, real, fake, *, seed, step, previous=None):
        del seed, step, previous
        real_score = discriminator(real, training=True)
        fake_score = discriminator(fake, training=True)
        return tf.reduce_mean(tf.nn.relu(1.0 - real_score)) + tf.reduce_mean(
            tf.nn.relu(1.0 + fake_score)
        )

    return base.Objective(discriminator_loss, energy=tf.negative, log_ratio=None)
