"""A small classifier, whose features and logits image metrics compare."""

import keras
import numpy as np

import tf_collab as tc

__all__ = ["accuracy", "train_classifier"]

BATCH = 128

# [n, height, width, channels], bytes in memory or in a file, or floats
Pixels = np.ndarray | tc.data.MappedPixels


def train_classifier(
    pixels: Pixels,
    labels: np.ndarray,
    *,
    seed: int = 0,
    epochs: int = 10,
) -> keras.Model:
    """A net from images in [-1, 1] to logits, with 128 features before them.

    It is trained with Adam on plain images, nothing augmented. On a CPU the seed
    decides it to the last bit.
    """
    _check(pixels, labels)
    model = _net(pixels.shape[1:], int(labels.max()) + 1, seed)
    model.compile(
        keras.optimizers.Adam(1e-3),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=tc.cpu.worthwhile(model),
    )
    batch = min(BATCH, len(pixels))
    for epoch in range(epochs):
        order = np.random.default_rng([seed, epoch]).permutation(len(pixels))
        # What is left over differs from epoch to epoch; a batch of its size would
        # be compiled for itself.
        for start in range(0, len(order) - batch + 1, batch):
            rows = order[start : start + batch]
            model.train_on_batch(_float(pixels[rows]), labels[rows])
    return model


def accuracy(model: keras.Model, pixels: Pixels, labels: np.ndarray) -> float:
    """Share of images whose largest logit is their label's."""
    _check(pixels, labels)
    logits = tc.metrics.from_keras(model)(_float(pixels))
    return float(np.mean(logits.argmax(axis=1) == labels))


def _net(shape: tuple[int, ...], classes: int, seed: int) -> keras.Model:
    weights = [keras.initializers.HeNormal(seed=4 * seed + i) for i in range(4)]
    layers = [keras.Input(shape)]
    for filters, start in zip((32, 64), weights):
        layers += [
            keras.layers.Conv2D(
                filters, 3, padding="same", activation="relu", kernel_initializer=start
            ),
            keras.layers.MaxPooling2D(),
        ]
    layers += [
        keras.layers.Flatten(),
        keras.layers.Dense(
            128, activation="relu", kernel_initializer=weights[2], name="features"
        ),
        keras.layers.Dense(classes, kernel_initializer=weights[3], name="logits"),
    ]
    return keras.Sequential(layers, name="classifier")


def _check(pixels: Pixels, labels: np.ndarray) -> None:
    kinds = (np.uint8, np.float32)
    if pixels.ndim != 4 or pixels.dtype not in kinds or not len(pixels):
        raise ValueError(
            "A classifier learns from images [n, height, width, channels] of uint8, or "
            "of float32 in [-1, 1], "
            f"but these are {pixels.dtype} {list(pixels.shape)}."
        )
    if labels.shape != pixels.shape[:1] or labels.dtype.kind not in "iu":
        raise ValueError(
            f"Labels must be {len(pixels)} whole numbers, one for each image, "
            f"but are {labels.dtype} {list(labels.shape)}."
        )


def _float(pixels):
    return tc.data.to_float(pixels) if pixels.dtype == np.uint8 else pixels
