"""Features of images, which metrics compare instead of pixels."""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from tf_collab import tensors
from tf_collab.cpu import compilation

__all__ = [
    "Classifier",
    "FeatureExtractor",
    "as_classifier",
    "from_keras",
    "random_conv",
]

LUMA = np.array([[0.299], [0.587], [0.114]], np.float32)  # of red, green and blue

# float32 images [n, height, width, channels] from -1 to 1 -> [n, features]
FeatureExtractor = Callable[[np.ndarray], np.ndarray]


class Classifier(NamedTuple):
    """A net cut before its last layer, so that one pass serves every metric."""

    features: FeatureExtractor  # images -> [n, features]
    # features [n, features] -> logits [n, classes]; None if there is no last layer
    logits: Callable[[np.ndarray], np.ndarray] | None
    layer: str  # one word for the layer of the features, for the names of metrics


def from_keras(
    model: keras.Model, *, layer: str | None = None, batch: int = 100
) -> FeatureExtractor:
    """The output of a layer, or of the whole model, for images [n, h, w, c] in [-1, 1].

    Images of another size than the model's input are resized (bilinear, with
    antialiasing). Grey images are repeated for a colour model, and a grey model gets
    the luma (ITU-R BT.601) of colour images. `batch` images are processed at a time.
    Raises ValueError unless the model is Functional or Sequential, takes images, and
    returns [n, features]; the extractor raises ValueError for other images.
    """
    try:
        (given,) = model.inputs
        output = model.get_layer(layer).output if layer else model.outputs[0]
        cut = keras.Model(given, output)
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError(
            "Features come from a Functional or Sequential model with one input and, "
            f"if a layer is named, with that layer, but {model.name} with "
            f"layer={layer} is not such a model."
        ) from error
    if len(given.shape) != 4 or len(output.shape) != 2:
        raise ValueError(
            "Features come from images [n, height, width, channels] and are "
            f"[n, features], but {model.name} with layer={layer} maps "
            f"{list(given.shape)} to {list(output.shape)}."
        )
    _, height, width, channels = given.shape
    # All sizes but the batch's are fixed, so that a smaller last batch is not retraced.
    net = compilation.graph(
        lambda x: tf.cast(cut(x, training=False), tf.float32),
        input_signature=[tf.TensorSpec(given.shape, tf.float32)],
    )

    def run(images: np.ndarray) -> np.ndarray:
        if None not in (height, width) and images.shape[1:3] != (height, width):
            images = tf.image.resize(images, [height, width], antialias=True)
        return net(images).numpy()

    return batched(run, channels, batch)


def as_classifier(model: keras.Model, *, batch: int = 100) -> Classifier:
    """A Keras classifier cut before its last layer, a Dense that gives logits.

    Raises ValueError if the last layer is not a Dense with a bias and without an
    activation, or as `from_keras` does.
    """
    last = model.layers[-1]
    linear = getattr(last, "activation", None) is keras.activations.linear
    if not (isinstance(last, keras.layers.Dense) and linear and last.use_bias):
        raise ValueError(
            "A classifier's last layer is a Dense with a bias and without activation, "
            f"but the last layer of {model.name}, {last.name!r}, is not."
        )
    kernel, bias = last.get_weights()
    features = from_keras(keras.Model(model.inputs, last.input), batch=batch)
    return Classifier(features, lambda x: x @ kernel + bias, "penultimate")


def random_conv(
    seed: int = 0, *, features: int = 64, channels: int = 3
) -> FeatureExtractor:
    """A small convolutional net with random weights, which depend on the seed alone.

    It distinguishes textures and colours, not objects. Use it for tests, or for a first
    look without a trained net.
    """
    model = keras.Sequential([keras.Input((None, None, channels))])
    for i, filters in enumerate((features // 2, features)):
        weights = keras.initializers.HeNormal(seed=1000 * seed + i)
        model.add(
            keras.layers.Conv2D(
                filters,
                3,
                strides=2,
                padding="same",
                data_format="channels_last",
                activation="relu",
                kernel_initializer=weights,
            )
        )
    model.add(keras.layers.GlobalAveragePooling2D(data_format="channels_last"))
    return from_keras(model)


def batched(
    run: FeatureExtractor, channels: int | None, batch: int
) -> FeatureExtractor:
    """`run` on checked images with `channels` channels, `batch` images at a time.

    Raises ValueError if `batch` is below 1; the extractor raises it for other images.
    """
    if batch < 1:
        raise ValueError(f"batch must be at least 1, but is {batch}.")

    def extract(images: np.ndarray) -> np.ndarray:
        images = _checked(images, channels)
        parts = tensors.slices(len(images), batch)
        return np.concatenate([run(images[rows]) for rows in parts])

    return extract


def _checked(images: Any, channels: int | None) -> np.ndarray:
    images = np.asarray(images)
    if images.ndim != 4 or not images.size or images.dtype.kind != "f":
        raise ValueError(
            "Images must be floats of shape [n, height, width, channels] with n at "
            f"least 1, but are {images.dtype} {list(images.shape)}."
        )
    low, high = images.min(), images.max()
    # Not `low < -1`, which a NaN would pass; resizing overshoots by a rounding error.
    if not (low >= -1 - 1e-5 and high <= 1 + 1e-5):
        raise ValueError(f"Images must be from -1 to 1, but are from {low} to {high}.")
    if images.shape[3] == 1 and channels == 3:
        images = np.repeat(images, 3, axis=3)
    elif images.shape[3] == 3 and channels == 1:
        images = images @ LUMA
    if channels not in (None, images.shape[3]):
        raise ValueError(
            f"These features need images of {channels} channels, "
            f"but the images have {images.shape[3]}."
        )
    return images.astype(np.float32, copy=False)
