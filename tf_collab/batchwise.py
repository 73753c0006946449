"""Batch-norm by the statistics of the batch at hand, and nothing else of training."""

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

import keras

__all__ = ["normalised"]


@contextlib.contextmanager
def normalised(model: Any) -> Iterator[None]:
    """Inside the block, every Keras BatchNormalization of `model` runs as in training.

    All other layers still obey `training`, and moving averages are not written. A
    frozen batch-norm uses its moving averages, as it does in training. Raises
    ValueError if no batch-norm of `model` would use the batch, or if one is not Keras'.
    """
    layers = _batch_norms(model)
    with keras.StatelessScope():  # drops what the layers assign to variables
        for layer in layers:
            by_batch = getattr(layer, "by_batch", None)  # of what holds more than that
            training = functools.partial(_in_training, layer.call)
            # Not by setattr, which Keras tracks.
            layer.__dict__["call"] = by_batch or training
        try:
            yield
        finally:
            for layer in layers:
                del layer.__dict__["call"]


def _in_training(call: Callable, *args: Any, **kwargs: Any) -> Any:
    return call(*args, **{**kwargs, "training": True})


def _looks_at_batch(part: keras.layers.Layer) -> bool:
    keras_own = isinstance(part, keras.layers.BatchNormalization)
    return keras_own or getattr(part, "looks_at_batch", False)


def _batch_norms(model: Any) -> list[keras.layers.Layer]:
    every = model._flatten_layers() if isinstance(model, keras.layers.Layer) else ()
    found = list(dict.fromkeys(every))
    known = [part for part in found if _looks_at_batch(part)]
    for part in found:
        if part not in known and "batchnorm" in type(part).__name__.lower():
            raise ValueError(
                "batch_statistics=True works for Keras' BatchNormalization, but "
                f"{part.name!r} is a {type(part).__name__}: use Keras' own"
            )
    if not any(part.trainable for part in known):
        thaw = "only frozen ones: leave it out, or make them learn as models.thaw does"
        has = thaw if known else "none: leave it out"
        raise ValueError(
            "batch_statistics=True needs a discriminator with BatchNormalization "
            f"layers, and this one has {has}"
        )
    return known
