"""Tests for tf_collab.sampling.rejection."""

import math

import numpy as np
import pytest
import tensorflow as tf
from helpers import oracles
from scipy import stats

from tf_collab import GAN, Scored, calibrators, objectives, sampling, seeds

IDENTITY = GAN(None, None, None, objectives.nsgan())  # a score is a log ratio
# Multiples of 1/64 in float32, so that differences are exact.
BURN_IN = np.round(np.random.default_rng(0).normal(size=2000) * 64) / 64
SEEN = BURN_IN.max() + 0.5  # by the reals alone


def scored(score):
    score = tf.constant(score, tf.float32)
    return Scored(tf.range(tf.size(score)), score)


def fitted(*, burn_in=BURN_IN, real=(0.0, SEEN), **options):
    acceptor = sampling.drs(IDENTITY, **options)
    return acceptor, acceptor.init(seeds.as_seed(1), scored(burn_in), scored(real))


def kept(acceptor, state, score, seed=0):
    return acceptor.step(seeds.as_seed(seed), scored(score), state)[0].keep.numpy()


@pytest.mark.parametrize("percentile", [0, 50, 80, 95.5, 100])
def test_the_burn_in_sets_the_maximum_and_gamma(percentile):
    _, state = fitted(percentile=percentile)
    odds = oracles.drs_odds(BURN_IN, SEEN)
    assert state.max_logit == np.float32(SEEN)
    # delta is exact; eps is lost in it, 1e-8 of at least 1/2, less than a rounding;
    # then half a dozen roundings of numbers up to the largest F.
    slack = 8 * oracles.ULP * np.abs(odds).max()
    gamma = np.percentile(odds, percentile)
    assert float(state.gamma) == pytest.approx(gamma, abs=slack)


@pytest.mark.parametrize("real, maximum", [(-9.0, BURN_IN.max()), (9.0, 9.0)])
def test_the_maximum_is_over_reals_and_burn_in(real, maximum):
    _, state = fitted(real=[real])
    assert state.max_logit == maximum


@pytest.mark.parametrize("percentile", [None, 30, 80])
def test_a_sample_is_kept_with_the_papers_probability(percentile):
    n, at = 40_000, np.array([-3.0, -1.0, 0.0, 1.0, SEEN - 1 / 64, SEEN])
    acceptor, state = fitted(percentile=percentile)
    share = kept(acceptor, state, np.repeat(at, n)).reshape(-1, n).mean(axis=1)
    if percentile is None:
        prob = np.exp(at - SEEN)
    else:
        odds = oracles.drs_odds(BURN_IN, SEEN)
        gamma = np.percentile(odds, percentile)
        prob = oracles.sigmoid(oracles.drs_odds(at, SEEN) - gamma)
    # Four sigma, plus one sample for where the probability is all but 0 or 1.
    slack = 4 * np.sqrt(prob * (1 - prob) / n) + 1 / n
    assert (np.abs(share - prob) <= slack).all()


def test_a_higher_percentile_keeps_fewer_and_every_one_of_them():
    score = np.random.default_rng(1).normal(size=10_000)
    before = np.ones(10_000, bool)
    for percentile in (0, 25, 50, 75, 100):
        keep = kept(*fitted(percentile=percentile), score)  # with the same uniforms
        assert not (keep & ~before).any() and keep.sum() < before.sum()
        before = keep


def test_a_proposal_at_the_maximum_lets_nothing_pass_at_the_100th_percentile():
    acceptor, state = fitted(real=[-9.0], percentile=100)
    # gamma = -log(eps) = log(1e8); one below the maximum F = -0.54, and the chance to
    # keep it is 6e-9, or 1e-7 since a uniform can be 0.
    assert float(state.gamma) == pytest.approx(-math.log(1e-8), rel=1e-6)
    assert kept(acceptor, state, np.full(10_000, BURN_IN.max() - 1)).sum() == 0


def test_what_is_above_the_bound_is_kept_as_if_at_it_and_counted():
    acceptor, state = fitted(percentile=50)
    score = [SEEN - 1, SEEN, SEEN + 1, SEEN + 100]
    verdict, after, info = acceptor.step(seeds.as_seed(0), scored(score), state)
    assert info["above_bound"].numpy().tolist() == [0, 0, 1, 1]
    assert verdict.keep.numpy()[1:].all()  # F = -log(1e-8), odds 1e7 to 1
    assert after is state


BAD = [np.nan, np.inf, -np.inf]


@pytest.mark.parametrize("percentile", [None, 80])
@pytest.mark.parametrize("bad", BAD)
def test_a_score_that_is_not_finite_is_never_kept(percentile, bad):
    keep = kept(*fitted(percentile=percentile), np.full(100, bad))
    assert not keep.any()


@pytest.mark.parametrize("percentile", [None, 0, 50, 100])
@pytest.mark.parametrize("per_batch", [False, True])
def test_scores_that_are_not_finite_set_neither_the_bound_nor_gamma(
    percentile, per_batch
):
    options = {"percentile": percentile, "per_batch": per_batch}
    acceptor, expected = fitted(**options)
    burn_in, real = np.append(BURN_IN, BAD), (*BAD, SEEN, 0.0)
    _, state = fitted(burn_in=burn_in, real=real, **options)
    assert state == expected
    for bad in BAD:  # nor where there is nothing else, among reals or in the burn-in
        _, state = fitted(burn_in=[bad, SEEN, *BURN_IN], real=[bad], **options)
        assert state.max_logit == expected.max_logit
        _, state = fitted(burn_in=[bad], real=(0.0, SEEN), **options)
        assert state.max_logit == expected.max_logit
    if per_batch:
        for batch in (burn_in, burn_in[::-1]):
            _, state, _ = acceptor.step(seeds.as_seed(0), scored(batch), state)
            assert state == expected


def test_a_burn_in_without_a_finite_score_keeps_nothing_by_its_percentile():
    acceptor, state = fitted(burn_in=BAD, percentile=80)
    assert np.isnan(state.gamma) and not kept(acceptor, state, BURN_IN).any()


def test_the_burn_in_fixes_both_for_good():
    acceptor, state = fitted(percentile=80)
    later = state
    for i in range(3):
        _, later, _ = acceptor.step(seeds.as_seed(i), scored(BURN_IN + 3.0), later)
    assert later is state


def test_per_batch_the_maximum_runs_and_gamma_is_each_batchs_own():
    rng = np.random.default_rng(2)
    acceptor, state = fitted(percentile=80, per_batch=True)
    running = SEEN
    for i, shift in enumerate([0.0, 2.0, -1.0]):
        batch = np.round(rng.normal(size=500) * 64) / 64 + shift
        verdict, state, info = acceptor.step(seeds.as_seed(i), scored(batch), state)
        assert info["above_bound"].numpy().sum() == (batch > running).sum()
        running = max(running, batch.max())
        odds = oracles.drs_odds(batch, running)
        slack = 8 * oracles.ULP * np.abs(odds).max()
        assert state.max_logit == running
        assert float(state.gamma) == pytest.approx(np.percentile(odds, 80), abs=slack)
        prob = oracles.sigmoid(odds - np.percentile(odds, 80))
        sigma = math.sqrt((prob * (1 - prob)).sum())
        assert abs(verdict.keep.numpy().sum() - prob.sum()) < 4 * sigma
    assert running > SEEN  # else the maximum never ran


def test_eps_and_burn_in_are_used():
    _, wide = fitted(percentile=100, real=[-9.0], eps=0.5)
    expected = -math.log(1 - math.exp(-0.5))  # F of the maximum itself
    assert float(wide.gamma) == pytest.approx(expected, rel=8 * oracles.ULP)
    assert sampling.drs(IDENTITY, burn_in=7).burn_in == 7


@pytest.mark.parametrize(
    "options, message",
    [
        ({"percentile": 101}, "not 101"),
        ({"percentile": -1}, "not -1"),
        ({"burn_in": 0}, "not 0"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        sampling.drs(IDENTITY, **options)


def test_a_score_that_is_no_ratio_is_refused_at_construction():
    critic = IDENTITY._replace(objective=objectives.wgan_gp())
    with pytest.raises(ValueError, match="calibrator"):
        sampling.drs(critic)
    calibrated = critic._replace(calibrator=calibrators.identity())
    assert sampling.drs(calibrated).burn_in == 10_000


def test_exact_rejection_turns_a_gaussian_into_another():
    mean, std = 0.5, 0.6
    gan = oracles.gaussian_gan(mean, std)
    top = tf.constant([[mean / (1 - std**2)]])  # where the log ratio is largest
    real = Scored(top, gan.discriminator(top))
    acceptor = sampling.drs(gan, percentile=None, burn_in=1)
    sampler = sampling.compose(sampling.direct(gan), acceptor)
    found = sampling.draw(sampler, gan.prior, 20_000, real=real, batch=20_000, seed=0)
    x = found.x[:, 0]
    assert stats.kstest(x, stats.norm(mean, std).cdf).pvalue > oracles.LEVEL
    # The share kept is exp(-maximum).
    share, proposed = math.exp(-real.score[0]), found.info["d_forward"]
    sigma = math.sqrt(share * (1 - share) / proposed)
    assert found.efficiency == pytest.approx(share, abs=4 * sigma)
    assert found.info["above_bound"] == 0
