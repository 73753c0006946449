"""Tests for tf_collab.metrics.features."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_collab import metrics

RNG = np.random.default_rng(0)
IMAGES = RNG.uniform(-1, 1, size=(7, 8, 8, 3)).astype(np.float32)
GREY = IMAGES[..., :1]


def small_net(*, size=8, classes=3, activation=None):
    x = inputs = keras.Input((size, size, 3))
    x = keras.layers.Conv2D(4, 3, name="conv")(x)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    return keras.Model(inputs, keras.layers.Dense(classes, activation)(x), name="net")


@pytest.fixture(scope="module")
def net():
    return small_net()


def test_features_are_the_models_own_in_inference_mode(net):
    found = metrics.from_keras(net)(IMAGES)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, net(IMAGES, training=False), rtol=1e-5)


def test_a_layer_can_be_named(net):
    found = metrics.from_keras(net, layer="pool")(IMAGES)
    expected = keras.Model(net.inputs[0], net.get_layer("pool").output)(IMAGES)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("batch", [1, 3, 7, 100])
def test_batches_change_nothing(batch, net):
    whole = metrics.from_keras(net)(IMAGES)
    found = metrics.from_keras(net, batch=batch)(IMAGES)
    np.testing.assert_allclose(found, whole, rtol=1e-4, atol=1e-6)


def test_images_of_another_size_are_resized_with_antialiasing(net):
    large = RNG.uniform(-1, 1, size=(2, 20, 16, 3)).astype(np.float32)
    resized = tf.image.resize(large, [8, 8], antialias=True)
    found = metrics.from_keras(net)(large)
    np.testing.assert_allclose(found, net(resized), rtol=1e-5)
    # A checkerboard is grey from afar; without antialiasing it would be one colour.
    board = np.indices((16, 16)).sum(axis=0) % 2 * np.float32(2) - 1
    board = np.broadcast_to(board[None, :, :, None], [1, 16, 16, 3])
    grey = net(np.zeros([1, 8, 8, 3]))
    inner = metrics.from_keras(net)(board)
    assert np.abs(inner - grey).max() < np.abs(net(board[:, ::2, ::2]) - grey).max() / 4


def test_grey_images_are_shown_as_rgb(net):
    extract = metrics.from_keras(net)
    np.testing.assert_array_equal(extract(GREY), extract(np.repeat(GREY, 3, axis=3)))


def test_colour_images_are_shown_to_a_grey_net_as_luma():
    layers = [keras.Input((8, 8, 1)), keras.layers.Flatten()]
    found = metrics.from_keras(keras.Sequential(layers))(IMAGES)
    red, green, blue = np.moveaxis(IMAGES, 3, 0)
    expected = 0.299 * red + 0.587 * green + 0.114 * blue  # BT.601, as Pillow's L
    np.testing.assert_allclose(found, expected.reshape(7, 64), rtol=1e-5, atol=1e-6)


def test_half_precision_nets_give_float32():
    layers = [
        keras.Input((8, 8, 3)),
        keras.layers.GlobalAveragePooling2D(dtype="float16"),
    ]
    assert metrics.from_keras(keras.Sequential(layers))(IMAGES).dtype == np.float32


def test_a_classifiers_logits_follow_from_its_features(net):
    classifier = metrics.as_classifier(net, batch=4)
    features = classifier.features(IMAGES)
    assert features.shape == (7, 4) and classifier.layer == "penultimate"
    np.testing.assert_allclose(
        classifier.logits(features), net(IMAGES), rtol=1e-4, atol=1e-6
    )


def test_a_random_net_is_decided_by_its_seed():
    first, again, other = (metrics.random_conv(seed)(IMAGES) for seed in (1, 1, 2))
    assert first.shape == (7, 64)
    assert (first == again).all() and (first != other).any()
    small = metrics.random_conv(features=6, channels=1)(GREY[:, :5, :3])
    assert small.shape == (7, 6)


def test_a_random_net_tells_textures_apart():
    fine = RNG.uniform(-1, 1, size=(1600, 8, 8, 3)).astype(np.float32)
    coarse = np.repeat(np.repeat(fine[:, :4, :4], 2, axis=1), 2, axis=2)
    extract = metrics.random_conv()
    one, other, apart = map(extract, (fine[:800], fine[800:], coarse[:800]))
    gap = np.linalg.norm(one.mean(axis=0) - apart.mean(axis=0))
    assert gap > 4 * np.linalg.norm(one.mean(axis=0) - other.mean(axis=0))


@pytest.mark.parametrize(
    "images, message",
    [
        ((IMAGES * 127).astype(np.uint8), r"floats .* uint8 \[7, 8, 8, 3\]"),
        (IMAGES[0], r"\[8, 8, 3\]"),
        (IMAGES[:0], "n at least 1"),
        (IMAGES * 127.5 + 127.5, "from -1 to 1, but are from"),
        (IMAGES * np.nan, "from -1 to 1, but are from nan"),
        (IMAGES[..., :2], "of 3 channels, but the images have 2"),
    ],
)
def test_other_images_are_refused(images, message, net):
    with pytest.raises(ValueError, match=message):
        metrics.from_keras(net)(images)


def test_models_without_such_features_are_refused(net):
    class Opaque(keras.Model):
        def call(self, x):
            return x

    two = [keras.Input((4,)), keras.Input((4,))]
    both = keras.Model(two, keras.layers.Add()(two))
    for model, layer in [(net, "missing"), (Opaque(), None), (both, None)]:
        with pytest.raises(ValueError, match="is not such a model") as refused:
            metrics.from_keras(model, layer=layer)
        assert model.name in str(refused.value)
    with pytest.raises(ValueError, match=r"net .* to \[None, 6, 6, 4\]"):
        metrics.from_keras(net, layer="conv")
    with pytest.raises(ValueError, match="batch must be at least 1"):
        metrics.from_keras(net, batch=0)
    with pytest.raises(ValueError, match="activation, but the last layer of net"):
        metrics.as_classifier(small_net(activation="softmax"))
