"""What a draw says of samples that it keeps by a ratio."""

import warnings

import numpy as np
import pytest
import tensorflow as tf
from helpers import oracles

from tf_collab import (
    GAN,
    Doubt,
    Scored,
    models,
    objectives,
    policies,
    priors,
    sampling,
    seeds,
)

RNG = np.random.default_rng(0)
REAL = Scored(None, tf.constant(RNG.normal(4, 0.3, 50), tf.float32))


def gan_of(mean):
    """Whose samples have the scores of z + mean."""
    g = models.LayeredModel([lambda z: z + mean])
    d = models.LayeredModel([lambda x: x[:, 0]])
    return GAN(g, d, priors.uniform(1), objectives.nsgan())


def told(gan, acceptor, real=REAL, n=40):
    """The sentences of a draw, and of a choice among samples that are there."""
    sampler = sampling.compose(sampling.direct(gan), acceptor)
    pool = gan.scored(gan.generator(gan.prior(400, tf.constant([0, 3]))))
    sentences = []
    for act in (
        lambda: sampling.draw(sampler, gan.prior, n, real=real, batch=50, seed=0),
        lambda: sampling.select(acceptor, pool, real=real, batch=50, seed=0),
    ):
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always")
            act()
        assert all(each.category is Doubt for each in found)
        assert all(each.filename == __file__ for each in found)
        sentences.append(" ".join(str(each.message) for each in found))
    return sentences


def acceptor_of(name, gan):
    if name == "hastings":
        return sampling.mhgan(gan, thin=2)
    return sampling.drs(gan, burn_in=50, percentile=20.0)


@pytest.mark.parametrize("name", ["hastings", "rejection"])
def test_a_ratio_of_a_d_that_is_sure_of_everything_is_told(name):
    gan = gan_of(-4.0)
    for sentence in told(gan, acceptor_of(name, gan)):
        assert "sure of everything" in sentence and "ratios of 4 and -" in sentence


@pytest.mark.parametrize("name", ["hastings", "rejection"])
@pytest.mark.parametrize("mean", [4.0, 2.0, -1.0])
def test_a_d_that_may_err_or_is_not_sure_is_not_told(name, mean):
    gan = gan_of(mean)  # at 2 some samples score as reals do, at -1 all are near 0
    for sentence in told(gan, acceptor_of(name, gan)):
        assert "sure of everything" not in sentence


def test_what_judges_by_no_ratio_says_nothing_of_it():
    gan = gan_of(-4.0)
    assert told(gan, sampling.always()) == ["", ""]


def test_chains_that_take_nothing_are_told():
    gan = gan_of(0.0)
    first, second = told(gan, sampling.mhgan(gan, thin=2), n=200)
    assert "outputs of the chains were capped" in first
    assert "outputs of the chains were capped" in second


def test_chains_that_move_are_not_told():
    gan = gan_of(4.0)
    assert told(gan, sampling.mhgan(gan, thin=5)) == ["", ""]


@pytest.mark.parametrize("rate, far", [(0.01, False), (1.0, True)])
def test_walks_that_run_away_are_told(rate, far):
    """Ten steps along a slope of 3: a mean square of 1 becomes 1.1, or hundreds."""
    g = models.LayeredModel([lambda z: z])
    gan = GAN(
        g,
        models.LayeredModel([lambda x: 3 * x[:, 0]]),
        priors.normal(1),
        objectives.nsgan(),
    )
    flow = sampling.dgflow(gan, rate=rate, noise=0.0, steps=10)
    sampler = sampling.compose(flow, sampling.always())
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        sampling.draw(sampler, gan.prior, 50, real=REAL, batch=50, seed=0)
    assert ["latents far out" in str(each.message) for each in found] == [True] * far


@pytest.mark.parametrize("stop, told", [(0.6, False), (1 - 1e-9, True)])
def test_a_stop_that_no_sample_reaches_is_told(stop, told):
    gan = oracles.skewed_gan()
    walk = sampling.refine(
        gan, policies.sgd(0.1), layer=0, steps=2, pick="last", stop=stop, xla=False
    )
    sampler = sampling.compose(walk, sampling.always())
    real = gan.scored(gan.generator(gan.prior(20, seeds.as_seed(1))))
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        kept = sampling.draw(sampler, gan.prior, 40, real=real, batch=40, seed=0)
    assert any("no sample was given" in str(one.message) for one in found) == told
    assert (kept.info["rested"] == 0) == told
