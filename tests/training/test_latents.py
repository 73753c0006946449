"""Tests for tf_collab.training.steps: which latents each update has."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import oracles
from helpers.linear_gan import (
    REAL,
    Z,
    linear_gan,
    real,
    sgd,
    weights,
)

from tf_collab import priors, seeds, training


def test_training_may_take_its_latents_from_another_prior_than_the_gans():
    asked = []

    def constant(n, seed):
        asked.append(n)
        return tf.constant(Z, tf.float32)

    given, own = linear_gan(), linear_gan()._replace(prior=constant)
    for gan, prior in ((given, constant), (own, None)):
        step = training.train_step(gan, sgd(0.3), sgd(0.3), prior=prior, xla=False)
        step(0, seeds.as_seed(0), real())
    assert asked == [16] * 4
    for one, other in zip(weights(given.generator), weights(own.generator)):
        np.testing.assert_array_equal(one, other)


def test_each_update_has_latents_and_a_seed_of_its_own():
    drawn = []

    def prior(n, seed):
        drawn.append((n, *seed.numpy()))
        return priors.normal(3)(n, seed)

    step = training.train_step(
        linear_gan()._replace(prior=prior), sgd(1), sgd(1), xla=False
    )
    for i in (0, 1, 0):
        step(i, seeds.as_seed(i), real())
    assert [n for n, *_ in drawn] == [16] * 6
    assert len(set(drawn)) == 4 and drawn[:2] == drawn[4:]


@pytest.mark.parametrize("g_steps", [1, 2, 3])
@pytest.mark.parametrize("shared", [False, True])
def test_gs_steps_follow_ds_each_on_its_own_z_or_all_on_the_same(shared, g_steps):
    gan = linear_gan()
    drawn = []

    def prior(n, seed):
        drawn.append(priors.normal(3)(n, seed))
        return drawn[-1]

    params = [v.astype("f8") for v in weights(gan.generator, gan.discriminator)]
    step = training.train_step(
        gan._replace(prior=prior),
        sgd(0.3),
        sgd(0.3),
        g_steps=g_steps,
        shared_z=shared,
        xla=False,
    )
    found = step(0, seeds.as_seed(0), real())
    assert len(drawn) == (1 if shared else 1 + g_steps)
    for_d, *for_g = (z.numpy().astype("f8") for z in drawn)
    # By hand D's half of a step, and then G's alone.
    (*_, a, c), d_loss, _ = oracles.linear_gan_step(params, REAL, for_d, rate=0.3)
    w, b, *_ = params
    for z in for_g or g_steps * [for_d]:
        score = (z @ w + b) @ a + c
        g_loss = oracles.softplus(-score).mean()
        on_x = (-oracles.sigmoid(-score) / len(z)) @ a.T
        w, b = w - 0.3 * z.T @ on_x, b - 0.3 * on_x.sum(axis=0)
    slack = 250 * oracles.ULP  # some 50 roundings an update
    assert float(found["d_loss"]) == pytest.approx(d_loss, rel=slack)
    assert float(found["g_loss"]) == pytest.approx(g_loss, rel=slack)
    for now, expected in zip(
        weights(gan.generator, gan.discriminator), (w, b, a, c), strict=True
    ):
        np.testing.assert_allclose(now, expected, atol=slack)


def test_without_shared_z_every_update_has_its_own():
    drawn = []

    def prior(n, seed):
        drawn.append(tuple(seed.numpy()))
        return priors.normal(3)(n, seed)

    gan = linear_gan()._replace(prior=prior)
    step = training.train_step(gan, sgd(0.1), sgd(0.1), g_steps=3, xla=False)
    for i in range(2):
        step(i, seeds.as_seed(i), real())
    assert len(drawn) == len(set(drawn)) == 8  # one of D's, three of G's, twice
