"""Tests for tf_collab.metrics.kernel."""

import math

import numpy as np
import pytest

from tf_collab import metrics
from tf_collab.metrics import neighbours

RNG = np.random.default_rng(0)
A, B = RNG.normal(size=(30, 4)), RNG.normal(size=(20, 4)) + 0.5


def cubic(x, y):
    return (sum(p * q for p, q in zip(x, y)) / len(x) + 1) ** 3


def gaussian(bandwidth):
    return lambda x, y: math.exp(-((x - y) ** 2).sum() / (2 * bandwidth**2))


def slow_mmd(a, b, kernel):
    total = 0.0
    for x in (a, b):
        n = len(x)
        for i in range(n):
            for j in range(n):
                total += kernel(x[i], x[j]) / (n * (n - 1)) if i != j else 0
    for x in a:
        for y in b:
            total -= 2 * kernel(x, y) / (len(a) * len(b))
    return total


def slow_median(x):
    return np.median([math.dist(x[i], x[j]) for i in range(len(x)) for j in range(i)])


@pytest.mark.parametrize("rows", [7, 1000])
def test_mmd_is_the_double_sums(rows, monkeypatch):
    monkeypatch.setattr(neighbours, "ROWS", rows)
    found = metrics.mmd(A, B, kernel=metrics.cubic_kernel)
    assert found == pytest.approx(slow_mmd(A, B, cubic))
    found = metrics.mmd(A, B, kernel=metrics.gaussian_kernel(0.7))
    assert found == pytest.approx(slow_mmd(A, B, gaussian(0.7)))


def test_by_default_the_bandwidth_is_the_median_distance():
    bandwidth = slow_median(np.concatenate([A, B]))
    assert metrics.mmd(A, B) == pytest.approx(slow_mmd(A, B, gaussian(bandwidth)))


@pytest.mark.parametrize("halvings", [0, 1, 6])
def test_a_kernel_of_several_widths_is_the_mean_of_gaussian_ones(halvings):
    each = [gaussian(0.7 / 2**i) for i in range(halvings + 1)]
    mean = lambda x, y: sum(k(x, y) for k in each) / len(each)
    kernel = metrics.multiscale_kernel(0.7, halvings=halvings)
    assert metrics.mmd(A, B, kernel=kernel) == pytest.approx(slow_mmd(A, B, mean))
    at = np.array([[0.0], [1e-3], [1e3]])
    expected = [mean(np.zeros(1), x) for x in at]
    np.testing.assert_allclose(kernel(at[:1], at)[0], expected, rtol=1e-9)


def test_mmd_is_unbiased_for_two_samples_of_one_law():
    kernel = metrics.gaussian_kernel(1.0)
    found = [
        metrics.mmd(*np.random.default_rng(i).normal(size=(2, 20, 2)), kernel=kernel)
        for i in range(500)
    ]
    assert min(found) < 0 < max(found)
    assert abs(np.mean(found)) < 4 * np.std(found) / math.sqrt(len(found))


def test_mmd_of_two_normals_is_the_closed_form():
    # In 1-D, E k = w / sqrt(w**2 + 2) exp(-gap**2 / (2 (w**2 + 2))) for bandwidth w.
    rng, kernel = np.random.default_rng(1), metrics.gaussian_kernel(1.0)
    found = [
        metrics.mmd(
            rng.normal(size=(200, 1)), rng.normal(size=(200, 1)) + 2, kernel=kernel
        )
        for _ in range(50)
    ]
    expected = 2 / math.sqrt(3) * (1 - math.exp(-4 / 6))
    error = 4 * np.std(found) / math.sqrt(len(found))
    assert np.mean(found) == pytest.approx(expected, abs=error)


def test_kid_of_one_whole_block_is_the_cubic_mmd():
    found = metrics.kid(A[:20], B, size=20, blocks=1)
    assert found == pytest.approx(slow_mmd(A[:20], B, cubic))


def test_kid_is_the_mean_over_blocks_drawn_apart_from_each_set():
    # Each block's is unbiased for that of all; rows of one number are close here, so
    # blocks of the same rows of both sets would tell.
    a, b = A[:20], A[:20] + 0.1
    one = [metrics.kid(a, b, size=9, blocks=1, seed=seed) for seed in range(400)]
    sigma, whole = np.std(one), slow_mmd(a, b, cubic)
    assert np.mean(one) == pytest.approx(whole, abs=4 * sigma / math.sqrt(400))
    # Blocks differ, so a mean over many hardly varies.
    many = [metrics.kid(a, b, size=9, blocks=40, seed=seed) for seed in range(40)]
    assert np.mean(many) == pytest.approx(whole, abs=4 * sigma / math.sqrt(1600))
    assert np.std(many) < 2 * sigma / math.sqrt(40)
    assert len(set(one)) == 400


def test_kid_repeats_with_its_seed():
    found = [metrics.kid(A, B, size=9, blocks=4, seed=seed) for seed in (3, 3, 4)]
    assert found[0] == found[1] != found[2]


def test_kid_grows_with_the_distance():
    found = [metrics.kid(A, A[::-1] + gap, size=25, blocks=20) for gap in (0, 1, 2)]
    assert found == sorted(found)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="they have 4 and 1"):
        metrics.mmd(A, B[:, :1])
    with pytest.raises(ValueError, match="but got 30 and 1"):
        metrics.mmd(A, B[:1])
    with pytest.raises(ValueError, match="bandwidth must be finite and above 0"):
        metrics.mmd(np.ones([3, 2]), np.ones([4, 2]))
    with pytest.raises(ValueError, match="but is 21 with 30 real and 20 fake"):
        metrics.kid(A, B, size=21)
    with pytest.raises(ValueError, match="blocks must be at least 1"):
        metrics.kid(A, B, size=9, blocks=0)
    with pytest.raises(ValueError, match="halvings must be 0 or more, but is -1"):
        metrics.multiscale_kernel(1.0, halvings=-1)
