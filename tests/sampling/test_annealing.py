"""Laws of a population that anneals: where it ends, and the mean ratio it finds."""

import functools

import numpy as np
import pytest
import tensorflow as tf
from helpers import oracles
from scipy import stats

from tf_collab import GAN, Scored, base, models, objectives, priors, sampling, seeds
from tf_collab.sampling import annealing, latents

NO_REALS = Scored(None, tf.zeros([1]))
N = 10_000


def gan_of(log_ratio, prior):
    """G is the identity."""
    d = lambda x, training=False: log_ratio(x)
    return GAN(models.LayeredModel([tf.identity]), d, prior, objectives.nsgan())


def population(gan, n=N, seed=0, **options):
    options = {"rate": 0.1, "warm_up": 20, **options}
    sampler = sampling.compose(sampling.smc(gan, **options), sampling.always())
    found = sampling.draw(sampler, gan.prior, n, real=NO_REALS, batch=n, seed=seed)
    return found.x, {name: total / n for name, total in found.info.items()}


def follows(x, cdf):
    """Of one row in five: its neighbours may have the same ancestor."""
    return stats.kstest(x[::5], cdf).pvalue > oracles.LEVEL


def by_sums(log_density, low, high):
    grid = np.linspace(low, high, 20_001)
    total = np.cumsum(np.exp(log_density(grid)))
    return lambda x: np.interp(x, grid, total / total[-1])


def test_in_two_dimensions_the_law_is_that_of_the_ratio():
    """A normal that leans, of precision I + `lean`."""
    lean, pull = np.array([[3.0, 2.0], [2.0, 3.0]]), np.array([4.0, -2.0])
    a, b = (tf.constant(v, tf.float32) for v in (lean, pull))
    ratio = lambda x: tf.linalg.matvec(x, b) - tf.reduce_sum((x @ a) * x, axis=1) / 2
    x, info = population(gan_of(ratio, priors.normal(2)))
    covariance = np.linalg.inv(np.eye(2) + lean)
    standard = (x - covariance @ pull) @ np.linalg.cholesky(np.linalg.inv(covariance))
    for direction in ([1, 0], [0, 1], [0.6, 0.8], [0.8, -0.6]):
        assert follows(standard @ direction, stats.norm.cdf)
    # Z of a normal integral.
    known = np.exp(pull @ covariance @ pull / 2) * np.sqrt(np.linalg.det(covariance))
    assert info["mean_ratio"] == pytest.approx(known, rel=0.2)
    assert info["resampled"] >= 2  # where it is due, and at the last


SKEWED = {
    "normal prior": (
        lambda x: 2 * tf.sin(2 * x[:, 0]) + x[:, 0],
        priors.normal(1),
        by_sums(lambda x: -(x**2) / 2 + 2 * np.sin(2 * x) + x, -8, 8),
    ),
    "uniform prior": (
        lambda x: 2.5 * x[:, 0],
        priors.uniform(1, low=-1.0, high=2.0),
        by_sums(lambda x: 2.5 * x, -1, 2),
    ),
    "a density alone": (
        lambda x: 1.5 * x[:, 0],
        base.Prior(
            lambda n, seed: tf.random.stateless_gamma([n, 1], seed, 2.0, 3.0),
            lambda z: tf.where(
                z[:, 0] > 0, tf.math.log(z[:, 0]) - 3 * z[:, 0], -np.inf
            ),
        ),
        stats.gamma(2, scale=1 / 1.5).cdf,
    ),
}


@pytest.mark.parametrize("name", SKEWED)
def test_a_skewed_law_is_met_too(name):
    ratio, prior, cdf = SKEWED[name]
    x, info = population(gan_of(ratio, prior), temperatures=5)
    assert follows(x[:, 0], cdf)
    assert 0 < info["moved"] < 15


@pytest.mark.parametrize("temperatures", [1, 4])
def test_the_mean_ratio_is_unbiased_however_small_the_population(temperatures):
    """Of a ratio times 3, so that it is 3; an error of order 1 / n would show."""
    d = oracles.gaussian_gan(0.8, 0.5).discriminator
    gan = gan_of(lambda x: d(x) + np.log(3.0), priors.normal(1))
    walk = sampling.smc(gan, temperatures=temperatures, moves=1, rate=0.1, warm_up=0)
    state = walk.init(seeds.as_seed(0), gan.prior(4, seeds.as_seed(0)), NO_REALS)

    @tf.function(autograph=False)
    def mean(seed):
        _, _, info = walk.step(seed, gan.prior(4, seeds.fold_in(seed, 7)), state)
        return info["mean_ratio"][0]

    found = [float(mean(seeds.as_seed(i))) for i in range(1500)]
    error = np.std(found) / np.sqrt(len(found))
    assert abs(np.mean(found) - 3) < 4 * error < 0.4


def test_a_ratio_that_tells_nothing_is_plain_sampling_by_the_prior():
    gan = gan_of(lambda x: 0 * x[:, 0], priors.normal(1))
    x, info = population(gan, temperatures=3)
    assert follows(x[:, 0], stats.norm.cdf)
    assert info["mean_ratio"] == pytest.approx(1) and info["resampled"] == 1


def test_a_row_comes_as_often_as_its_share_within_one():
    share = tf.constant([0.0, 0.1, 0.45, 0.25, 0.2, 0.0])
    draw = tf.function(annealing.ancestors)
    counts = np.array(
        [np.bincount(draw(seeds.as_seed(i), share), minlength=6) for i in range(600)]
    )
    expected = 6 * share.numpy()
    assert (np.abs(counts - expected) < 1).all()
    # A count is one of two neighbours: at most 1/4 of variance.
    np.testing.assert_allclose(counts.mean(axis=0), expected, atol=4 * 0.5 / 600**0.5)


def test_a_point_is_tempered_as_if_it_had_been_seen_so():
    sharp = lambda factor: latents.field(oracles.skewed_gan(), "smc", factor)
    at = priors.normal(2)(9, seeds.as_seed(0))
    found = annealing.tempered(sharp(1.0), sharp(1.0).look(at), tf.constant(0.3))
    expected = sharp(0.3).look(at)
    tf.nest.map_structure(
        functools.partial(np.testing.assert_allclose, rtol=1e-4, atol=1e-5),
        found,
        expected,
    )


def test_what_is_not_finite_has_no_descendants():
    def ratio(x):
        return tf.where(x[:, 0] > 0.5, np.float32(np.nan), -x[:, 0])

    x, info = population(gan_of(ratio, priors.normal(1)), n=2000, warm_up=0, rate=0.3)
    law = by_sums(lambda v: -(v**2) / 2 - v, -8, 0.5)
    assert x.max() <= 0.5 and follows(x[:, 0], law)
    # E_G[e^d] of what is there: e^(1/2) * P(N(-1, 1) < 1/2).
    known = np.exp(0.5) * stats.norm.cdf(1.5)
    assert info["mean_ratio"] == pytest.approx(known, rel=0.15)


def test_what_it_needs_is_told_where_it_is_made():
    gan = oracles.gaussian_gan(0.5, 0.6)
    for options in ({"temperatures": 0}, {"moves": 0}):
        with pytest.raises(ValueError, match="1 temperature or more"):
            sampling.smc(gan, **options)
    with pytest.raises(ValueError, match=r"^smc walks by the density"):
        sampling.smc(gan._replace(prior=lambda n, seed: tf.zeros([n, 1])))
    with pytest.raises(ValueError, match="calibrator"):
        sampling.smc(gan._replace(objective=objectives.wgan_gp()))
    with pytest.warns(base.Doubt, match="smc takes or"):
        sampling.smc(gan._replace(batch_statistics=True))
