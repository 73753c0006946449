"""Tests for tf_collab.cpu.normalization."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_collab.cpu import normalization

SHAPES = {"images": (6, 5, 3, 4), "points": (6, 4), "lines": (6, 5, 4)}
CASES = [{}, {"center": False}, {"scale": False}, {"momentum": 0.5, "epsilon": 0.1}]


def pair(shape, **options):
    """Our layer and Keras', with the same numbers in every variable, and an input."""
    draw = np.random.default_rng(0)
    ours = normalization.BatchNormalization(**options)
    keras_own = keras.layers.BatchNormalization(**options)
    for layer in (ours, keras_own):
        layer.build(shape)
    for a, b in zip(ours.variables, keras_own.variables, strict=True):
        a.assign(draw.uniform(0.5, 2, a.shape))
        b.assign(a)
    return ours, keras_own, tf.constant(draw.normal(3, 2, shape), ours.compute_dtype)


def passed(layer, x, training, *, twice):
    """Output, the gradients of a function of it, and what it did to the variables."""
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = layer(x, training=training)
            loss = tf.reduce_sum(tf.sin(tf.cast(y, tf.float32)))
        at = [x, *(v.value for v in layer.trainable_variables)]
        gradients = inner.gradient(loss, at)
        squares = tf.reduce_sum(tf.square(gradients[0]))
    second = [outer.gradient(squares, x)] if twice else []
    return [y, *gradients, *second, *(v.value for v in layer.variables)]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("options", CASES, ids=str)
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_numbers_and_gradients_are_those_of_keras(shape, options, training):
    ours, keras_own, x = pair(shape, **options)
    found = passed(ours, x, training, twice=True)
    expected = passed(keras_own, x, training, twice=True)
    for a, b in zip(found, expected, strict=True):
        # float32: sums of a few hundred terms, second derivatives among them.
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("training", [True, False])
def test_half_precision_gives_and_takes_its_own_type(training):
    ours, keras_own, x = pair(SHAPES["images"], dtype="mixed_bfloat16")
    found = passed(ours, x, training, twice=False)
    expected = passed(keras_own, x, training, twice=False)
    assert x.dtype == found[0].dtype == expected[0].dtype == "bfloat16"
    for a, b in zip(found, expected, strict=True):
        a, b = (tf.cast(t, tf.float32) for t in (a, b))
        # bfloat16 keeps 8 bits; gradients sum up to 90 numbers rounded so.
        np.testing.assert_allclose(a, b, rtol=0.02, atol=0.1)


def test_a_frozen_layer_keeps_to_its_moving_statistics():
    ours, _, x = pair(SHAPES["images"])
    ours.trainable = False
    before = [v.numpy() for v in ours.variables]
    np.testing.assert_array_equal(ours(x, training=True), ours(x))
    for old, new in zip(before, ours.variables):
        np.testing.assert_array_equal(old, new)


def test_what_the_kernel_cannot_do_is_served():
    ours, keras_own, x = pair(SHAPES["images"])
    mask = tf.constant(np.random.default_rng(1).random((6, 5, 3)) < 0.5)
    a, b = (layer(x, training=True, mask=mask) for layer in (ours, keras_own))
    np.testing.assert_array_equal(a, b)
    for options in ({"axis": 1}, {"renorm": True}, {"dtype": "float64"}):
        ours, keras_own, x = pair(SHAPES["images"], **options)
        a, b = (layer(x, training=True) for layer in (ours, keras_own))
        np.testing.assert_array_equal(a, b)


def test_it_comes_back_from_a_file(tmp_path):
    ours, _, x = pair(SHAPES["images"])
    model = keras.Sequential([keras.Input(SHAPES["images"][1:]), ours])
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert type(again.layers[-1]) is normalization.BatchNormalization
    np.testing.assert_array_equal(again(x), model(x))
