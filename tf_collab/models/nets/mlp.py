"""The 2-D networks of collaborative sampling (Liu et al., 2020): dense, six deep."""

import keras
import numpy as np

from tf_collab.models import layered
from tf_collab.models.coulomb import blocks

__all__ = ["MLPDiscriminator", "MLPGenerator"]


class MLPGenerator(layered.LayeredModel):
    """Latents z [batch, latent] to points x [batch, dim].

    Layer 0 is z, layers 1 to nlayers - 1 are dense with batch-norm and ReLU, and layer
    nlayers is x. The last layer is float32 in mixed precision too. `affine=False`
    leaves the scale and shift of batch-norm at 1 and 0, as the authors' code does by
    mistake; `decay` is the share of its moving statistics that a step keeps.
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
        self._make_variables(np.zeros([1, latent], "float32"))


class MLPDiscriminator(layered.LayeredModel):
    """Points [batch, dim] to raw scores [batch]: dense layers without batch-norm.

    Raises ValueError unless `activation` is "relu" or "elu".
    """

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
        self._make_variables(np.zeros([1, dim], "float32"))
