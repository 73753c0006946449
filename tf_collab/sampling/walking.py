"""The energy of an activation as D judges it, and the moves down that energy."""

from collections.abc import Callable, Collection, Iterable
from typing import Any, NamedTuple

import tensorflow as tf

from tf_collab import base, checks, replicas, tensors
from tf_collab.cpu import folding

__all__ = ["Ground", "ground", "limits", "motion", "real_probability"]


def real_probability(gan: base.GAN, real: base.Scored) -> tf.Tensor:
    """The mean probability [] that D gives to the reals.

    Raises ValueError if D gives no log ratio, or one up to a constant, or if the reals
    have no scores.
    """
    gan.log_odds  # noqa: B018  raises if D gives none
    return replicas.mean(tf.reduce_mean(tf.sigmoid(checks.log_ratios(gan, real))))


def limits(
    gan: base.GAN, layer: int, bounds: tuple[float, float] | None
) -> tuple[float, float] | None:
    """What an activation is kept in: `bounds`, else what G can give, at its output."""
    if bounds is None and layer == gan.generator.depth:
        return getattr(gan.generator, "output_range", None)
    return bounds


def movable(
    h: Any, hold: Collection[str | int], always: Collection[str | int]
) -> list[bool]:
    """For each leaf of h, whether it consists of floats and is not held.

    `always` names leaves that are held at every layer that has them. Raises ValueError
    if `hold` names something that h does not have.
    """
    keys = tensors.keys(h)
    for key in hold:
        if key not in keys:
            known = list(dict.fromkeys(keys))
            raise ValueError(
                f"hold names {key!r}, and this layer's activation "
                + (f"is made of {known}" if known != [None] else "is one array")
            )
    leaves = tf.nest.flatten(h)
    held = {*hold, *always}
    return [v.dtype.is_floating and k not in held for v, k in zip(leaves, keys)]


class Ground(NamedTuple):
    """What a walk from activations of one structure needs."""

    leaves: Callable  # h -> the leaves of h that may move
    replaced: Callable  # (h, leaves) -> h with these leaves in their places
    decode: Callable  # h -> x
    visit: Callable  # h -> (x, score, energy)
    slope: Callable  # h -> (a gradient or None for each leaf that may move, visit(h))


def ground(
    gan: base.GAN, layer: int, hold: Collection[str | int], h: Any
) -> tuple[Any, Ground]:
    """The start of a walk from h [batch, *act], and its Ground.

    The walk is in float32 or wider, and `decode` rounds to h's own types: a step is
    often too small for a half-precision number.
    """
    types = [leaf.dtype for leaf in tf.nest.flatten(h)]
    can = movable(h, hold, gan.hold)

    def leaves(h: Any) -> list[tf.Tensor]:
        return [leaf for leaf, m in zip(tf.nest.flatten(h), can) if m]

    def replaced(h: Any, leaves: Iterable[tf.Tensor]) -> Any:
        new = iter(leaves)
        every = [next(new) if m else v for v, m in zip(tf.nest.flatten(h), can)]
        return tf.nest.pack_sequence_as(h, every)

    def own(h: Any) -> Any:
        cast = [tf.cast(v, t) for v, t in zip(tf.nest.flatten(h), types)]
        return tf.nest.pack_sequence_as(h, cast)

    folded_g = folding.folded(folding.beyond(gan.generator, layer))
    folded_d = folding.folded(() if gan.batch_statistics else (gan.discriminator,))

    def decode(h: Any) -> Any:
        with folded_g():
            return gan.generator.decode(own(h), from_=layer)

    def visit(h: Any) -> tuple[Any, tf.Tensor, tf.Tensor]:
        x = decode(h)
        with folded_d():
            x, score = gan.scored(x)
        return x, score, gan.objective.energy(score)

    def slope(
        h: Any,
    ) -> tuple[list[tf.Tensor | None], tuple[Any, tf.Tensor, tf.Tensor]]:
        known = _slope_at_once(gan, layer, own(h)) if leaves(h) else None
        if known is not None:
            grad, seen = known
            return [tf.cast(grad, h.dtype)], seen
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(leaves(h))
            seen = visit(h)
        grads = tape.gradient(seen[2], leaves(h))  # of the sum: one for each sample
        if all(grad is None for grad in grads):
            raise ValueError(
                f"nothing at layer {layer} can move: its activation has no leaf of "
                "floats that is not held and whose gradient reaches the score"
            )
        return grads, seen

    start = replaced(h, map(tensors.wide, leaves(h)))
    return start, Ground(leaves, replaced, decode, visit, slope)


def _slope_at_once(
    gan: base.GAN, layer: int, h: Any
) -> tuple[tf.Tensor, tuple[Any, tf.Tensor, tf.Tensor]] | None:
    """The slope from a generator that computes it in one call, or None."""
    ask = getattr(gan.generator, "score_slope", None)
    if ask is None or gan.batch_statistics:
        return None
    known = ask(h, from_=layer, discriminator=gan.discriminator)
    if known is None:
        return None
    x, score, by_h = known
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(score)
        score32 = base.Scored(x, tf.cast(score, tf.float32)).checked().score
        energy = gan.objective.energy(score32)
    by_score = tape.gradient(energy, score)
    grad = tensors.expand(tf.cast(by_score, by_h.dtype), by_h) * by_h
    return grad, (x, score32, energy)


def motion(
    gan: base.GAN, policy: base.Policy, bounds: tuple[float, float] | None, on: Ground
) -> tuple[Callable, Callable]:
    """`begin(h)`, which returns the policy's state, and `move(h, state, real_mean)`.

    A move returns the next h, its state, and `visit` of the h that it left.
    """

    def begin(h: Any) -> tuple:
        state = tuple(map(policy.init, on.leaves(h)))
        if any(not leaf.shape.rank for leaf in tf.nest.flatten(state)):
            raise ValueError(
                "the state of this policy has a leaf that is one number: give it a row "
                "for each sample, [batch, ...], since samples that walk side by side "
                "may have begun at different times"
            )
        return state

    def move(h: Any, state: tuple, real_mean: tf.Tensor) -> tuple[Any, tuple, tuple]:
        grads, seen = on.slope(h)
        gap = lambda: real_mean - tf.sigmoid(gan.log_ratio_of(base.Scored(*seen[:2])))

        def moved(
            v: tf.Tensor, grad: tf.Tensor | None, state: Any
        ) -> tuple[tf.Tensor, Any]:
            if grad is None:  # the score does not depend on v, or not smoothly
                return v, state
            delta, state = policy.update(grad, state, gap=gap)
            v += delta
            return (v if bounds is None else tf.clip_by_value(v, *bounds)), state

        after = [moved(*each) for each in zip(on.leaves(h), grads, state)]
        there = on.replaced(h, (v for v, _ in after))
        return there, tuple(s for _, s in after), seen

    return begin, move
