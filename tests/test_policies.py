"""Tests for tf_collab.policies."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import oracles

from tf_collab import Scored, base, policies, sampling, seeds

STEPS, BATCH, DIM = 6, 4, 3
RNG = np.random.default_rng(0)
# From tiny to large, since adam and ladam scale gradients away.
GRADS = RNG.normal(size=[STEPS, BATCH, DIM]) * 10.0 ** RNG.integers(
    -3, 3, size=[1, BATCH, 1]
)
GAPS = RNG.uniform(-1, 1, size=[STEPS, BATCH])

CASES = {
    "sgd": (policies.sgd(0.3), oracles.sgd, {}),
    "momentum": (policies.momentum(0.3), oracles.momentum, {}),
    "momentum, 0.5": (
        policies.momentum(0.3, decay=0.5),
        oracles.momentum,
        {"decay": 0.5},
    ),
    "adam": (policies.adam(0.3), oracles.adam, {}),
    "adam, other": (
        policies.adam(0.3, beta1=0.5, beta2=0.9, epsilon=0.1),
        oracles.adam,
        {"beta1": 0.5, "beta2": 0.9, "epsilon": 0.1},
    ),
    "ladam": (policies.ladam(0.3), oracles.ladam, {}),
    "ladam, other": (
        policies.ladam(0.3, beta1=0.5, beta2=0.8, beta3=0.2, degree=3),
        oracles.ladam,
        {"beta1": 0.5, "beta2": 0.8, "beta3": 0.2, "degree": 3},
    ),
}


def roll(policy, grads, gaps):
    state, deltas = policy.init(tf.zeros(grads.shape[1:])), []
    for grad, gap in zip(grads, gaps):
        grad, gap = tf.constant(grad, tf.float32), tf.constant(gap, tf.float32)
        delta, state = policy.update(grad, state, gap=lambda gap=gap: gap)
        deltas.append(delta.numpy())
    return np.array(deltas)


@pytest.mark.parametrize("name", CASES)
def test_several_steps_agree_with_the_equations(name):
    policy, oracle, options = CASES[name]
    expected = oracle(GRADS, GAPS, rate=0.3, **options)
    # Averages of numbers of both signs cancel: the error is relative to the largest
    # term of a sample, and a dozen roundings a step add up. adam divides by
    # 1 - 0.999**t, which loses another three digits on the first steps, all of them
    # the same for numerator and denominator but 1000 units of one power.
    roundings = 12 * STEPS + (1000 if oracle is oracles.adam else 0)
    scale = np.abs(expected).max(axis=(0, 2), keepdims=True)
    error = np.abs(roll(policy, GRADS, GAPS) - expected) / np.maximum(scale, 1e-9)
    assert error.max() < roundings * oracles.ULP


def test_adam_is_keras_adam():
    x = keras.Variable(np.zeros([BATCH, DIM], "float32"))
    optimizer = keras.optimizers.Adam(0.3, epsilon=1e-8)
    path = []
    for grad in GRADS:
        optimizer.apply([tf.constant(grad, tf.float32)], [x])
        path.append(x.numpy())
    found = np.cumsum(roll(policies.adam(0.3), GRADS, GAPS), axis=0)
    # Keras has its epsilon outside of the bias correction, eps / sqrt(1 - 0.999**t)
    # in ours: at most 1e-8 * 32 over a gradient of 1e-4 or more, 0.3 a step; and the
    # roundings of the test above.
    slack = 0.3 * STEPS * (3.2e-7 / np.abs(GRADS).min() + 1000 * oracles.ULP)
    np.testing.assert_allclose(found, path, atol=slack)
    assert slack < 0.3 / 10  # else this tests little


def test_ladams_first_step_is_the_sign_of_the_gradient():
    grad = np.array([[[3.0, -0.01]]])
    found = roll(policies.ladam(0.1), grad, np.array([[0.5]]))
    np.testing.assert_allclose(found[0, 0], [-0.1, 0.1], rtol=2e-6)  # 1e-8 / 0.01


def test_ladam_stands_still_where_the_averaged_gap_is_at_most_minus_a_half():
    gaps = np.array([[-0.4], [-0.6], [-0.9], [0.0]])  # averages -.4 -.5 -.7 -.35
    found = roll(policies.ladam(0.1), np.ones([4, 1, 1]), gaps)
    assert [bool(delta) for delta in found.ravel()] == [True, False, False, True]


def test_ladam_brakes_each_sample_by_its_own_gap():
    gaps = np.array([[0.5, 0.0, -0.25]])
    found = roll(policies.ladam(1.0), np.ones([1, 3, 2]), gaps)
    np.testing.assert_allclose(found[0, :, 1], [-1, -0.25, -0.0625], rtol=1e-6)


@pytest.mark.parametrize("name", ["sgd", "momentum", "adam"])
def test_only_ladam_asks_for_the_gap(name):
    policy, _, _ = CASES[name]
    assert not policy.needs_ratio and policies.ladam(0.1).needs_ratio
    state = policy.init(tf.zeros([1, 1]))
    policy.update(tf.ones([1, 1]), state, gap=None)  # calling it would raise


def test_a_state_without_a_row_for_each_sample_is_refused():
    counting = base.Policy(
        lambda h: tf.zeros([]), lambda grad, state, *, gap: (-grad, state + 1)
    )
    gan = oracles.skewed_gan()
    path = sampling.trajectory(gan, counting, layer=0, steps=1)
    with pytest.raises(ValueError, match="a row for each sample"):
        path(gan.prior(3, seeds.as_seed(0)), Scored(None, tf.ones([2])))
