"""Slow, obvious NumPy twins of the papers' equations, and GANs whose laws are known.

Statistical tests have fixed seeds. A p-value below LEVEL is what a normal variable
gives beyond four sigma.
"""

import math

import numpy as np
import tensorflow as tf

from tf_collab import GAN, models, objectives, priors

LEVEL = math.erfc(4 / math.sqrt(2))  # 6.3e-5
ULP = 2.0**-24  # float32's relative rounding error


# Policies: [steps, batch, dim] gradients and [steps, batch] gaps -> deltas.


def sgd(grads, gaps, *, rate):
    return np.array([[-rate * g for g in step] for step in grads])


def momentum(grads, gaps, *, rate, decay=0.9):
    deltas = np.zeros(grads.shape)
    for i in range(grads.shape[1]):
        velocity = 0.0
        for t, g in enumerate(grads[:, i]):
            velocity = decay * velocity + rate * g
            deltas[t, i] = -velocity
    return deltas


def adam(grads, gaps, *, rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
    deltas = np.zeros(grads.shape)
    for i in range(grads.shape[1]):
        m = v = 0.0
        for t, g in enumerate(grads[:, i]):
            m = beta1 * m + (1 - beta1) * g
            v = beta2 * v + (1 - beta2) * g**2
            m_hat, v_hat = m / (1 - beta1 ** (t + 1)), v / (1 - beta2 ** (t + 1))
            deltas[t, i] = -rate * m_hat / (np.sqrt(v_hat) + epsilon)
    return deltas


def ladam(grads, gaps, *, rate, beta1=0.9, beta2=0.5, beta3=0.5, degree=2):
    deltas = np.zeros(grads.shape)
    for i in range(grads.shape[1]):
        for t, g in enumerate(grads[:, i]):
            gap = gaps[t, i]
            if t == 0:
                m, v, lag = g, g**2, gap
            else:
                m = beta1 * m + (1 - beta1) * g
                v = beta2 * v + (1 - beta2) * g**2
                lag = beta3 * lag + (1 - beta3) * gap
            brake = max(lag + 0.5, 0.0) ** degree
            deltas[t, i] = -rate * m / (np.sqrt(v) + 1e-8) * brake
    return deltas


# Objectives: scores [n] of reals and of fakes -> (D's loss, G's loss).


def hinge(real_score, fake_score):
    real = [max(0.0, 1.0 - s) for s in real_score]
    fake = [max(0.0, 1.0 + s) for s in fake_score]
    return np.mean(real) + np.mean(fake), -np.mean(fake_score)


# Acceptors.


def drs_odds(logit, max_logit, *, eps=1e-8):
    """F of discriminator rejection sampling, for logits up to the maximum."""
    delta = np.minimum(np.asarray(logit, np.float64) - max_logit, 0.0)
    return delta - np.log(1 - np.exp(delta - eps))


def sigmoid(x):
    return 1 / (1 + np.exp(-np.asarray(x, np.float64)))


def metropolis_matrix(proposal, logit, start):
    """Transitions of an independence chain; state 0 is a start with logit `start`."""
    k = len(proposal)
    matrix = np.zeros([k + 1, k + 1])
    for i, old in enumerate([start, *logit]):
        for j in range(k):
            matrix[i, j + 1] += proposal[j] * min(1.0, math.exp(logit[j] - old))
        matrix[i, i] += 1 - matrix[i].sum()
    return matrix


# One NSGAN step of linear nets by gradient descent, D first: x = z w + b,
# score = x a + c.


def linear_gan_step(params, real, z, *, rate, d_rate=None):
    w, b, a, c = params
    d_rate = rate if d_rate is None else d_rate
    fake = z @ w + b
    # d softplus(-s) = -sigmoid(-s), d softplus(s) = sigmoid(s)
    on_real = -sigmoid(-(real @ a + c)) / len(real)
    on_fake = sigmoid(fake @ a + c) / len(fake)
    d_loss = softplus(-(real @ a + c)).mean() + softplus(fake @ a + c).mean()
    a = a - d_rate * (real.T @ on_real + fake.T @ on_fake)
    c = c - d_rate * (on_real.sum(axis=0) + on_fake.sum(axis=0))
    score = fake @ a + c
    g_loss = softplus(-score).mean()
    on_x = (-sigmoid(-score) / len(fake)) @ a.T
    w, b = w - rate * z.T @ on_x, b - rate * on_x.sum(axis=0)
    return (w, b, a, c), d_loss, g_loss


def softplus(x):
    return np.logaddexp(0, x)


# GANs whose laws are known.


def states_gan(proposal, score, *, calibrator=None):
    """G's law over the states 0, 1, ... is `proposal`; D looks its score up."""
    edges = tf.constant(np.cumsum(proposal)[:-1], tf.float32)
    table = tf.constant(score, tf.float32)

    def state(z):
        return tf.cast(tf.searchsorted(edges, z[:, 0], side="right"), tf.float32)

    def discriminate(x, training=False):
        return tf.gather(table, tf.cast(x, tf.int32))

    generator = models.LayeredModel([state])
    prior = priors.uniform(1, low=0.0, high=1.0)
    return GAN(generator, discriminate, prior, objectives.nsgan(), calibrator)


def gaussian_gan(mean, std):
    """G's law is N(0, 1); D is optimal for N(mean, std**2). x is [batch, 1]."""

    def discriminate(x, training=False):
        x = x[:, 0]
        return x**2 / 2 - (x - mean) ** 2 / (2 * std**2) - math.log(std)

    generator = models.LayeredModel([tf.identity])
    return GAN(generator, discriminate, priors.normal(1), objectives.nsgan())


def skewed_gan(objective=None):
    """Elementwise and asymmetric, with three layers; x and z are [batch, 2].

    No matrix product, so its numbers do not depend on how a batch is cut.
    """

    def discriminate(x, training=False):
        return 2.0 - (x[:, 0] - 1.5) ** 2 - 0.5 * (x[:, 1] + 1.0) ** 2 * x[:, 0] ** 2

    stages = [lambda z: z + 0.3 * z**2, lambda h: 1.5 * h - 0.2, tf.tanh]
    objective = objective or objectives.nsgan()
    generator = models.LayeredModel(stages)
    return GAN(generator, discriminate, priors.normal(2), objective)
