"""The energy of a latent by prior and ratio, and walks down it with noise.

`E(z) = -log p0(z) - sharpness * log_ratio(G(z))`: samples whose latents have the
density `exp(-E)` at a sharpness of 1 have the law that the ratio tells, that of G times
the ratio (Che et al., 2020, arXiv:2003.06060, section 3).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from tf_collab import base, tensors
from tf_collab.cpu import compilation

__all__ = ["Field", "Point", "field", "looking", "squared_norm", "whole"]


class Point(NamedTuple):
    """Latents on their walk, and what is known of them."""

    at: tf.Tensor  # [batch, *latent], where the walk is: standard normals, or z itself
    x: Any  # [batch, *data], the samples
    score: tf.Tensor  # [batch], of x
    energy: tf.Tensor  # [batch]
    slope: tf.Tensor  # [batch, *latent], gradient of each one's energy


class Field(NamedTuple):
    """Where a walk begins, and what it sees."""

    begin: Callable[[Any], tf.Tensor]  # z [batch, *latent] -> the place of it
    look: Callable[[tf.Tensor], Point]  # with one pass forward and back
    # A function of rows -> the same of a batch, run in pieces that use all cores; as
    # XLA programs if `xla` (None: where that is worthwhile).
    pieces: Callable[[Callable, bool | None], Callable]
    see: Callable[[tf.Tensor], Point]  # `look`, of a batch
    # (place, log ratio [batch]) -> the energy [batch] there
    energy: Callable[[tf.Tensor, tf.Tensor], tf.Tensor] | None = None


def field(gan: base.GAN, name: str, sharpness: float = 1.0) -> Field:
    """The energy of the GAN's latents.

    A prior that can be made of standard normals is walked in those, so that no walk
    leaves its support; any other in z, by its density. Raises ValueError, which begins
    with `name`, if the prior can give neither, or if D gives no log ratio.
    """
    prior: Any = gan.prior
    to_normal = getattr(prior, "to_normal", None)
    log_density: Any = getattr(prior, "log_density", None)
    if to_normal is None and log_density is None:
        raise ValueError(
            f"{name} walks by the density of its latents, and this prior tells none: "
            "take one of priors, or give base.Prior(draw, log_density)"
        )
    gan.log_ratio  # noqa: B018  raises here, not later, if D gives none

    def begin(z: Any) -> tf.Tensor:
        z = whole(z, name)
        return z if to_normal is None else to_normal(z)

    def energy(at: tf.Tensor, log_ratio: tf.Tensor) -> tf.Tensor:
        known = -squared_norm(at) / 2 if to_normal else log_density(at)
        return -known - sharpness * log_ratio

    latent = prior.from_normal if to_normal else None
    return looking(gan, begin, energy, latent)._replace(energy=energy)


def looking(
    gan: base.GAN,
    begin: Callable[[Any], tf.Tensor],
    energy: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
    latent: Callable[[tf.Tensor], Any] | None = None,
) -> Field:
    """The Field of an energy `energy(at, log_ratio)` [batch], by its slope.

    `latent` makes z of a place; None where the place is z. Raises ValueError if the
    calibrator has no slope.
    """
    if not getattr(gan.calibrator, "differentiable", True):
        raise ValueError(
            "a walk follows the slope of D's log ratio, and this calibrator is flat "
            "nearly everywhere: fit smooth, platt or beta"
        )

    def look(at: tf.Tensor) -> Point:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(at)
            z = at if latent is None else latent(at)
            scored = gan.scored(gan.generator(z, training=False))
            height = energy(at, gan.log_ratio_of(scored))
        slope = tape.gradient(height, at)  # of the sum: one for each sample
        return Point(at, scored.x, scored.score, height, slope)

    def pieces(fn: Callable, xla: bool | None = False) -> Callable:
        if gan.batch_statistics:  # which are of all latents that walk together
            return fn
        nets = gan.generator, gan.discriminator
        if xla is None:  # what a function runs cannot be seen: maybe convolutions
            seen = all(isinstance(net, keras.layers.Layer) for net in nets)
            xla = seen and compilation.worthwhile(*nets)
        return compilation.in_pieces(
            compilation.compiled(fn, *nets, xla=xla),
            rows=compilation.rows_outside(*nets) or 500,
            loop=not xla,
        )

    return Field(begin, look, pieces, pieces(look))


def whole(z: Any, name: str) -> tf.Tensor:
    """z, if it is one array: of several parts no walk knows which may move."""
    if len(tf.nest.flatten(z)) > 1:
        raise ValueError(
            f"{name} moves z alone, and the latents of this GAN have parts: it does "
            "not know which of them may move"
        )
    return z


def squared_norm(at: tf.Tensor) -> tf.Tensor:
    """[batch, ...] -> [batch]."""
    return tf.reduce_sum(tensors.flatten(at) ** 2, axis=1)
