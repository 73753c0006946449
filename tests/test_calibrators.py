"""Tests for tf_collab.calibrators."""

import math

import numpy as np
import pytest
import tensorflow as tf
from scipy import interpolate, optimize, special

from tf_collab import Doubt, calibrators, metrics

FITTED = [
    calibrators.temperature,
    calibrators.platt,
    calibrators.beta,
    calibrators.isotonic,
]
SMOOTH = FITTED[:3]
RNG = np.random.default_rng(0)
REAL, FAKE = RNG.normal(1, 1, 4000), RNG.normal(-1, 1, 4000)  # log ratio: 2 d
AT = np.linspace(-3, 3, 13)


def values(calibrator, score=AT):
    return calibrator(tf.constant(score, tf.float64)).numpy()


def four_sigma(features, log_ratio, n):
    """Standard errors of a maximum-likelihood fit: its inverse Fisher information."""
    prob = special.expit(log_ratio)
    information = n * (features.T * (prob * (1 - prob))) @ features / len(features)
    return lambda at: 4 * np.sqrt(np.sum(at @ np.linalg.inv(information) * at, axis=1))


@pytest.mark.parametrize("fit", SMOOTH[:2])
def test_it_recovers_the_log_ratio_of_two_gaussians(fit):
    score = np.concatenate([REAL, FAKE])
    powers = [1] if fit is calibrators.temperature else [1, 0]
    error = four_sigma(score[:, None] ** powers, 2 * score, len(score))
    found = values(fit(REAL, FAKE))
    assert (np.abs(found - 2 * AT) <= error(AT[:, None] ** powers)).all()


def test_beta_recovers_the_log_ratio_of_two_beta_laws():
    n = 4000
    real, fake = RNG.beta(3.0, 2.0, n), RNG.beta(1.0, 2.5, n)
    prob = np.concatenate([real, fake])
    constant = special.betaln(1.0, 2.5) - special.betaln(3.0, 2.0)

    def curves(d):
        return np.stack([np.log(special.expit(d)), np.log(special.expit(-d)), d**0], 1)

    truth = np.array([3.0 - 1.0, 2.0 - 2.5, constant])
    d = special.logit(prob)
    error = four_sigma(curves(d), curves(d) @ truth, 2 * n)
    found = values(calibrators.beta(special.logit(real), special.logit(fake)))
    assert (np.abs(found - curves(AT) @ truth) <= error(curves(AT))).all()


def test_isotonic_agrees_with_the_max_min_formula():
    real, fake = RNG.normal(0.5, 1, 13), RNG.normal(-0.5, 1, 31)
    score = np.concatenate([real, fake])
    order = np.argsort(score)
    weight = np.repeat([1 / 13, 1 / 31], [13, 31])[order]
    label = np.repeat([1.0, 0.0], [13, 31])[order]

    def mean(i, j):
        return np.average(label[i : j + 1], weights=weight[i : j + 1])

    expected = np.array(
        [
            max(min(mean(i, j) for j in range(k, 44)) for i in range(k + 1))
            for k in range(44)
        ]
    )
    found = special.expit(values(calibrators.isotonic(real, fake), score[order]))
    np.testing.assert_allclose(found, np.clip(expected, 1 / 46, 45 / 46))


def test_isotonic_counts_ties_exactly():
    real, fake = np.repeat([0.0, 1.0, 2.0], [1, 3, 6]), np.repeat([0, 1, 2], [9, 6, 5])
    expected = np.log(np.array([1, 3, 6]) / 10) - np.log(np.array([9, 6, 5]) / 20)
    found = values(calibrators.isotonic(real, fake), [0.0, 1.0, 2.0])
    np.testing.assert_allclose(found, expected)


def test_isotonic_rises_within_its_bounds_and_is_flat_outside():
    calibrator = calibrators.isotonic(REAL, FAKE)
    found = values(calibrator, [-np.inf, *np.linspace(-100, 100, 9999), np.inf])
    bound = math.log(8001)  # the logit of 8001 / 8002
    assert (np.diff(found) >= 0).all()
    assert found[0] == pytest.approx(-bound) and found[-1] == pytest.approx(bound)


@pytest.mark.parametrize("fit", FITTED)
def test_classes_count_equally(fit):
    few = REAL[:1000]
    expected, found = fit(few, FAKE), fit(np.repeat(few, 3), FAKE)
    inside = np.linspace(-2, 2, 9)  # isotonic's bounds depend on n
    np.testing.assert_allclose(values(found, inside), values(expected, inside), 1e-4)


@pytest.mark.parametrize("fit", [calibrators.platt, calibrators.beta])
def test_an_offset_is_free(fit):
    # Where the fit is best, each class is taken for the other by as much.
    real, fake = REAL[:500] + 2, FAKE[:300] + 2
    calibrator = fit(real, fake)
    wrong = [np.mean(special.expit(-values(calibrator, real)))]
    wrong += [np.mean(special.expit(values(calibrator, fake)))]
    assert wrong[0] == pytest.approx(wrong[1], abs=1e-6)


@pytest.mark.parametrize("scale, shift", [(1e-4, 0.0), (1e4, 0.0), (1.0, 1e4)])
@pytest.mark.parametrize("fit", [calibrators.platt, calibrators.isotonic])
def test_units_and_origin_of_the_score_do_not_matter(fit, scale, shift):
    moved = fit(scale * REAL + shift, scale * FAKE + shift)
    found, expected = values(moved, scale * AT + shift), values(fit(REAL, FAKE))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("fit", FITTED)
def test_separable_scores_give_a_finite_map_of_the_right_sign(fit):
    calibrator = fit(np.array([1.0, 2.0, 3.0]), np.array([-2.0, -1.0]))
    real, fake = values(calibrator, [1.0, 3.0]), values(calibrator, [-2.0, -1.0])
    assert (real > 0).all() and (fake < 0).all()
    assert np.abs([*real, *fake]).max() < 100


def test_the_ridge_alone_holds_the_slope_of_separable_scores():
    one = np.ones(5)
    (slope,) = values(calibrators.temperature(one, -one), [1.0])
    # Where log(1 + exp(-slope)) + ridge * slope**2 / 2 is least.
    assert special.expit(-slope) == pytest.approx(calibrators.RIDGE * slope, rel=1e-3)


def test_a_temperature_keeps_the_boundary_and_platt_moves_it():
    shifted = REAL + 1, FAKE + 1
    assert values(calibrators.temperature(*shifted), [0.0]) == 0
    assert values(calibrators.platt(*shifted), [0.0]) < -1


def test_only_beta_and_isotonic_never_fall():
    for fit in FITTED:
        with pytest.warns(Doubt, match="fakes score above reals in 92% of all pairs"):
            upside_down = fit(FAKE, REAL)
        slope = np.diff(values(upside_down))
        rises = fit in (calibrators.beta, calibrators.isotonic)
        assert (slope >= 0).all() if rises else (slope < 0).all()


@pytest.mark.parametrize("fit", FITTED)
def test_a_fit_passes_dawids_test_on_held_out_scores(fit):
    skewed = 3 * REAL + 1, 3 * FAKE + 1  # sigma(skewed) is no probability
    if fit is calibrators.temperature:
        skewed = 3 * REAL, 3 * FAKE
    (fit_real, real), (fit_fake, fake) = map(calibrators.halves, skewed)
    calibrator = fit(fit_real, fit_fake)
    after = [special.expit(values(calibrator, score)) for score in (real, fake)]
    before = [special.expit(score) for score in (real, fake)]
    report = metrics.calibration_report(*after)
    # The fit has half the scores: its own error adds as much variance again.
    assert abs(report["d_z"]) < 4 * math.sqrt(2)
    assert report["d_brier"] < metrics.calibration_report(*before)["d_brier"]


@pytest.mark.parametrize("dtype", [tf.float32, tf.float64])
@pytest.mark.parametrize("fit", FITTED)
def test_it_works_in_a_graph_and_keeps_the_scores_type(fit, dtype):
    calibrator, score = fit(REAL, FAKE), tf.constant([*AT, np.nan], dtype)
    found = tf.function(lambda score: calibrator(score))(score)
    assert found.dtype == dtype and np.isnan(found[-1])
    np.testing.assert_allclose(found[:-1], values(calibrator), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("fit", SMOOTH)
def test_a_smooth_map_has_the_slope_of_its_values(fit):
    calibrator, score = fit(REAL, FAKE), tf.constant(AT)
    with tf.GradientTape() as tape:
        tape.watch(score)
        value = calibrator(score)
    slope = (values(calibrator, AT + 1e-5) - values(calibrator, AT - 1e-5)) / 2e-5
    np.testing.assert_allclose(tape.gradient(value, score), slope, rtol=1e-6)
    assert calibrator.differentiable


def test_isotonic_is_not_for_gradients_and_identity_changes_nothing():
    assert not calibrators.isotonic(REAL, FAKE).differentiable
    assert calibrators.identity().differentiable
    np.testing.assert_array_equal(values(calibrators.identity()), AT)


def test_smooth_is_scipys_curve_through_the_steps_and_goes_on_by_lines():
    rng = np.random.default_rng(4)
    real, fake = rng.normal(1, 1, 60), rng.normal(-1, 1, 60)
    score = np.concatenate([real, fake])
    fit = optimize.isotonic_regression(np.repeat([1.0, 0.0], 60)[np.argsort(score)])
    steps = np.split(np.sort(score), fit.blocks[1:-1])
    knots = np.array([step.mean() for step in steps])
    logits = special.logit(np.clip(fit.x[fit.blocks[:-1]], 1 / 122, 121 / 122))
    curve = interpolate.PchipInterpolator(knots, logits)
    calibrator = calibrators.smooth(real, fake)
    inside = np.linspace(knots[0], knots[-1], 500)
    np.testing.assert_allclose(values(calibrator, inside), curve(inside), atol=1e-9)
    rise = (logits[-1] - logits[0]) / (knots[-1] - knots[0])
    for end, away in ((0, -2.0), (-1, 2.0)):
        slope = min(curve.derivative()(knots[end]), rise)
        found = values(calibrator, knots[end] + np.array([away, 2 * away]))
        expected = logits[end] + slope * np.array([away, 2 * away])
        np.testing.assert_allclose(found, expected, atol=1e-9)


def test_smooth_has_its_slope_and_is_near_the_ratio():
    calibrator = calibrators.smooth(REAL, FAKE)
    at = tf.constant(np.linspace(-6, 6, 2001))
    with tf.GradientTape() as tape:
        tape.watch(at)
        value = calibrator(at)
    slope = tape.gradient(value, at).numpy()
    assert (slope >= 0).all() and slope[0] > 0 < slope[-1]
    width = at[1] - at[0]
    # By trapezes, of which a few are across a steep step.
    risen = np.cumsum(slope[1:] + slope[:-1]) * width / 2
    np.testing.assert_allclose(risen, value[1:] - value[0], rtol=5e-3, atol=0.02)
    assert np.abs(values(calibrator, AT[2:-2]) - 2 * AT[2:-2]).max() < 0.6
    short = calibrator(tf.constant([0.1], tf.float32))
    np.testing.assert_allclose(short, values(calibrator, [0.1]), rtol=1e-4)


@pytest.mark.filterwarnings("ignore::tf_collab.base.Doubt")
def test_smooth_of_scores_that_tell_nothing_is_flat():
    found = calibrators.smooth([0.0, 1.0] * 20, [0.0, 1.0] * 20)
    np.testing.assert_allclose(values(found), 0, atol=1e-12)


def test_halves_share_nothing_and_lose_nothing():
    fit, diagnose = calibrators.halves(np.arange(7))
    assert fit.tolist() == [0, 2, 4, 6] and diagnose.tolist() == [1, 3, 5]


@pytest.mark.parametrize(
    "real, fake, message",
    [
        ([], [1.0], "real scores as a vector that is not empty"),
        ([1.0], [], "fake scores as a vector that is not empty"),
        ([[1.0]], [2.0], r"their shape is \[1, 1\]"),
        ([1.0, np.nan], [2.0], "1 of 2 real scores"),
        ([1.0], [np.inf, -np.inf], "2 of 2 fake scores"),
        ([0.1, 0.1], [0.1], "All 3 scores are 0.1"),
    ],
)
@pytest.mark.parametrize("fit", FITTED)
def test_scores_that_cannot_be_fitted_are_refused(fit, real, fake, message):
    with pytest.raises(ValueError, match=message):
        fit(np.array(real), np.array(fake))


@pytest.mark.parametrize("fit", FITTED)
@pytest.mark.parametrize("n", [50, 4000])
def test_scores_that_tell_nothing_are_told(fit, n):
    same = np.arange(n)  # each class has every one of them, once
    with pytest.warns(Doubt, match="in 50% of all pairs, which is no more than chance"):
        fit(same, same)


@pytest.mark.parametrize("n", [3, 500])
def test_a_weak_order_or_a_handful_of_scores_is_not_told(n):
    # At 500 reals are above in 57.7 % of pairs, where 2 standard errors are 3.7 %.
    same = np.arange(float(n))
    calibrators.platt(same + 0.08 * n, same)
    calibrators.platt(same[:3], same[::-1][:3] + 1)
