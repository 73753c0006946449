"""A D of points that resolves fine detail in a wide plane (Tancik et al., 2020)."""

import math

import keras
import numpy as np

from tf_collab.models import layered
from tf_collab.models.coulomb import blocks

__all__ = ["FourierDiscriminator"]


class FourierDiscriminator(layered.LayeredModel):
    """Points x [batch, dim] to raw scores [batch], by way of random Fourier features.

    The features cos(wx + b) are followed by dense layers with ReLU. w ~ N(0,
    frequency**2), in radians per unit of x, and b stay as they are drawn (Tancik et
    al., 2020, arXiv:2006.10739). Dense layers alone learn smooth functions of the whole
    plane long before the shape of one mode. The score starts at 0. Raises ValueError
    unless `frequency` is above 0.
    """

    def __init__(
        self,
        nhidden: int = 256,
        nlayers: int = 5,
        *,
        dim: int = 2,
        frequency: float = 0.3,
        seed: int = 0,
    ):
        if not frequency > 0:
            raise ValueError(f"frequency is a scale, so above 0, not {frequency}")
        hidden = [
            blocks.dense_block(nhidden, batch_norm=False, seed=seed + i)
            for i in range(2, nlayers)
        ]
        features = _features(nhidden, dim, frequency, seed)
        score = blocks.point_score(keras.initializers.Zeros())
        # float32 like the first stage; else points would be rounded before it.
        super().__init__([features, *hidden, score], dtype="float32")
        self._make_variables(np.zeros([1, dim], "float32"))


def _features(units: int, dim: int, frequency: float, seed: int) -> keras.Model:
    x = keras.Input([dim])
    phase = keras.layers.Dense(
        units,
        kernel_initializer=keras.initializers.RandomNormal(0.0, frequency, seed),
        bias_initializer=keras.initializers.RandomUniform(0, 2 * math.pi, seed + 1),
        trainable=False,
        dtype="float32",
    )
    # Identity casts to the policy's precision; the phase needs float32.
    features = keras.Model(x, keras.layers.Identity()(keras.ops.cos(phase(x))))
    features.dtype_policy = "float32"
    return features
