"""Selecting among samples that exist already, by an acceptor."""

import numpy as np
import tensorflow as tf

from tf_collab import base, checks, seeds
from tf_collab.cpu import compilation
from tf_collab.sampling import samples

__all__ = ["select"]


def select(
    acceptor: base.Acceptor,
    pool: base.Scored,
    *,
    real: base.Scored,
    batch: int,
    seed: int | tf.Tensor,
) -> samples.Samples:
    """The samples of a given pool that an acceptor keeps.

    The pool is judged in its order, `batch` samples at a time, so `mhgan` runs `batch`
    chains; the remainder of the pool is not used. The acceptor's burn-in is the head of
    the pool, which is judged as well. `real` and `pool` have the scores of the
    acceptor's own D. Raises ValueError if the pool lacks scores or is smaller than
    `batch`, and FloatingPointError if a kept sample is not finite.
    """
    pool = base.Scored(getattr(pool, "x", None), checks.scores_of(pool))
    size = len(pool.score)
    for leaf in tf.nest.flatten(pool.x):
        if np.shape(leaf)[:1] != (size,):
            raise ValueError(
                f"a pool has a score for each of its rows, not {size} scores for x of "
                f"shape {list(np.shape(leaf))}"
            )
    if not 1 <= batch <= size:
        raise ValueError(f"batch is 1 to {size}, the size of the pool, not {batch}")
    samples.check_groups(acceptor.group, batch)
    checks.check_finite_scores(real)
    samples.check_own(acceptor.judge, real)
    init_seed, block_seed = seeds.split(seeds.as_seed(seed))
    head = _rows(pool, 0, min(max(batch, acceptor.burn_in), size))
    state = acceptor.init(init_seed, head, real)
    step = compilation.graph(acceptor.step)
    blocks = []
    sums: dict[str, float] = {}
    for index in range(size // batch):
        candidates = _rows(pool, index * batch, (index + 1) * batch)
        verdict, state, info = step(seeds.fold_in(block_seed, index), candidates, state)
        blocks.append(samples.kept(verdict))
        samples.add(info, sums)
    x, score = tf.nest.map_structure(lambda *parts: np.concatenate(parts), *blocks)
    samples.doubt(acceptor.judge, real, base.Scored(x, score), len(score), sums)
    return samples.Samples(x, score, len(score) / (size // batch * batch), sums)


def _rows(pool: base.Scored, start: int, stop: int) -> base.Scored:
    cut = lambda leaf: tf.convert_to_tensor(leaf[start:stop])
    return tf.nest.map_structure(cut, pool).checked()
