"""The non-saturating GAN (Goodfellow et al., 2014, arXiv:1406.2661)."""

import tensorflow as tf

from tf_collab import base

__all__ = ["nsgan"]


def nsgan() -> base.Objective:
    """D classifies; its logit is the score and estimates the log ratio itself."""

    def discriminator_loss(discriminator, real, fake, *, seed, step, previous=None):
        del seed, step, previous
        real_score = discriminator(real, training=True)
        fake_score = discriminator(fake, training=True)
        return tf.reduce_mean(tf.nn.softplus(-real_score)) + tf.reduce_mean(
            tf.nn.softplus(fake_score)
        )

    def energy(score):
        return tf.nn.softplus(-score)  # -log D

    return base.Objective(discriminator_loss, energy, log_ratio=tf.identity)
