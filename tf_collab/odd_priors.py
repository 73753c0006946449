"""A prior other than the one of training, by what batch-norm in G remembers of it."""

import contextlib
import functools
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tf_collab import base

__all__ = ["remembered"]

LATENTS = 1000
FAR = 0.5  # of a spread, between means
TIMES = 1.5  # between variances


class _Seen(BaseException):
    """Ends G's pass at its first batch-norm; Keras adds its own words to Exceptions."""


def remembered(gan: base.GAN, seed: int) -> list[str]:
    """Of latents whose moments at G's first batch-norm are not those that it remembers.

    Told where half of its channels have a mean 0.5 spreads away, or a variance that is
    1.5 times as large or as small. Averages that never learned say nothing, and a G
    without Keras' batch-norm neither.
    """
    seen: list[tuple[Any, Any]] = []
    z = gan.prior(LATENTS, tf.constant([0, seed + 3], tf.int32))
    with _watched(gan.generator, seen), contextlib.suppress(_Seen):
        gan.generator(z, training=False)
    if not seen or not hasattr(seen[0][1], "numpy"):  # or within a graph of its own
        return []
    layer, x = seen[0]
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
        "latents of this prior come to the generator's first batch-norm with "
        f"{ratio:.2g} times the variance that it remembers, and means {away:.2g} "
        "spreads away (medians over channels): give the prior that the generator was "
        "trained with, or train on until its averages have settled"
    ]


@contextlib.contextmanager
def _watched(g: Any, seen: list[tuple[Any, Any]]) -> Iterator[None]:
    """Inside, the first batch-norm of `g` that is called is seen, with its input."""
    parts = g._flatten_layers() if isinstance(g, keras.layers.Layer) else ()
    norms = [p for p in parts if isinstance(p, keras.layers.BatchNormalization)]
    norms = list(dict.fromkeys(norms))
    for layer in norms:
        # Not by setattr, which Keras tracks.
        layer.__dict__["call"] = functools.partial(_see, layer, seen)
    try:
        yield
    finally:
        for layer in norms:
            del layer.__dict__["call"]


def _see(layer: Any, seen: list[tuple[Any, Any]], x: Any, *args: Any, **kw: Any) -> Any:
    seen.append((layer, x))
    raise _Seen
