"""What an activation walks on, and its moves: D's opinion of what G makes of it."""

from collections.abc import Callable, Collection
from typing import Any, NamedTuple

import tensorflow as tf

from tf_collab import base, checks, tensors

__all__ = ["Ground", "ground", "limits", "motion", "real_probability"]


def real_probability(gan: base.GAN, real: base.Scored) -> tf.Tensor:
    """The mean probability [] that D gives to reals."""
    return tf.reduce_mean(tf.sigmoid(gan.log_ratio(checks.scores_of(real))))


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
    """Of each leaf of h: whether it is of floats and not held.

    `always` names what is held at every layer that has it.
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
    """What activations like one walk on."""

    leaves: Callable  # h -> those of its leaves that may move
    replaced: Callable  # (h, leaves) -> h with those in their place
    decode: Callable  # h -> x
    visit: Callable  # h -> (x, score, energy)
    slope: Callable  # h -> (a gradient or None for each such leaf, visit(h))


def ground(
    gan: base.GAN, layer: int, hold: Collection[str | int], h: Any
) -> tuple[Any, Ground]:
    """Where a walk from h starts, and what it walks on.

    It walks in float32 at least, and rounds to h's own types to decode: a step is
    often less than a half-precision number can tell.
    """
    types = [leaf.dtype for leaf in tf.nest.flatten(h)]
    can = movable(h, hold, gan.hold)

    def leaves(h):
        return [leaf for leaf, m in zip(tf.nest.flatten(h), can) if m]

    def replaced(h, leaves):
        new = iter(leaves)
        every = [next(new) if m else v for v, m in zip(tf.nest.flatten(h), can)]
        return tf.nest.pack_sequence_as(h, every)

    def own(h):
        cast = [tf.cast(v, t) for v, t in zip(tf.nest.flatten(h), types)]
        return tf.nest.pack_sequence_as(h, cast)

    def decode(h):
        return gan.generator.decode(own(h), from_=layer)

    def visit(h):
        x, score = gan.scored(decode(h))
        return x, score, gan.objective.energy(score)

    def slope(h):
        known = _slope_at_once(gan, layer, own(h)) if leaves(h) else None
        if known is not None:
            grad, seen = known
            return [tf.cast(grad, h.dtype)], seen
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(leaves(h))
            seen = visit(h)
        grads = tape.gradient(seen[2], leaves(h))  # of the sum: each sample its own
        if all(grad is None for grad in grads):
            raise ValueError(
                f"nothing at layer {layer} can move: its activation has no leaf of "
                "floats that is not held and whose gradient reaches the score"
            )
        return grads, seen

    start = replaced(h, map(tensors.wide, leaves(h)))
    return start, Ground(leaves, replaced, decode, visit, slope)


def _slope_at_once(gan, layer, h):
    """The same by a generator that asks D for it in one call, or None."""
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
    """`begin(h)`, the policy's state, and `move(h, state, real_mean)`.

    A move gives where it leads, the state there, and what was seen at h.
    """

    def begin(h):
        return tuple(map(policy.init, on.leaves(h)))

    def move(h, state, real_mean):
        grads, seen = on.slope(h)
        gap = lambda: real_mean - tf.sigmoid(gan.log_ratio(seen[1]))

        def moved(v, grad, state):
            if grad is None:  # the score does not depend on it, or not smoothly
                return v, state
            delta, state = policy.update(grad, state, gap=gap)
            v += delta
            return (v if bounds is None else tf.clip_by_value(v, *bounds)), state

        after = [moved(*each) for each in zip(on.leaves(h), grads, state)]
        there = on.replaced(h, (v for v, _ in after))
        return there, tuple(s for _, s in after), seen

    return begin, move
