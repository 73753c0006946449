"""The 28x28 networks of InfoGAN (Chen et al., 2016, arXiv:1606.03657), without codes.

Collaborative sampling uses them for its NSGAN and its WGAN-GP on MNIST.
"""

from typing import Any

import keras
import numpy as np

from tf_collab.models import layered
from tf_collab.models.coulomb import blocks, sizes
from tf_collab.models.nets import conditional

__all__ = ["NSGAN28Discriminator", "NSGAN28Generator"]


class NSGAN28Generator(layered.LayeredModel):
    """Latents z [batch, latent] to images [batch, 28, 28, channels] in (-1, 1).

    Layer 0 is z, 1 a vector [1024], 2 [7, 7, 128], 3 [14, 14, 64], 4 the image before
    tanh, 5 the image. Layers 1 to 3 are after batch-norm (in layers 1 and 2 of each
    unit separately) and ReLU. `width` scales 1024, 128 and 64. Of `classes` z is
    (z, label [batch] int32), and the label is handed on through each layer.
    """

    def __init__(
        self,
        *,
        latent: int = 62,
        channels: int = 1,
        width: float = 1.0,
        classes: int | None = None,
        seed: int = 0,
    ):
        units, maps, fewer = (sizes.hidden(n, width) for n in (1024, 128, 64))
        vector, project = (
            blocks.normed(_dense(n, seed + i), keras.layers.ReLU())
            for i, n in enumerate((units, 7 * 7 * maps))
        )
        project = keras.Sequential([project, keras.layers.Reshape((7, 7, maps))])
        up = blocks.conv_block(
            fewer,
            4,
            keras.layers.ReLU(),
            transposed=True,
            batch_norm=True,
            seed=seed + 2,
        )
        rest = [project, up, *blocks.image(channels, 4, seed=seed + 3)]
        z: Any = np.zeros([1, latent], "float32")
        if classes is None:
            super().__init__([vector, *rest])
        else:
            first = conditional.beside_z(vector, latent, classes)
            super().__init__([first, *conditional.on(rest)])
            z = z, np.zeros([1], "int32")
        self._make_variables(z)


class NSGAN28Discriminator(layered.LayeredModel):
    """Images [batch, 28, 28, channels] to raw scores [batch].

    Two convolutions and two dense layers, with leaky ReLU. Batch-norm is in the middle
    two; WGAN-GP needs `batch_norm=False`, because its penalty is on each sample alone.
    `width` scales the hidden channels and units. Of `classes` it takes (image, label
    [batch] int32) and is a projection discriminator, see `conditional`.
    """

    def __init__(
        self,
        *,
        channels: int = 1,
        width: float = 1.0,
        batch_norm: bool = True,
        classes: int | None = None,
        seed: int = 0,
    ):
        first, second = (
            blocks.conv_block(
                sizes.hidden(filters, width),
                4,
                keras.layers.LeakyReLU(0.2),
                batch_norm=batch_norm and i > 0,
                seed=seed + i,
            )
            for i, filters in enumerate((64, 128))
        )
        units = sizes.hidden(1024, width)
        dense = blocks.normed(
            keras.layers.Flatten(data_format="channels_last"),
            _dense(units, seed + 2, use_bias=not batch_norm),
            keras.layers.LeakyReLU(0.2),
            batch_norm=batch_norm,
        )
        score = blocks.score(seed=seed + 3)
        x: Any = np.zeros([1, 28, 28, channels], "float32")
        if classes is None:
            super().__init__([first, second, dense, score])
        else:
            last = conditional.projected(score, units, classes, seed=seed + 4)
            super().__init__([*conditional.on([first, second, dense]), last])
            x = x, np.zeros([1], "int32")
        self._make_variables(x)


def _dense(units: int, seed: int, *, use_bias: bool = False) -> keras.layers.Layer:
    init = blocks.normal(seed)
    return keras.layers.Dense(units, use_bias=use_bias, kernel_initializer=init)
