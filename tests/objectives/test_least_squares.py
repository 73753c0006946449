"""Tests for tf_collab.objectives.least_squares."""

import numpy as np
import tensorflow as tf

from tf_collab import objectives


def test_the_energy_is_the_squared_distance_from_one():
    found = objectives.lsgan().energy(tf.constant([-1.0, 0.0, 1.0, 3.0]))
    np.testing.assert_array_equal(found, [4, 1, 0, 4])


def test_d_regresses_one_on_reals_and_zero_on_fakes():
    def discriminator(x, training):
        assert training
        return x

    loss = objectives.lsgan().discriminator_loss
    real, fake = tf.constant([1.0, 3.0]), tf.constant([0.0, 3.0, 0.0])
    assert loss(discriminator, real, fake, seed=None, step=0) == 2.0 + 3.0


def test_its_score_is_no_density_ratio():
    assert objectives.lsgan().log_ratio is None
