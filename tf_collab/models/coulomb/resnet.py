"""Residual image networks with pre-activation (He et al., 2016, arXiv:1603.05027).

Coulomb GANs use them (Unterthiner et al., 2018, arXiv:1708.08819): the authors' G
`good` and D `resnet8`.
"""

from typing import Any

import keras
import numpy as np

from tf_collab.models import layered
from tf_collab.models.coulomb import blocks, sizes

__all__ = ["ResNetDiscriminator", "ResNetGenerator"]


class ResNetGenerator(layered.LayeredModel):
    """Latents z [batch, latent] to images [batch, *shape].

    Residual blocks that double the sides. Layer 0 is z, 1 is [4, 4, 512] and linear; 2
    is [8, 8, 512], 3 [16, 16, 256], 4 [32, 32, 128] and so on to the image's side. The
    last two layers are the image before its last activation (after batch-norm, ReLU and
    a 1 x 1 convolution), and the image, 1.7159 tanh(2x / 3). `width` scales the
    channels, `l2` weighs the penalty of kernels. Raises ValueError unless images are
    square with a side of 8, 16, 32, ...
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
        n = [sizes.hidden(512, width)]
        n += [sizes.hidden(512 // 2**i, width) for i in range(doublings)]
        glorot = keras.initializers.GlorotUniform(seed=seed)
        project = keras.Sequential(
            [
                keras.layers.Dense(4 * 4 * n[0], kernel_initializer=glorot),
                keras.layers.Reshape((4, 4, n[0])),
            ]
        )
        grow = [
            _block(
                (4 * 2**i, 4 * 2**i, n[i]),
                n[i + 1],
                keras.layers.UpSampling2D,
                l2=l2,
                seed=seed + 1 + 3 * i,
            )
            for i in range(doublings)
        ]
        last = blocks.convolution(
            channels, 1, l2=l2, seed=seed + 1 + 3 * doublings, dtype="float32"
        )
        last = keras.Sequential([*_norm_relu(), last])
        super().__init__([project, *grow, last, blocks.tanh(scaled=True)])
        self._make_variables(np.zeros([1, latent], "float32"))


class ResNetDiscriminator(layered.LayeredModel):
    """Images [batch, *shape] to raw scores [batch].

    Residual blocks that halve the sides, then a dense layer. Layer 1 has the image's
    sides and 64 channels; each further layer has half the side and twice the channels
    of the one before, down to 4 by 4. `batch_norm` is before each ReLU. Raises
    ValueError unless images are square with a side of 8, 16, 32, ...
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
        n = [sizes.hidden(64 * 2**i, width) for i in range(halvings + 1)]
        first = blocks.convolution(n[0], 3, l2=l2, seed=seed)
        down = [
            _block(
                (side // 2**i, side // 2**i, n[i]),
                n[i + 1],
                keras.layers.AveragePooling2D,
                batch_norm=batch_norm,
                l2=l2,
                seed=seed + 1 + 3 * i,
            )
            for i in range(halvings)
        ]
        score = blocks.score(
            init=keras.initializers.GlorotUniform, seed=seed + 1 + 3 * halvings
        )
        super().__init__([first, *down, score])
        self._make_variables(np.zeros([1, side, side, channels], "float32"))


def _block(
    shape: tuple[int, int, int],
    filters: int,
    resample: type[keras.layers.Layer],
    *,
    batch_norm: bool = True,
    l2: float,
    seed: int,
) -> keras.Model:
    branch = [
        *_norm_relu(batch_norm),
        resample(2, data_format="channels_last"),
        blocks.convolution(shape[-1], 3, l2=l2, use_bias=not batch_norm, seed=seed),
        *_norm_relu(batch_norm),
        blocks.convolution(filters, 3, l2=l2, seed=seed + 1),
    ]
    shortcut = [
        resample(2, data_format="channels_last"),
        blocks.convolution(filters, 1, l2=l2, seed=seed + 2),
    ]
    return blocks.residual(shape, branch, shortcut)


def _norm_relu(batch_norm: bool = True) -> list[keras.layers.Layer]:
    norm = [blocks.norm(scale=False)] if batch_norm else []
    return [*norm, keras.layers.ReLU()]
