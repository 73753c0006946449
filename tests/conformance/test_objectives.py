"""Laws of every objective."""

import numpy as np
import pytest
import tensorflow as tf
from conformance import tables

from tf_collab import models, seeds

SCORE = tf.constant([-2.0, 0.1, 0.3, 0.9])


@pytest.fixture(params=tables.OBJECTIVES)
def objective(request):
    return tables.OBJECTIVES[request.param]


def loss(objective, discriminator, real, fake, seed=0):
    return objective.discriminator_loss(
        discriminator, real, fake, seed=seeds.as_seed(seed), step=0
    )


def test_the_energy_is_of_each_score_alone(objective):
    whole = objective.energy(SCORE)
    assert whole.shape == [4] and whole.dtype == tf.float32
    alone = tf.concat([objective.energy(s[None]) for s in SCORE], axis=0)
    np.testing.assert_allclose(alone, whole, rtol=2.0**-22)  # of vector instructions


def test_g_climbs_where_d_pushes_fakes_down(objective):
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(SCORE)
        energy = objective.energy(SCORE)
        shift = tf.Variable(0.0)  # of the score of fakes
        value = loss(
            objective,
            # A fake is 1, a real 5, a mix between: so the shift is of fakes alone.
            lambda x, training: 0.3 + shift * tf.cast(x < 2.0, tf.float32) + 0 * x,
            tf.fill([4], 5.0),
            tf.ones([4]),
        )
    assert (tape.gradient(energy, SCORE) < 0).numpy().all()
    assert tape.gradient(value, shift) > 0


def test_ds_loss_is_one_number_with_a_finite_gradient_for_all_of_d(objective):
    discriminator = models.MLPDiscriminator(4, 3)
    real, fake = tables.inputs([2], seed=1) + 3, tables.inputs([2])
    with tf.GradientTape() as tape:
        value = loss(objective, discriminator, real, fake)
    variables = discriminator.trainable_variables
    grads = tape.gradient(value, variables, unconnected_gradients="zero")
    assert value.shape == [] and value.dtype == tf.float32
    assert all(np.isfinite(grad).all() for grad in grads)
    assert all((grad != 0).numpy().any() for grad in grads[::2])  # of every kernel


def test_ds_loss_repeats_with_its_seed(objective):
    discriminator = models.MLPDiscriminator(4, 2)
    real, fake = tables.inputs([2], seed=1), tables.inputs([2])
    first, again = (loss(objective, discriminator, real, fake, seed=3) for _ in "ab")
    assert first == again
    in_a_graph = tf.function(loss, autograph=False)
    traced = in_a_graph(objective, discriminator, real, fake, seed=3)
    assert float(traced) == pytest.approx(float(first), rel=1e-5)


def test_learning_tells_reals_from_fakes(objective):
    weight = tf.Variable([0.0, 0.0])

    def linear(x, training):
        return tf.linalg.matvec(x, weight)

    real, fake = tables.inputs([2], seed=1) + 2, tables.inputs([2]) - 2
    for i in range(20):
        with tf.GradientTape() as tape:
            value = loss(objective, linear, real, fake, seed=i)
        weight.assign_sub(0.01 * tape.gradient(value, weight))
    real_score, fake_score = linear(real, True), linear(fake, True)
    assert tf.reduce_mean(real_score) > tf.reduce_mean(fake_score)
    energies = objective.energy(real_score), objective.energy(fake_score)
    assert tf.reduce_mean(energies[0]) < tf.reduce_mean(energies[1])
