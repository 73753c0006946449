"""Tests for tf_collab.sampling.optimal."""

import itertools
import math

import numpy as np
import pytest
import tensorflow as tf
from helpers import oracles
from scipy import optimize, stats

from tf_collab import GAN, Scored, objectives, sampling, seeds

IDENTITY = GAN(None, None, None, objectives.nsgan())  # a score is a log ratio
BURN_IN = np.random.default_rng(0).normal(size=2001)


def scored(score):
    score = tf.constant(score, tf.float32)
    return Scored(tf.range(tf.size(score)), score)


def shift(burn_in, budget):
    acceptor = sampling.obrs(IDENTITY, budget=budget)
    return float(acceptor.init(seeds.as_seed(0), scored(burn_in), None).shift)


def bisected(logit, budget):
    """c, as the paper's code finds it."""
    logit = np.asarray(logit, np.float32).astype("f8")
    keeps = lambda c: np.exp(np.minimum(logit + c, 0)).mean() - 1 / budget
    return optimize.bisect(keeps, -1e3, 1e3, xtol=1e-12)


@pytest.mark.parametrize("budget", [1.001, 1.5, 5, 77.7, 2000, 1e6])
@pytest.mark.parametrize(
    "burn_in",
    [BURN_IN, 30 * BURN_IN, np.round(BURN_IN), np.zeros(50), [0.0, 5.0], [3.0]],
    ids=["spread", "wide", "ties", "alike", "two", "one"],
)
def test_c_is_the_root_whatever_the_ratios(burn_in, budget):
    expected = bisected(burn_in, budget)
    # Rounded to float32 once; log ratios are up to about 100.
    close = {"rel": 2 * oracles.ULP, "abs": 128 * oracles.ULP}
    assert shift(burn_in, budget) == pytest.approx(expected, **close)


def test_a_budget_of_one_keeps_all_that_is_finite():
    score = [*BURN_IN, np.nan, np.inf, -np.inf]
    acceptor = sampling.obrs(IDENTITY, budget=1)
    state = acceptor.init(seeds.as_seed(0), scored(BURN_IN), None)
    verdict, _, info = acceptor.step(seeds.as_seed(1), scored(score), state)
    np.testing.assert_array_equal(verdict.keep, np.isfinite(score))
    np.testing.assert_array_equal(info["saturated"], np.isfinite(score))


def test_what_is_not_finite_is_never_kept_and_counts_as_proposed():
    bad = [np.nan, np.inf, -np.inf]
    burn_in = np.concatenate([BURN_IN, np.repeat(bad, 667)])  # half of them
    assert shift(burn_in, 10) == pytest.approx(bisected(BURN_IN, 10 * 2001 / 4002))
    acceptor = sampling.obrs(IDENTITY, budget=4)
    for one in (burn_in, bad):  # the latter leaves nothing to fit
        state = acceptor.init(seeds.as_seed(0), scored(one), None)
        keep = acceptor.step(seeds.as_seed(1), scored(bad * 50), state)[0].keep
        assert not keep.numpy().any()


@pytest.mark.parametrize("budget", [2.0, 5.0])
def test_one_in_a_budget_is_kept(budget):
    gan, n = oracles.gaussian_gan(0.5, 0.6), 50_000
    sampler = sampling.compose(
        sampling.direct(gan), sampling.obrs(gan, budget=budget, burn_in=n)
    )
    x = tf.zeros([1, 1])
    real = Scored(x, gan.discriminator(x))
    found = sampling.draw(sampler, gan.prior, 5000, real=real, batch=n, seed=0)
    kept, proposed = found.efficiency * (found.info["d_forward"] + n), found.info
    share = kept / proposed["d_forward"]
    # The share of a batch varies as a binomial; c was fitted to as many, whose mean
    # probability varies less than that.
    sigma = math.sqrt(2 * (1 / budget) * (1 - 1 / budget) / proposed["d_forward"])
    assert share == pytest.approx(1 / budget, abs=4 * sigma)


def test_a_large_budget_gives_the_law_that_the_ratio_tells():
    mean, std = 0.5, 0.6
    gan = oracles.gaussian_gan(mean, std)
    top = float(gan.discriminator(tf.constant([[mean / (1 - std**2)]]))[0])
    # Beyond exp(maximum) nothing is kept for sure.
    acceptor = sampling.obrs(gan, budget=1.2 * math.exp(top), burn_in=50_000)
    sampler = sampling.compose(sampling.direct(gan), acceptor)
    real = Scored(tf.zeros([1, 1]), tf.zeros([1]))
    found = sampling.draw(sampler, gan.prior, 20_000, real=real, batch=50_000, seed=0)
    x = found.x[:20_000, 0]
    assert stats.kstest(x, stats.norm(mean, std).cdf).pvalue > oracles.LEVEL
    assert found.info["saturated"] == 0


@pytest.mark.parametrize("budget", [1.3, 2.0, 6.0])
def test_no_rule_of_that_budget_comes_nearer_to_the_data(budget):
    """By Kullback-Leibler divergence, both ways, against all rules on a grid."""
    g, d = np.array([0.4, 0.35, 0.2, 0.05]), np.log([0.2, 0.9, 1.6, 5.7])
    p = g * np.exp(d) / np.sum(g * np.exp(d))
    n = 20_000
    states = np.repeat(range(4), np.round(n * g).astype(int))
    c = shift(d[states], budget)
    divergences = {
        "KL": lambda q: np.sum(p * np.log(p / q)),
        "reverse KL": lambda q: np.sum(q * np.log(q / p)),
    }
    ours = np.exp(np.minimum(d + c, 0))
    assert np.sum(g * ours) == pytest.approx(1 / budget, rel=1e-5)
    grid = np.linspace(0.02, 1, 40)
    rules = np.array(list(itertools.product(grid, repeat=3)))
    last = (1 / budget - rules @ g[:3]) / g[3]  # so that one in `budget` is kept
    rules = np.column_stack([rules, last])[(last > 0) & (last <= 1)]
    assert len(rules) > 100
    for divergence in divergences.values():
        least = min(divergence(rule * g * budget) for rule in rules)
        assert divergence(ours * g * budget) <= least + 1e-9


@pytest.mark.parametrize(
    "options, message",
    [({"budget": 0.9}, "not 0.9"), ({"budget": math.nan}, "not nan")]
    + [({"burn_in": 0}, "not 0")],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        sampling.obrs(IDENTITY, **options)


def test_a_score_that_is_no_ratio_is_refused_at_construction():
    with pytest.raises(ValueError, match="calibrator"):
        sampling.obrs(IDENTITY._replace(objective=objectives.wgan_gp()))
