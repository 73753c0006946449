"""Tests for tf_collab.sampling: samples that are not finite, whatever D says."""

import numpy as np
import pytest
import tensorflow as tf

from tf_collab import (
    GAN,
    Scored,
    models,
    objectives,
    policies,
    priors,
    reals,
    sampling,
    seeds,
)

# Chains that accept little are made on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::tf_collab.base.Doubt")

BAD = (np.nan, np.inf, -np.inf)


def broken(bad, *, edge=0.5):
    """G gives `bad` beyond an edge, and D gives every `bad` its best score."""

    def generate(z):
        return tf.where(z > edge, z - tf.stop_gradient(z) + bad, z)

    def discriminate(x, training=False):
        x = x[:, 0]
        return tf.where(tf.math.is_finite(x), x, 9.0)

    prior = priors.uniform(1, low=0.0, high=1.0)
    g = models.LayeredModel([generate])
    return GAN(g, discriminate, prior, objectives.nsgan())


def drawn(gan, proposer, acceptor, **options):
    real = gan.scored(tf.constant([[0.1], [0.4]]))
    sampler = sampling.compose(proposer, acceptor)
    return sampling.draw(sampler, gan.prior, 40, real=real, batch=40, seed=3, **options)


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("name", ["drs", "drs, per batch", "mhgan"])
def test_no_acceptor_keeps_one(name, bad):
    gan = broken(bad)
    acceptor = {
        "drs": sampling.drs(gan, burn_in=80, percentile=None),
        "drs, per batch": sampling.drs(gan, burn_in=80, per_batch=True),
        "mhgan": sampling.mhgan(gan, thin=2),
    }[name]
    found = drawn(gan, sampling.direct(gan), acceptor)
    assert np.isfinite(found.x).all() and (found.x <= 0.5).all()
    np.testing.assert_array_equal(found.score, found.x[:, 0])


@pytest.mark.parametrize("bad", BAD)
def test_a_proposer_that_gives_one_a_score_is_not_believed(bad):
    gan = broken(bad)
    direct = sampling.direct(gan)

    def step(seed, z, state):
        scored, state, info = direct.step(seed, z, state)
        return Scored(scored.x, gan.discriminator(scored.x)), state, info

    for acceptor in (sampling.drs(gan, burn_in=80), sampling.mhgan(gan, thin=2)):
        found = drawn(gan, direct._replace(step=step), acceptor)
        assert np.isfinite(found.x).all() and (found.score <= 0.5).all()


@pytest.mark.parametrize("bad", BAD)
def test_refinement_never_picks_one(bad):
    gan, real = broken(bad), None
    z = tf.constant([[0.1], [0.45], [0.9]])
    walk = sampling.refine(gan, policies.sgd(0.3), layer=0, steps=4, xla=False)
    found, _, _ = walk.step(seeds.as_seed(0), z, walk.init(0, z, real))
    assert (found.x[:2, 0].numpy() <= 0.5).all()  # and the next step is beyond
    np.testing.assert_array_equal(found.score[:2], found.x[:2, 0])
    assert np.isnan(found.score[2])  # of three finite points it has none


@pytest.mark.parametrize("xla", [False, True])
@pytest.mark.parametrize("pick", ["best", "random", "last"])
def test_a_sample_without_a_finite_point_ends_the_draw(pick, xla):
    gan = broken(np.nan)
    walk = sampling.refine(
        gan, policies.sgd(1e-3), layer=0, steps=3, pick=pick, xla=xla
    )
    sampler = sampling.compose(walk, sampling.always())
    real = gan.scored(tf.constant([[0.1], [0.4]]))
    blocks = sampling.draws(sampler, gan.prior, real=real, batch=40, seed=3)
    _, verdict, _, _ = next(blocks)
    lost = np.count_nonzero(np.isnan(verdict.x))
    assert 0 < lost < 40 and np.all(verdict.x != 0)
    np.testing.assert_array_equal(np.isnan(verdict.x[:, 0]), np.isnan(verdict.score))
    with pytest.raises(FloatingPointError, match=f"^{lost} of 40 samples kept are not"):
        drawn(gan, walk, sampling.always())


@pytest.mark.parametrize("pick", ["best", "random", "last"])
@pytest.mark.parametrize("bad", BAD)
def test_a_sample_kept_without_a_finite_score_ends_the_draw(bad, pick):
    """G is sound, and D has nothing to say of half of what it makes."""

    def discriminate(x, training=False):
        # Added, so that the gradient is finite and the sample stays what G made.
        return x[:, 0] + tf.where(x[:, 0] > 0.5, bad, 0.0)

    gan = broken(np.nan, edge=1.0)._replace(discriminator=discriminate)
    walk = sampling.refine(
        gan, policies.sgd(1e-3), layer=0, steps=3, pick=pick, xla=False
    )
    for proposer in (walk, sampling.direct(gan)):
        with pytest.raises(FloatingPointError, match="of 40 samples kept"):
            drawn(gan, proposer, sampling.always())
        found = drawn(gan, proposer, sampling.mhgan(gan, thin=2))
        assert np.isfinite(found.score).all() and (found.x <= 0.5).all()


@pytest.mark.parametrize("bad", BAD)
def test_what_is_drawn_is_finite_or_told(bad):
    gan = broken(bad)
    with pytest.raises(FloatingPointError, match=r"of 40 samples kept are not finite"):
        drawn(gan, sampling.direct(gan), sampling.always())
    whole = broken(bad, edge=1.0)
    found = drawn(whole, sampling.direct(whole), sampling.always())
    assert np.isfinite(found.x).all()


@pytest.mark.parametrize("bad", BAD)
def test_a_selection_takes_none_and_tells(bad):
    gan = broken(bad)
    x = np.float32([[0.1], [bad], [0.3], [bad]])
    pool = Scored(x, gan.discriminator(tf.constant(x)))  # 9 for each that is bad
    real = gan.scored(tf.constant([[0.0], [0.1]]))
    for acceptor in (sampling.drs(gan, burn_in=4), sampling.mhgan(gan, thin=1)):
        found = sampling.select(acceptor, pool, real=real, batch=1, seed=0)
        assert np.isfinite(found.x).all() and (found.score < 1).all()
    with pytest.raises(FloatingPointError, match="2 of 4 samples kept"):
        sampling.select(sampling.always(), pool, real=real, batch=4, seed=0)


@pytest.mark.parametrize("bad", BAD)
def test_reals_without_a_finite_score_are_told(bad):
    gan = broken(bad)
    real = gan.scored(tf.constant([[0.1], [bad], [bad]]))
    sampler = sampling.compose(sampling.direct(gan), sampling.mhgan(gan))
    told = "2 of the 3 scores of reals are not finite"
    with pytest.raises(reals.NotFinite, match=told):
        sampling.draw(sampler, gan.prior, 4, real=real, batch=4, seed=0)
    with pytest.raises(reals.NotFinite, match=told):
        sampling.select(sampling.mhgan(gan), real, real=real, batch=1, seed=0)
