"""Tests for experiments.images.image_metrics: one pass over images."""

import tracemalloc

import numpy as np
import pytest

import tf_collab as tc
from experiments.images import image_looks, image_metrics
from tf_collab import metrics

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, [2500, 4, 4, 1]).astype(np.uint8)  # two passes and a half
KERNEL = RNG.normal(size=(16, 5)).astype(np.float32)
NET = metrics.Classifier(
    lambda x: x.reshape(len(x), -1), lambda x: x @ KERNEL, "pixels"
)


def test_a_pass_sees_what_all_images_at_once_have():
    features = np.asarray(tc.data.to_float(PIXELS)).reshape(2500, 16)
    seen = image_looks.look(NET, PIXELS, splits=3, keep=True)
    np.testing.assert_array_equal(seen.features, features)
    stats = metrics.FeatureStats.of(features)
    for found, expected in zip(seen.stats, stats):
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    expected = metrics.inception_score(features @ KERNEL, splits=3)
    assert seen.score == pytest.approx(expected)


def test_only_the_first_are_seen_and_only_what_is_asked_for_is_kept():
    seen = image_looks.look(NET, PIXELS, n=1200)
    first = image_looks.look(NET, PIXELS[:1200])
    assert seen.score is None and seen.features is None and seen.stats.n == 1200
    np.testing.assert_array_equal(seen.stats.cov, first.stats.cov)


def test_floats_beyond_what_an_image_is_are_cut_off():
    x = 3 * np.asarray(tc.data.to_float(PIXELS[:50]))
    seen = image_looks.look(NET, x, keep=True)
    np.testing.assert_array_equal(seen.features, x.clip(-1, 1).reshape(50, 16))


def test_a_run_measures_by_such_passes():
    half, other = PIXELS[:1250], PIXELS[1250:]
    found = image_metrics.measure(lambda: ("fake", NET), half)(
        np.asarray(tc.data.to_float(other))
    )
    features = [np.asarray(tc.data.to_float(x)).reshape(-1, 16) for x in (half, other)]
    distance = metrics.frechet_distance(*map(metrics.FeatureStats.of, features))
    assert found == {
        "fd_fake_pixels_1250_test": pytest.approx(distance),
        "cs_fake_logits_1250_1split": pytest.approx(
            metrics.inception_score(features[1] @ KERNEL)
        ),
    }


def test_50_000_images_are_seen_in_bounded_memory():
    wide = RNG.normal(size=(16, 256)).astype(np.float32)
    net = NET._replace(features=lambda x: x.reshape(len(x), 16) @ wide)
    net = net._replace(logits=lambda x: x[:, :10])
    many = np.resize(PIXELS, [50_000, 4, 4, 1])
    tracemalloc.start()
    try:
        seen = image_looks.look(net, many, splits=10)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * 50_000 * 256 / 2  # half of what the features take in float32
    # The same images twenty times: the same sum of squares, times twenty.
    once = metrics.FeatureStats.of(net.features(np.asarray(tc.data.to_float(PIXELS))))
    expected = once.cov * (20 * 2499 / 49_999)
    gap = np.abs(seen.stats.cov - expected).max()
    assert gap < 1e-6 * expected.max() and 1 <= seen.score <= 10


@pytest.mark.parametrize(
    "metric, name, n, options, expected",
    [
        ("fid", "classifier", 10_000, {}, "fd_classifier_penultimate_10k_test"),
        ("is", "classifier", 1800, {}, "cs_classifier_logits_1800_1split"),
        ("kid", "random", 921, {}, "kid_random_penultimate_921_test"),
        (
            *("fid", "inception_2015", 50_000, {"split": "train"}),
            "fid_inception_2015_penultimate_50k_train",
        ),
        (
            *("is", "inception_2015", 50_000, {"splits": 10}),
            "is_inception_2015_logits_50k_10splits",
        ),
    ],
)
def test_a_number_is_called_after_net_layer_count_and_split(
    metric, name, n, options, expected
):
    net = NET._replace(layer="penultimate")
    assert image_metrics.called(metric, name, net, n, **options) == expected
