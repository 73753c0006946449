"""Tests for tf_collab.metrics.ratios: intervals that hold as often as they say."""

import numpy as np
import pytest

from tf_collab import calibrators, metrics


def gaussians(n, m, seed, tilt=1.0):
    """Log ratios of N(1/2, 1) to N(-1/2, 1), which are x itself, times `tilt`."""
    rng = np.random.default_rng(seed)
    return tilt * rng.normal(0.5, 1, n), tilt * rng.normal(-0.5, 1, m)


def test_both_are_one_for_the_true_ratio_and_each_interval_holds_as_often_as_it_says():
    reports = [metrics.ratio_report(*gaussians(400, 900, seed)) for seed in range(400)]
    for name in ("slope", "mean_ratio"):
        _, low, high = np.array([getattr(r, name) for r in reports]).T
        held = np.mean((low <= 1) & (high >= 1))
        # 95 %, within four sigma of 400, and a hundredth for what is skewed.
        assert abs(held - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 400) + 0.01
    middle = np.mean([r.mean_ratio.value for r in reports])
    spread = np.sqrt((np.exp(1) - 1) / 900 / 400)  # of a lognormal
    assert abs(middle - 1) < 4 * spread


@pytest.mark.parametrize("tilt", [0.4, 3.0])
def test_a_ratio_that_is_too_sure_has_a_slope_below_one(tilt):
    found = metrics.ratio_report(*gaussians(4000, 4000, 0, tilt))
    assert found.slope.low < 1 / tilt < found.slope.high
    assert not found.slope.low < 1 < found.slope.high
    assert not found.mean_ratio.low < 1 < found.mean_ratio.high


def test_the_slope_is_platts_and_shifts_do_not_change_it():
    real, fake = gaussians(300, 500, 3)
    platt = calibrators.platt(real, fake)
    at = np.array([0.0, 1.0])
    slope = np.diff(platt(at).numpy())[0]
    found = metrics.ratio_report(real, fake)
    # Platt's has a ridge of a thousandth.
    assert found.slope.value == pytest.approx(slope, rel=3e-3)
    moved = metrics.ratio_report(real + 5, fake + 5)
    np.testing.assert_allclose(moved.slope, found.slope, rtol=1e-6)
    mean = found.mean_ratio.value * np.exp(5)
    assert moved.mean_ratio.value == pytest.approx(mean)


@pytest.mark.parametrize(
    "real, fake, words",
    [
        ([1.0, 2.0], [-1.0, 0.0], "do not overlap"),
        ([1.0, 1.0], [1.0, 1.0], "all alike"),
        ([1.0], [0.0, 2.0], "two or more"),
        ([1.0, np.nan], [0.0, 2.0], "finite"),
        ([[1.0, 2.0]], [0.0, 2.0], "two vectors"),
    ],
)
def test_what_has_no_slope_is_one_sentence(real, fake, words):
    with pytest.raises(ValueError, match=words):
        metrics.ratio_report(np.array(real), np.array(fake))


def test_the_interval_of_the_mean_allows_for_skewness():
    """One that is symmetric misses more often, and nearly always on one side."""
    misses = np.zeros([2, 2])
    for seed in range(400):
        d = 1.3 * gaussians(1, 100, seed)[1] - 0.195  # so that E exp(d) is 1
        ratio = np.exp(d)
        mean, error = ratio.mean(), ratio.std(ddof=1) / 10
        ends = [(mean - 1.96 * error, mean + 1.96 * error), metrics.ratio_mean(d)[1:]]
        misses += [[high < 1, low > 1] for low, high in ends]
    symmetric, ours = misses
    assert ours.sum() < symmetric.sum() and ours[0] < symmetric[0]


def test_an_offset_is_a_factor_of_the_mean_whatever_its_size():
    _, d = gaussians(1, 50, 5)
    found = np.array(metrics.ratio_mean(d))
    np.testing.assert_allclose(metrics.ratio_mean(d + 600), found * np.exp(600))
    assert metrics.ratio_mean(d + 800).value == np.finfo(float).max
    assert metrics.ratio_mean(np.zeros(5)) == (1, 1, 1)
