"""Batch-norm by the statistics of the batch at hand, and nothing else of training."""

import contextlib
import functools
from collections.abc import Iterator
from typing import Any

import keras

__all__ = ["normalised"]


@contextlib.contextmanager
def normalised(model: Any) -> Iterator[None]:
    """Inside, each BatchNormalization of Keras' runs as if in training.

    Dropout, noise, augmentation and power iterations go on as they are told. Moving
    averages are not written. A batch-norm that is frozen stays with those, as it does
    in training. ValueError where there is none that could look at the batch.
    """
    layers = _batch_norms(model)
    with keras.StatelessScope():  # drops what layers write
        for layer in layers:
            # Not by setattr, which Keras' layers watch.
            by_batch = getattr(layer, "by_batch", None)  # of what holds more than that
            training = functools.partial(_in_training, layer.call)
            layer.__dict__["call"] = by_batch or training
        try:
            yield
        finally:
            for layer in layers:
                del layer.__dict__["call"]


def _in_training(call, *args, **kwargs):
    return call(*args, **{**kwargs, "training": True})


def _looks_at_batch(part):
    keras_own = isinstance(part, keras.layers.BatchNormalization)
    return keras_own or getattr(part, "looks_at_batch", False)


def _batch_norms(model):
    every = model._flatten_layers() if isinstance(model, keras.layers.Layer) else ()
    found = list(dict.fromkeys(every))
    known = [part for part in found if _looks_at_batch(part)]
    for part in found:
        if part not in known and "batchnorm" in type(part).__name__.lower():
            raise ValueError(
                "batch_statistics=True knows Keras' BatchNormalization, and "
                f"{part.name!r} is a {type(part).__name__}: use Keras' own"
            )
    if not any(part.trainable for part in known):
        thaw = "only frozen ones: leave it out, or make them learn as models.thaw does"
        has = thaw if known else "none: leave it out"
        raise ValueError(
            "batch_statistics=True is about a discriminator's BatchNormalization "
            f"layers, and this one has {has}"
        )
    return known
