"""Character networks of 1-D residual blocks (Gulrajani et al., 2017, arXiv:1704.00028).

Coulomb GANs use them with batch-norm in G (Unterthiner et al., 2018, arXiv:1708.08819;
the authors' G and D `billion_word`). A text is [length, vocabulary] with a row for each
character: one-hot in the data, probabilities from G.
"""

from typing import Any

import keras
import numpy as np

from tf_collab.models import layered
from tf_collab.models.coulomb import blocks, sizes

__all__ = ["TextDiscriminator", "TextGenerator"]

BLOCKS = 5


class TextGenerator(layered.LayeredModel):
    """Latents z [batch, latent] to texts [batch, length, vocabulary].

    Layer 0 is z, 1 is [length, 512] after batch-norm, 2 to 6 are the same after a
    residual block each, 7 is logits [length, vocabulary], 8 rows of probabilities.
    Batch-norm without scale follows each convolution of a block, by channel, and the
    first dense layer, by unit. `width` scales 512, `l2` weighs the penalty of kernels.
    Raises ValueError unless `shape` is (length, vocabulary).
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
        length, vocabulary = _text_shape(shape)
        n = sizes.hidden(512, width)
        glorot = keras.initializers.GlorotUniform(seed=seed)
        project = keras.Sequential(
            [
                keras.layers.Dense(
                    length * n,
                    use_bias=False,  # batch-norm would subtract the bias again
                    kernel_initializer=glorot,
                ),
                blocks.norm(scale=False, **blocks.SLOW),
                keras.layers.Reshape((length, n)),
            ]
        )
        inner = _blocks(length, n, batch_norm=True, l2=l2, seed=seed + 1)
        logits = _conv(
            vocabulary, 1, l2=l2, seed=seed + 1 + 2 * BLOCKS, dtype="float32"
        )
        softmax = keras.layers.Activation("softmax", dtype="float32")
        super().__init__([project, *inner, logits, softmax])
        self._make_variables(np.zeros([1, latent], "float32"))


class TextDiscriminator(layered.LayeredModel):
    """Texts x [batch, length, vocabulary] to raw scores [batch], without batch-norm.

    Layer 0 is x, 1 is [length, 512] and linear in each row, 2 to 6 are the same after a
    residual block each, and 7 is the score. Raises ValueError unless `shape` is
    (length, vocabulary).
    """

    def __init__(
        self, shape: Any, *, width: float = 1.0, l2: float = 0.0, seed: int = 0
    ):
        length, vocabulary = _text_shape(shape)
        n = sizes.hidden(512, width)
        embed = _conv(n, 1, l2=l2, seed=seed)
        inner = _blocks(length, n, batch_norm=False, l2=l2, seed=seed + 1)
        score = blocks.score(
            init=keras.initializers.GlorotUniform, seed=seed + 1 + 2 * BLOCKS
        )
        super().__init__([embed, *inner, score])
        self._make_variables(np.zeros([1, length, vocabulary], "float32"))


def _blocks(
    length: int, channels: int, *, batch_norm: bool, l2: float, seed: int
) -> list[keras.Model]:
    """x + 0.3 f(x), five times."""

    def half(seed: int) -> list[keras.layers.Layer]:
        conv = _conv(channels, 5, l2=l2, use_bias=not batch_norm, seed=seed)
        norm = [blocks.norm(scale=False)] if batch_norm else []
        return [keras.layers.ReLU(), conv, *norm]

    return [
        blocks.residual(
            (length, channels),
            [*half(seed + 2 * i), *half(seed + 2 * i + 1), keras.layers.Rescaling(0.3)],
        )
        for i in range(BLOCKS)
    ]


def _conv(filters: int, kernel_size: int, **options: Any) -> keras.layers.Layer:
    kind = keras.layers.Conv1D
    return blocks.convolution(filters, kernel_size, kind=kind, **options)


def _text_shape(shape: Any) -> tuple:
    form = "(length, vocabulary) with two characters or more to choose from"
    return sizes.sample_shape(shape, form, lambda s: len(s) == 2 and s[1] > 1)
