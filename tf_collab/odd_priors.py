"""A prior other than the one of training, by what batch-norm in G remembers of it."""

import contextlib
import functools
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tf_collab import base

__all__ = ["FIRST", "remembered"]

FIRST = "the generator's first batch-norm"  # of which the sentence tells

FEW, LATENTS = 8, 1000  # of a look at how often a layer is used, and at its input
FAR = 0.5  # of a spread, between means
TIMES = 1.5  # between variances


class _Seen(BaseException):
    """Ends G's pass at its first batch-norm; Keras adds its own words to Exceptions."""


def remembered(gan: base.GAN, seed: int) -> list[str]:
    """Of latents whose moments at G's first batch-norm are not those that it remembers.

    Told where half of its channels have a mean 0.5 spreads away, or a variance that is
    1.5 times as large or as small. Nothing is told of averages that never learned, of a
    batch-norm that G uses twice, and of a G without Keras' batch-norm.
    """
    parts = gan.generator._flatten_layers() if _is_keras(gan.generator) else ()
    norms = [layer for layer in dict.fromkeys(parts) if _is_plain(layer)]
    if not norms:
        return []
    few = _inputs(gan, norms, FEW, seed, whole=True)
    if not few or sum(layer is few[0][0] for layer, _ in few) > 1:
        return []
    layer, x = _inputs(gan, norms, LATENTS, seed, whole=False)[0]
    if not hasattr(x, "numpy"):  # within a graph of G's own
        return []
    mean, variance = (
        np.asarray(average, "f8")
        for average in (layer.moving_mean, layer.moving_variance)
    )
    if not mean.any() and (variance == 1).all():
        return []
    rows = np.moveaxis(np.asarray(x, "f8"), layer.axis, -1).reshape(-1, len(mean))
    away = float(np.median(np.abs(rows.mean(0) - mean) / np.sqrt(variance + 1e-12)))
    ratio = float(np.median((rows.var(0) + 1e-12) / (variance + 1e-12)))
    if away < FAR and 1 / TIMES < ratio < TIMES:
        return []
    return [
        f"latents of this prior come to {FIRST} with "
        f"{ratio:.2g} times the variance that it remembers, and means {away:.2g} "
        "spreads away (medians over channels): give the prior that the generator was "
        "trained with, and labels as frequent as then, or train on until its averages "
        "have settled"
    ]


def _is_keras(net: Any) -> bool:
    return isinstance(net, keras.layers.Layer)


def _is_plain(layer: Any) -> bool:
    """Whether it is a batch-norm of one axis, with no call of somebody's own."""
    norm = isinstance(layer, keras.layers.BatchNormalization)
    return norm and isinstance(layer.axis, int) and "call" not in vars(layer)


def _inputs(
    gan: base.GAN, norms: list[Any], n: int, seed: int, *, whole: bool
) -> list[tuple[Any, Any]]:
    """Which of `norms` G calls on n latents, and on what; unless `whole`, the first."""
    seen: list[tuple[Any, Any]] = []
    z = gan.prior(n, tf.constant([0, seed + 3], tf.int32))
    with _watched(norms, seen, whole), contextlib.suppress(_Seen):
        gan.generator(z, training=False)
    return seen


@contextlib.contextmanager
def _watched(norms: list[Any], seen: list[tuple[Any, Any]], on: bool) -> Iterator[None]:
    for layer in norms:
        # Not by setattr, which Keras tracks.
        layer.__dict__["call"] = functools.partial(_see, layer, layer.call, seen, on)
    try:
        yield
    finally:
        for layer in norms:
            del layer.__dict__["call"]


def _see(
    layer: Any, call: Any, seen: list[tuple[Any, Any]], on: bool, *args: Any, **kw: Any
) -> Any:
    seen.append((layer, args[0] if args else kw["inputs"]))
    if not on:
        raise _Seen
    return call(*args, **kw)
