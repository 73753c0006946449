"""Tests for tf_collab.objectives.margin."""

import numpy as np
import tensorflow as tf
from helpers import oracles

from tf_collab import objectives, seeds

OBJECTIVE = objectives.hinge()
# Shares of three states, so that a D is a table of three scores.
REAL, FAKE = np.array([6, 1, 1]) / 8, np.array([1, 2, 5]) / 8


def loss(real_score, fake_score):
    scores = {"real": tf.constant(real_score), "fake": tf.constant(fake_score)}
    return OBJECTIVE.discriminator_loss(
        lambda x, training: scores[x], "real", "fake", seed=seeds.as_seed(0), step=0
    )


def expected_loss(table):
    """The loss over all data, of integer counts of each state."""

    def lookup(state, training):
        assert training
        return tf.gather(table, state)

    real, fake = (np.repeat(range(3), (8 * p).astype(int)) for p in (REAL, FAKE))
    return OBJECTIVE.discriminator_loss(
        lookup, real, fake, seed=seeds.as_seed(0), step=0
    )


def test_the_losses_are_the_papers():
    rng = np.random.default_rng(0)
    real_score, fake_score = 2 * rng.normal(size=(2, 50)).astype("float32")
    d_loss, g_loss = oracles.hinge(real_score, fake_score)
    # Sums of 50 numbers up to about 6.
    np.testing.assert_allclose(loss(real_score, fake_score), d_loss, rtol=1e-5)
    energy = OBJECTIVE.energy(tf.constant(fake_score))
    np.testing.assert_array_equal(energy, -fake_score)
    np.testing.assert_allclose(tf.reduce_mean(energy), g_loss, rtol=1e-5, atol=1e-6)


def test_the_best_d_is_the_sign_of_the_difference_and_its_loss_the_overlap():
    best = np.sign(REAL - FAKE).astype("float32")
    least = 2 * np.minimum(REAL, FAKE).sum()  # 2 (1 - total variation)
    assert expected_loss(tf.constant(best)) == least  # of eighths: exact
    tables = 2 * np.random.default_rng(1).normal(size=(200, 3)).astype("float32")
    assert all(expected_loss(tf.constant(t)) > least for t in tables)


def test_d_learns_the_sign_and_not_the_ratio():
    table = tf.Variable([0.0, 0.0, 0.0])
    for _ in range(100):
        with tf.GradientTape() as tape:
            value = expected_loss(table)
        slope = tf.convert_to_tensor(tape.gradient(value, table))
        table.assign_sub(0.125 * slope)
    # It swings about its kinks by a step: the rate times a slope of at most 5/8.
    np.testing.assert_allclose(table, np.sign(REAL - FAKE), atol=0.1)
    assert OBJECTIVE.log_ratio is None


def test_scores_beyond_the_margin_teach_nothing():
    real_score, fake_score = tf.constant([1.5, 0.5]), tf.constant([-0.5, -3.0])
    with tf.GradientTape() as tape:
        tape.watch([real_score, fake_score])
        value = loss(real_score, fake_score)
    grads = tape.gradient(value, [real_score, fake_score])
    np.testing.assert_array_equal(grads, [[0, -0.5], [0.5, 0]])


def test_a_score_that_is_nan_gives_a_loss_that_is():
    for real_score, fake_score in ([np.nan, 3.0], [-4.0]), ([3.0], [-4.0, np.nan]):
        assert np.isnan(loss(np.float32(real_score), np.float32(fake_score)))
