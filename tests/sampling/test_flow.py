"""Tests for tf_collab.sampling.flow: weights, descent, and what it leaves alone."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import oracles

from tf_collab import GAN, Scored, models, objectives, priors, sampling, seeds
from tf_collab.sampling import flow

# f(r) of each divergence, convex with f(1) = 0; r is p_model / p_data.
DIVERGENCES = {
    "kl": lambda r: r * np.log(r),
    "js": lambda r: r * np.log(r) - (r + 1) * np.log((r + 1) / 2),
    "log_d": lambda r: (r + 1) * np.log((r + 1) / 2),
    "reverse_kl": lambda r: -np.log(r),
    "hellinger": lambda r: (np.sqrt(r) - 1) ** 2,
    "pearson": lambda r: (r - 1) ** 2,
    "jeffreys": lambda r: (r - 1) * np.log(r),
}
NO_REALS = Scored(None, tf.zeros([1]))


def moved(gan, z, **options):
    walk = sampling.dgflow(gan, noise=0.0, **options)
    found, _, info = walk.step(seeds.as_seed(0), z, ())
    return found.x.numpy(), info


def test_every_divergence_is_here():
    assert DIVERGENCES.keys() == sampling.DIVERGENCES.keys()


@pytest.mark.parametrize("name", DIVERGENCES)
def test_a_weight_is_r_times_the_second_derivative_of_f(name):
    f, d = DIVERGENCES[name], np.linspace(-1.5, 1.5, 31)
    r, step = np.exp(-d), 1e-4
    second = (f(r + step) - 2 * f(r) + f(r - step)) / step**2
    found = sampling.DIVERGENCES[name](tf.constant(d, tf.float32))
    # Differences of numbers of order 10 in float64: 1e-14 / 1e-8 a second derivative.
    np.testing.assert_allclose(found, r * second, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["reverse_kl", "hellinger", "pearson", "jeffreys"])
def test_a_weight_with_an_exponential_is_bounded(name):
    d = tf.constant([-200.0, 200.0])
    assert float(tf.reduce_max(sampling.DIVERGENCES[name](d))) == pytest.approx(
        flow.MOST
    )


@pytest.mark.parametrize("name", DIVERGENCES)
def test_a_step_lowers_the_divergence_to_the_data(name):
    """Of normals in one dimension: the law after it is that of a monotone map."""
    mean, std = 0.5, 0.8
    gan = oracles.gaussian_gan(mean, std)
    z = np.linspace(-5, 5, 4001)
    normal = lambda x, m, s: (
        np.exp(-(((x - m) / s) ** 2) / 2) / (s * np.sqrt(2 * np.pi))
    )

    def divergence(x):
        p_model = normal(z, 0, 1) / np.gradient(x, z)
        p_data = normal(x, mean, std)
        f = DIVERGENCES[name](p_model / p_data)
        return np.sum((p_data * f * np.gradient(x, z))[1:-1]) * (z[1] - z[0])

    after, _ = moved(
        gan, tf.constant(z[:, None], tf.float32), divergence=name, rate=0.02, steps=1
    )
    after = after[:, 0].astype("f8")
    assert (np.diff(after) > 0).all()
    before = divergence(z)
    assert before > 1e-3 and divergence(after) < before


def test_no_step_moves_nothing_and_costs_what_plain_samples_do():
    gan = oracles.skewed_gan()
    z = gan.prior(5, seeds.as_seed(0))
    x, info = moved(gan, z, steps=0)
    np.testing.assert_array_equal(x, gan.generator(z))
    assert info["g_forward"].numpy().tolist() == [1] * 5


def test_noise_has_the_variance_that_is_told():
    flat = lambda x, training=False: 0.0 * x[:, 0]
    g = models.LayeredModel([tf.identity])
    gan = GAN(g, flat, priors.normal(1), objectives.nsgan())
    n, z = 40_000, tf.zeros([40_000, 1])
    walk = sampling.dgflow(gan, rate=0.3, noise=0.05, steps=4)
    found, _, info = walk.step(seeds.as_seed(0), z, ())
    variance = 4 * 2 * 0.3 * 0.05
    assert np.var(found.x) == pytest.approx(variance, rel=4 * np.sqrt(2 / n))
    np.testing.assert_allclose(
        info["squared_norm_after"], found.x.numpy()[:, 0] ** 2, rtol=1e-5
    )
    assert not info["squared_norm_before"].numpy().any()


def test_latents_stay_in_the_support_of_their_prior():
    steep = lambda x, training=False: 50.0 * x[:, 0]
    g = models.LayeredModel([tf.identity])
    gan = GAN(g, steep, priors.uniform(1), objectives.nsgan())
    x, _ = moved(gan, gan.prior(50, seeds.as_seed(0)), steps=3)
    assert (x == 1.0).all()


def test_what_is_out_of_range_or_has_no_ratio_is_refused():
    gan = oracles.gaussian_gan(0.5, 0.6)
    for options, words in (
        ({"divergence": "KL"}, "one of kl, js"),
        ({"rate": 0.0}, "rate above 0"),
        ({"noise": -1.0}, "0 or more"),
    ):
        with pytest.raises(ValueError, match=words):
            sampling.dgflow(gan, **options)
    with pytest.raises(ValueError, match="calibrator"):
        sampling.dgflow(gan._replace(objective=objectives.wgan_gp()))
    z = (tf.zeros([2, 1]), tf.zeros([2, 1]))
    with pytest.raises(ValueError, match="dgflow moves z alone"):
        moved(gan, z, steps=1)
