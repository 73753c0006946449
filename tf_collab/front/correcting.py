"""Another model's discriminator, made right for one's own (Ansari et al., 2021).

Their refinement of samples of models without a D, arXiv:2012.00780: a corrector's score
is added to the D of a reference model.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tf_collab.front import learning, small_nets
from tf_collab.models import layered

__all__ = ["fit_corrector"]


def fit_corrector(
    reference: np.ndarray,
    samples: np.ndarray,
    d_ref: Callable[..., tf.Tensor],
    *,
    discriminator: keras.layers.Layer | None = None,
    features: Callable[[Any], tf.Tensor] | None = None,
    steps: int = 5000,
    patience: int = 10,
    every: int = 50,
    batch: int = 128,
    rate: float = 1e-3,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> keras.layers.Layer:
    """A D for one model, made of another model's D: score [batch] = d_ref(x) + C(x).

    `d_ref` is log p_data / p_reference. C learns log p_reference / p_model of
    `reference` samples against `samples` of the model, both [rows, *data], of which
    every fifth is held out. So no data are needed, only samples of both models. The
    other arguments are those of `fit_discriminator`.
    """
    sets = (
        small_nets.as_data(reference, "reference"),
        small_nets.as_data(samples, "samples"),
    )
    if sets[0].shape[1:] != sets[1].shape[1:] or min(map(len, sets)) < 5:
        raise ValueError(
            "reference and samples are 5 rows or more of one shape, not "
            f"{list(sets[0].shape)} and {list(sets[1].shape)}"
        )
    real, fake = (part[np.arange(len(part)) % 5 > 0] for part in sets)
    corrector = small_nets.classifier(discriminator, features, real, "logistic")
    rng = np.random.default_rng([seed, 1])
    learning.fit(
        corrector,
        real,
        lambda i: fake[rng.integers(len(fake), size=batch)],
        tuple(part[::5] for part in sets),
        loss="logistic",
        limits=(steps, patience, every),
        batch=batch,
        rate=rate,
        seed=seed,
        progress=progress,
    )
    return layered.LayeredModel([Corrected(d_ref, corrector)], name="discriminator")


class Corrected(keras.layers.Layer):
    """The score of a D, and of a corrector, added."""

    def __init__(self, d_ref: Callable, corrector: keras.layers.Layer, **kwargs: Any):
        super().__init__(**kwargs)
        self.d_ref, self.corrector = d_ref, corrector
        self.built = True

    def call(self, x: Any, training: bool = False) -> tf.Tensor:
        return self.d_ref(x, training=training) + self.corrector(x, training=training)
