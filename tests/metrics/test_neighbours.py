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
