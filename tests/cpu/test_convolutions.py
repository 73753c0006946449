"""Tests for tf_collab.cpu.convolutions."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_collab.cpu import convolutions

KINDS = ["Conv2D", "Conv2DTranspose"]
# Size of the input, kernel, strides.
CASES = {
    "halved": ((8, 8), 5, 2),
    "odd": ((7, 5), 4, 2),
    "in four": ((8, 4), 7, 4),
    "by its own width": ((6, 4), 2, 2),
    "alike": ((6, 6), 3, 1),
    "oblong": ((6, 4), (3, 4), (1, 3)),
}
OTHERS = {
    "no padding": {"padding": "valid"},
    "a kernel below the stride": {"kernel_size": 2, "strides": 3},
    "points apart": {"strides": 1, "dilation_rate": 2},
    "double precision": {"dtype": "float64"},
    "channels first": {"data_format": "channels_first"},
}


def pair(kind, size, **options):
    """Our layer and Keras', with the same numbers in every variable, and an input."""
    draw = np.random.default_rng(0)
    usual = {"filters": 3, "kernel_size": 5, "strides": 2, "padding": "same"}
    options = usual | options
    ours = getattr(convolutions, kind)(**options)
    keras_own = getattr(keras.layers, kind)(**options)
    for layer in (ours, keras_own):
        layer.build((None, *size, 2))
    for a, b in zip(ours.variables, keras_own.variables, strict=True):
        a.assign(draw.normal(size=a.shape))
        b.assign(a)
    return ours, keras_own, tf.constant(draw.normal(size=(4, *size, 2)), ours.dtype)


def passed(layer, x):
    """Output, gradients of a function of it, and gradients of all of these."""
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = layer(x)
            loss = tf.reduce_sum(tf.sin(tf.cast(y, tf.float32)))
        at = [x, *(v.value for v in layer.trainable_variables)]
        first = inner.gradient(loss, at)
        squares = tf.add_n([tf.reduce_sum(tf.square(g)) for g in first])
    return [y, *first, *outer.gradient(squares, at)]


# From how many numbers a pixel on, and up to how many channels, it goes its own way.
WAYS = {"both": (0, 4), "large": (0, 0), "few": (float("inf"), 4)}


def always(monkeypatch, way="both"):
    worth, few = WAYS[way]
    monkeypatch.setattr(convolutions, "WORTH", {2: worth, 4: worth})
    monkeypatch.setattr(convolutions, "FEW", few)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@pytest.mark.parametrize("kind", KINDS)
def test_numbers_and_two_gradients_are_those_of_keras(kind, case, way, monkeypatch):
    always(monkeypatch, way)
    size, kernel_size, strides = case
    ours, keras_own, x = pair(kind, size, kernel_size=kernel_size, strides=strides)
    for a, b in zip(passed(ours, x), passed(keras_own, x), strict=True):
        # float32: sums of up to a thousand terms, and of such sums squared.
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5 * np.abs(b).max())


@pytest.mark.parametrize("kind", KINDS)
def test_half_precision_gives_and_takes_its_own_type(kind, monkeypatch):
    always(monkeypatch)
    ours, keras_own, x = pair(kind, (8, 8), dtype="mixed_bfloat16")
    for a, b in zip(passed(ours, x)[:4], passed(keras_own, x)[:4], strict=True):
        assert a.dtype == b.dtype
        a, b = (tf.cast(t, tf.float32).numpy() for t in (a, b))
        # bfloat16 keeps 8 bits; gradients sum hundreds of numbers rounded so.
        np.testing.assert_allclose(a, b, atol=0.02 * np.abs(b).max())


@pytest.mark.parametrize("kind", KINDS)
def test_activation_and_a_batch_of_any_size_pass_a_graph(kind, monkeypatch):
    always(monkeypatch)
    ours, keras_own, x = pair(kind, (8, 8), activation="tanh", use_bias=False)
    anything = tf.TensorSpec([None, 8, 8, 2])
    learned = []
    for layer in (ours, keras_own):

        @tf.function(input_signature=[anything])
        def gradient(x, layer=layer):
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(tf.square(layer(x)))
            return tape.gradient(loss, layer.kernel.value)

        learned.append(gradient(x))
    np.testing.assert_allclose(*learned, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("options", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("kind", KINDS)
def test_what_it_is_not_for_goes_the_way_of_keras(kind, options, monkeypatch):
    always(monkeypatch)
    ours, keras_own, x = pair(kind, (9, 9), **options)
    for a, b in zip(passed(ours, x), passed(keras_own, x), strict=True):
        np.testing.assert_array_equal(a, b)


def test_what_one_kind_alone_can_do_goes_the_way_of_keras(monkeypatch):
    always(monkeypatch)
    for kind, options in (
        ("Conv2D", {"groups": 2, "filters": 4}),
        ("Conv2DTranspose", {"output_padding": 0}),
    ):
        ours, keras_own, x = pair(kind, (8, 8), **options)
        for a, b in zip(passed(ours, x), passed(keras_own, x), strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("kind", KINDS)
def test_a_gradient_of_unknown_shape_is_taken(kind, monkeypatch):
    always(monkeypatch)
    ours, keras_own, x = pair(kind, (8, 8))
    learned = []
    for layer in (ours, keras_own):

        @tf.function(input_signature=[tf.TensorSpec(x.shape), tf.TensorSpec(None)])
        def gradient(x, dy, layer=layer):
            with tf.GradientTape() as tape:
                y = layer(x)
            return tape.gradient(y, layer.kernel.value, dy)

        learned.append(gradient(x, tf.sin(layer(x))))
    np.testing.assert_allclose(*learned, rtol=1e-3, atol=1e-4)


def test_an_image_of_unknown_size_is_served(monkeypatch):
    always(monkeypatch)
    ours, keras_own, x = pair("Conv2D", (8, 8))
    anything = tf.function(ours, input_signature=[tf.TensorSpec([None, None, None, 2])])
    np.testing.assert_allclose(anything(x), keras_own(x), rtol=1e-5, atol=1e-5)


def kernel_gradient_ops(size, channels, dtype):
    """The operations that give the gradient of a 5 x 5 kernel of stride 2."""
    layer = convolutions.Conv2D(2 * channels, 5, strides=2, padding="same", dtype=dtype)
    layer.build((None, size, size, channels))

    @tf.function(
        input_signature=[tf.TensorSpec([8, size, size, channels], layer.compute_dtype)]
    )
    def gradient(x):
        with tf.GradientTape() as tape:
            y = tf.reduce_sum(layer(x))
        return tape.gradient(y, layer.kernel.value)

    return {op.type for op in gradient.get_concrete_function().graph.get_operations()}


def test_a_large_kernel_learns_by_a_convolution_and_a_small_one_does_not():
    slow = "Conv2DBackpropFilter"
    assert slow not in kernel_gradient_ops(8, 512, "float32")
    assert slow in kernel_gradient_ops(64, 3, "float32")
    # bfloat16 gains sooner.
    assert slow in kernel_gradient_ops(16, 64, "float32")
    assert slow not in kernel_gradient_ops(16, 64, "mixed_bfloat16")


def test_few_channels_are_made_in_blocks_and_many_are_not():
    def ops(filters, size):
        layer = convolutions.Conv2DTranspose(filters, 5, strides=2, padding="same")
        layer.build((None, size, size, 8))
        graph = tf.function(layer).get_concrete_function(tf.zeros([2, size, size, 8]))
        return {op.type for op in graph.graph.get_operations()}

    slow = "Conv2DBackpropInput"
    assert slow not in ops(3, 16)
    assert slow in ops(16, 16)


@pytest.mark.parametrize("kind", KINDS)
def test_it_comes_back_from_a_file(kind, tmp_path):
    ours, _, x = pair(kind, (8, 8))
    model = keras.Sequential([keras.Input((8, 8, 2)), ours])
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    assert type(again.layers[-1]) is getattr(convolutions, kind)
    np.testing.assert_array_equal(again(x), model(x))
