"""Tests for tf_collab.objectives.wasserstein."""

import math

import numpy as np
import pytest
import tensorflow as tf
from helpers import oracles
from scipy import stats

from tf_collab import objectives, seeds

REAL = tf.constant([[3.0, 0.0], [1.0, 2.0]])
FAKE = tf.constant([[0.0, 1.0], [0.0, 0.0]])


def loss(discriminator, real=REAL, fake=FAKE, seed=0, **options):
    objective = objectives.wgan_gp(**options)
    return objective.discriminator_loss(
        discriminator, real, fake, seed=seeds.as_seed(seed), step=0
    )


@pytest.mark.parametrize("slope", [5.0, 1.0, 0.5, 0.0])
@pytest.mark.parametrize("penalty", [0.0, 2.0, None])
def test_a_linear_critic_pays_for_a_slope_above_and_below_one(penalty, slope):
    def linear(x, training):
        assert training
        return slope * tf.linalg.matvec(x, [0.6, 0.8]) + 1.0

    gap = slope * (np.mean([0.8, 0.0]) - np.mean([1.8, 2.2]))
    options = {} if penalty is None else {"penalty": penalty}
    expected = gap + (10.0 if penalty is None else penalty) * (slope - 1) ** 2
    found = loss(linear, **options)
    assert math.isclose(found, expected, rel_tol=1e-5, abs_tol=1e-5)


def test_the_slope_is_of_the_whole_sample_of_any_rank():
    shape = [2, 2, 3, 1]

    def summed(x, training):
        return tf.reduce_sum(x, axis=[1, 2, 3])  # a slope of sqrt(6)

    found = loss(summed, tf.ones(shape), tf.ones(shape), penalty=1.0)
    assert math.isclose(found, (math.sqrt(6) - 1) ** 2, rel_tol=1e-6)


def test_each_sample_is_mixed_by_one_weight_uniform_on_the_line():
    seen = []

    def watch(x, training):
        seen.append(x)
        return tf.reduce_sum(x, axis=1)

    n = 20_000
    fake, real = tf.zeros([n, 2]), tf.tile([[1.0, 10.0]], [n, 1])
    loss(watch, real, fake)
    mixed = seen[2].numpy()
    np.testing.assert_allclose(mixed[:, 1], 10 * mixed[:, 0], rtol=4 * oracles.ULP)
    assert stats.kstest(mixed[:, 0], "uniform").pvalue > oracles.LEVEL


def test_the_penalty_follows_the_seed():
    def curved(x, training):
        return tf.reduce_sum(x**2, axis=1)

    assert loss(curved, seed=1) == loss(curved, seed=1) != loss(curved, seed=2)


def test_a_flat_critic_has_a_finite_gradient():
    weight = tf.Variable([0.0, 0.0])

    def flat(x, training):
        return tf.linalg.matvec(x, weight)

    with tf.GradientTape() as tape:
        value = loss(flat)
    # The penalty's is 0 there, and the rest is mean fake less mean real.
    np.testing.assert_allclose(tape.gradient(value, weight), [-2, -0.5])


def test_the_energy_is_the_score_upside_down_and_no_ratio():
    objective = objectives.wgan_gp()
    assert objective.energy(tf.constant([2.0])) == -2.0
    assert objective.log_ratio is None


def test_of_samples_with_labels_pictures_are_mixed_and_labels_are_the_fakes():
    seen = []

    def critic(pair, training):
        seen.append(pair)
        return tf.linalg.matvec(pair[0], [3.0, 4.0]) * tf.cast(pair[1], tf.float32)

    labels = tf.constant([1, 1]), tf.constant([2, 2])  # slopes of 5 and 10
    found = loss(critic, (REAL, labels[0]), (FAKE, labels[1]), penalty=1.0)
    mixed = seen[2]
    np.testing.assert_array_equal(mixed[1], labels[1])
    assert (mixed[0] != FAKE).numpy().any()
    gap = np.mean([2 * 4.0, 0.0]) - np.mean([9.0, 11.0])
    assert math.isclose(found, gap + (10 - 1) ** 2, rel_tol=1e-5)
