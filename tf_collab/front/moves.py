"""How refinement moves, and what is drawn by it."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

import tf_collab as tc

__all__ = [
    "BATCH",
    "Move",
    "every",
    "passes",
    "proposer",
    "samples",
    "scored",
    "walker",
]

BATCH = 250  # samples that are made at once


class Move(NamedTuple):
    """The dials of refinement by Adam, which needs no ratio."""

    layer: int
    rate: float
    steps: int

    def refine(
        self, gan: tc.GAN, rate: tf.Variable | None = None, **options: Any
    ) -> tc.base.Proposer:
        """Refinement with these dials; a `rate` that is a variable can be set anew."""
        return tc.sampling.refine(
            gan,
            tc.policies.adam(self.rate if rate is None else rate),
            layer=self.layer,
            steps=self.steps,
            **options,
        )


def proposer(gan: tc.GAN, move: Move | None) -> tc.base.Proposer:
    """Refined samples, or plain ones where there is no move."""
    return tc.sampling.direct(gan) if move is None else move.refine(gan)


def every(proposer: tc.base.Proposer) -> tc.base.Sampler:
    """A sampler that keeps all that is proposed."""
    return tc.sampling.compose(proposer, tc.sampling.always())


def walker(
    gan: tc.GAN,
    layer: int,
    steps: int,
    *,
    real: tc.Scored,
    seed: tf.Tensor,
    n: int = 256,
    **options: Any,
) -> Callable[[float], tuple[Move, tc.base.Sampler]]:
    """`at(share)`: the walk whose steps cross that share of the layer's spread.

    It is traced once, and set anew for each share. The rate is found by n samples:
    ValueError if D has no gradient at the layer, or if nothing moves there.
    """
    adam, share = tc.policies.adam, 1 / steps
    once = tc.sampling.suggest_rate(
        gan, adam, layer=layer, real=real, share=share, n=n, seed=seed
    )
    rate = tf.Variable(once)
    walk = every(Move(layer, once, steps).refine(gan, rate, **options))

    def at(share: float) -> tuple[Move, tc.base.Sampler]:
        rate.assign(share * once)
        return Move(layer, share * once, steps), walk

    return at


def samples(
    sampler: tc.base.Sampler, gan: tc.GAN, n: int, *, real: tc.Scored, seed: tf.Tensor
) -> tc.sampling.Samples:
    """n samples; of one seed and n they have the same z, whatever is made of it."""
    return tc.sampling.draw(
        sampler, gan.prior, n, real=real, batch=min(n, BATCH), seed=seed
    )


def passes(drawn: tc.sampling.Samples) -> float:
    """What a draw took: passes of a sample through a net, a pass backward as two."""
    info = drawn.info
    forward = info["g_forward"] + info["d_forward"]
    return forward + 2 * (info["g_backward"] + info["d_backward"])


def scored(gan: tc.GAN, x: Any) -> tc.Scored:
    """Rows with D's scores, a batch at a time."""
    n = len(tf.nest.flatten(x)[0])
    parts = [
        gan.scored(tf.nest.map_structure(lambda v, i=i: v[i : i + BATCH], x)).score
        for i in range(0, n, BATCH)
    ]
    return tc.Scored(x, tf.constant(np.concatenate(parts)))
