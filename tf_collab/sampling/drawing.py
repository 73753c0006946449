"""Drawing from a sampler: block after block, until enough are kept."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from tf_collab import base, seeds

__all__ = ["Samples", "TooFewKept", "draw", "draws"]


class TooFewKept(RuntimeError):
    """A sampler refuses nearly everything; nothing is ever topped up."""


class Samples(NamedTuple):
    """What was kept, and what it took."""

    x: Any  # [n, *data]
    score: np.ndarray  # [n]
    efficiency: float  # kept / proposed, the burn-in counted as proposed
    info: dict[str, float]  # the sum of every info over all that was proposed


def draws(
    sampler: base.Sampler,
    prior,
    *,
    real: base.Scored,
    batch: int,
    seed: int | tf.Tensor,
    first: int = 0,
    state: Any = None,
) -> Iterator[tuple[int, base.Verdict, Any, dict]]:
    """Yields `(index, verdict, state, info)` of block after block, without end.

    Block i has the seed `fold_in(seed, i)`. To go on with a draw that was broken off,
    give the last state and `first`, its index plus one.
    """
    init_seed, block_seed = seeds.split(seeds.as_seed(seed))
    if state is None:
        z_seed, state_seed = seeds.split(init_seed)
        z = prior(sampler.burn_in or batch, z_seed)
        state = sampler.init(state_seed, z, real)
    index = first
    while True:
        z_seed, step_seed = seeds.split(seeds.fold_in(block_seed, index))
        verdict, state, info = sampler.step(step_seed, prior(batch, z_seed), state)
        yield index, verdict, state, info
        index += 1


def draw(
    sampler: base.Sampler,
    prior,
    n: int,
    *,
    real: base.Scored,
    batch: int,
    seed: int | tf.Tensor,
    min_efficiency: float = 1e-3,
) -> Samples:
    """The first n samples kept, as arrays.

    `real` is held-out data with the score of the sampler's own D. Raises TooFewKept
    once fewer than `min_efficiency` of what could have been are kept, looked at from
    `1 / min_efficiency` batches on.
    """
    if n < 1 or batch < 1:
        raise ValueError(f"n and batch are 1 or more, not {n} and {batch}")
    kept, proposed, blocks = 0, sampler.burn_in, []
    sums: dict[str, float] = {}
    for index, verdict, _, info in draws(
        sampler, prior, real=real, batch=batch, seed=seed
    ):
        keep = verdict.keep.numpy()
        blocks.append(
            tf.nest.map_structure(
                lambda leaf, keep=keep: leaf.numpy()[keep], (verdict.x, verdict.score)
            )
        )
        kept += int(keep.sum())
        proposed += batch
        for name, value in info.items():
            sums[name] = sums.get(name, 0.0) + float(np.sum(value.numpy(), dtype="f8"))
        if kept >= n:
            break
        could = proposed // sampler.thin
        if kept < min_efficiency * could and (index + 1) * min_efficiency >= 1:
            raise TooFewKept(
                f"only {kept} of {proposed} proposals were kept, of {could} that could "
                f"have been: less than min_efficiency={min_efficiency}"
            )
    x, score = tf.nest.map_structure(lambda *parts: np.concatenate(parts)[:n], *blocks)
    return Samples(x, score, kept / proposed, sums)
