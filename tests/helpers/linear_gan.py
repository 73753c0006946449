"""A linear GAN of known weights, its reals and its latents."""

import keras
import numpy as np
import tensorflow as tf

from tf_collab import GAN, models, objectives, priors

RNG = np.random.default_rng(0)
Z, REAL = RNG.normal(size=[16, 3]), RNG.normal(size=[16, 2]) + 1


def linear_gan(**regularised):
    score = [keras.layers.Dense(1, **regularised), keras.layers.Reshape(())]
    generator = models.LayeredModel([keras.layers.Dense(2, **regularised)])
    discriminator = models.LayeredModel(score)
    prior = priors.normal(3)
    generator(Z), discriminator(REAL)
    for net, seed in ((generator, 1), (discriminator, 2)):
        rng = np.random.default_rng(seed)
        for v in net.trainable_variables:
            v.assign(rng.normal(size=v.shape))
    return GAN(generator, discriminator, prior, objectives.nsgan())


def weights(*nets):
    return [v.numpy() for net in nets for v in net.variables]


def sgd(rate):
    return keras.optimizers.SGD(float(rate))


def real(n=16):
    return tf.constant(REAL[:n], tf.float32)
