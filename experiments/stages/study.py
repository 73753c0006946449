"""What an experiment brings: its GAN, its data, and how samples are judged."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

import tf_collab as tc

__all__ = ["Study", "in_rows"]


class Study(NamedTuple):
    """All that `course` needs to know of an experiment beside its flags."""

    gan: tc.GAN
    batch_at: Callable[[tf.Tensor], Any]  # step -> reals [batch_size, *data]
    held_out: tf.Tensor  # [n, *data], reals that the samplers may look at
    optimizer: Callable[[Any], keras.optimizers.Optimizer]  # of a rate or its schedule
    # (samples [n, *data], finite) -> metrics by name, against reals of their own
    measure: Callable[[np.ndarray], dict[str, float | None]]
    protocol: str  # what those depend on, in words
    # (setting, gan step, what `tuning` knows of it): draws the pictures
    figures: Callable[..., None]
    # (step, samples) -> what else training measures, of the nets as they are
    probe: Callable[[int, np.ndarray], Mapping[str, Any]] = lambda step, x: {}
    # (monitor, step, samples): what training shows of its samples
    show: Callable[..., None] = lambda watch, step, x: None
    store: Callable[[np.ndarray], np.ndarray] = np.asarray  # samples as files hold them
    rows: int = 10_000  # samples through G or D at a time
    chains: int = 1000  # of Metropolis-Hastings, side by side
    bounds: tuple[float, float] | None = None  # of the data, where G has a range
    train_options: Mapping[str, Any] = {}  # of training.train_step
    schedule: Callable[[float], Any] = lambda rate: rate  # of a rate in training
    # Adam as the D loops of these data take it, of a rate
    adam: Callable[[float], keras.optimizers.Optimizer] = keras.optimizers.Adam
    previous: tf.Variable | None = None  # the last fakes, where training keeps them
    notes: tuple[str, ...] = ()  # for the log
    digest: str | None = None  # of the data, where they are read


def in_rows(fn: Callable[[tf.Tensor], tf.Tensor], x: tf.Tensor, rows: int) -> tf.Tensor:
    """`fn` over at most so many rows at a time, so that memory stays bounded."""
    parts = [fn(x[i : i + rows]) for i in range(0, len(x), rows)]
    return parts[0] if len(parts) == 1 else tf.concat(parts, axis=0)
