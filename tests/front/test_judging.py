"""Judges see what is wrong with samples, and say how far they can be trusted."""

import numpy as np
import pytest

from tf_collab import metrics
from tf_collab.front.judging import judge
from tf_collab.front.rows import Rows

RNG = np.random.default_rng(0)
POINTS = RNG.normal(size=[600, 2]).astype("f4")


def pictures(n, seed, brightness=0.0):
    """Dots at one of two places, in some noise; labels are the places."""
    rng = np.random.default_rng(seed)
    x = 0.1 * rng.normal(size=[n, 12, 12, 1]) - 0.5 + brightness
    place = rng.integers(0, 2, n)
    x[np.arange(n), 2 + 3 * place, 2 + 3 * place] += 1
    return np.clip(x, -1, 1).astype("f4"), place


@pytest.mark.parametrize("unit", [False, True])
@pytest.mark.parametrize("with_labels", [False, True])
def test_worse_pictures_are_farther(with_labels, unit):
    scale = (lambda x: (x + 1) / 2) if unit else (lambda x: x)
    x, labels = pictures(400, 1)
    made = judge(Rows(scale(x), labels if with_labels else None, ()))
    assert made.weak is not with_labels
    real = made.features(scale(pictures(300, 2)[0]))
    same = made.distance(real, made.features(scale(pictures(300, 3)[0])))
    bright = made.features(scale(pictures(300, 3, brightness=0.2)[0]))
    assert made.distance(real, bright) > 10 * abs(same)


def test_points_are_judged_themselves_and_equal_laws_are_at_no_distance():
    made = judge(Rows(POINTS, None, ()))
    assert made.about == "the data themselves" and not made.weak
    draws = [RNG.normal(size=[2, 300, 2]) for _ in range(40)]
    found = [made.distance(*map(made.features, pair)) for pair in draws]
    assert abs(np.mean(found)) < 4 * np.std(found) / np.sqrt(len(found))
    shifted = made.distance(made.features(POINTS), made.features(POINTS + 0.5))
    assert shifted > 10 * np.std(found)


def test_one_sample_does_not_rule_the_distance():
    """A feature that is 0 but for a few rows, where one held-out row is far away."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=[3, 500, 8])
    x[..., 0] = 0.0
    x[0, :5, 0] = 1e-3
    made = judge(Rows(x[0].astype("f4"), None, ()), features=lambda rows: rows)
    real, fake = made.features(x[1]), made.features(x[2])
    usual = made.distance(real, fake)
    x[1, 0, 0] = 1.0  # ten thousand deviations
    found = made.distance(made.features(x[1]), fake)
    # It is one of 500 rows, whose kernel with itself is no part of the estimate.
    assert abs(found - usual) < 0.05


def test_one_scale_of_the_data_is_as_good_as_another():
    small, large = (judge(Rows(scale * POINTS, None, ())) for scale in (1e-3, 1e3))
    pairs = [(s * POINTS, s * (POINTS[::-1] + 0.3)) for s in (1e-3, 1e3)]
    a, b = (
        made.distance(*map(made.features, pair))
        for made, pair in zip((small, large), pairs)
    )
    assert np.isclose(a, b, rtol=1e-3)


@pytest.mark.parametrize("seed", range(3))
def test_modes_that_are_a_little_too_wide_are_told_from_sharp_ones(seed):
    """On a ring, at the sizes of a verdict: 350 of 1000 held-out reals.

    Modes have a hundredth of its radius, and plain samples are in modes half as wide
    again. One kernel as wide as the data are would not tell.
    """
    rng = np.random.default_rng(seed)

    def ring(n):
        turn = rng.integers(0, 8, n) * np.pi / 4
        centres = np.stack([np.cos(turn), np.sin(turn)], axis=1)
        noise = 0.01 * rng.normal(size=[n, 2])
        return lambda width: centres + width * noise

    made = judge(Rows(ring(1000)(1.0).astype("f4"), None, ()))
    real, at = made.features(ring(350)(1.0)), ring(1000)
    sets = {"plain": made.features(at(1.5)), "sharp": made.features(at(1.0))}
    one = metrics.gaussian_kernel(metrics.median_distance(real))

    def surely_nearer(kernel):
        found = metrics.resampled_mmd(
            real, sets, kernel=kernel, rounds=200, seed=seed, aligned=[*sets]
        )
        return found.against("plain")["sharp"][2] < 0

    assert surely_nearer(made.kernel) and not surely_nearer(one)


def test_features_that_are_given_judge():
    made = judge(Rows(POINTS, None, ()), features=lambda x: np.asarray(x)[:, :1])
    assert made.features(POINTS).shape == (600, 1)
    assert made.about == "the features given"


def test_a_label_beside_a_picture_is_not_judged():
    x, labels = pictures(50, 1)
    made = judge(Rows((labels, x), None, ()))
    assert np.array_equal(made.features((labels, x)), made.features((labels[::-1], x)))


def test_pictures_of_another_range_are_refused():
    x, _ = pictures(50, 1)
    with pytest.raises(ValueError, match="and those of x_train are from"):
        judge(Rows(128 * x, None, ()))


@pytest.mark.parametrize("one_hot", [False, True])
@pytest.mark.parametrize("image", [False, True])
def test_samples_of_other_labels_are_farther_than_what_chance_makes(image, one_hot):
    def some(n, seed):
        if image:
            x, label = pictures(n, seed)
        else:
            rng = np.random.default_rng(seed)
            label = rng.integers(0, 2, n)
            x = rng.normal(size=[n, 2]).astype("f4") + 2 * label[:, None].astype("f4")
        return x, (np.eye(2, dtype="f4")[label] if one_hot else label.astype("i4"))

    train = some(400, 1)
    made = judge(Rows(train, train[1] if train[1].ndim == 1 else None, ()))
    assert made.about.endswith(", each with its label")
    real = made.features(some(300, 2))
    x, label = some(300, 3)
    same = made.distance(real, made.features((x, label)))
    swapped = made.distance(real, made.features((x, 1 - label)))
    assert swapped > 20 * abs(same)


def test_what_is_beside_samples_and_no_label_is_not_judged():
    style = RNG.normal(size=[600, 3]).astype("f4")
    made = judge(Rows((POINTS, style), None, ()))
    assert made.about == "the data themselves"
    assert made.features((POINTS, style)).shape == (600, 2)
