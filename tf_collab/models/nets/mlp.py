"""The 2-D networks of collaborative sampling (Liu et al., 2020): dense, six deep."""

import keras
import numpy as np

from tf_collab.models import layered
from tf_collab.models.coulomb import blocks

__all__ = ["MLPDiscriminator", "MLPGenerator"]


class MLPGenerator(layered.LayeredModel):
    """Dense layers with batch-norm and ReLU; layers 0 z, 1..nlayers-1, then x.

    The last layer is float32 in mixed precision too. `affine=False` leaves
    batch-norm's scale and shift at 1 and 0, as the authors' code did by a slip;
    `decay` is what its moving statistics keep at a step.
    """

    def __init__(
        self,
        nhidden: int = 64,
        nlayers: int = 6,
        *,
        latent: int = 2,
        dim: int = 2,
        affine: bool = True,
        decay: float = 0.9,
        seed: int = 0,
    ):
        hidden = [
            blocks.dense_block(
                nhidden,
                batch_norm=True,
                affine=affine,
                decay=decay,
                seed=seed + i,
            )
            for i in range(nlayers - 1)
        ]
        last = keras.initializers.GlorotUniform(seed=seed + nlayers - 1)
        dense = keras.layers.Dense(dim, kernel_initializer=last, dtype="float32")
        super().__init__([*hidden, dense])
        self(np.zeros([1, latent], "float32"))  # makes the variables


class MLPDiscriminator(layered.LayeredModel):
    """Dense layers with ReLU (or "elu"), no batch-norm, to one raw score per sample."""

    def __init__(
        self,
        nhidden: int = 64,
        nlayers: int = 6,
        *,
        dim: int = 2,
        activation: str = "relu",
        seed: int = 0,
    ):
        hidden = [
            blocks.dense_block(
                nhidden, batch_norm=False, activation=activation, seed=seed + i
            )
            for i in range(nlayers - 1)
        ]
        last = keras.initializers.GlorotUniform(seed=seed + nlayers - 1)
        super().__init__([*hidden, blocks.point_score(last)])
        self(np.zeros([1, dim], "float32"))  # makes the variables
