"""Discriminator optimal transport, DOT (Tanaka, 2019, arXiv:1910.06832)."""

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

from tf_collab import base, tensors
from tf_collab.sampling import latents, moving, steepness

__all__ = ["PROJECTIONS", "SPACES", "TransportState", "dot"]

NEAR = 1e-3  # delta of the paper, on every coordinate: there a distance has a slope
DECAY, EPSILON = 0.9, 1e-8  # of Adam, whose beta1 is 0
SPACES = ("latent", "data")
# (gradient, place), both [batch, *latent] -> what of the gradient is followed
PROJECTIONS: dict[str, Callable[[tf.Tensor, tf.Tensor], tf.Tensor]] = {
    "tangent": lambda grad, at: _along(grad, at, latents.squared_norm(at)),
    # The root of 128, the dimension of the paper's latents, whatever theirs is.
    "paper": lambda grad, at: _along(grad, at, tf.constant([128**0.5])),
    "none": lambda grad, at: grad,
}


class TransportState(NamedTuple):
    """How steep the score is."""

    slope: tf.Tensor  # [], k of the paper
    slope_spread: tf.Tensor  # [], standard deviation of its maxima; 0 if it was given


def dot(
    gan: base.GAN,
    *,
    slope: float | None = None,
    space: str = "latent",
    projection: str = "tangent",
    rate: float = 0.01,
    steps: int = 100,
    xla: bool | None = None,
) -> base.Proposer:
    """Proposes samples that a step of optimal transport leads to, as D sees it.

    From y, z goes down `|z - y + 0.001| - d(G(z)) / slope` by `steps` steps of Adam of
    size `rate`; in the space "data" x goes down the same with d(x), from G(y). d is the
    log ratio, or the negative energy of a D that gives none, as a critic or a Coulomb
    GAN's; its scale does not count where the slope is estimated.

    `slope` is the dial. None is the paper's: the mean of 10 maxima of |difference of d|
    / distance, each over 100 pairs of fresh latents or samples. That is below the true
    Lipschitz constant, and so samples move; with the true one they hardly do (the
    minimum is not unique then, by the author's erratum), and with a small one they
    climb D as if there were no transport.

    Latents without bounds keep their norm: the gradient is projected on the sphere's
    `tangent`, and z is scaled back after a step. "paper" divides by the root of 128 in
    place of the squared norm, and does not scale; "none" does neither. A prior's `clip`
    and, of samples, G's `output_range` keep them in their bounds instead.

    Info has the slope, the spread of its maxima, the distance from y, and of latents
    the squared norm before and after. Raises ValueError if an option is out of range.

    Examples:
        >>> walk = tc.sampling.dot(gan, slope=1.0, steps=5)
        >>> sampler = tc.sampling.compose(walk, tc.sampling.always())
        >>> kept = tc.sampling.draw(sampler, gan.prior, 20, real=real, batch=20, seed=0)
        >>> kept.info["d_backward"] / 20, kept.info["slope"] / 20
        (6.0, 1.0)
    """
    if not rate > 0 or steps < 0 or not (slope is None or slope > 0):
        raise ValueError(
            "dot needs a rate and a slope above 0, and 0 steps or more, not "
            f"{rate}, {slope} and {steps}"
        )
    if space not in SPACES or projection not in PROJECTIONS:
        raise ValueError(
            f"space is one of {', '.join(SPACES)}, and projection one of "
            f"{', '.join(PROJECTIONS)}, not {space!r} and {projection!r}"
        )
    in_data, judged = space == "data", gan
    if in_data:
        judged = judged._replace(generator=lambda x, training: x)
    if gan.calibrator is None and gan.objective.log_ratio is None:
        judged = judged._replace(calibrator=lambda score: -gan.objective.energy(score))
    clip = getattr(gan.prior, "clip", None)
    if in_data:
        given = getattr(gan.generator, "output_range", None)
        clip = given and (lambda x: tf.clip_by_value(x, *given))
    sphere = clip is None and not in_data
    along = PROJECTIONS[projection if sphere else "none"]
    scaled = sphere and projection == "tangent"

    def begin(z: Any) -> tf.Tensor:
        z = latents.whole(z, "dot")
        if scaled and z.shape[1:].num_elements() == 1:
            raise ValueError("a latent of one number has no tangent: projection='none'")
        return latents.whole(gan.generator(z, training=False), "dot") if in_data else z

    on = latents.looking(judged, begin, lambda at, d: -d)

    def move(
        point: latents.Point, dice: tuple[()], index: tf.Tensor, memory: tuple
    ) -> tuple[latents.Point, tuple]:
        del dice
        square, start, slopes = memory
        away = point.at - start + NEAR
        grad = tf.math.divide_no_nan(away, _norm(away))
        grad += tf.math.divide_no_nan(point.slope, slopes[0])
        grad = along(grad, point.at)
        square = DECAY * square + (1 - DECAY) * grad**2
        known = 1 - DECAY ** tf.cast(index + 1, tf.float32)
        at = point.at - rate * grad / (tf.sqrt(square / known) + EPSILON)
        if scaled:
            at = tf.math.divide_no_nan(at, _norm(at)) * _norm(start)
        there = on.look(at if clip is None else clip(at))
        return there, (square, start, slopes)

    moved = moving.mover(on, lambda seed, at: (), move, most=steps, xla=xla)

    def height(at: tf.Tensor) -> tf.Tensor:
        x = judged.generator(at, training=False)
        return judged.log_ratio_of(judged.scored(x))

    def init(seed: tf.Tensor, z: Any, real: base.Scored) -> TransportState:
        del z, real
        if slope is not None:
            return TransportState(tf.constant(slope, tf.float32), tf.zeros([]))
        draw = lambda n, seed: begin(gan.prior(n, seed))
        return TransportState(*steepness.slope(seed, draw, height))

    def step(
        seed: tf.Tensor, z: Any, state: TransportState
    ) -> tuple[base.Scored, TransportState, dict[str, tf.Tensor]]:
        first = on.see(on.begin(z))
        slopes = tf.fill(tf.shape(first.score), state.slope)
        memory = tf.zeros_like(first.at), first.at, slopes
        last, _ = moved(first, seed, memory, 0, steps)
        info = moving.told(first, last, steps)
        if in_data:  # G made the start, and no more
            info = {k: v for k, v in info.items() if "squared_norm" not in k}
            info["g_forward"] = tf.ones_like(info["steps"])
            info["g_backward"] = tf.zeros_like(info["steps"])
        rows = tf.shape(last.score)
        info |= {name: tf.fill(rows, value) for name, value in state._asdict().items()}
        info["distance"] = tf.sqrt(latents.squared_norm(last.at - first.at))
        return base.Scored(last.x, last.score), state, info

    return base.Proposer(init, step, guide=gan)


def _norm(v: tf.Tensor) -> tf.Tensor:
    return tensors.expand(tf.sqrt(latents.squared_norm(v)), v)


def _along(grad: tf.Tensor, at: tf.Tensor, by: tf.Tensor) -> tf.Tensor:
    """The gradient without what leads along `at`, where `by` is its squared norm."""
    inward = tf.reduce_sum(tensors.flatten(grad * at), axis=1)
    return grad - tensors.expand(tf.math.divide_no_nan(inward, by), at) * at
