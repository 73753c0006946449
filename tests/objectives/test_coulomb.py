"""Tests for the objective in tf_collab.objectives.potential."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import oracles
from helpers.few_charges import (
    KERNELS,
    SLACK,
    kernel_matrix,
    particles,
)
from scipy import stats

from tf_collab import objectives, seeds


def loss(discriminator, real, fake, *, seed=0, step=0, previous=None, **options):
    return objectives.coulomb(**options).discriminator_loss(
        discriminator,
        real,
        fake,
        seed=seeds.as_seed(seed),
        step=step,
        previous=previous,
    )


@pytest.mark.parametrize("m", [2, 3, 64])
@pytest.mark.parametrize("plummer", KERNELS, ids=str)
@pytest.mark.parametrize("self_term", ["drop", "keep"])
def test_the_best_d_is_the_potential_and_with_self_terms_a_classifier_too(
    self_term, plummer, m
):
    # Batches of two of each kind on three states: all 81 of them, so no chance.
    states = particles(m, n=3)[0].numpy()
    p, q = np.array([0.5, 0.2, 0.3]), np.array([0.1, 0.6, 0.3])
    kernel = kernel_matrix(states, states, **plummer)
    best = kernel @ (p - q)
    if self_term == "keep":
        # b is of each law at each state: (k(a, a) - E k(a, .)) / n.
        on_real, on_fake = ((kernel[0, 0] - kernel @ law) / 2 for law in (p, q))
        best += (p * on_real - q * on_fake) / (p + q)
    table = tf.Variable(best)

    def discriminator(x, training):
        apart = tf.reduce_sum(tf.square(x[:, None] - states), axis=2)
        return tf.gather(table, tf.argmin(apart, axis=1))

    def gradient(batch):
        y, x = tf.unstack(tf.gather(states, batch))
        with tf.GradientTape() as tape:
            value = loss(discriminator, y, x, self_term=self_term, **plummer)
        return tf.convert_to_tensor(tape.gradient(value, table))

    batches = np.array([*itertools.product(range(3), repeat=4)]).reshape(81, 2, 2)
    each = tf.function(tf.map_fn, autograph=False)
    grads = each(gradient, tf.constant(batches), fn_output_signature=tf.float64)
    odds = p[batches[:, 0]].prod(axis=1) * q[batches[:, 1]].prod(axis=1)
    expected = odds @ grads.numpy()
    # A convex loss is least where its gradient is 0.
    np.testing.assert_allclose(expected, 0, atol=SLACK)


@pytest.mark.parametrize("m", [2, 3, 64])
@pytest.mark.parametrize("kernel", KERNELS, ids=str)
def test_both_signs_flipped_are_none_flipped(kernel, m):
    real, fake = particles(m)
    there, back = (
        objectives.potentials(*pair, **kernel) for pair in ((real, fake), (fake, real))
    )
    for a, b in zip(there, reversed(back)):
        np.testing.assert_array_equal(a, -b)

    def net(x, training):
        return tf.sin(x[:, 0]) + x[:, 1]

    def flipped(x, training):
        return -net(x, training)

    assert loss(net, real, fake, **kernel) == loss(flipped, fake, real, **kernel)


@pytest.mark.parametrize("plummer", KERNELS, ids=str)
@pytest.mark.parametrize("name, error", [("l2", np.square), ("l1", np.abs)])
def test_d_regresses_the_potential_at_reals_and_fakes_in_passes_of_their_own(
    name, error, plummer
):
    real, fake = particles(2)
    previous = particles(2, seed=1)[0][:3]
    seen = []

    def discriminator(x, training):
        seen.append((x.shape[0], training))
        return tf.reduce_sum(x, axis=1)

    found = loss(discriminator, real, fake, previous=previous, loss=name, **plummer)
    targets = [
        *objectives.potentials(real, fake, **plummer),
        objectives.field(previous, real, fake, **plummer),
    ]
    expected = sum(
        error(np.sum(x, axis=1) - phi).mean()
        for x, phi in zip((real, fake, previous), targets)
    )
    assert float(found) == pytest.approx(expected, rel=SLACK)
    assert seen == [(8, True), (6, True), (3, True)]


def test_smoothed_fakes_before_learn_the_field_of_the_samples_that_stay():
    """Only where D is asked moves; what makes the potential there does not."""
    real, fake = particles(2)
    previous, places = particles(2, seed=1)[0][:3], []

    def discriminator(x, training):
        places.append(x)
        return tf.reduce_sum(x, axis=1)

    options = {"sigma": 0.5, "self_term": "keep"}
    with_it = loss(discriminator, real, fake, previous=previous, **options)
    without = loss(discriminator, real, fake, **options)
    at = places[2]
    assert at.shape == (3, 2) and (np.abs(at - previous) > 1e-3).any(axis=1).all()
    error = np.sum(at, axis=1) - objectives.field(at, real, fake)
    expected = np.mean(np.square(error))
    assert float(with_it - without) == pytest.approx(expected, rel=1e-9)


def test_epsilon_may_follow_a_schedule():
    def net(x, training):
        return x[:, 0]

    def scheduled(step):
        return loss(net, real, fake, step=step, epsilon=halving)

    real, fake = particles(2)
    halving = keras.optimizers.schedules.ExponentialDecay(4.0, 1, 0.5)
    expected = loss(net, real, fake, epsilon=2.0)
    found = tf.function(scheduled, autograph=False)(tf.constant(1))
    # The schedule's power is in float32.
    np.testing.assert_allclose(found, expected, rtol=16 * oracles.ULP)
    assert found != scheduled(0)


@pytest.mark.parametrize("compiled", [False, True])
def test_a_schedule_that_falls_to_zero_is_refused_there(compiled):
    real, fake = particles(2)

    def at(step):
        return loss(
            lambda x, training: x[:, 0],
            real,
            fake,
            step=step,
            epsilon=lambda step: 1.0 - tf.cast(step, tf.float64),
        )

    run = tf.function(at, autograph=False) if compiled else at
    assert np.isfinite(run(tf.constant(0)))
    with pytest.raises(tf.errors.InvalidArgumentError, match="epsilon must be above 0"):
        run(tf.constant(1))


def test_no_gradient_flows_into_ds_targets():
    real, z = particles(2)
    scale = tf.Variable(1.0, dtype=tf.float64)
    with tf.GradientTape(persistent=True) as tape:
        fake = scale * z
        blind = loss(lambda x, training: tf.zeros(x.shape[:1]), real, fake)
        seeing = loss(lambda x, training: x[:, 0], real, fake, previous=fake, sigma=0.1)
        _, phi = objectives.potentials(real, fake)
        plain = loss(lambda x, training: x[:, 0], real, fake)
        remembered = loss(
            lambda x, training: x[:, 0], real, tf.constant(z), previous=scale * z
        )
    assert tape.gradient(remembered, scale) is None
    assert tape.gradient(blind, scale) is None
    expected = tf.reduce_mean(2 * (fake[:, 0] - phi) * z[:, 0])
    np.testing.assert_allclose(tape.gradient(plain, scale), expected, rtol=SLACK)
    assert np.isfinite(tape.gradient(seeing, scale))


@pytest.mark.parametrize("self_term", ["drop", "keep"])
def test_smoothing_moves_where_d_learns_and_not_what_makes_the_potential(self_term):
    real, fake = particles(2, 5, 4)
    seen = []

    def discriminator(x, training):
        seen.append(x)
        return tf.zeros(x.shape[:1])

    options = {"loss": "l1", "sigma": 0.5, "self_term": self_term}
    found = loss(discriminator, real, fake, **options)
    expected = 0.0
    for moved, own, sign in zip(seen, (real, fake), (1, -1)):
        phi = objectives.field(moved, real, fake).numpy()
        if self_term == "drop":
            k, n = kernel_matrix(moved.numpy(), own.numpy()), len(own)
            others = (k.sum(axis=1) - np.diag(k)) / (n - 1)
            phi += sign * (others - k.mean(axis=1))
        expected += np.abs(phi).mean()
    assert float(found) == pytest.approx(expected, rel=SLACK)


def test_the_smoothing_noise_is_normal_and_follows_the_seed():
    seen = []

    def discriminator(x, training):
        seen.append(x)
        return tf.reduce_sum(x, axis=1)

    real, fake = tf.zeros([500, 20]), tf.ones([500, 20])
    loss(discriminator, real, fake, sigma=2.0)
    noise = np.stack([seen[0], seen[1] - 1]).reshape(2, -1) / 2
    assert stats.kstest(noise.ravel(), "norm").pvalue > oracles.LEVEL
    assert stats.pearsonr(*noise).pvalue > oracles.LEVEL
    loss(discriminator, real, fake, sigma=2.0, seed=1)
    assert (seen[2] != seen[0]).numpy().any()


@pytest.mark.parametrize("sigma", [0.0, 0.1])
def test_a_batch_whose_size_a_graph_does_not_know_has_the_same_loss(sigma):
    batch = real, fake = particles(2, n=5)
    net = lambda x, training: x[:, 0] * x[:, 1]
    ours = lambda real, fake: loss(net, real, fake, self_term="keep", sigma=sigma)
    unknown = [tf.TensorSpec([None, 2], x.dtype) for x in batch]
    found = tf.function(ours, input_signature=unknown, autograph=False)(*batch)
    np.testing.assert_allclose(found, ours(real, fake), rtol=1e-6)


def test_halves_give_float32_potentials_and_a_float32_loss():
    real, fake = (tf.cast(x, tf.bfloat16) for x in particles(20))
    found = objectives.potentials(real, fake)
    wide = objectives.potentials(*(tf.cast(x, tf.float32) for x in (real, fake)))
    for a, b in zip(found, wide):
        assert a.dtype == tf.float32
        np.testing.assert_array_equal(a, b)
    assert loss(lambda x, training: x[:, 0], real, fake).dtype == tf.float32


@pytest.mark.parametrize(
    "options, message",
    [
        ({"dimension": 2}, "dimension must be above 2"),
        ({"epsilon": -1.0}, "epsilon must be above 0, not -1.0"),
        ({"epsilon": 0.0}, "infinite where two points coincide"),
        ({"epsilon": 1e-25}, "beyond float32"),
        ({"epsilon": 0.5, "dimension": 1000}, "beyond float32"),
        ({"self_term": "off"}, "must be 'drop' or 'keep', not 'off'"),
        ({"loss": "l3"}, "loss must be 'l1' or 'l2', not 'l3'"),
        ({"sigma": -0.1}, "sigma must be 0 or above"),
    ],
)
def test_bad_options_are_refused_at_construction(options, message):
    with pytest.raises(ValueError, match=message):
        objectives.coulomb(**options)
    if options.keys() <= {"dimension", "epsilon", "self_term"}:
        with pytest.raises(ValueError, match=message):
            objectives.potentials(*particles(2), **options)


def test_scores_of_another_shape_are_refused():
    with pytest.raises(
        (ValueError, tf.errors.InvalidArgumentError), match="compatible"
    ):
        loss(lambda x, training: x[:, :1], *particles(2))


def test_the_energy_is_the_score_upside_down_and_no_ratio():
    objective = objectives.coulomb()
    assert objective.energy(tf.constant([2.0])) == -2.0
    assert objective.log_ratio is None
