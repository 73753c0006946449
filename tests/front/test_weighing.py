"""Tests for tf_collab.front.weighing."""

import numpy as np
import pytest
import tensorflow as tf

import tf_collab as tc

G = tc.models.LayeredModel([tf.identity])  # samples are N(0, I)
GAN = tc.GAN(G, None, tc.priors.normal(2), tc.objectives.wgan_gp())
RNG = np.random.default_rng(0)
RIGHT = RNG.normal(size=[2000, 2]) * [1, 1]
RIGHT[:, 0] = np.abs(RIGHT[:, 0])


@pytest.fixture(scope="module")
def weight():
    return tc.fit_weight(GAN, RIGHT, steps=250, batch=256, rate=1e-3)


def test_latents_of_what_the_data_lack_weigh_little_and_the_mean_is_one(weight):
    z = GAN.prior(4000, tc.seeds.as_seed(9))
    w, there = weight(z).numpy(), z[:, 0].numpy() > 0
    # The weights of the optimum are 2 and 0.
    assert w[there].mean() > 1.5 and w[~there].mean() < 0.5 and w.min() >= 0
    assert abs(w.mean() - 1) < 0.2 and abs(w.mean() - weight.mean) < 0.1
    assert weight.above == pytest.approx(np.mean(w > 3), abs=0.03)


@pytest.mark.filterwarnings("ignore::tf_collab.base.Doubt")
def test_samples_by_these_weights_are_like_the_data_and_cost_one_pass_each(weight):
    gan = GAN._replace(prior=tc.priors.reweighted(GAN.prior, weight))
    x = gan.generator(gan.prior(3000, tc.seeds.as_seed(1))).numpy()
    assert np.mean(x[:, 0] > 0) > 0.85
    assert abs(np.mean(x[:, 1])) < 0.15


def test_the_penalties_hold_the_mean_and_the_bound():
    """Of a critic that gives all samples the same score, they alone are left."""
    flat = tf.keras.Sequential(
        [
            tf.keras.Input((2,)),
            tf.keras.layers.Dense(1, kernel_initializer="zeros", trainable=False),
            tf.keras.layers.Dense(1, kernel_initializer="zeros"),
        ]
    )
    how = {"critic": flat, "steps": 60, "batch": 64, "rate": 1e-3}
    found = tc.fit_weight(GAN, RIGHT, **how)
    assert abs(found.mean - 1) < 0.1 and found.above == 0


def test_neither_g_nor_the_gans_own_d_learns():
    g = tc.models.MLPGenerator(nhidden=4, nlayers=2)
    d = tc.models.MLPDiscriminator(nhidden=4, nlayers=2)
    gan = tc.GAN(g, d, tc.priors.normal(2), tc.objectives.nsgan())
    g(gan.prior(2, tc.seeds.as_seed(0))), d(RIGHT[:2].astype("f4"))
    before = [v.numpy() for net in (g, d) for v in net.weights]
    told = []
    tc.fit_weight(gan, RIGHT, steps=2, batch=8, progress=lambda *at: told.append(at))
    after = [v.numpy() for net in (g, d) for v in net.weights]
    for a, b in zip(before, after, strict=True):
        np.testing.assert_array_equal(a, b)
    assert told == [(1, 2), (2, 2)]


def test_a_mean_that_is_not_one_is_told():
    with pytest.warns(tc.Doubt, match=r"a mean of \d"):
        tc.fit_weight(GAN, RIGHT, steps=40, rate=0.5, batch=8, mean_penalty=0)


@pytest.mark.parametrize(
    "changed, words",
    [
        ({"bound": 1.0}, "a bound above 1"),
        ({"bound_penalty": -1.0}, "penalties of 0 or more"),
        ({"steps": 0}, "steps and batch are 1 or more"),
        ({"data": (RIGHT, RIGHT)}, "data is one array"),
        (
            {"gan": GAN._replace(prior=tc.priors.labelled(GAN.prior, 2))},
            "weighs latents that are one array",
        ),
    ],
)
def test_what_cannot_be_fitted_is_one_sentence(changed, words):
    with pytest.raises(ValueError, match=words):
        tc.fit_weight(**{"gan": GAN, "data": RIGHT, **changed})
