"""Tests for tf_collab.metrics.modes."""

import math
import tracemalloc
from typing import NamedTuple

import numpy as np
import pytest
from scipy import stats

from tf_collab import metrics


class Mixture(NamedTuple):
    centres: np.ndarray
    std: float
    weights: np.ndarray


ANGLES = np.arange(8) * math.pi / 4
WEIGHTS = np.array([0.4505] * 2 + [0.0165] * 6)
RING = Mixture(7 * np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1), 0.14, WEIGHTS)


def sample(n, seed, mixture=RING, std=None):
    rng = np.random.default_rng(seed)
    law = mixture.weights / mixture.weights.sum()
    centres = mixture.centres[rng.choice(len(law), n, p=law)]
    return centres + rng.normal(size=(n, 2)) * (std or mixture.std)


REAL = sample(20_000, seed=1)


def slow_coverage(x, mixture, radius):
    """One sample at a time: good samples by mode, number of bad ones, distances."""
    good, bad, distances = [[] for _ in mixture.centres], 0, []
    for point in x:
        each = [math.dist(point, centre) for centre in mixture.centres]
        nearest = each.index(min(each))
        distances.append(each[nearest])
        if each[nearest] < radius * mixture.std:
            good[nearest].append(point)
        else:
            bad += 1
    return good, bad, distances


def test_what_is_exact_looks_at_the_law_and_not_at_the_reals():
    x, few = sample(500, seed=2), sample(300, seed=3)
    found = [metrics.mode_coverage(x, RING, real=real) for real in (REAL, few)]
    assert found[0]["kl"] != found[1]["kl"] and found[0]["js"] != found[1]["js"]
    for name in ("kl_exact", "js_exact", "chi2", "good", "spread"):
        assert found[0][name] == found[1][name]
    nearest = ((x[:, None] - RING.centres) ** 2).sum(axis=2).argmin(axis=1)
    near = np.linalg.norm(x - RING.centres[nearest], axis=1) < 4 * RING.std
    counts = np.bincount(nearest[near], minlength=8)
    assert found[0]["kl_exact"] == pytest.approx(metrics.kl(counts, WEIGHTS))


def test_all_agree_with_a_loop_over_samples():
    x = sample(600, seed=2, std=0.4)
    good, bad, distances = slow_coverage(x, RING, 3.0)
    counts = np.array([len(points) for points in good])
    real_good, real_bad, _ = slow_coverage(REAL[:500], RING, 3.0)
    real_counts = np.array([len(points) for points in real_good])
    # A Gaussian's square radius is a chi-square of two degrees, here below 9.
    ideal = stats.chi2(2).expect(ub=9, conditional=True) / 2 * RING.std**2
    spread = [
        np.var(points, axis=0, ddof=1).mean() / ideal
        for points in good
        if len(points) > 1
    ]
    found = metrics.mode_coverage(x, RING, real=REAL[:500], radius=3.0)
    assert bad > 0 and real_bad > 0  # else this tests little
    assert found["good"] == pytest.approx(1 - bad / 600)
    assert found["mean_dist"] == pytest.approx(np.mean(distances))
    assert found["modes"] == np.count_nonzero(counts)
    for name, of in (("", np.mean), ("_min", min), ("_max", max)):
        assert found[f"spread{name}"] == pytest.approx(of(spread))
    expected = counts.sum() * RING.weights
    chi2 = stats.chisquare(counts, expected).statistic / (len(counts) - 1)
    assert found["chi2"] == pytest.approx(chi2)
    assert found["kl"] == pytest.approx(metrics.kl(counts, real_counts))
    assert found["js"] == pytest.approx(
        metrics.js(np.append(counts, bad), np.append(real_counts, real_bad))
    )


def test_a_perfect_sample_has_the_mixtures_own_numbers():
    n = 50_000
    found = metrics.mode_coverage(sample(n, seed=3), RING, real=REAL)
    tail = math.exp(-8)
    assert found["good"] == pytest.approx(1 - tail, abs=4 * math.sqrt(tail / n))
    # The mean of a Rayleigh law, and its variance.
    error = 4 * RING.std * math.sqrt((2 - math.pi / 2) / n)
    expected = RING.std * math.sqrt(math.pi / 2)
    assert found["mean_dist"] == pytest.approx(expected, abs=error)
    assert found["modes"] == 8
    # 2 n KL is a chi-square of 7 degrees of freedom, 8 n JS one of 8.
    assert found["kl_exact"] < (7 + 4 * math.sqrt(14)) / (2 * n)
    assert found["js_exact"] < (8 + 4 * math.sqrt(16)) / (8 * n)
    both = 1 / n + 1 / len(REAL)  # here both sides are sampled
    assert found["kl"] < (7 + 4 * math.sqrt(14)) / 2 * both
    assert found["js"] < (8 + 4 * math.sqrt(16)) / 8 * both


@pytest.mark.parametrize("radius", [1.0, 2.0, 4.0, 100.0])
def test_the_spread_of_a_perfect_sample_is_one_at_any_radius(radius):
    even = RING._replace(weights=np.ones(8))
    n, u = 40_000, radius**2 / 2
    spread = metrics.mode_spread(sample(n, 4, even), even, radius=radius)
    each = n / 8 * (1 - math.exp(-u))
    # A Gaussian's variance from 2 n coordinates; a cut-off one's is less uncertain.
    error = 4 / math.sqrt(each)
    assert spread == pytest.approx(np.ones(8), abs=error)
    found = metrics.mode_coverage(sample(n, 4, even), even, real=REAL, radius=radius)
    assert found["spread"] == pytest.approx(spread.mean())


def test_a_collapsed_mode_has_no_spread():
    x = np.repeat(RING.centres[:1] + 0.05, 10, axis=0)
    assert metrics.mode_spread(x, RING)[0] == pytest.approx(0, abs=1e-20)


def test_a_sample_on_the_threshold_is_bad():
    square = Mixture(np.array([[0.0, 0.0], [9.0, 9.0]]), 0.5, np.ones(2))
    real = square.centres
    on = metrics.mode_coverage(np.array([[2.0, 0.0]]), square, real=real)
    within = metrics.mode_coverage(np.array([[1.999, 0.0]]), square, real=real)
    assert (on["good"], within["good"]) == (0, 1)


def test_without_a_good_sample_kl_and_spread_are_undefined():
    found = metrics.mode_coverage(np.zeros([5, 2]), RING, real=REAL)
    assert found["good"] == found["modes"] == 0
    assert found["kl"] is found["kl_exact"] is found["chi2"] is None
    assert found["spread"] is found["spread_min"] is found["spread_max"] is None
    tail = math.exp(-8)
    p, q = np.array([0, 1]), np.array([1 - tail, tail])
    assert found["js_exact"] == pytest.approx(metrics.js(p, q))
    assert found["mean_dist"] == pytest.approx(7)


def test_one_sample_in_a_mode_has_no_spread():
    x = RING.centres[[0, 1, 1]]
    spread = metrics.mode_spread(x, RING)
    assert spread[1] == 0 and np.isnan(spread[[0, *range(2, 8)]]).all()
    assert metrics.mode_coverage(x, RING, real=REAL)["spread"] == 0


def test_order_translation_and_scale_change_nothing_but_distances():
    x = sample(500, seed=5, std=0.5)
    first = metrics.mode_coverage(x, RING, real=REAL)
    moved = RING._replace(centres=3 * RING.centres + [5, -2], std=3 * RING.std)
    second = metrics.mode_coverage(
        3 * x[::-1] + [5, -2], moved, real=3 * REAL + [5, -2]
    )
    second["mean_dist"] /= 3
    assert second == pytest.approx(first)


def test_a_million_samples_need_no_table_of_distances():
    many = Mixture(np.arange(400.0).reshape(200, 2), 0.1, np.ones(200))
    x = sample(100_000, 6, many)
    tracemalloc.start()
    metrics.mode_coverage(x, many, real=x[:1000])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 * x.nbytes  # a table would be 100 times x


@pytest.mark.parametrize(
    "x, message",
    [
        (np.zeros([0, 2]), "n at least 1"),
        (np.zeros([5, 3]), r"shape \[n, 2\]"),
        (np.zeros(5), r"shape \[n, 2\]"),
        (np.array([[0.0, np.nan], [0.0, 0.0]]), "1 of 2 samples"),
    ],
)
def test_what_is_no_sample_is_refused(x, message):
    with pytest.raises(ValueError, match=f"x .*{message}"):
        metrics.mode_coverage(x, RING, real=REAL)
    with pytest.raises(ValueError, match=f"x .*{message}"):
        metrics.mode_spread(x, RING)
    with pytest.raises(ValueError, match=f"real .*{message}"):
        metrics.mode_coverage(REAL, RING, real=x)


def test_reals_of_another_mixture_and_a_radius_of_0_are_refused():
    with pytest.raises(ValueError, match="None of the real samples"):
        metrics.mode_coverage(REAL, RING, real=np.zeros([5, 2]))
    with pytest.raises(ValueError, match="radius must be above 0"):
        metrics.mode_coverage(REAL, RING, real=REAL, radius=0.0)
