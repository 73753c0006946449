"""The networks of BEGAN (Berthelot et al., 2017, arXiv:1703.10717) in Coulomb GANs.

D is the encoder half of BEGAN's autoencoder, followed by a score. There is no
batch-norm. (Unterthiner et al., 2018, arXiv:1708.08819; the authors' G and D `began`.)
"""

from typing import Any

import keras
import numpy as np

from tf_collab.models import layered
from tf_collab.models.coulomb import blocks, sizes

__all__ = ["BEGANDiscriminator", "BEGANGenerator"]


class BEGANGenerator(layered.LayeredModel):
    """Latents z [batch, latent] to images [batch, *shape].

    Two convolutions with ELU per scale, all with 128 channels. Layer 0 is z, 1 is
    [8, 8, 128] and linear, 2 the same after the convolutions of the first scale; 3 is
    [16, 16, 128], 4 [32, 32, 128] and so on to the image's side. The last two layers
    are the image before its last activation, and the image, 1.7159 tanh(2x / 3).
    `width` scales the channels, `l2` weighs the penalty of kernels. Raises ValueError
    unless images are square with a side of 8, 16, 32, ...
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
        n, scales = sizes.hidden(128, width), sizes.log2(side // 4)
        glorot = keras.initializers.GlorotUniform(seed=seed)
        project = keras.Sequential(
            [
                keras.layers.Dense(8 * 8 * n, kernel_initializer=glorot),
                keras.layers.Reshape((8, 8, n)),
            ]
        )
        grow = [
            keras.Sequential(
                [
                    *(
                        [keras.layers.UpSampling2D(2, data_format="channels_last")]
                        if i
                        else []
                    ),
                    _elu(n, l2=l2, seed=seed + 1 + 2 * i),
                    _elu(n, l2=l2, seed=seed + 2 + 2 * i),
                ]
            )
            for i in range(scales)
        ]
        last = blocks.convolution(
            channels, 3, l2=l2, seed=seed + 1 + 2 * scales, dtype="float32"
        )
        super().__init__([project, *grow, last, blocks.tanh(scaled=True)])
        self._make_variables(np.zeros([1, latent], "float32"))


class BEGANDiscriminator(layered.LayeredModel):
    """Images [batch, *shape] to raw scores [batch].

    An encoder down to 8 by 8, then a dense layer. Layer 1 has the image's sides and 128
    channels. The two convolutions of a scale have 128 channels more than those of the
    scale before; a third one halves the sides, except at the last scale. For images
    [32, 32, c], layers 2, 3, 4 are [16, 16, 128], [8, 8, 256] and [8, 8, 384]. All have
    ELU. Raises ValueError unless images are square with a side of 8, 16, 32, ...
    """

    def __init__(
        self, shape: Any, *, width: float = 1.0, l2: float = 0.0, seed: int = 0
    ):
        side, channels = sizes.image_shape(shape)
        n, scales = sizes.hidden(128, width), sizes.log2(side // 4)
        down = [_elu(n, l2=l2, seed=seed)]
        for i in range(scales):
            strides = (1, 1) if i == scales - 1 else (1, 1, 2)
            convs = [
                _elu(n * (i + 1), strides=s, l2=l2, seed=seed + 1 + 3 * i + j)
                for j, s in enumerate(strides)
            ]
            down.append(keras.Sequential(convs))
        score = blocks.score(
            init=keras.initializers.GlorotUniform, seed=seed + 3 * scales
        )
        super().__init__([*down, score])
        self._make_variables(np.zeros([1, side, side, channels], "float32"))


def _elu(filters: int, **options: Any) -> keras.layers.Layer:
    init = keras.initializers.GlorotNormal
    return blocks.convolution(filters, 3, init=init, activation="elu", **options)
