"""The laws of composed samplers, where the target is known."""

import math

import numpy as np
import pytest
import tensorflow as tf
from helpers import oracles
from scipy import special, stats

from tf_collab import (
    GAN,
    Scored,
    calibrators,
    models,
    objectives,
    policies,
    priors,
    sampling,
)

# A discriminator that sees `SCORE` where the log ratio is `LOGIT`: each calibrator
# below can tell one from the other.
PROPOSAL, TARGET = np.array([0.4, 0.3, 0.2, 0.1]), np.array([0.1, 0.3, 0.25, 0.35])
LOGIT = np.log(TARGET / PROPOSAL)
CASES = {
    "identity": (lambda real, fake: calibrators.identity(), LOGIT),
    "temperature": (calibrators.temperature, 3 * LOGIT),
    "platt": (calibrators.platt, 0.5 * LOGIT + 2),
    # LOGIT = 2 * softplus(d) - log(6), solved for d.
    "beta": (calibrators.beta, np.log(np.expm1((LOGIT + math.log(6)) / 2))),
    "isotonic": (calibrators.isotonic, np.array([-3.0, -2.9, 1.0, 40.0])),
    "smooth": (calibrators.smooth, np.array([-3.0, -2.9, 1.0, 40.0])),
}


def scores_in_proportion(law, score, n=10_000):
    """What infinitely many samples would give: no error but the fit's own."""
    return np.repeat(score, np.round(n * law).astype(int))


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("accept", ["drs", "mhgan"])
def test_plain_samples_get_the_targets_law_by_any_calibrator(name, accept):
    fit, score = CASES[name]
    order = np.argsort(LOGIT)
    steps = name in ("isotonic", "smooth")
    assert steps or (np.argsort(score) == order).all()
    if steps:
        score = score[np.argsort(order)]
    calibrator = fit(
        scores_in_proportion(TARGET, score), scores_in_proportion(PROPOSAL, score)
    )
    # All but exact: the ridge on a slope moves it by about a thousandth, and along the
    # difference of beta's two curves, which is small here, by ten times as much.
    found = calibrator(tf.constant(score, tf.float32)).numpy()
    assert np.abs(found - LOGIT).max() < (2e-2 if name == "beta" else 4e-3)
    gan = oracles.states_gan(PROPOSAL, score, calibrator=calibrator)
    if accept == "drs":
        # Every state is among the reals, so that the maximum is a bound.
        acceptor = sampling.drs(gan, percentile=None, burn_in=1)
    else:
        # A state is left with probability 1 / 3.5 or more: (5/7)**40 = 1e-6.
        acceptor = sampling.mhgan(gan, thin=40)
    sampler = sampling.compose(sampling.direct(gan), acceptor)
    real = Scored(None, tf.constant(score, tf.float32))
    n = 10_000
    samples = sampling.draw(sampler, gan.prior, n, real=real, batch=5000, seed=0)
    # Log ratios off by 4e-3 (2e-2) move the shares by 0.4 % (2 %) at most; sigma is
    # 1.4 % of the largest count, 3 % of the smallest.
    counts = np.bincount(samples.x.astype(int), minlength=4)
    assert stats.chisquare(counts, n * TARGET).pvalue > oracles.LEVEL
    assert stats.chisquare(counts, n * PROPOSAL).pvalue < 1e-9


def quadratic_gan(rate, steps, pull=1.0, centre=2.0):
    """G is N(centre, 1), and D's score -pull * (x - centre)**2 / 2.

    Descent shrinks a sample's distance to the centre by 1 - rate * pull a step.
    """
    generator = models.LayeredModel([lambda z: z + centre])

    def discriminate(x, training=False):
        return -pull * (x[:, 0] - centre) ** 2 / 2

    gan = GAN(generator, discriminate, priors.normal(1), objectives.wgan_gp())
    return gan, centre, (1 - rate * pull) ** steps


@pytest.mark.parametrize("calibrated", ["analytic", "fitted", "of the plain law"])
def test_refined_samples_get_the_targets_law_by_the_refined_laws_ratio(calibrated):
    rate, steps, std = 0.1, 6, 0.4
    gan, centre, shrink = quadratic_gan(rate, steps)  # N(centre, 0.53**2)
    law = stats.norm(centre, std)

    # A Gaussian's log density is its own score, up to scale: log p/q is platt's map.
    def slope_and_offset(width):
        return 1 / std**2 - 1 / width**2, math.log(width / std)

    if calibrated == "fitted":
        # 20 000 scores at the quantiles of either law.
        levels = (np.arange(20_000) + 0.5) / 20_000
        spread = special.ndtri(levels) ** 2
        calibrator = calibrators.platt(
            -(std**2) / 2 * spread, -(shrink**2) / 2 * spread
        )
    else:
        a, b = slope_and_offset(shrink if calibrated == "analytic" else 1.0)

        def calibrator(score):
            return a * score + b

    gan = gan._replace(calibrator=calibrator)
    refine = sampling.refine(
        gan, policies.sgd(rate), layer=0, steps=steps, pick="last", xla=False
    )
    # A chain moves with probability std / shrink = 0.75 or more: 0.25**20 = 1e-12.
    sampler = sampling.compose(refine, sampling.mhgan(gan, thin=20))
    real = Scored(None, gan.discriminator(tf.constant([[centre]])))
    n = 10_000
    samples = sampling.draw(sampler, gan.prior, n, real=real, batch=5000, seed=0)
    level = stats.kstest(samples.x[:, 0], law.cdf).pvalue
    if calibrated == "of the plain law":
        assert level < 1e-9  # the ratio must be that of what is proposed
    else:
        # A fit within a thousandth of its slope moves the law's width by as
        # much, and its distribution by 2.5e-4: 1/40 of what the test can see.
        a, b = slope_and_offset(shrink)
        at = tf.constant([-0.01, -0.1, -0.5])
        np.testing.assert_allclose(calibrator(at), a * at + b, atol=5e-3)
        assert level > oracles.LEVEL


def test_refined_samples_get_a_skewed_law_too():
    # A linear score shifts a uniform law; the target rises exponentially on it.
    rise, shift = 1.5, 0.6

    def discriminate(x, training=False):
        return rise * x[:, 0]

    gan = GAN(
        models.LayeredModel([lambda z: 2 * z]),
        discriminate,
        priors.uniform(1, low=0.0, high=0.5),
        objectives.wgan_gp(),
        calibrators.identity(),  # up to a constant, which a chain does not see
    )
    policy = policies.sgd(shift / (3 * rise))
    refine = sampling.refine(gan, policy, layer=1, steps=3, pick="best", xla=False)
    sampler = sampling.compose(refine, sampling.mhgan(gan, thin=40))
    real = Scored(None, tf.constant([rise * (1 + shift)]))
    # A chain moves with probability (1 - exp(-1.5)) / 1.5 = 0.52 or more.
    samples = sampling.draw(sampler, gan.prior, 10_000, real=real, batch=5000, seed=0)
    found = stats.kstest(
        samples.x[:, 0] - shift, lambda x: np.expm1(rise * x) / math.expm1(rise)
    )
    assert found.pvalue > oracles.LEVEL
