"""Tests for tf_collab.data.mixtures."""

import math

import numpy as np
import pytest
import tensorflow as tf
from helpers import oracles
from scipy import stats

from tf_collab import data, seeds

MIXTURES = ["Imbal-8Gaussians", "8Gaussians", "25Gaussians"]


def nearest(x, centres):
    return np.linalg.norm(x[:, None] - centres, axis=2).argmin(axis=1)


def batch(law, n, seed=0):
    return law.batch(n, seeds.as_seed(seed)).numpy()


def test_a_batch_of_the_imbalanced_ring_is_stratified():
    target = data.imbalanced_ring()
    rest = np.zeros(8, int)
    for seed in range(200):
        mode = nearest(batch(target, 1000, seed), target.centres)
        extra = np.bincount(mode, minlength=8) - ([450] * 2 + [16] * 6)
        assert (extra >= 0).all() and extra.sum() == 4
        rest += extra
    assert stats.chisquare(rest).pvalue > oracles.LEVEL  # evenly over all modes


@pytest.mark.parametrize("n", [60, 120, 600, 3000])
def test_a_share_of_whole_points_leaves_nothing_to_chance(n):
    # A rare mode's 1/60 is a rounding less, as (1 - 0.9) / 6 is computed.
    target = data.imbalanced_ring()
    mode = nearest(batch(target, n), target.centres)
    counts = n // 60 * np.array([27, 27, 1, 1, 1, 1, 1, 1])
    np.testing.assert_array_equal(np.bincount(mode, minlength=8), counts)


@pytest.mark.parametrize("ratio", [0.25, 0.5, 0.9])
def test_the_ratio_is_the_share_of_the_first_two_modes(ratio):
    weights = data.imbalanced_ring(ratio=ratio).weights
    assert weights[:2].sum() == pytest.approx(ratio) and weights.sum() == pytest.approx(
        1
    )
    assert len(set(weights[:2])) == len(set(weights[2:])) == 1


@pytest.mark.parametrize("scale", [1.0, 10.0])
def test_the_ring_has_the_authors_radius_std_and_order(scale):
    target = data.ring(scale=scale)
    radius = np.linalg.norm(target.centres, axis=1)
    np.testing.assert_allclose(radius, scale / 1.414)
    assert target.std == pytest.approx(0.02 * scale / 1.414)
    s = math.sqrt(0.5)
    order = [(1, 0), (s, s), (s, -s), (-1, 0), (0, 1), (0, -1), (-s, s), (-s, -s)]
    np.testing.assert_allclose(target.centres * 1.414 / scale, order, atol=1e-9)
    assert (target.weights == 1 / 8).all()


@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_the_grid_is_five_by_five_with_one_std(scale):
    target = data.grid(scale=scale)
    expected = {(scale * i, scale * j) for i in range(-2, 3) for j in range(-2, 3)}
    assert set(map(tuple, target.centres)) == expected and len(target.centres) == 25
    assert target.std == 0.05 and (target.weights == 1 / 25).all()
    mode = nearest(batch(target, 1000), target.centres)
    assert (np.bincount(mode) == 40).all()


@pytest.mark.parametrize("name", MIXTURES)
def test_the_noise_is_round_and_gaussian(name):
    target = data.MIXTURES[name]()
    x = batch(target, 20_000)
    noise = (x - target.centres[nearest(x, target.centres)]) / target.std
    assert stats.kstest(noise.ravel(), "norm").pvalue > oracles.LEVEL
    assert abs(np.corrcoef(noise.T)[0, 1]) < 4 / math.sqrt(20_000)


@pytest.mark.parametrize("n", [1, 7, 33])
@pytest.mark.parametrize("name", MIXTURES)
def test_any_batch_size_will_do(name, n):
    assert batch(data.MIXTURES[name](), n).shape == (n, 2)


def test_the_swiss_roll_has_the_formulas_law():
    roll = data.swiss_roll(scale=15.0)
    n = 50_000
    x = batch(roll, n).astype("f8")
    # t is uniform on [a, b] = [1.5 pi, 4.5 pi], and a point (t cos t, t sin t).
    a, b = 1.5 * math.pi, 4.5 * math.pi
    t = np.linspace(a, b, 1_000_001)
    points = np.stack([t * np.cos(t), t * np.sin(t)], axis=1)
    slack = 4 * points.std(axis=0) / math.sqrt(n)
    assert (np.abs(x.mean(axis=0) - points.mean(axis=0)) < slack).all()
    square = (x**2).sum(axis=1)  # t**2 and twice the noise's variance
    expected = (b**3 - a**3) / (3 * (b - a)) + 2 * 0.25**2
    assert abs(square.mean() - expected) < 4 * square.std() / math.sqrt(n)
    # Off the roll by a normal of std 0.25, up to the curve's bend (1 / t or less).
    turn = np.hypot(*x.T)
    off = (turn - np.arctan2(x[:, 1], x[:, 0])) / (2 * math.pi)
    off = (off - np.round(off)) * 2 * math.pi
    assert off.std() == pytest.approx(0.25, rel=0.03)


def test_the_swiss_rolls_noise_knows_nothing_of_the_turn():
    roll, seed = data.swiss_roll(scale=15.0), seeds.as_seed(0)
    # Of one point each: two draws by one seed are alike in their first number.
    one = tf.function(lambda i: roll.batch(1, seeds.fold_in(seed, i)))
    x = np.concatenate([one(i) for i in tf.range(1000)])
    radius, angle = np.hypot(*x.T), np.arctan2(x[:, 1], x[:, 0])
    t = angle + 2 * math.pi * np.round((radius - angle) / (2 * math.pi))
    quarter = np.digitize(t, 1.5 * math.pi * np.array([1.5, 2.0, 2.5]))
    noise = radius - t
    for half in (noise > 0, np.abs(noise) > np.median(np.abs(noise))):
        table = np.histogram2d(quarter, half, bins=(4, 2))[0]
        assert stats.chi2_contingency(table).pvalue > oracles.LEVEL


def test_the_swiss_roll_scales():
    ten, thirty = (batch(data.swiss_roll(scale=s), 50) for s in (10.0, 30.0))
    np.testing.assert_allclose(3 * ten, thirty, rtol=4 * oracles.ULP)


@pytest.mark.parametrize("name", data.MIXTURES)
def test_a_batch_is_a_pure_function_of_its_seed_in_a_graph_too(name):
    target = data.MIXTURES[name]()
    first, again, other = (batch(target, 64, seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert (first != other).all() and first.dtype == np.float32
    in_graph = tf.function(lambda seed: target.batch(64, seed))(seeds.as_seed(3))
    # cos and sin may be vectorised there: a unit in the last place.
    np.testing.assert_allclose(in_graph, first, atol=64 * oracles.ULP)


@pytest.mark.parametrize("name", data.MIXTURES)
def test_the_limit_shows_all_of_it(name):
    target = data.MIXTURES[name]()
    far = np.abs(batch(target, 10_000)).max()
    assert far < target.limit < 2 * far
