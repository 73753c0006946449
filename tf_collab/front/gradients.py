"""Whether D's gradient leads to the data: small walks, judged by what is not D's.

A D that tells reals from samples well may have a gradient that leads elsewhere (Verine
et al., 2025, arXiv:2503.16117).
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

import tf_collab as tc
from tf_collab.front import moves
from tf_collab.front.judging import Judge
from tf_collab.front.moves import Move

__all__ = ["MOST", "Walk", "walked"]

LAYERS = 3  # of G that are compared, evenly spread
PATHS = (0.1, 0.3)  # shares of a layer's spread that the walks lead along
MOST = 20  # steps


class Walk(NamedTuple):
    """A small walk, and what a fresh classifier tells of samples before and after."""

    move: Move
    told: tc.metrics.Told
    cost: float  # passes a sample

    @property
    def verdict(self) -> str:
        """Whether the gradient leads to the data: trusted, not trusted or unknown."""
        if self.told.less.low > 0:
            return "trusted"
        return "not trusted" if self.told.less.high < 0 else "unknown"


class Walked(NamedTuple):
    """A walk and the samples that took it, or why there is none."""

    walk: Walk | None
    x: Any  # [n, *data], of the first latents of the plain samples
    looks: np.ndarray | None  # [n, features]
    passes: float  # that all walks made
    refused: str


def walked(
    gan: tc.GAN,
    judge: Judge,
    layers: Sequence[int],
    steps: int,
    *,
    choice: tc.Scored,
    real: np.ndarray,
    plain: np.ndarray,
    seeds: tuple[tf.Tensor, tf.Tensor],
) -> Walked:
    """Half of the plain samples walk as suited other samples best.

    Layer and rate are those after which a classifier tells least from the reals of
    `choice`, and judged on others, `real`, which like `plain` are features of the
    judge. The two `seeds` are of the samples that choose, and of the plain ones.
    """
    found: dict[Move, float] = {}
    passes, refused = 0.0, "no walk gave samples that are finite numbers"
    looks = judge.features(choice.x)[: moves.BATCH]
    for layer in _spread(layers):
        try:
            for move, x, cost in _tried(gan, layer, steps, choice, seeds[0]):
                found[move] = tc.metrics.told_share(
                    looks, judge.features(x), kernel=judge.kernel
                )
                passes += cost
        except ValueError as error:  # D has no gradient there, or nothing moves
            refused = str(error)
    if not found:
        return Walked(None, None, None, passes, refused)
    move = min(found, key=found.__getitem__)
    n = moves.BATCH * max(1, len(plain) // (2 * moves.BATCH))
    walker = moves.every(move.refine(gan, xla=False))
    drawn = moves.samples(walker, gan, n, real=choice, seed=seeds[1])
    cost = moves.passes(drawn)
    after = judge.features(drawn.x)
    told = tc.metrics.told_apart(real, plain[:n], after, kernel=judge.kernel)
    walk = Walk(move, told, cost / n)
    return Walked(walk, drawn.x, after, passes + cost, "")


def _tried(
    gan: tc.GAN, layer: int, steps: int, choice: tc.Scored, seed: tf.Tensor
) -> Iterator[tuple[Move, Any, float]]:
    """Samples that walked at each rate of a layer, and the passes they took."""
    at = moves.walker(gan, layer, steps, real=choice, seed=seed, n=64, xla=False)
    for share in PATHS:
        move, walk = at(share)
        try:
            drawn = moves.samples(walk, gan, moves.BATCH, real=choice, seed=seed)
        except FloatingPointError:  # the walk leads beyond all numbers
            continue
        yield move, drawn.x, moves.passes(drawn)


def _spread(layers: Sequence[int]) -> list[int]:
    if len(layers) <= LAYERS:
        return list(layers)
    return [layers[round(i * (len(layers) - 1) / (LAYERS - 1))] for i in range(LAYERS)]
