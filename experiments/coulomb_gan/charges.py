"""The Coulomb experiment: its nets, objective and optimizers on any kind of data."""

import functools
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from scipy import spatial

import tf_collab as tc
from experiments.cli import errors
from experiments.stages import strategies
from experiments.stages.gan_training import Recipe
from tf_collab import tables

__all__ = ["Falling", "bounds", "epsilon", "gan", "recipe", "target"]


class Falling(keras.optimizers.schedules.LearningRateSchedule):
    """`start * decay ** (step / 1000)`, no lower than `floor`."""

    def __init__(self, start: float, decay: float, floor: float):
        self.start, self.decay, self.floor = start, decay, floor

    def __call__(self, step: int | tf.Tensor) -> tf.Tensor:
        fallen = self.start * self.decay ** (tf.cast(step, tf.float32) / 1000)
        return tf.maximum(fallen, self.floor)

    def get_config(self) -> dict[str, float]:
        return {"start": self.start, "decay": self.decay, "floor": self.floor}


def gan(config: Any, shape: list[int]) -> tc.GAN:
    """The nets that the flags name, for samples of a shape."""
    # Potentials are small differences of distances, which TF32 would round away.
    tf.config.experimental.enable_tensor_float_32_execution(False)
    seed, width = 1000 * config.seed, config.width
    own = {} if config.frequency is None else {"frequency": config.frequency}
    penalties = {"generator": config.gen_l2p_scale, "discriminator": 1.0}
    l2 = {net: config.l2_penalty * scale for net, scale in penalties.items()}
    with errors.blaming("--generator, --discriminator"):
        g = tc.models.GENERATORS[config.generator](
            shape,
            latent=config.latentsize,
            width=width,
            l2=l2["generator"],
            seed=seed,
        )
        d = tc.models.DISCRIMINATORS[config.discriminator](
            shape,
            width=width,
            batch_norm=config.batch_norm,
            l2=l2["discriminator"],
            seed=seed + 500,
            **own,
        )
    return tc.GAN(g, d, _prior(config, "independent"), _objective(config))


def recipe(config: Any, seeds: dict[str, tf.Tensor], gan: tc.GAN) -> Recipe:
    """Adam at rates that fall; the NSGAN beside it differs in what D learns alone."""
    adam = functools.partial(keras.optimizers.Adam, beta_1=config.beta1, epsilon=1e-8)
    previous = None
    if config.remember_previous:
        z = gan.prior(config.batch_size, tc.seeds.fold_in(seeds["train"], 2**31 - 1))
        alike = tf.VariableAggregation.ONLY_FIRST_REPLICA  # all have the whole batch
        with strategies.scope(config):
            previous = tf.Variable(gan.generator(z), trainable=False, aggregation=alike)

    def schedule(rate: float) -> float | Falling:
        if config.decay == 1:
            return rate
        lowest = config.learningrate_floor * rate / config.learningrate
        return Falling(rate, config.decay, lowest)

    return Recipe(
        optimizer=adam,
        adam=adam,
        schedule=schedule,
        options={
            "simultaneous": tables.OBJECTIVES[config.gan].simultaneous,
            "prior": _prior(config, config.latents),
        },
        previous=previous,
    )


def target(config: Any) -> dict[str, Any]:
    """What a target in the plane is told beside its flags.

    The paper's 25 Gaussians grow with their grid.
    """
    kernel = {"kernel": _between_points(config)}
    if config.dataset != "25Gaussians":
        return kernel
    scale = 10.5 if config.scale is None else config.scale
    return kernel | {"scale": scale, "std": scale / 10.5, "radius": 3.0}


def bounds(config: Any) -> tuple[float, float]:
    """What G's last activation can give, of images."""
    return (-1.0, 1.0) if config.generator == "my-tanh" else (-1.7159, 1.7159)


def epsilon(config: Any) -> Callable[[Any], Any]:
    """Step -> the kernel's width."""
    if config.epsilon_floor is None:
        return lambda step: config.epsilon
    return Falling(config.epsilon, config.decay, config.epsilon_floor)


def _between_points(config: Any) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """The field's kernel [n, m] at its first width: what MMD is measured with."""

    def kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        squared = spatial.distance.cdist(a, b, "sqeuclidean")
        return tc.objectives.plummer_kernel(
            squared, dimension=config.dimension, epsilon=config.epsilon
        ).numpy()

    return kernel


def _prior(config: Any, latents: str) -> tc.Prior:
    prior = tc.priors.quasi_normal if latents == "quasi" else tc.priors.normal
    return prior(config.latentsize)


def _objective(config: Any) -> tc.Objective:
    build = tables.OBJECTIVES[config.gan].build
    if config.gan != "coulomb":
        return build()
    return build(
        dimension=config.dimension,
        epsilon=epsilon(config),
        loss=config.disc_loss,
        self_term=config.self_term,
        sigma=config.sigma,
    )
