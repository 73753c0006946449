"""Small nets that tell two kinds of samples from each other."""

import functools
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tf_collab.models import adapters, layered

__all__ = ["as_data", "classifier"]


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
            f"{name} is one array [rows, *data], not a {type(x).__name__}: samples "
            "with labels beside them need a D of yours"
        )
    x = np.asarray(x, np.float32)
    if x.ndim < 2 or not len(x) or not np.isfinite(x).all():
        raise ValueError(
            f"{name} is an array [rows, *data] of finite numbers with rows, not one of "
            f"shape {list(x.shape)}"
        )
    return x


def classifier(discriminator, features, real, loss):
    """`x -> [batch]`, built."""
    if loss not in ("logistic", "softplus"):
        raise ValueError(f"loss is 'logistic' or 'softplus', not {loss!r}")
    some = real[:1000]
    stages: list[Callable] = []
    if features is not None:
        # As a function, whose weights are no part of D: they do not learn.
        fixed = {"training": False} if isinstance(features, keras.layers.Layer) else {}
        stages.append(functools.partial(features, **fixed))
        some = np.asarray(stages[0](some), np.float32)
    if discriminator is None:
        discriminator = _small(some)
    scorer = adapters.scorer(discriminator)
    stages += list(scorer.stages)
    if loss == "softplus":
        stages.append(LogOfSoftplus())
    net = layered.LayeredModel(stages, name="discriminator")
    net(real[:2], training=False)
    return net


def _small(x):
    """A small classifier of x [rows, *data]."""
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
    return keras.Sequential(
        [keras.Input(x.shape[1:]), *start, *hidden, layers.Flatten(), layers.Dense(1)]
    )
