"""A small classifier, trained here, whose features and logits image metrics compare.

Numbers from it are "Frechet distance" and "classifier score", never FID and IS: they
can be compared only where the classifier is the same.
"""

import hashlib
import json
import os
import pathlib
from typing import Any, NamedTuple

import keras
import numpy as np

import tf_collab as tc
from experiments.cli import errors
from tf_collab import atomic, files

__all__ = ["Labelled", "Pixels", "accuracy", "classifier", "train_classifier"]

BATCH = 128

# [n, height, width, channels] uint8, in memory or in a file
Pixels = np.ndarray | tc.data.MappedPixels


class Labelled(NamedTuple):
    """Images and what is on them."""

    pixels: Pixels
    labels: np.ndarray  # [n] whole numbers from 0


def classifier(
    folder: os.PathLike | str,
    train: Labelled,
    test: Labelled,
    *,
    seed: int = 0,
    epochs: int = 10,
) -> tuple[tc.metrics.Classifier, float]:
    """The classifier of these images and its share of right answers on `test`.

    It is trained once and kept in `folder`, as classifier.keras and classifier.json.
    """
    folder = pathlib.Path(folder)
    net, about = folder / "classifier.keras", folder / "classifier.json"
    wanted: dict[str, Any] = {"seed": seed, "epochs": epochs, "train": _digest(train)}
    wanted["test"] = _digest(test)
    if not about.exists():
        model = train_classifier(*train, seed=seed, epochs=epochs)
        folder.mkdir(parents=True, exist_ok=True)
        with atomic.writing(net) as temporary:
            model.save(temporary)
        record = {**wanted, "accuracy": accuracy(model, *test)}
        with atomic.writing(about) as temporary:  # last, so it vouches for the net
            temporary.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    try:
        record = files.record(about)
        right = float(record["accuracy"])
        differ = [name for name in wanted if record[name] != wanted[name]]
    except (ValueError, TypeError, KeyError):
        raise errors.Refused(
            f"{str(about)!r} is damaged: remove it to train the classifier again"
        ) from None
    if differ:
        raise errors.Refused(
            f"{str(folder)!r} holds a classifier of another {' and '.join(differ)}: "
            "take another folder"
        )
    try:
        return tc.metrics.as_classifier(tc.models.load(net)), right
    except ValueError as error:
        raise errors.Refused(
            f"{error}; remove {str(about)!r} to train the classifier again"
        ) from None


def train_classifier(
    pixels: Pixels, labels: np.ndarray, *, seed: int = 0, epochs: int = 10
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
            model.train_on_batch(tc.data.to_float(pixels[rows]), labels[rows])
    return model


def accuracy(model: keras.Model, pixels: Pixels, labels: np.ndarray) -> float:
    """Share of images whose largest logit is their label's."""
    _check(pixels, labels)
    logits = tc.metrics.from_keras(model)(tc.data.to_float(pixels))
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
    if pixels.ndim != 4 or pixels.dtype != np.uint8 or not len(pixels):
        raise ValueError(
            "A classifier learns from uint8 images [n, height, width, channels], "
            f"but these are {pixels.dtype} {list(pixels.shape)}."
        )
    if labels.shape != pixels.shape[:1] or labels.dtype.kind not in "iu":
        raise ValueError(
            f"Labels must be {len(pixels)} whole numbers, one for each image, "
            f"but are {labels.dtype} {list(labels.shape)}."
        )


def _digest(data: Labelled) -> str:
    sums = hashlib.sha256()
    for array in data:
        sums.update(repr((array.shape, array.dtype.str)).encode())
        sums.update(np.ascontiguousarray(array).data)
    return sums.hexdigest()[:16]
