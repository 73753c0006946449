"""How most GANs learn: one loop, and D's and G's losses as an argument."""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from examples.gallery.nets import LATENT
from examples.gallery.shared import Sizes

mean = tf.reduce_mean


def logistic(real, fake):
    """D's and G's loss of logits; G's is the one that does not saturate."""
    d_loss = mean(tf.nn.softplus(-real)) + mean(tf.nn.softplus(fake))
    return d_loss, mean(tf.nn.softplus(-fake))


def of_probabilities(real, fake):
    """The same of probabilities, by Keras' cross-entropy."""
    loss = keras.losses.BinaryCrossentropy()
    ones, zeros = tf.ones_like(fake), tf.zeros_like(fake)
    return loss(ones, real) + loss(zeros, fake), loss(ones, fake)


def least_squares(real, fake):
    """Reals are 1 and fakes 0 (Mao et al., 2017)."""
    d_loss = (mean(tf.square(real - 1)) + mean(tf.square(fake))) / 2
    return d_loss, mean(tf.square(fake - 1)) / 2


def hinge(real, fake):
    """D is pushed to 1 and -1, and no farther (Lim and Ye, 2017)."""
    return mean(tf.nn.relu(1 - real)) + mean(tf.nn.relu(1 + fake)), -mean(fake)


def train(
    g: keras.Model,
    d: keras.Model,
    images: np.ndarray,
    losses: Callable,
    size: Sizes,
    *,
    labels: np.ndarray | None = None,
    draw: Callable = tf.random.normal,
) -> None:
    """Both nets learn from the same batch; labels stand beside z and images."""
    learners = [(net, keras.optimizers.Adam(2e-4, beta_1=0.5)) for net in (d, g)]

    @tf.function
    def step(real, *label):
        beside = lambda value: [value, *label] if label else value
        with tf.GradientTape(persistent=True) as tape:
            fake = g(beside(draw([size.batch, LATENT])), training=True)
            of_real, of_fake = (d(beside(x), training=True) for x in (real, fake))
            values = losses(of_real, of_fake)
        for (net, optimizer), value in zip(learners, values):
            weights = net.trainable_variables
            optimizer.apply(tape.gradient(value, weights), weights)

    rows = (images,) if labels is None else (images, labels)
    data = tf.data.Dataset.from_tensor_slices(rows).shuffle(len(images)).repeat()
    for row in data.batch(size.batch).take(size.steps):
        step(*row)
