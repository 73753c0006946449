"""DCGAN (Radford et al., 2016, arXiv:1511.06434), as collaborative sampling has it."""

import keras
import numpy as np

from tf_collab.models import layered
from tf_collab.models.coulomb import blocks, sizes

__all__ = ["DCGANDiscriminator", "DCGANGenerator"]


class DCGANGenerator(layered.LayeredModel):
    """Latents z [batch, latent] to images [batch, size, size, channels] in (-1, 1).

    There are layers 0 to 6 at every size. Layer 0 is z and layer 1 is [size / 16,
    size / 16, 512]. Layers 2 to 4 have twice the side of the layer before, and 256, 128
    and 64 channels. Layers 1 to 4 are after batch-norm and ReLU. Layer 5 is the image
    before tanh, layer 6 the image. `width` scales the hidden channels. Raises
    ValueError unless size is 32, 64 or 128.
    """

    def __init__(
        self,
        size: int = 64,
        *,
        channels: int = 3,
        latent: int = 100,
        width: float = 1.0,
        seed: int = 0,
    ):
        side = _checked(size) // 16
        first, *others = (sizes.hidden(n, width) for n in (512, 256, 128, 64))
        project = blocks.normed(
            keras.layers.Dense(
                side * side * first,
                use_bias=False,
                kernel_initializer=blocks.normal(seed),
            ),
            keras.layers.Reshape((side, side, first)),
            keras.layers.ReLU(),
        )
        up = [
            blocks.conv_block(
                filters,
                5,
                keras.layers.ReLU(),
                transposed=True,
                batch_norm=True,
                seed=seed + i,
            )
            for i, filters in enumerate(others, start=1)
        ]
        super().__init__([project, *up, *blocks.image(channels, 5, seed=seed + 4)])
        self._make_variables(np.zeros([1, latent], "float32"))


class DCGANDiscriminator(layered.LayeredModel):
    """Images [batch, size, size, channels] to raw scores [batch].

    Four convolutions with leaky ReLU, then a dense layer. `batch_norm` is in all
    convolutions but the first, and `width` scales their channels. Raises ValueError
    unless size is 32, 64 or 128.
    """

    def __init__(
        self,
        size: int = 64,
        *,
        channels: int = 3,
        width: float = 1.0,
        batch_norm: bool = True,
        seed: int = 0,
    ):
        _checked(size)
        down = [
            blocks.conv_block(
                sizes.hidden(filters, width),
                5,
                keras.layers.LeakyReLU(0.2),
                batch_norm=batch_norm and i > 0,
                seed=seed + i,
            )
            for i, filters in enumerate((64, 128, 256, 512))
        ]
        super().__init__([*down, blocks.score(seed=seed + 4)])
        self._make_variables(np.zeros([1, size, size, channels], "float32"))


def _checked(size: int) -> int:
    if size not in (32, 64, 128):
        raise ValueError(f"DCGAN makes images of size 32, 64 or 128, not {size}")
    return size
