"""DCGAN (Radford et al., 2016) with kernels of 4 by 4, as Coulomb GANs use it.

There are no dense layers: G starts and D ends with a convolution of a whole 4 by 4 map.
(Unterthiner et al., 2018, arXiv:1708.08819; the authors' G and D `dcgan`.)
"""

from typing import Any

import keras
import numpy as np

from tf_collab.cpu import convolutions
from tf_collab.models import layered
from tf_collab.models.coulomb import blocks, sizes

__all__ = ["DCGAN4Discriminator", "DCGAN4Generator"]


class DCGAN4Generator(layered.LayeredModel):
    """Latents z [batch, latent] to images [batch, *shape].

    Transposed convolutions of z as an image of one pixel. Layer 0 is z, 1 is
    [4, 4, 512], 2 [8, 8, 256] and so on to half of the image's side, all after
    batch-norm and ReLU. The last two layers are the image before its last activation,
    and the image, 1.7159 tanh(2x / 3). `width` scales the channels, `l2` weighs the
    penalty of kernels. Raises ValueError unless images are square with a side of 8, 16,
    32, ...
    """

    def __init__(
        self,
        shape: Any,
        *,
        latent: int,
        width: float = 1.0,
        l2: float = 0.0,
        seed: int = 0,
    ):
        side, channels = sizes.image_shape(shape)
        doublings = sizes.log2(side // 4)

        def up(filters: int, i: int, **options: Any) -> keras.layers.Layer:
            return blocks.convolution(
                filters,
                4,
                kind=convolutions.Conv2DTranspose,
                strides=2 if i else 1,
                padding="same" if i else "valid",
                l2=l2,
                seed=seed + i,
                **options,
            )

        # Batch-norm would subtract a bias again.
        inner = {"init": blocks.relu_scaled, "use_bias": False}
        grow = [
            blocks.normed(
                *([] if i else [keras.layers.Reshape((1, 1, latent))]),
                up(sizes.hidden(512 // 2**i, width), i, **inner),
                keras.layers.ReLU(),
                **blocks.SLOW,
            )
            for i in range(doublings)
        ]
        last = up(channels, doublings, dtype="float32")
        super().__init__([*grow, last, blocks.tanh(scaled=True)])
        self._make_variables(np.zeros([1, latent], "float32"))


class DCGAN4Discriminator(layered.LayeredModel):
    """Images [batch, *shape] to raw scores [batch].

    Convolutions with leaky ReLU down to 4 by 4, then one over the whole map. Layers 1,
    2, ... have half the side of the layer before, and 64, 128, ... channels;
    `batch_norm` is in each. Raises ValueError unless images are square with a side of
    8, 16, 32, ...
    """

    def __init__(
        self,
        shape: Any,
        *,
        width: float = 1.0,
        batch_norm: bool = True,
        l2: float = 0.0,
        seed: int = 0,
    ):
        side, channels = sizes.image_shape(shape)
        halvings = sizes.log2(side // 4)
        down = [
            blocks.conv_block(
                sizes.hidden(64 * 2**i, width),
                4,
                keras.layers.LeakyReLU(0.2),
                batch_norm=batch_norm,
                init=keras.initializers.GlorotUniform,
                l2=l2,
                seed=seed + i,
                **blocks.SLOW,
            )
            for i in range(halvings)
        ]
        last = blocks.convolution(
            1, 4, padding="valid", l2=l2, seed=seed + halvings, dtype="float32"
        )
        score = keras.Sequential([last, keras.layers.Reshape((), dtype="float32")])
        super().__init__([*down, score])
        self._make_variables(np.zeros([1, side, side, channels], "float32"))
