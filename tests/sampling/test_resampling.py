"""Tests for tf_collab.sampling.resampling."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
from helpers import oracles
from scipy import stats

from tf_collab import GAN, Scored, objectives, sampling, seeds

IDENTITY = GAN(None, None, None, objectives.nsgan())  # a score is a log ratio
G, D = np.array([0.5, 0.3, 0.2]), np.log([0.4, 1.0, 2.5])
P = G * np.exp(D) / np.sum(G * np.exp(D))
NO_REALS = Scored(None, tf.zeros([1]))


def scored(score, x=None):
    score = tf.constant(score, tf.float32)
    x = range(score.shape[0]) if x is None else x
    return Scored(tf.constant(x, tf.int32), score)


def states(n, seed):
    x = np.random.default_rng(seed).choice(3, size=n, p=G)
    return scored(D[x], x)


def transitions(group):
    """Of a chain over three states: (fresh ones, own) -> the next."""
    matrix = np.zeros([3, 3])
    for own in range(3):
        for fresh in itertools.product(range(3), repeat=group):
            seen = [own, *fresh]
            weights = np.exp(D[seen])
            for state, weight in zip(seen, weights):
                matrix[own, state] += np.prod(G[list(fresh)]) * weight / weights.sum()
    return matrix


def agrees(x, law):
    counts = np.bincount(x, minlength=3)
    return stats.chisquare(counts, law * counts.sum()).pvalue > oracles.LEVEL


@pytest.mark.parametrize("pool", [1, 2, 5])
def test_sirs_law_is_that_of_one_of_a_pool_by_its_weights(pool):
    n = 60_000
    acceptor = sampling.sir(IDENTITY, pool=pool)
    verdict, _, _ = acceptor.step(seeds.as_seed(0), states(n * pool, pool), ())
    law = np.zeros(3)
    for seen in itertools.product(range(3), repeat=pool):
        weights = np.exp(D[list(seen)])
        for state, weight in zip(seen, weights):
            law[state] += np.prod(G[list(seen)]) * weight / weights.sum()
    x = verdict.x.numpy()[verdict.keep.numpy()]
    assert len(x) == n and agrees(x, law)


def test_a_large_pool_gives_the_law_that_the_ratio_tells():
    mean, std, pool = 0.5, 0.6, 200
    gan = oracles.gaussian_gan(mean, std)
    sampler = sampling.compose(sampling.direct(gan), sampling.sir(gan, pool=pool))
    found = sampling.draw(
        sampler, gan.prior, 2000, real=NO_REALS, batch=100 * pool, seed=0
    )
    assert found.efficiency == 1 / pool
    x = found.x[:, 0]
    assert stats.kstest(x, stats.norm(mean, std).cdf).pvalue > oracles.LEVEL


@pytest.mark.parametrize("particles", [2, 4])
def test_the_chains_law_is_that_of_its_transitions_and_stays_what_the_ratio_tells(
    particles,
):
    group, n = particles - 1, 60_000
    matrix = transitions(group)
    np.testing.assert_allclose(P @ matrix, P, rtol=1e-12)  # of our twin
    acceptor = sampling.isir(IDENTITY, particles=particles)
    # Chains that begin by the law, and others in state 0.
    began = np.random.default_rng(9).choice(3, size=n, p=P)
    for x, law in ((began, P), (np.zeros(n, int), np.array([1.0, 0, 0]))):
        begun = acceptor.init(seeds.as_seed(1), states(n * group, 1), NO_REALS)
        own = scored(D[x], x)
        state = begun._replace(x=own.x, score=own.score, logit=own.score)
        for i in range(2):
            fresh = states(n * group, 10 + i)
            verdict, state, info = acceptor.step(seeds.as_seed(i), fresh, state)
            law = law @ matrix
            kept = verdict.x.numpy()[verdict.keep.numpy()]
            assert len(kept) == n and agrees(kept, law)
            np.testing.assert_array_equal(kept, state.x)
        assert info["accepted"].numpy().sum() <= n


def test_chains_begin_as_sir_chooses():
    acceptor = sampling.isir(IDENTITY, particles=4)
    begun = acceptor.init(seeds.as_seed(1), states(150_000, 3), NO_REALS)
    law = np.zeros(3)
    for seen in itertools.product(range(3), repeat=3):
        weights = np.exp(D[list(seen)])
        for state, weight in zip(seen, weights):
            law[state] += np.prod(G[list(seen)]) * weight / weights.sum()
    assert len(begun.x) == 50_000 and agrees(begun.x.numpy(), law)
    np.testing.assert_allclose(begun.logit, D[begun.x], rtol=1e-6)


def test_moves_are_counted_and_a_chain_may_stay():
    acceptor = sampling.isir(IDENTITY, particles=3)
    n = 1000
    begun = acceptor.init(seeds.as_seed(1), scored(np.zeros(2 * n)), NO_REALS)
    _, state, info = acceptor.step(
        seeds.as_seed(2), scored(np.zeros(2 * n), np.arange(2 * n) + 10_000), begun
    )
    moved = state.x.numpy() >= 10_000
    # One of three alike.
    assert abs(moved.mean() - 2 / 3) < 4 * np.sqrt(2 / 9 / n)
    np.testing.assert_array_equal(info["accepted"].numpy().reshape(n, 2)[:, 0], moved)
    assert not info["accepted"].numpy().reshape(n, 2)[:, 1].any()
    np.testing.assert_array_equal(state.x[~moved], begun.x[~moved])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_never_chosen(bad):
    mixed = scored([bad, 0.0, bad, bad, bad, bad] * 50)
    sir = sampling.sir(IDENTITY, pool=3)
    verdict, _, _ = sir.step(seeds.as_seed(0), mixed, ())
    assert verdict.keep.numpy().reshape(-1, 3).tolist() == (
        [[True, False, False], [False] * 3] * 50
    )
    assert np.isfinite(verdict.score.numpy()[verdict.keep.numpy()]).all()
    isir = sampling.isir(IDENTITY, particles=4)
    state = isir.init(seeds.as_seed(0), mixed, NO_REALS)
    for i in range(2):
        verdict, state, _ = isir.step(seeds.as_seed(i), mixed, state)
        keep = verdict.keep.numpy().reshape(-1, 3)
        assert keep[::2, 0].all() and keep.sum() == 50
        assert np.isfinite(verdict.score.numpy()[verdict.keep.numpy()]).all()
    # A chain that began at nothing goes to the first finite proposal.
    fine = scored(np.full(300, -50.0))
    verdict, state, _ = isir.step(seeds.as_seed(5), fine, state)
    assert verdict.keep.numpy().reshape(-1, 3)[:, 0].all()


def test_a_batch_of_broken_groups_is_refused():
    gan = oracles.gaussian_gan(0.5, 0.6)
    acceptor = sampling.sir(gan, pool=8)
    sampler = sampling.compose(sampling.direct(gan), acceptor)
    with pytest.raises(ValueError, match=r"8 rows together.*batch of 50.*take 48"):
        sampling.draw(sampler, gan.prior, 10, real=NO_REALS, batch=50, seed=0)
    pool = Scored(np.zeros([50, 1]), np.zeros(50))
    with pytest.raises(ValueError, match="take 8"):
        sampling.select(acceptor, pool, real=NO_REALS, batch=5, seed=0)
    found = sampling.select(acceptor, pool, real=NO_REALS, batch=16, seed=0)
    assert len(found.x) == 6  # of three batches of two groups


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: sampling.sir(IDENTITY, pool=0), "not of 0"),
        (lambda: sampling.isir(IDENTITY, particles=1), "not 1"),
    ],
)
def test_options_out_of_range_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_score_that_is_no_ratio_is_refused_at_construction():
    critic = IDENTITY._replace(objective=objectives.wgan_gp())
    for make in (sampling.sir, sampling.isir):
        with pytest.raises(ValueError, match="calibrator"):
            make(critic)


def test_the_rows_that_are_not_kept_stay_where_they_are():
    gan = oracles.gaussian_gan(0.5, 0.6)
    x = tf.random.stateless_normal([20, 1], (0, 1))
    candidates = gan.scored(x)
    acceptor = sampling.sir(gan, pool=5)
    verdict, _, _ = acceptor.step(tf.constant([0, 2]), candidates, ())
    others = np.arange(20) % 5 > 0
    for own, given in ((verdict.x, x), (verdict.score, candidates.score)):
        np.testing.assert_array_equal(own.numpy()[others], given.numpy()[others])
    assert (verdict.keep.numpy() == ~others).all()
