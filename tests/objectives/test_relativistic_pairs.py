"""Tests for tf_collab.objectives.relativistic_pairs."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import oracles

from tf_collab import objectives, seeds

# Shares of three states, so that a D is a table of three scores.
REAL, FAKE = np.array([6, 1, 1]) / 8, np.array([1, 2, 5]) / 8
PAIRS = [np.repeat(range(3), (8 * p).astype(int)) for p in (REAL, FAKE)]
EVERY = [pairs.ravel() for pairs in np.meshgrid(*PAIRS)]


def loss(discriminator, real, fake, penalty=0.0):
    return objectives.relativistic(penalty=penalty).discriminator_loss(
        discriminator, real, fake, seed=seeds.as_seed(0), step=0
    )


def of_table(table):
    """The loss over all pairs of a real and a fake."""
    real, fake = (tf.constant(state[:, None], tf.float32) for state in EVERY)
    look = lambda x, training: tf.gather(table, tf.cast(x[:, 0], tf.int32))
    return loss(look, real, fake)


def test_the_losses_are_those_of_pairs_and_the_penalty_is_half_of_the_squared_slopes():
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(2, 40, 3)).astype("f4")
    d = lambda x, training: tf.reduce_sum(x**2, axis=1)
    difference = np.sum(real**2, axis=1) - np.sum(fake**2, axis=1)
    slopes = 4 * np.mean(np.sum(real**2, axis=1) + np.sum(fake**2, axis=1))
    found = loss(d, tf.constant(real), tf.constant(fake), penalty=0.3)
    expected = oracles.softplus(-difference).mean() + 0.3 / 2 * slopes
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    g_loss = objectives.relativistic().generator_loss(d, real, fake)
    np.testing.assert_allclose(g_loss, oracles.softplus(difference).mean(), rtol=1e-5)


def test_the_best_d_is_the_log_ratio_up_to_a_constant():
    best = np.log(REAL / FAKE).astype("f4")
    least = of_table(tf.constant(best))
    np.testing.assert_allclose(of_table(tf.constant(best + 5)), least, rtol=1e-5)
    with tf.GradientTape() as tape:
        table = tf.Variable(best)
        value = of_table(table)
    np.testing.assert_allclose(
        tf.convert_to_tensor(tape.gradient(value, table)), 0, atol=1e-6
    )
    others = np.random.default_rng(1).normal(size=(50, 3)).astype("f4")
    assert all(of_table(tf.constant(best + t)) > least for t in others)
    objective = objectives.relativistic()
    assert not objective.offset_known and not objective.knows_ratio
    np.testing.assert_array_equal(objective.log_ratio(best), best)


def test_a_penalty_below_0_is_refused():
    with pytest.raises(ValueError, match="0 or more, not -1"):
        objectives.relativistic(penalty=-1)
