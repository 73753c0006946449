"""The image networks of Coulomb GANs (Unterthiner et al., 2018, arXiv:1708.08819).

They follow the figure of the DCGAN paper: the authors' G `my` and `my-tanh`, and their
D `my`, `my-big` and `my-big2`.
"""

from typing import Any

import keras
import numpy as np

from tf_collab.cpu import convolutions
from tf_collab.models import layered
from tf_collab.models.coulomb import blocks, sizes

__all__ = ["PyramidDiscriminator", "PyramidGenerator"]


class PyramidGenerator(layered.LayeredModel):
    """Latents z [batch, latent] to images [batch, *shape].

    Transposed convolutions, each with half the channels of the one before. Layer 0 is
    z, 1 is [4, 4, 1024] after ReLU; 2 is [8, 8, 512], 3 [16, 16, 256] and so on to half
    of the image's side, after batch-norm and ReLU. The last two layers are the image
    before its last activation, and the image. The activation is 1.7159 tanh(2x / 3),
    which goes beyond -1 and 1, or tanh if not `scaled`. `width` scales the channels,
    `l2` weighs the penalty of kernels. Raises ValueError unless images are square with
    a side of 8, 16, 32, ...
    """

    def __init__(
        self,
        shape: Any,
        *,
        latent: int,
        width: float = 1.0,
        l2: float = 0.0,
        scaled: bool = True,
        seed: int = 0,
    ):
        side, channels = sizes.image_shape(shape)
        first = sizes.hidden(1024, width)
        glorot = keras.initializers.GlorotUniform(seed=seed)
        project = keras.Sequential(
            [
                keras.layers.Dense(4 * 4 * first, kernel_initializer=glorot),
                keras.layers.Reshape((4, 4, first)),
                keras.layers.ReLU(),
            ]
        )
        doublings = sizes.log2(side // 4)
        grow = [
            blocks.conv_block(
                sizes.hidden(1024 // 2**i, width),
                5,
                keras.layers.ReLU(),
                transposed=True,
                batch_norm=True,
                init=blocks.relu_scaled,
                l2=l2,
                seed=seed + i,
                **blocks.SLOW,
            )
            for i in range(1, doublings)
        ]
        last = blocks.convolution(
            channels,
            5,
            kind=convolutions.Conv2DTranspose,
            strides=2,
            l2=l2,
            seed=seed + doublings,
            dtype="float32",
        )
        super().__init__([project, *grow, last, blocks.tanh(scaled=scaled)])
        self._make_variables(np.zeros([1, latent], "float32"))


class PyramidDiscriminator(layered.LayeredModel):
    """Images [batch, *shape] to raw scores [batch].

    Four convolutions with leaky ReLU, then a dense layer. Layers 1 to 4 have half the
    side of the layer before (rounded up). Layer 1 has `filters` channels (64 for `my`,
    128 for `my-big`, 256 for `my-big2`), and each further one twice as many.
    `batch_norm` is in all four. Raises ValueError unless images are square with a side
    of 8, 16, 32, ...
    """

    def __init__(
        self,
        shape: Any,
        *,
        filters: int = 64,
        width: float = 1.0,
        batch_norm: bool = True,
        l2: float = 0.0,
        seed: int = 0,
    ):
        side, channels = sizes.image_shape(shape)
        down = [
            blocks.conv_block(
                sizes.hidden(filters * 2**i, width),
                5,
                keras.layers.LeakyReLU(0.2),
                batch_norm=batch_norm,
                init=keras.initializers.GlorotUniform,
                l2=l2,
                seed=seed + i,
                **blocks.SLOW,
            )
            for i in range(4)
        ]
        score = blocks.score(init=keras.initializers.GlorotUniform, seed=seed + 4)
        super().__init__([*down, score])
        self._make_variables(np.zeros([1, side, side, channels], "float32"))
