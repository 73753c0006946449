"""Tests for tf_collab.metrics.sliced."""

import math

import numpy as np
import pytest
from scipy import stats

from tf_collab import metrics

RNG = np.random.default_rng(0)
A, B = RNG.normal(size=(60, 2)), RNG.uniform(-1, 3, size=(45, 2))


def slow_distance(a, b, projections, seed):
    rng = np.random.default_rng(seed)
    total = 0.0
    for direction in rng.normal(size=(projections, 2)):
        direction = direction / np.linalg.norm(direction)
        total += stats.wasserstein_distance(a @ direction, b @ direction)
    return total / projections


@pytest.mark.parametrize("b", [B, RNG.normal(size=(60, 2)), B[:7], B[:1]])
def test_it_is_the_mean_of_scipys_distance_over_directions(b):
    found = metrics.sliced_wasserstein(A, b, projections=9, seed=3)
    assert found == pytest.approx(slow_distance(A, b, 9, 3))


def test_a_shift_costs_its_length_times_the_mean_cosine():
    found = metrics.sliced_wasserstein(A, A + [3.0, 4.0], projections=400)
    error = 4 * 5 * math.sqrt((1 / 2 - 4 / math.pi**2) / 400)
    assert found == pytest.approx(5 * 2 / math.pi, abs=error)


def test_repeated_samples_are_the_same_law():
    assert metrics.sliced_wasserstein(A, np.repeat(A, 3, axis=0)) == pytest.approx(0)


def test_order_symmetry_translation_and_units():
    expected = metrics.sliced_wasserstein(A, B)
    for a, b in [(A[::-1], B), (B, A), (A + 7, B + 7), (-A, -B)]:
        assert metrics.sliced_wasserstein(a, b) == pytest.approx(expected)
    assert metrics.sliced_wasserstein(10 * A, 10 * B) == pytest.approx(10 * expected)


def test_the_seed_decides():
    first, again = (metrics.sliced_wasserstein(A, B, seed=1) for _ in range(2))
    assert first == again != metrics.sliced_wasserstein(A, B, seed=2)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="b must be samples"):
        metrics.sliced_wasserstein(A, np.zeros([0, 2]))
    with pytest.raises(ValueError, match="a has 60 of 60 samples"):
        metrics.sliced_wasserstein(A * np.nan, B)
    with pytest.raises(ValueError, match="they have 2 and 1"):
        metrics.sliced_wasserstein(A, B[:, :1])
    with pytest.raises(ValueError, match="projections must be at least 1"):
        metrics.sliced_wasserstein(A, B, projections=0)
