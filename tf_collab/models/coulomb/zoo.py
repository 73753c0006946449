"""The networks of Coulomb GANs, by the names of their authors' flags.

All take the same arguments. `shape` is that of one sample: (dimensions,) for points,
(side, side, channels) for images, (length, vocabulary) for text:

    GENERATORS[name](shape, latent=, width=1.0, l2=0.0, seed=)
    DISCRIMINATORS[name](shape, width=1.0, batch_norm=True, l2=0.0, seed=)

`width` scales the hidden channels, and `l2` weighs the penalty l2 / 2 * |w|^2 of
convolution kernels. `batch_norm=False` leaves batch-norm out of D; mlp, fourier, began
and billion_word never have it. "fourier" is not one of the authors' networks, and also
takes `frequency`.
"""

import functools
from collections.abc import Callable
from typing import Any

from tf_collab.models import layered
from tf_collab.models.coulomb import (
    began,
    dcgan4,
    fourier,
    pyramid,
    resnet,
    sizes,
    text,
)
from tf_collab.models.nets import mlp

__all__ = ["DISCRIMINATORS", "GENERATORS"]


def _mlp_generator(
    shape: Any, *, latent: int, width: float = 1.0, l2: float = 0.0, seed: int
) -> mlp.MLPGenerator:
    del l2  # there is no convolution
    (dim,) = _point_shape(shape)
    # With a decay of 0.9 the moving statistics are those of some ten batches, whose
    # noise shifts and narrows the modes.
    return mlp.MLPGenerator(
        sizes.hidden(128, width), 7, latent=latent, dim=dim, decay=0.99, seed=seed
    )


def _mlp_discriminator(
    shape: Any, *, width: float = 1.0, l2: float = 0.0, seed: int
) -> mlp.MLPDiscriminator:
    del l2
    (dim,) = _point_shape(shape)
    units = sizes.hidden(128, width)
    return mlp.MLPDiscriminator(units, 4, dim=dim, activation="elu", seed=seed)


def _fourier_discriminator(
    shape: Any,
    *,
    width: float = 1.0,
    l2: float = 0.0,
    frequency: float = 0.3,
    seed: int,
) -> fourier.FourierDiscriminator:
    del l2
    (dim,) = _point_shape(shape)
    units = sizes.hidden(256, width)
    return fourier.FourierDiscriminator(units, dim=dim, frequency=frequency, seed=seed)


def _point_shape(shape: Any) -> tuple:
    return sizes.sample_shape(shape, "(dimensions,)", lambda s: len(s) == 1)


def _never_normed(
    make: Callable[..., layered.LayeredModel],
) -> Callable[..., layered.LayeredModel]:
    return lambda shape, *, batch_norm=True, **options: make(shape, **options)


GENERATORS: dict[str, Callable[..., layered.LayeredModel]] = {
    "mlp": _mlp_generator,
    "my": pyramid.PyramidGenerator,
    "my-tanh": functools.partial(pyramid.PyramidGenerator, scaled=False),
    "dcgan": dcgan4.DCGAN4Generator,
    "began": began.BEGANGenerator,
    "resnet": resnet.ResNetGenerator,
    "good": resnet.ResNetGenerator,  # the authors' name
    "billion_word": text.TextGenerator,
}

DISCRIMINATORS: dict[str, Callable[..., layered.LayeredModel]] = {
    "mlp": _never_normed(_mlp_discriminator),
    "fourier": _never_normed(_fourier_discriminator),
    "my": pyramid.PyramidDiscriminator,
    "my-big": functools.partial(pyramid.PyramidDiscriminator, filters=128),
    "my-big2": functools.partial(pyramid.PyramidDiscriminator, filters=256),
    "dcgan": dcgan4.DCGAN4Discriminator,
    "began": _never_normed(began.BEGANDiscriminator),
    "resnet8": resnet.ResNetDiscriminator,
    "billion_word": _never_normed(text.TextDiscriminator),
}
