"""Laws of walks among latents: Langevin's, and the one that is adjusted."""

import math

import numpy as np
import pytest
import tensorflow as tf
from helpers import oracles
from scipy import stats

from tf_collab import (
    GAN,
    Scored,
    base,
    calibrators,
    models,
    objectives,
    priors,
    sampling,
    seeds,
)

N = 20_000
NO_REALS = Scored(None, tf.zeros([1]))


def drawn(gan, walk, n=N, seed=0):
    sampler = sampling.compose(walk, sampling.always())
    return sampling.draw(sampler, gan.prior, n, real=NO_REALS, batch=n, seed=seed)


def follows(x, cdf):
    return stats.kstest(x, cdf).pvalue > oracles.LEVEL


def gan_of(log_ratio, prior):
    """G is the identity; x and z are [batch, 1]."""
    d = lambda x, training=False: log_ratio(x[:, 0])
    return GAN(models.LayeredModel([tf.identity]), d, prior, objectives.nsgan())


def cdf_of(log_density, low, high):
    """Of a density on [low, high], up to a factor; by sums over a fine grid."""
    grid = np.linspace(low, high, 20_001)
    total = np.cumsum(np.exp(log_density(grid)))
    return lambda x: np.interp(x, grid, total / total[-1])


@pytest.mark.parametrize("steps", [1, 12])
@pytest.mark.parametrize(
    "temperature, sharpness", [(1, 1), (0.3, 1), (1, 2.5), (0, 1), (1, 0)]
)
def test_a_langevin_walk_has_the_law_of_its_recursion(steps, temperature, sharpness):
    """Of normals: each step is linear, so the law stays normal, with known moments."""
    m, s, rate = 0.5, 0.6, 0.08
    gan = oracles.gaussian_gan(m, s)
    options = {"temperature": temperature, "sharpness": sharpness}
    walk = sampling.ddls(gan, rate=rate, steps=steps, **options)
    precision = 1 - sharpness + sharpness / s**2
    mean, variance = 0.0, 1.0
    for _ in range(steps):
        mean -= rate * (precision * mean - sharpness * m / s**2)
        variance = (1 - rate * precision) ** 2 * variance + 2 * rate * temperature
    found = drawn(gan, walk)
    assert follows(found.x[:, 0], stats.norm(mean, math.sqrt(variance)).cdf)
    # z is standard normal before, and x itself after.
    for name, square in (("before", 1.0), ("after", variance + mean**2)):
        told = found.info[f"squared_norm_{name}"] / N
        assert told == pytest.approx(square, abs=4 * math.sqrt(2 / N) * square)


TARGETS = {
    "normal": (
        lambda x: x**2 / 2 - (x - 0.5) ** 2 / (2 * 0.36),
        lambda x: -((x - 0.5) ** 2) / (2 * 0.36),
    ),
    "skewed": (
        lambda x: tf.sin(2 * x) + 0.5 * x,
        lambda x: -(x**2) / 2 + np.sin(2 * x) + 0.5 * x,
    ),
}


ADJUSTED = {
    "mala": (sampling.mala, {"steps": 60, "warm_up": 30}),
    "mala, fixed": (sampling.mala, {"steps": 60, "warm_up": 0, "rate": 0.25}),
    "hmc": (sampling.hmc, {"steps": 15, "warm_up": 15, "leaps": 3}),
    "ex2": (sampling.ex2, {"steps": 15, "warm_up": 6, "particles": 4}),
}


@pytest.mark.parametrize("name", ADJUSTED)
@pytest.mark.parametrize("target", TARGETS)
def test_an_adjusted_walk_goes_to_the_law_that_the_ratio_tells(target, name):
    log_ratio, log_density = TARGETS[target]
    gan = gan_of(log_ratio, priors.normal(1))
    make, options = ADJUSTED[name]
    found = drawn(gan, make(gan, **options))
    assert follows(found.x[:, 0], cdf_of(log_density, -8, 8))
    assert 0 < found.info["moved"] < options["steps"] * N


def test_an_adjusted_walk_leaves_that_law_as_it_is_at_any_rate():
    """It begins in the law, so a step that is not balanced shows at once."""
    log_ratio, log_density = TARGETS["skewed"]
    cdf = cdf_of(log_density, -8, 8)
    grid = np.linspace(-8, 8, 20_001)
    quantiles = np.interp(np.random.default_rng(0).uniform(size=N), cdf(grid), grid)
    gan = gan_of(log_ratio, priors.normal(1))
    z = tf.constant(quantiles[:, None], tf.float32)
    short = {"steps": 3, "warm_up": 0}
    walks = [sampling.mala(gan, rate=rate, **short) for rate in (0.1, 0.5, 1.5)]
    walks += [sampling.hmc(gan, rate=r, leaps=2, **short) for r in (0.3, 0.9)]
    # A slope that a jump leaves behind would show here.
    walks += [
        sampling.ex2(gan, rate=r, particles=3, local=1, **short) for r in (0.3, 1.0)
    ]
    for walk in walks:
        state = walk.init(seeds.as_seed(0), z, NO_REALS)
        found, _, _ = walk.step(seeds.as_seed(1), z, state)
        assert follows(found.x.numpy()[:, 0], cdf)


@pytest.mark.parametrize("make", [sampling.mala, sampling.hmc, sampling.ex2])
def test_moves_that_are_judged_by_the_batch_are_told(make):
    gan = oracles.gaussian_gan(0.5, 0.6)._replace(batch_statistics=True)
    with pytest.warns(base.Doubt, match=f"{make.__name__} takes or .* leaves no law"):
        make(gan)


def test_a_walk_among_uniforms_stays_in_their_range_and_has_the_law():
    gan = gan_of(lambda x: 1.5 * x, priors.uniform(1, low=-1.0, high=2.0))
    found = drawn(gan, sampling.mala(gan, steps=80, warm_up=40))
    x = found.x[:, 0]
    assert x.min() >= -1 and x.max() <= 2
    assert follows(x, cdf_of(lambda v: 1.5 * v, -1, 2))


def test_a_prior_that_knows_its_density_alone_is_walked_in_z():
    scale = 0.5
    laplace = base.Prior(
        lambda n, seed: (
            scale * tf.math.sign(u := _signed(n, seed)) * -tf.math.log1p(-tf.abs(u))
        ),
        log_density=lambda z: -tf.abs(z[:, 0]) / scale,
    )
    gan = gan_of(lambda x: x, laplace)
    found = drawn(gan, sampling.mala(gan, steps=60, warm_up=40))
    assert follows(found.x[:, 0], cdf_of(lambda x: -np.abs(x) / scale + x, -12, 12))


def _signed(n, seed):
    return tf.random.stateless_uniform([n, 1], seed, -1.0, 1.0)


def test_the_warm_up_finds_the_share_that_is_asked_for():
    gan = oracles.gaussian_gan(0.5, 0.6)
    for make, target in (
        (sampling.mala, 0.4),
        (sampling.mala, 0.8),
        (sampling.hmc, 0.7),
    ):
        walk = make(gan, rate=9.0, steps=40, warm_up=150, target=target)
        found = drawn(gan, walk, n=1000)
        # Walks begin outside of the law, where as many moves need not be taken.
        assert found.info["moved"] / 40_000 == pytest.approx(target, abs=0.05)


def test_rejected_steps_keep_their_point_and_what_is_not_finite_is_never_gone_to():
    def ratio(x):
        return tf.where(x > 0, tf.cast(float("nan"), x.dtype), -x)

    gan = gan_of(ratio, priors.normal(1))
    z = tf.constant([[-1.0], [-2.0], [-0.001]])
    walk = sampling.mala(gan, rate=0.5, steps=50, warm_up=0)
    found, _, info = walk.step(
        seeds.as_seed(0), z, walk.init(seeds.as_seed(0), z, NO_REALS)
    )
    assert (found.x.numpy() <= 0).all() and np.isfinite(found.score).all()
    assert (info["moved"].numpy() < 50).all()
    huge = sampling.mala(gan, rate=1e6, steps=3, warm_up=0)
    stayed, _, _ = huge.step(
        seeds.as_seed(0), z, huge.init(seeds.as_seed(0), z, NO_REALS)
    )
    np.testing.assert_array_equal(stayed.x, z)


WALKS = {"ddls": sampling.ddls, "mala": sampling.mala, "hmc": sampling.hmc}


@pytest.mark.parametrize("name", WALKS)
def test_what_a_walk_needs_is_told_where_it_is_made(name):
    gan = oracles.gaussian_gan(0.5, 0.6)
    with pytest.raises(ValueError, match=f"^{name} walks by the density"):
        WALKS[name](gan._replace(prior=lambda n, seed: tf.zeros([n, 1])))
    with pytest.raises(ValueError, match="calibrator"):
        WALKS[name](gan._replace(objective=objectives.wgan_gp()))
    for options in ({"rate": 0.0}, {"steps": -1}):
        with pytest.raises(ValueError, match="rate above 0"):
            WALKS[name](gan, **options)
    labelled = gan._replace(prior=priors.labelled(priors.normal(1), 3))
    with pytest.raises(ValueError, match=f"{name} moves z alone"):
        drawn(labelled, WALKS[name](labelled), n=4)


@pytest.mark.parametrize("make", [*WALKS.values(), sampling.dgflow, sampling.dot])
def test_a_calibrator_without_a_slope_is_refused(make):
    score = np.linspace(-1, 2, 30), np.linspace(-2, 1, 30)
    gan = oracles.gaussian_gan(0.5, 0.6)
    with pytest.raises(ValueError, match="fit smooth, platt or beta"):
        make(gan._replace(calibrator=calibrators.isotonic(*score)))
    make(gan._replace(calibrator=calibrators.smooth(*score)))


def test_options_of_one_walk_alone_are_checked():
    gan = oracles.gaussian_gan(0.5, 0.6)
    with pytest.raises(ValueError, match="0 or more, not -1"):
        sampling.ddls(gan, temperature=-1)
    with pytest.raises(ValueError, match="share between 0 and 1"):
        sampling.mala(gan, target=1.0)
    with pytest.raises(ValueError, match="1 leap or more, not 0"):
        sampling.hmc(gan, leaps=0)
