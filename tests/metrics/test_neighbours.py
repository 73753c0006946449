"""Tests for tf_collab.metrics.neighbours."""

import math

import numpy as np
import pytest

from tf_collab import metrics
from tf_collab.metrics import neighbours

RNG = np.random.default_rng(0)
REAL = RNG.normal(size=(60, 3))
FAKE = RNG.normal(size=(45, 3)) * 0.7 + 0.8

measure = metrics.precision_recall_density_coverage


def slow_measure(real, fake, k):
    def radii(x):
        return [sorted(math.dist(p, q) for q in x)[k] for p in x]  # [0] is itself

    r, f = radii(real), radii(fake)
    near = [[math.dist(p, q) for q in fake] for p in real]
    n, m = range(len(real)), range(len(fake))
    return {
        "precision": sum(any(near[i][j] <= r[i] for i in n) for j in m) / len(fake),
        "recall": sum(any(near[i][j] <= f[j] for j in m) for i in n) / len(real),
        "density": sum(near[i][j] <= r[i] for i in n for j in m) / (k * len(fake)),
        "coverage": sum(any(near[i][j] <= r[i] for j in m) for i in n) / len(real),
    }


@pytest.mark.parametrize("rows", [7, 60, 1000])
@pytest.mark.parametrize("k", [1, 5])
def test_it_is_the_definition(k, rows, monkeypatch):
    monkeypatch.setattr(neighbours, "ROWS", rows)
    for real, fake in [(REAL, FAKE), (FAKE, REAL)]:
        assert measure(real, fake, k=k) == pytest.approx(slow_measure(real, fake, k))


@pytest.mark.parametrize("x", [REAL, REAL * 1e-3 + 1e4, np.ones([20, 2])])
def test_identical_sets_are_precise_and_cover_each_other(x):
    found = measure(x, x[::-1])
    assert (found["precision"], found["recall"], found["coverage"]) == (1, 1, 1)


def test_sets_far_apart_score_0():
    assert set(measure(REAL, FAKE + 100).values()) == {0.0}


def test_a_missing_mode_costs_recall_and_coverage_and_a_wrong_one_precision():
    two = np.concatenate([REAL, REAL + 50])
    missing, wrong = measure(two, REAL), measure(REAL, two)
    assert (missing["precision"], missing["recall"], missing["coverage"]) == (
        1,
        0.5,
        0.5,
    )
    assert (wrong["precision"], wrong["recall"], wrong["coverage"]) == (0.5, 1, 1)
    assert missing["density"] == pytest.approx(2 * wrong["density"])


def test_two_samples_of_one_law_have_a_mean_density_of_1():
    # By exchangeability a fake is in a real's ball with probability k / n.
    found = [
        measure(*np.random.default_rng(i).normal(size=(2, 40, 2)))["density"]
        for i in range(200)
    ]
    assert np.mean(found) == pytest.approx(1, abs=4 * np.std(found) / math.sqrt(200))


def test_order_rotation_and_units_change_nothing():
    turn, _ = np.linalg.qr(RNG.normal(size=(3, 3)))
    expected = measure(REAL, FAKE)
    assert measure(REAL[::-1], FAKE[::-1]) == expected
    assert measure(10 * REAL @ turn + 4, 10 * FAKE @ turn + 4) == expected


def test_distances_are_in_blocks_of_bounded_size(monkeypatch):
    monkeypatch.setattr(neighbours, "ROWS", 8)
    blocks = list(neighbours.squared_distances(REAL, FAKE))
    assert {d.shape for _, d in blocks} == {(8, 45), (4, 45)}
    found = np.concatenate([d for _, d in blocks])
    exact = ((REAL[:, None] - FAKE) ** 2).sum(axis=2)
    np.testing.assert_allclose(found, exact, rtol=1e-12, atol=1e-13)


def test_bad_input_is_refused():
    for k in (0, 45):
        with pytest.raises(ValueError, match=f"but is {k} with 60 real and 45 fake"):
            measure(REAL, FAKE, k=k)
    with pytest.raises(ValueError, match="they have 3 and 2"):
        measure(REAL, FAKE[:, :2])
    with pytest.raises(ValueError, match="the second set has 45 of 45"):
        measure(REAL, FAKE * np.nan)


COPIES = {
    "none": REAL,
    "a few": np.concatenate([REAL, REAL[:20], REAL[:5]]),
    "each six times": np.repeat(REAL, 6, axis=0),
    "whole numbers": RNG.integers(0, 4, size=[80, 3]),
    "far from 0": np.repeat(REAL + 1e6, 2, axis=0),
    "one far out": np.concatenate([REAL, REAL[:20], [[1e30, 0, 0]]]),
    "many features": np.repeat(RNG.normal(size=[40, 300]), 2, axis=0),
    "float32": np.repeat(REAL, 2, axis=0).astype("float32"),
    "all the same": np.full([12, 3], 0.1),
}


@pytest.mark.parametrize("k", [1, 5])
@pytest.mark.parametrize("kind", COPIES)
def test_a_set_in_another_order_is_the_same_set_with_its_copies(kind, k):
    x = COPIES[kind]
    found = [measure(x, np.random.default_rng(i).permutation(x), k=k) for i in (0, 1)]
    for one in found:
        assert (one["precision"], one["recall"], one["coverage"]) == (1, 1, 1)
        assert one["density"] == found[0]["density"] >= 1 + 1 / k - 1e-12
    if kind in ("none", "float32"):  # itself and k neighbours, or one copy more
        k_and_self = {1: 2, 5: 6}[k]
        assert found[0]["density"] == k_and_self / k


@pytest.mark.parametrize("power", [-1040, -300, 0, 100])
def test_units_of_any_size_change_nothing(power):
    # Numbers of few bits, so that even the smallest of all are scaled exactly.
    real, fake = (np.round(16 * x) / 16 for x in (REAL, FAKE))
    scaled = (np.ldexp(x, power) for x in (real, fake))
    assert measure(*scaled) == measure(real, fake)


def test_one_sample_far_out_hides_no_other():
    far = np.concatenate([FAKE, [[1e30, 0.0, 0.0]]])
    found, expected = measure(REAL, far), slow_measure(REAL, far, 5)
    assert found == pytest.approx(expected)
    assert measure(far, REAL) == pytest.approx(slow_measure(far, REAL, 5))
