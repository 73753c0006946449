"""Tests for tf_collab.objectives.logistic."""

import math

import numpy as np
import tensorflow as tf
from helpers import oracles

from tf_collab import objectives

SCORE = np.array([-200.0, -3.0, 0.0, 0.5, 4.0, 200.0])


def test_the_energy_is_minus_log_d_even_where_d_is_saturated():
    found = objectives.nsgan().energy(tf.constant(SCORE, tf.float32))
    expected = np.logaddexp(0, -SCORE)
    # exp and log1p, some units in the last place each; exp(-200) is 0 in float32.
    np.testing.assert_allclose(found, expected, rtol=8 * oracles.ULP, atol=1e-38)


def test_the_log_ratio_is_the_score():
    score = tf.constant(SCORE)
    np.testing.assert_array_equal(objectives.nsgan().log_ratio(score), score)


def test_ds_loss_is_its_cross_entropy_on_reals_and_fakes():
    real, fake = tf.constant([2.0, -1.0, 0.0]), tf.constant([0.5, -3.0])
    seen = []

    def discriminator(x, training):
        seen.append((x.shape[0], training))
        return x

    loss = objectives.nsgan().discriminator_loss
    found = loss(discriminator, real, fake, seed=None, step=0)
    prob = oracles.sigmoid
    expected = -np.log(prob(real)).mean() - np.log(1 - prob(fake)).mean()
    assert math.isclose(found, expected, rel_tol=16 * oracles.ULP)
    assert seen == [(3, True), (2, True)]  # in two batches, as batch-norm wants
