"""Tests for tf_collab.metrics.calibration."""

import math

import numpy as np
import pytest

from tf_collab import metrics

RNG = np.random.default_rng(0)
PROB = RNG.random(3000)
LABEL = (RNG.random(3000) < PROB**2).astype(float)  # not calibrated


def test_bins_agree_with_a_loop_over_bins():
    found = metrics.reliability_bins(PROB, LABEL, bins=7)
    for i in range(7):
        inside = (i / 7 <= PROB) & ((i + 1) / 7 > PROB)
        assert found.count[i] == inside.sum()
        assert found.mean_prob[i] == pytest.approx(PROB[inside].mean())
        assert found.frequency[i] == pytest.approx(LABEL[inside].mean())
    gap = np.abs(found.mean_prob - found.frequency)
    expected = np.average(gap, weights=found.count)
    assert metrics.ece(PROB, LABEL, bins=7) == pytest.approx(expected)
    assert metrics.mce(PROB, LABEL, bins=7) == pytest.approx(gap.max())


def test_ends_belong_to_the_outer_bins_and_empty_bins_are_nan():
    found = metrics.reliability_bins(np.array([0.0, 1.0]), np.array([0, 1]))
    assert found.count.tolist() == [1] + 18 * [0] + [1]
    assert np.isnan(found.mean_prob[1:-1]).all()
    assert np.isnan(found.frequency[1:-1]).all()
    assert found.mean_prob[[0, -1]].tolist() == [0, 1]


def test_a_constant_probability_is_wrong_by_its_gap():
    prob, label = np.full(10, 0.7), np.repeat([1, 0], [4, 6])
    assert metrics.ece(prob, label) == pytest.approx(0.3)
    assert metrics.mce(prob, label) == pytest.approx(0.3)
    assert metrics.brier(prob, label) == pytest.approx(0.4 * 0.09 + 0.6 * 0.49)
    expected = (4 - 7) / math.sqrt(10 * 0.21)
    assert metrics.dawid_z(prob, label) == pytest.approx(expected)


def test_a_fair_coin_has_a_brier_score_of_a_quarter_and_an_oracle_0():
    assert metrics.brier(np.full(3000, 0.5), LABEL) == 0.25
    assert metrics.brier(LABEL, LABEL) == metrics.ece(LABEL, LABEL) == 0


def test_dawids_z_is_standard_normal_under_calibration():
    rng = np.random.default_rng(1)
    prob = rng.random(300)
    labels = rng.random((2000, 300)) < prob
    z = np.array([metrics.dawid_z(prob, label) for label in labels])
    assert z.mean() == pytest.approx(0, abs=4 / math.sqrt(2000))
    assert z.var() == pytest.approx(1, abs=4 * math.sqrt(2 / 2000))


def test_dawids_z_has_the_sign_of_what_is_missing():
    assert metrics.dawid_z(PROB, LABEL) < -4  # too high
    assert metrics.dawid_z(PROB**3, LABEL) > 4  # too low
    assert metrics.dawid_z(np.array([0.0, 1.0]), np.array([0, 1])) is None


def test_order_changes_nothing():
    order = RNG.permutation(3000)
    for metric in (metrics.brier, metrics.ece, metrics.mce, metrics.dawid_z):
        assert metric(PROB[order], LABEL[order]) == pytest.approx(metric(PROB, LABEL))


def test_the_report_labels_reals_1():
    real, fake = PROB[:50], PROB[50:100]
    prob, label = PROB[:100], np.repeat([1, 0], 50)
    assert metrics.calibration_report(real, fake) == {
        "d_brier": metrics.brier(prob, label),
        "d_ece": metrics.ece(prob, label),
        "d_mce": metrics.mce(prob, label),
        "d_z": metrics.dawid_z(prob, label),
    }


@pytest.mark.parametrize(
    "prob, label, message",
    [
        ([], [], "at least 1"),
        ([0.5], [1, 0], "one length"),
        ([[0.5]], [[1]], "two vectors"),
        ([1.5, 0.5], [1, 0], "from 0 to 1"),
        ([np.nan, 0.5], [1, 0], "not finite"),
        ([0.5, 0.5], [1, -1], "Labels must be 1"),
    ],
)
def test_bad_input_is_refused(prob, label, message):
    for metric in (metrics.brier, metrics.ece, metrics.mce, metrics.dawid_z):
        with pytest.raises(ValueError, match=message):
            metric(np.array(prob), np.array(label))


def test_other_refusals():
    with pytest.raises(ValueError, match=r"\[3\] and \[4\]"):
        metrics.calibration_report(PROB[:3], PROB[:4])
    with pytest.raises(ValueError, match="at least 1"):
        metrics.calibration_report(PROB[:0], PROB[:0])
    with pytest.raises(ValueError, match="bins must be at least 1"):
        metrics.reliability_bins(PROB, LABEL, bins=0)
