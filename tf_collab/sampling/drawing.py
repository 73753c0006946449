"""Drawing: from a sampler until enough are kept, or from samples already there."""

import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from tf_collab import base, checks, oddities, seeds, tensors

__all__ = ["Samples", "TooFewKept", "draw", "draws", "select"]


# What x and then the score of a sample kept may be, and where that comes from.
_NOT_FINITE = (
    "are not finite numbers: their generator, or in refinement the discriminator's "
    "gradient, gives NaN or infinity, or refinement moves too far",
    "have scores that are not finite: their discriminator gives NaN or infinity",
)


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
    if not isinstance(sampler, base.Sampler):
        raise ValueError(
            "samples are drawn from a Sampler, as compose(proposer, acceptor) gives, "
            f"not from {type(sampler).__name__}"
        )
    init_seed, block_seed = seeds.split(seeds.as_seed(seed))
    if state is None:
        checks.check_finite_scores(real)
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
    progress: Callable[[int, int], None] | None = None,
) -> Samples:
    """The first n samples kept, as arrays.

    `real` is held-out data with the score of the sampler's own D. Raises TooFewKept
    once fewer than `min_efficiency` of what could have been are kept, looked at from
    `1 / min_efficiency` batches on, and FloatingPointError if a sample kept, or its
    score, is not finite. Warns (`Doubt`) where the ratio that the sampler judges by is
    of a D that is sure of everything, and where many chains were capped.
    `progress(kept, n)` is told after each batch.

    Examples:
        >>> sampler = tc.sampling.compose(tc.sampling.direct(gan), tc.sampling.always())
        >>> options = dict(real=real, batch=20, seed=0)
        >>> samples = tc.sampling.draw(sampler, gan.prior, 30, **options)
        >>> samples.x.shape, samples.efficiency
        ((30, 2), 1.0)
    """
    if n < 1 or batch < 1:
        raise ValueError(f"n and batch are 1 or more, not {n} and {batch}")
    kept, blocks = 0, []
    sums: dict[str, float] = {}
    for index, verdict, _, info in draws(
        sampler, prior, real=real, batch=batch, seed=seed
    ):
        blocks.append(_kept(verdict))
        kept += len(blocks[-1].score)
        proposed = sampler.burn_in + (index + 1) * batch
        _add(info, sums)
        if progress is not None:
            progress(min(kept, n), n)
        if kept >= n:
            break
        could = (index + 1) // sampler.thin * batch  # a chain keeps its thin-th
        if kept < min_efficiency * could and (index + 1) * min_efficiency >= 1:
            raise TooFewKept(
                f"only {kept} of {proposed} proposals were kept, of {could} that could "
                f"have been: less than min_efficiency={min_efficiency}"
            )
    x, score = tf.nest.map_structure(lambda *parts: np.concatenate(parts)[:n], *blocks)
    _doubt(sampler.judge, real, score, kept, sums)
    return Samples(x, score, kept / proposed, sums)


def select(
    acceptor: base.Acceptor,
    pool: base.Scored,
    *,
    real: base.Scored,
    batch: int,
    seed: int | tf.Tensor,
) -> Samples:
    """What an acceptor keeps of samples that are already there, whoever made them.

    The pool is judged in its order, `batch` at a time, so `mhgan` runs as many chains;
    what is left over is not looked at. The acceptor's burn-in is the pool's head, and
    is judged too. `real` and the pool have the score of the acceptor's own D; a sample
    that is not finite counts as one without a score.
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
    checks.check_finite_scores(real)
    init_seed, block_seed = seeds.split(seeds.as_seed(seed))
    head = _rows(pool, 0, min(max(batch, acceptor.burn_in), size))
    state = acceptor.init(init_seed, head, real)
    step = tf.function(acceptor.step, autograph=False)
    blocks = []
    sums: dict[str, float] = {}
    for index in range(size // batch):
        candidates = _rows(pool, index * batch, (index + 1) * batch)
        verdict, state, info = step(seeds.fold_in(block_seed, index), candidates, state)
        blocks.append(_kept(verdict))
        _add(info, sums)
    x, score = tf.nest.map_structure(lambda *parts: np.concatenate(parts), *blocks)
    _doubt(acceptor.judge, real, score, len(score), sums)
    return Samples(x, score, len(score) / (size // batch * batch), sums)


def _doubt(judge, real, score, kept, sums):
    """Warns of what was drawn by a ratio, and is likely not what was wanted."""
    told = []
    if judge is not None:
        reals = np.asarray(checks.scores_of(real))
        told += oddities.sure(reals, score, judge.log_ratio)
    capped = sums.get("capped", 0.0)
    if capped >= 10 and capped > 0.05 * (capped + kept):
        told.append(
            f"{capped:.0f} of {capped + kept:.0f} outputs of the chains were capped: "
            "none of the proposals before them was taken, so they gave nothing, and "
            "these chains begin anew at whatever comes next: a larger thin helps, or "
            "a discriminator (or calibrator) that puts fewer samples below the reals"
        )
    for sentence in told:
        warnings.warn(sentence, base.Doubt, stacklevel=3)


def _kept(verdict):
    keep = verdict.keep.numpy()
    scored = base.Scored(verdict.x, verdict.score)
    for part, told in zip(scored, _NOT_FINITE):
        bad = np.count_nonzero(keep & ~tensors.finite(part).numpy())
        if bad:
            raise FloatingPointError(
                f"{bad} of {np.count_nonzero(keep)} samples kept {told}"
            )
    return tf.nest.map_structure(lambda leaf: leaf.numpy()[keep], scored)


def _rows(pool, start, stop):
    cut = lambda leaf: tf.convert_to_tensor(leaf[start:stop])
    return tf.nest.map_structure(cut, pool).checked()


def _add(info, sums):
    for name, value in info.items():
        sums[name] = sums.get(name, 0.0) + float(np.sum(value.numpy(), dtype="f8"))
