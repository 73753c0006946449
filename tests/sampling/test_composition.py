"""Tests for tf_collab.sampling.composition."""

import numpy as np
import pytest
import tensorflow as tf
from helpers import oracles

from tf_collab import (
    Scored,
    base,
    policies,
    sampling,
    seeds,
)

PROPOSAL = np.array([0.4, 0.3, 0.2, 0.1])
LOGIT = np.log([0.1, 0.3, 0.25, 0.35] / PROPOSAL)


def test_always_keeps_all():
    always = sampling.always()
    candidates = Scored(tf.ones([3, 2]), tf.constant([0.0, np.nan, 1.0]))
    state = always.init(None, candidates, None)
    verdict, after, info = always.step(None, candidates, state)
    assert verdict.keep.numpy().all() and after == () and info == {}
    assert verdict.x is candidates.x and verdict.score is candidates.score


def test_a_proposer_comes_first_and_an_acceptor_second():
    gan = oracles.skewed_gan()
    with pytest.raises(ValueError, match="not Acceptor and Proposer"):
        sampling.compose(sampling.always(), sampling.direct(gan))


def test_a_composed_sampler_is_the_proposer_then_the_acceptor():
    def begun(seed, z, real):
        return tf.constant([100.0]) + z + real.score

    def proposed(seed, z, state):
        return Scored(10 * z, z[:, 0] + state[0]), state + 1, {"cost": 2 * z}

    def judging(seed, candidates, real):
        return candidates.score + real.score

    def judged(seed, candidates, state):
        x, score = candidates
        keep = score > 104
        return base.Verdict(x + 1, -score, keep), state + score, {"fate": score}

    sampler = sampling.compose(
        base.Proposer(begun, proposed), base.Acceptor(judging, judged, thin=7)
    )
    z, real = tf.constant([[2.0]]), Scored(None, tf.constant([1.0]))
    state = sampler.init(seeds.as_seed(0), z, real)
    assert state == ([[103.0]], [106.0])
    for i in range(2):
        verdict, state, info = sampler.step(seeds.as_seed(i), z, state)
        assert verdict == base.Verdict([[21.0]], [-105.0 - i], [True])
        assert info == {"cost": [[4.0]], "fate": [105.0 + i]}
    assert state == ([[105.0]], [106.0 + 105 + 106])
    assert (sampler.burn_in, sampler.thin) == (0, 7)


def keeper(burn_in):
    """An acceptor whose state is the scores that it was given to begin with."""
    return sampling.always()._replace(
        init=lambda seed, candidates, real: candidates.score, burn_in=burn_in
    )


@pytest.mark.parametrize("burn_in", [1, 999, 2500])
def test_the_burn_in_is_the_proposers_own_each_latent_once(burn_in):
    gan = oracles.skewed_gan()
    sampler = sampling.compose(sampling.direct(gan), keeper(burn_in))
    assert sampler.burn_in == burn_in
    z = gan.prior(burn_in, seeds.as_seed(0))
    _, found = sampler.init(seeds.as_seed(1), z, None)
    expected = gan.discriminator(gan.generator(z))
    slack = 16 * oracles.ULP * np.abs(expected).max()  # of about as many operations
    np.testing.assert_allclose(found, expected, atol=slack)


def test_the_pieces_of_a_burn_in_have_seeds_of_their_own():
    def step(seed, z, state):
        return Scored(z, seeds.uniform(tf.shape(z)[:1], seed)), state, {}

    proposer = base.Proposer(lambda seed, z, real: (), step)
    sampler = sampling.compose(proposer, keeper(3000))
    _, found = sampler.init(seeds.as_seed(1), tf.zeros([3000, 1]), None)
    assert len(set(found.numpy())) > 2900  # a few of 2**24 values may be drawn twice


def test_an_info_sums_what_both_report():
    gan = oracles.states_gan(PROPOSAL, LOGIT)
    sampler = sampling.compose(sampling.direct(gan), sampling.mhgan(gan, thin=2))
    real = Scored(None, tf.constant([0.0]))
    samples = sampling.draw(sampler, gan.prior, 30, real=real, batch=10, seed=0)
    assert samples.info.keys() >= {"accepted", "capped", "d_forward", "steps"}


def suite_of(gan, other, **options):
    refine = sampling.refine(other, policies.sgd(0.1), layer=0, steps=2, xla=False)
    return sampling.suite(gan, other, refine, **options)


def test_the_suite_is_the_papers_five_with_the_right_judges():
    calibrated = oracles.skewed_gan()
    shaped = calibrated._replace(discriminator=lambda x, training=False: x[:, 0])
    suite = suite_of(calibrated, shaped)
    assert list(suite) == [
        "standard",
        "rejection",
        "hastings",
        "refinement",
        "collaborative",
    ]
    judges = [method.gan for method in suite.values()]
    assert judges == [calibrated] * 3 + [shaped] * 2
    assert [m.sampler.burn_in for m in suite.values()] == [0, 10_000, 0, 0, 0]
    # Each reports the score of its own judge.
    for name in ("standard", "hastings", "refinement", "collaborative"):
        gan, sampler = suite[name]
        z, seed = gan.prior(4, seeds.as_seed(0)), seeds.as_seed(0)
        state = sampler.init(seed, z, Scored(None, tf.constant([-9.0])))
        verdict, _, info = sampler.step(seed, z, state)
        np.testing.assert_allclose(
            verdict.score, gan.discriminator(verdict.x), rtol=1e-6
        )
        assert ("accepted" in info) == (name in ("hastings", "collaborative"))


def test_the_suites_rejector_and_thinning_can_be_chosen():
    gan = oracles.skewed_gan()
    suite = suite_of(gan, gan, rejector=sampling.drs(gan, burn_in=5), thin=3)
    assert suite["rejection"].sampler.burn_in == 5
    for name in ("hastings", "collaborative"):
        real = Scored(None, tf.constant([-99.0]))
        blocks = sampling.draws(
            suite[name].sampler, gan.prior, real=real, batch=2, seed=0
        )
        keeps = [next(blocks)[1].keep.numpy().all() for _ in range(6)]
        assert keeps == [False, False, True] * 2


def test_each_chain_of_the_suite_judges_with_its_own_gan():
    gan = oracles.skewed_gan()
    never = gan._replace(calibrator=lambda score: score * np.nan)
    for calibrated, shaped in ((never, gan), (gan, never)):
        suite = suite_of(calibrated, shaped)
        for name, judge in (("hastings", calibrated), ("collaborative", shaped)):
            sampler, z = suite[name].sampler, gan.prior(50, seeds.as_seed(0))
            state = sampler.init(seeds.as_seed(1), z, Scored(None, tf.zeros([1])))
            _, _, info = sampler.step(seeds.as_seed(2), z, state)
            assert (info["accepted"].numpy().sum() > 0) == (judge is gan)
        sampler = suite["rejection"].sampler
        z = gan.prior(sampler.burn_in, seeds.as_seed(0))
        state = sampler.init(seeds.as_seed(1), z, Scored(None, tf.zeros([1])))
        verdict, _, _ = sampler.step(seeds.as_seed(2), z[:50], state)
        assert verdict.keep.numpy().any() == (calibrated is gan)
