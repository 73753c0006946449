"""Tests for tf_collab.metrics and calibrators: numbers of any size and any type."""

import warnings

import numpy as np
import pytest
import tensorflow as tf

from tf_collab import calibrators, data, metrics

# Scores without sense are given on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::tf_collab.base.Doubt")

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=[2, 40, 2])
MIXTURE = data.ring()
KERNEL = metrics.gaussian_kernel(1.0)
OF_POINTS = {
    "frechet_distance": lambda x, y: metrics.frechet_distance(
        metrics.FeatureStats.of(x), metrics.FeatureStats.of(y)
    ),
    "mmd": metrics.mmd,
    "mmd, a kernel": lambda x, y: metrics.mmd(x, y, kernel=KERNEL),
    "kid": lambda x, y: metrics.kid(x, y, size=20, blocks=2),
    "precision": metrics.precision_recall_density_coverage,
    "sliced_wasserstein": metrics.sliced_wasserstein,
    "inception_score": lambda x, y: metrics.inception_score(x),
    "mode_coverage": lambda x, y: metrics.mode_coverage(
        x, MIXTURE, real=MIXTURE.batch(40, tf.constant([0, 1])).numpy()
    ),
    "mode_spread": lambda x, y: np.nan_to_num(metrics.mode_spread(x, MIXTURE)),
    "cubic_kernel": lambda x, y: metrics.cubic_kernel(x, y),
    "gaussian_kernel": lambda x, y: KERNEL(x, y),
    "multiscale_kernel": lambda x, y: metrics.multiscale_kernel(1.0)(x, y),
    "told_share": lambda x, y: metrics.told_share(x, y, kernel=KERNEL),
}
P, Q = RNG.uniform(size=[2, 40])
LABEL = RNG.integers(0, 2, size=40)
OF_VECTORS = {
    "kl": metrics.kl,
    "js": metrics.js,
    "brier": lambda p, q: metrics.brier(p, LABEL),
    "ece": lambda p, q: metrics.ece(p, LABEL),
    "mce": lambda p, q: metrics.mce(p, LABEL),
    "dawid_z": lambda p, q: metrics.dawid_z(p, LABEL),
    "reliability_bins": lambda p, q: metrics.reliability_bins(p, LABEL).count,
    "calibration_report": metrics.calibration_report,
    "ratio_mean": lambda p, q: metrics.ratio_mean(p),
}
FITS = {
    name: lambda real, fake, name=name: getattr(calibrators, name)(real, fake)(
        real
    ).numpy()
    for name in ("temperature", "platt", "beta", "isotonic", "smooth")
}
# What nothing can be made of, and a word of the sentence that says so.
SENSELESS = {
    "complex": (lambda x: x + 1j, "complex128"),
    "None": (lambda x: None, "NoneType"),
    "text": (lambda x: x.astype(str), "<U"),
    "objects": (lambda x: x.astype(object), "ndarray"),
    "too large": (lambda x: x * 1e60, "scale all of them|from 0 to 1"),
    "NaN": (lambda x: x * np.nan, "finite|from 0 to 1"),
    "ragged": (lambda x: [[1.0], [1.0, 2.0]], "rows of one length"),
}
ALL = OF_POINTS | OF_VECTORS | FITS


def args(name):
    return (X, Y) if name in OF_POINTS else (P, Q)


def numbers(found):
    """All numbers in what a metric gives."""
    found = found.values() if isinstance(found, dict) else [found]
    return np.concatenate([[], *(np.ravel(v) for v in found if v is not None)])


def measured(name, x, y):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "A Frechet distance of")
        return ALL[name](x, y)


@pytest.mark.parametrize("kind", SENSELESS)
@pytest.mark.parametrize("name", ALL)
def test_what_is_no_number_is_refused_in_one_sentence(name, kind):
    spoil, word = SENSELESS[kind]
    x, y = args(name)
    with pytest.raises(ValueError, match=word) as told:
        measured(name, spoil(x), y)
    assert len(str(told.value).splitlines()) == 1


TYPES = {
    "float32": (lambda x: x.astype("float32")),
    "float16": (lambda x: x.astype("float16")),
    "bfloat16": (lambda x: tf.cast(x, tf.bfloat16).numpy()),
    "int": (lambda x: np.round(4 * x).astype(int)),
    "uint8": (lambda x: np.abs(np.round(4 * x)).astype("uint8")),
    "bool": lambda x: x > 0.3,
    "list": lambda x: x.tolist(),
    "tensor": lambda x: tf.constant(x),
}


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("name", ALL)
def test_a_type_changes_nothing_but_its_own_rounding(name, kind):
    x, y = (TYPES[kind](v) for v in args(name))
    doubles = [np.asarray(v).astype(np.float64) for v in (x, y)]
    try:
        expected = measured(name, *doubles)
    except ValueError as error:
        with pytest.raises(ValueError) as told:
            measured(name, x, y)
        assert str(told.value) == str(error)
    else:
        # The scores that a calibrator is asked about keep their type.
        slack = {"rtol": 1e-4, "atol": 1e-4} if name in FITS else {"rtol": 0}
        np.testing.assert_allclose(
            numbers(measured(name, x, y)), numbers(expected), **slack
        )


SIZES = {"huge": 1e30, "float32's largest": 3e38, "tiny": 1e-30, "denormal": 1e-310}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ALL)
def test_a_size_gives_finite_numbers_or_a_sentence(name, size):
    x, y = args(name)
    try:
        found = measured(name, x * SIZES[size], y * SIZES[size])
    except ValueError as error:
        assert len(str(error).splitlines()) == 1
    else:
        assert np.isfinite(numbers(found)).all()


@pytest.mark.parametrize("name", ALL)
def test_constants_give_finite_numbers_or_a_sentence(name):
    shape = args(name)[0].shape
    for a, b in [(0.0, 0.0), (0.5, 0.5), (0.25, 0.5), (1.0, 0.0)]:
        try:
            found = measured(name, np.full(shape, a), np.full(shape, b))
        except ValueError as error:
            assert len(str(error).splitlines()) == 1
        else:
            assert np.isfinite(numbers(found)).all()


@pytest.mark.parametrize(
    "name, power", [("frechet_distance", 2), ("sliced_wasserstein", 1)]
)
@pytest.mark.parametrize("size", [2.0**100, 2.0**-100])
def test_a_distance_is_in_the_units_of_the_data(name, power, size):
    expected = measured(name, X, Y) * size**power
    assert measured(name, X * size, Y * size) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("size", [2.0**100, 2.0**-60])
@pytest.mark.parametrize("name", ["temperature", "platt", "isotonic"])
def test_a_calibrator_does_not_depend_on_the_units_of_its_scores(name, size):
    real, fake = P + 0.2, Q - 0.2
    expected = FITS[name](real, fake)
    # The optimiser's own tolerance, 1e-9 of a gradient.
    np.testing.assert_allclose(
        FITS[name](real * size, fake * size), expected, rtol=1e-6, atol=1e-6
    )


@pytest.mark.parametrize("name", [*FITS, "identity"])
def test_a_calibrator_takes_scores_of_any_type(name):
    kinds = [[0, 1], np.array([0, 1]), np.array([False, True]), [0.0, 1.0]]
    kinds += [np.float64([0, 1]), np.float16([0, 1]), tf.constant([0, 1], tf.bfloat16)]
    fitted = calibrators.identity()
    if name != "identity":
        fitted = getattr(calibrators, name)(P + 0.2, Q - 0.2)
    for kind in kinds:
        found = fitted(kind)
        assert found.dtype in (tf.float32, tf.float64)
        np.testing.assert_allclose(found, fitted([0.0, 1.0]), rtol=1e-5, atol=1e-6)
    for bad in (1j * P, ["a"], None):
        with pytest.raises(ValueError):
            fitted(bad)


def test_every_public_metric_is_asked():
    known = {name.split(",")[0] for name in ALL}
    known |= {"precision_recall_density_coverage", "ScoreSums", "FeatureStats"}
    # Of images, of files and of texts, which have tests of their own.
    known |= {"from_keras", "as_classifier", "random_conv", "inception_v3"}
    known |= {"load_stats", "save_stats", "NgramModel", "ngram_js"}
    known |= {
        "Classifier",
        "FeatureExtractor",
        "Kernel",
        "ReliabilityBins",
        "Resampled",
    }
    known |= {
        "median_distance",
        "resampled_mmd",
        "effective_size",
    }  # see test_bootstrap.py
    # See test_ratios.py and test_telling.py.
    known |= {"Interval", "RatioReport", "ratio_report", "Told", "told_apart"}
    assert known >= {*metrics.__all__}
    others = {"identity", "halves", "Calibrator"}
    by_label = {"ByLabel", "by_label"}  # see sampling/test_labels.py
    assert {*FITS} | others | by_label == {*calibrators.__all__}


@pytest.mark.parametrize("bandwidth", [1e-200, 1e200, 0, -1, np.nan, None, 1j])
def test_a_bandwidth_whose_square_is_no_number_is_refused(bandwidth):
    with pytest.raises(ValueError, match="A kernel's bandwidth"):
        metrics.gaussian_kernel(bandwidth)
