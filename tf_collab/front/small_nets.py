"""Small nets that tell two kinds of samples from each other."""

import functools
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tf_collab.front import labels
from tf_collab.models import adapters, handing, layered
from tf_collab.models.nets import conditional

__all__ = ["as_data", "as_samples", "classifier"]


class LogOfSoftplus(keras.layers.Layer):
    """The log of a ratio that is softplus(x), for the softplus loss."""

    def call(self, x: Any) -> tf.Tensor:
        # softplus(x) is exp(x) where x is low, and its log x.
        log = keras.ops.log(keras.ops.softplus(keras.ops.maximum(x, -15.0)))
        return keras.ops.where(x < -15.0, x, log)


def as_data(x: Any, name: str) -> np.ndarray:
    """x as float32 [rows, *data]; ValueError, a sentence that begins with `name`."""
    if isinstance(x, tf.data.Dataset):
        raise ValueError(
            f"{name} is one array [rows, *data], not a tf.data.Dataset, whose rows "
            "come in order: read them into an array first"
        )
    if isinstance(x, (tuple, list, dict)) or not hasattr(x, "shape"):
        raise ValueError(
            f"{name} is one array [rows, *data], not a {type(x).__name__}: what is "
            "beside samples, and no label, needs a D of yours"
        )
    x = np.asarray(x, np.float32)
    if x.ndim < 2 or not len(x) or not np.isfinite(x).all():
        raise ValueError(
            f"{name} is an array [rows, *data] of finite numbers with rows, not one of "
            f"shape {list(x.shape)}"
        )
    return x


def as_samples(x: Any, name: str) -> Any:
    """x as `as_data` gives it, or (x, label) where labels are beside it."""
    if labels.beside(x) is None:
        return as_data(x, name)
    pair = as_data(x[0], name), np.asarray(x[1])
    if len(pair[0]) != len(pair[1]):
        raise ValueError(
            f"{name} has {len(pair[0])} rows and {len(pair[1])} labels: give one a row"
        )
    return pair


def classifier(discriminator, features, real, loss, classes=None):
    """`x -> [batch]`, built; of samples (x, label) `(x, label) -> [batch]`.

    `classes` is how many labels a net of our own has to know.
    """
    if loss not in ("logistic", "softplus"):
        raise ValueError(f"loss is 'logistic' or 'softplus', not {loss!r}")
    labelled = isinstance(real, tuple)
    x, label = real if labelled else (real, None)
    some = x[:1000]
    stages: list[Callable] = []
    if features is not None:
        # As a function, whose weights are no part of D: they do not learn.
        fixed = {"training": False} if isinstance(features, keras.layers.Layer) else {}
        look = functools.partial(features, **fixed)
        stages.append((lambda x: (look(x[0]), x[1])) if labelled else look)
        some = np.asarray(look(some), np.float32)
    if discriminator is None:
        discriminator = _small(some, label, classes)
    if label is not None:
        given = tf.constant(some[:2]), tf.constant(label[:2])
        taken = labels.calls(discriminator, *given, "discriminator", on=False)
        discriminator = taken or handing.HandOn(discriminator, ("h",), on=False)
    scorer = adapters.scorer(discriminator)
    stages += list(scorer.stages)
    if loss == "softplus":
        stages.append(LogOfSoftplus())
    net = layered.LayeredModel(stages, name="discriminator")
    net(tf.nest.map_structure(lambda v: v[:2], real), training=False)
    return net


def _small(x, label, classes):
    """A small classifier of x [rows, *data], or of x and its label."""
    layers = keras.layers
    if x.ndim == 4:
        hidden = [
            layer
            for channels in (32, 64)
            for layer in (
                layers.Conv2D(channels, 4, 2, padding="same"),
                layers.LeakyReLU(negative_slope=0.2),
            )
        ]
        start = []
    else:
        flat = x.reshape(len(x), -1)
        # By what the data tell of their own scale.
        start = [
            layers.Flatten(),
            layers.Normalization(mean=flat.mean(0), variance=flat.var(0) + 1e-6),
        ]
        hidden = [layers.Dense(64, "relu"), layers.Dense(64, "relu")]
    hidden = [keras.Input(x.shape[1:]), *start, *hidden, layers.Flatten()]
    if label is None:
        return keras.Sequential([*hidden, layers.Dense(1)])
    trunk = keras.Sequential(hidden)
    score = keras.Sequential([layers.Dense(1), layers.Reshape(())])
    last = conditional.projected(score, trunk.output_shape[-1], classes, seed=0)
    pair = (
        keras.Input(x.shape[1:]),
        keras.Input(label.shape[1:], dtype=label.dtype.name),
    )
    number = keras.ops.argmax(pair[1], axis=-1) if label.ndim > 1 else pair[1]
    return keras.Model(pair, last.net([trunk(pair[0]), number]))
