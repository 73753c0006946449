"""The GANs of the experiments on images, and how they learn."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

import tf_collab as tc
from experiments.cli import errors
from experiments.images import image_options
from experiments.stages.gan_training import Recipe
from tf_collab import tables

__all__ = ["dcgan", "nsgan28", "recipe"]

SIDE = 28  # of the images of MNIST and its like


def nsgan28(
    config: image_options.ImageOptions,
    shape: list[int],
    frequencies: np.ndarray | None = None,
) -> tc.GAN:
    """The authors' 28x28 nets, given labels of such frequencies, if any."""
    height, width, channels = shape
    if (height, width) != (SIDE, SIDE):
        raise errors.Refused(
            f"--dataset={config.dataset} has images of {width}x{height}, and the "
            f"nets make {SIDE}x{SIDE}: experiments.celeba brings images to a size"
        )
    nets = tc.models.NSGAN28Generator, tc.models.NSGAN28Discriminator
    latent = 100 if config.gan == "wgan_gp" else 62  # as the authors have them
    return _gan(
        config, *nets, channels=channels, latent=latent, frequencies=frequencies
    )


def dcgan(config: image_options.ImageOptions, shape: list[int]) -> tc.GAN:
    """DCGANs of the images' size."""
    size, _, channels = shape
    nets = tc.models.DCGANGenerator, tc.models.DCGANDiscriminator
    return _gan(config, *nets, size, channels=channels, latent=100)


def _gan(
    config: image_options.ImageOptions,
    make_g: Callable[..., tc.models.LayeredModel],
    make_d: Callable[..., keras.Model],
    *size: int,
    channels: int,
    latent: int,
    frequencies: np.ndarray | None = None,
) -> tc.GAN:
    """A GAN of two classes of nets, by the objective that --gan names."""
    row = tables.OBJECTIVES[config.gan]
    batch_norm = row.batch_norm_in_d
    nets: dict[str, Any] = {"channels": channels, "width": config.width}
    if frequencies is not None:
        nets["classes"] = len(frequencies)
    seed = 1000 * config.seed
    g = make_g(*size, **nets, latent=latent, seed=seed)
    d = make_d(*size, **nets, batch_norm=batch_norm, seed=seed + 500)
    batch_statistics = config.batch_statistics and batch_norm
    prior = tc.priors.uniform(latent)
    gan = tc.GAN(g, d, prior, row.build(), batch_statistics=batch_statistics)
    if frequencies is None:
        return gan
    shares = frequencies.tolist()
    labelled = tc.priors.labelled(prior, len(shares), frequencies=shares)
    return gan._replace(prior=labelled, hold=(1,))


def recipe(*, g_steps: int = 1) -> Recipe:
    """Adam as DCGANs have it; D's step and G's `g_steps` share z."""
    return Recipe(_adam, _adam, options={"shared_z": True, "g_steps": g_steps})


def _adam(
    rate: float | keras.optimizers.schedules.LearningRateSchedule,
) -> keras.optimizers.Optimizer:
    return keras.optimizers.Adam(rate, beta_1=0.5, epsilon=1e-8)
