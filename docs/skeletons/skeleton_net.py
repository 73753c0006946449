"""Small dense networks (write here: the nets, their authors, year, arXiv number)."""

import keras
import numpy as np

from tf_collab import models

__all__ = ["SmallDiscriminator", "SmallGenerator"]


def _hidden(units, seed):
    kernel = keras.initializers.GlorotUniform(seed=seed)
    return keras.layers.Dense(units, "tanh", kernel_initializer=kernel)


def _last(units, seed):
    # In float32 in mixed precision too: a sample or a score has all its digits.
    kernel = keras.initializers.GlorotUniform(seed=seed)
    return keras.layers.Dense(units, kernel_initializer=kernel, dtype="float32")


class SmallGenerator(models.LayeredModel):
    """Layers 0 z [batch, latent], 1, 2, then 3 x [batch, dim]."""

    def __init__(
        self, units: int = 16, *, latent: int = 2, dim: int = 2, seed: int = 0
    ):
        # A seed for each layer: kernels of one seed would begin alike.
        hidden = [_hidden(units, seed + i) for i in range(2)]
        super().__init__([*hidden, _last(dim, seed + 2)])
        self(np.zeros([1, latent], "float32"))  # makes the variables


class SmallDiscriminator(models.LayeredModel):
    """Points [batch, dim] to one raw score each, [batch]."""

    def __init__(self, units: int = 16, *, dim: int = 2, seed: int = 0):
        hidden = [_hidden(units, seed + i) for i in range(2)]
        vector = keras.layers.Reshape((), dtype="float32")
        score = keras.Sequential([_last(1, seed + 2), vector])
        super().__init__([*hidden, score])
        self(np.zeros([1, dim], "float32"))  # makes the variables
