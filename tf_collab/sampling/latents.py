"""The energy of a latent by prior and ratio, and walks down it with noise.

`E(z) = -log p0(z) - sharpness * log_ratio(G(z))`: samples whose latents have the
density `exp(-E)` at a sharpness of 1 have the law that the ratio tells, that of G times
the ratio (Che et al., 2020, arXiv:2003.06060, section 3).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

from tf_collab import base, seeds, tensors
from tf_collab.cpu import compilation

__all__ = [
    "Field",
    "Point",
    "field",
    "looking",
    "noisy",
    "squared_norm",
    "walked",
    "whole",
]


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
    return Field(begin, looking(gan, energy, latent), energy)


def looking(
    gan: base.GAN,
    energy: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
    latent: Callable[[tf.Tensor], Any] | None = None,
) -> Callable[[tf.Tensor], Point]:
    """What a Field sees: `energy(at, log_ratio)` [batch] and its slope.

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

    if gan.batch_statistics:  # which are of all latents that are looked at together
        return look
    rows = compilation.rows_outside(gan.generator, gan.discriminator)
    return compilation.in_pieces(compilation.graph(look), rows=rows or 500, loop=True)


def whole(z: Any, name: str) -> tf.Tensor:
    """z, if it is one array: of several parts no walk knows which may move."""
    if len(tf.nest.flatten(z)) > 1:
        raise ValueError(
            f"{name} moves z alone, and the latents of this GAN have parts: it does "
            "not know which of them may move"
        )
    return z


def walked(
    on: Field,
    z: Any,
    seed: tf.Tensor,
    steps: int,
    move: Callable[[tf.Tensor, Point, tf.Tensor, Any], tuple[Point, Any]],
    memory: Any,
    looks: int = 1,
) -> tuple[Point, Any, dict[str, tf.Tensor]]:
    """`steps` moves from z, in memory that does not grow with them.

    `move(seed, point, index, memory)` gives the next point, with `looks` looks, and
    what is to be remembered, in the structure of `memory`. Returns the last point, the
    last memory, and what it cost and how far it went: info [batch], in which `walks`
    is 1 for each, so that its sum tells how many there were.
    """
    first = on.look(on.begin(z))

    def one(index: tf.Tensor, point: Point, memory: Any) -> tuple[Any, Point, Any]:
        point, memory = move(seeds.fold_in(seed, index), point, index, memory)
        return index + 1, point, memory

    _, last, memory = tf.while_loop(
        lambda index, *_: index < steps,
        one,
        (0, first, memory),
        parallel_iterations=1,
    )
    calls = tf.fill(tf.shape(first.score), steps * looks + 1)
    names = ("g_forward", "d_forward", "g_backward", "d_backward")
    info = {
        **dict.fromkeys(names, calls),
        "steps": tf.fill(tf.shape(first.score), steps),
        "walks": tf.ones(tf.shape(first.score), tf.int32),
        "squared_norm_before": squared_norm(first.at),
        "squared_norm_after": squared_norm(last.at),
    }
    return last, memory, info


def noisy(
    gan: base.GAN,
    on: Field,
    steps: int,
    there: Callable[[Point, tf.Tensor], tf.Tensor],
) -> base.Proposer:
    """A proposer of G(z) after `steps` moves that are all taken.

    `there(point, normal)` is the next place, by standard normals of the place's shape.
    """

    def init(seed: tf.Tensor, z: Any, real: base.Scored) -> tuple[()]:
        del seed, z, real
        return ()

    def move(
        seed: tf.Tensor, point: Point, index: tf.Tensor, memory: tuple[()]
    ) -> tuple[Point, tuple[()]]:
        del index
        normal = tf.random.stateless_normal(tf.shape(point.at), seed)
        return on.look(there(point, normal)), memory

    def step(
        seed: tf.Tensor, z: Any, state: tuple[()]
    ) -> tuple[base.Scored, tuple[()], dict[str, tf.Tensor]]:
        last, _, info = walked(on, z, seed, steps, move, ())
        return base.Scored(last.x, last.score), state, info

    return base.Proposer(init, step, guide=gan)


def squared_norm(at: tf.Tensor) -> tf.Tensor:
    """[batch, ...] -> [batch]."""
    return tf.reduce_sum(tensors.flatten(at) ** 2, axis=1)
