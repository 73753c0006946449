"""Drawing samples: from a sampler until enough are kept, or out of a given pool."""

import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from tf_collab import base, checks, fingerprints, oddities, seeds, tensors
from tf_collab.cpu import compilation

__all__ = ["Samples", "TooFewKept", "begin", "draw", "draws", "select"]


# What is wrong with x, and with the score, of a sample that was kept, and the cause.
_NOT_FINITE = (
    "are not finite numbers: their generator, or in refinement the discriminator's "
    "gradient, gives NaN or infinity, or refinement moves too far",
    "have scores that are not finite: their discriminator gives NaN or infinity",
)


class TooFewKept(RuntimeError):
    """A sampler rejects nearly every proposal; a draw is never filled with others."""


class Samples(NamedTuple):
    """The samples that were kept, and what drawing them took."""

    x: Any  # [n, *data] array, or a structure of such arrays
    score: np.ndarray  # [n]
    efficiency: float  # kept / proposed; the burn-in counts as proposed
    info: dict[str, float]  # the sum of every info over all proposals

    def __repr__(self) -> str:
        x = tensors.described(self.x)
        return f"Samples(x {x}, efficiency {self.efficiency:.3g}, info {self.info})"


def draws(
    sampler: base.Sampler,
    prior: base.LatentDraw,
    *,
    real: base.Scored,
    batch: int,
    seed: int | tf.Tensor,
    first: int = 0,
    state: Any = None,
) -> Iterator[tuple[int, base.Verdict, Any, dict]]:
    """Yields `(index, verdict, state, info)` of batch after batch, without end.

    The seeds of batch i are `numbered(seed, i)`. To continue an interrupted draw, give
    the last state, and as `first` the last index plus one. `real` is held-out data with
    the scores of the sampler's own D. Raises ValueError unless `sampler` is a Sampler,
    the batch is made of whole groups of its, and the scores of reals are finite.
    """
    if not isinstance(sampler, base.Sampler):
        raise ValueError(
            "samples are drawn from a Sampler, as compose(proposer, acceptor) gives, "
            f"not from {type(sampler).__name__}"
        )
    _check_groups(sampler.group, batch)
    _, block_seed = seeds.split(seeds.as_seed(seed))
    if state is None:
        state = begin(sampler, prior, real=real, batch=batch, seed=seed)
    index = first
    while True:
        z_seed, step_seed = seeds.numbered(block_seed, index)
        verdict, state, info = sampler.step(step_seed, prior(batch, z_seed), state)
        yield index, verdict, state, info
        index += 1


def begin(
    sampler: base.Sampler,
    prior: base.LatentDraw,
    *,
    real: base.Scored,
    batch: int,
    seed: int | tf.Tensor,
) -> Any:
    """The state before the first batch: that of a burn-in, or the starts of chains.

    Draws of many seeds share what one burn-in fixed, if each is given its state. Raises
    ValueError unless the scores of reals are finite, and of the sampler's own D.
    """
    checks.check_finite_scores(real)
    _check_own(sampler.judge or sampler.guide, real)
    init_seed, _ = seeds.split(seeds.as_seed(seed))
    z_seed, state_seed = seeds.split(init_seed)
    z = prior(sampler.burn_in or batch, z_seed)
    return sampler.init(state_seed, z, real)


def draw(
    sampler: base.Sampler,
    prior: base.LatentDraw,
    n: int,
    *,
    real: base.Scored,
    batch: int,
    seed: int | tf.Tensor,
    first: int = 0,
    state: Any = None,
    min_efficiency: float = 1e-3,
    progress: Callable[[int, int], None] | None = None,
) -> Samples:
    """The first n samples that the sampler keeps, as arrays.

    `real` is held-out data with the scores of the sampler's own D. `min_efficiency` is
    the least share (0 to 1) of the samples that could be kept; it is checked after
    `1 / min_efficiency` batches and from then on, and raises TooFewKept. Raises
    FloatingPointError if a kept sample, or its score, is not finite, and ValueError if
    n or batch is below 1. `state` is that of `begin`, in place of a burn-in and of
    chains of the draw's own. `first` numbers the first batch: draws of one seed have
    no batch in common if its numbers are others. Warns (`Doubt`) if the sampler's ratio
    is that of a D that is sure of everything, or by a calibrator of another D's scores,
    or if many chains were capped. `progress(kept, n)` is called after each batch.

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
        sampler, prior, real=real, batch=batch, seed=seed, first=first, state=state
    ):
        batches = index - first + 1
        blocks.append(_kept(verdict))
        kept += len(blocks[-1].score)
        burnt = sampler.burn_in if state is None else 0
        proposed = burnt + batches * batch
        _add(info, sums)
        if progress is not None:
            progress(min(kept, n), n)
        if kept >= n:
            break
        # A chain keeps its thin-th, and a group one of its rows.
        could = batches // sampler.thin * (batch // sampler.group)
        if kept < min_efficiency * could and batches * min_efficiency >= 1:
            raise TooFewKept(
                f"only {kept} of {proposed} proposals were kept, of {could} that could "
                f"have been: less than min_efficiency={min_efficiency}"
            )
    x, score = tf.nest.map_structure(lambda *parts: np.concatenate(parts)[:n], *blocks)
    fake = base.Scored(x, score)
    _doubt(sampler.judge, real, fake, kept, sums, guide=sampler.guide)
    return Samples(x, score, kept / proposed, sums)


def select(
    acceptor: base.Acceptor,
    pool: base.Scored,
    *,
    real: base.Scored,
    batch: int,
    seed: int | tf.Tensor,
) -> Samples:
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
    _check_groups(acceptor.group, batch)
    checks.check_finite_scores(real)
    _check_own(acceptor.judge, real)
    init_seed, block_seed = seeds.split(seeds.as_seed(seed))
    head = _rows(pool, 0, min(max(batch, acceptor.burn_in), size))
    state = acceptor.init(init_seed, head, real)
    step = compilation.graph(acceptor.step)
    blocks = []
    sums: dict[str, float] = {}
    for index in range(size // batch):
        candidates = _rows(pool, index * batch, (index + 1) * batch)
        verdict, state, info = step(seeds.fold_in(block_seed, index), candidates, state)
        blocks.append(_kept(verdict))
        _add(info, sums)
    x, score = tf.nest.map_structure(lambda *parts: np.concatenate(parts), *blocks)
    _doubt(acceptor.judge, real, base.Scored(x, score), len(score), sums)
    return Samples(x, score, len(score) / (size // batch * batch), sums)


def _check_groups(group: int, batch: int) -> None:
    if batch % group:
        raise ValueError(
            f"this sampler judges {group} rows together, and a batch of {batch} is not "
            f"made of whole groups: take {max(1, batch // group) * group}"
        )


def _check_own(gan: base.GAN | None, real: base.Scored) -> None:
    """ValueError where it is known that reals have the scores of another D."""
    if gan is not None:
        fingerprints.check(real.score, gan.discriminator)


def _doubt(
    judge: base.GAN | None,
    real: base.Scored,
    fake: base.Scored,
    kept: int,
    sums: dict[str, float],
    guide: base.GAN | None = None,
) -> None:
    """Warns of samples that were drawn by a doubtful ratio."""
    asked = [gan for gan in (judge, guide) if gan is not None]
    told = [sentence for gan in asked for sentence in oddities.stale(gan)]
    if judge is not None:
        reals = base.Scored(getattr(real, "x", None), checks.scores_of(real))
        told += oddities.sure(judge, reals, fake)
    told += oddities.strayed(sums) + oddities.restless(sums)
    capped = sums.get("capped", 0.0)
    if capped >= 10 and capped > 0.05 * (capped + kept):
        told.append(
            f"{capped / (capped + kept):.0%} of the outputs of the chains were capped: "
            "none of the proposals before them was taken, so they gave nothing, and "
            "a chain that goes on begins anew at whatever comes next: a larger thin "
            "helps, or a discriminator (or calibrator) that puts fewer samples below "
            "the reals"
        )
    for sentence in dict.fromkeys(told):
        warnings.warn(sentence, base.Doubt, stacklevel=3)


def _kept(verdict: base.Verdict) -> base.Scored:
    keep = verdict.keep.numpy()
    scored = base.Scored(verdict.x, verdict.score)
    for part, fault in zip(scored, _NOT_FINITE):
        bad = np.count_nonzero(keep & ~tensors.finite(part).numpy())
        if bad:
            raise FloatingPointError(
                f"{bad} of {np.count_nonzero(keep)} samples kept {fault}"
            )
    return tf.nest.map_structure(lambda leaf: leaf.numpy()[keep], scored)


def _rows(pool: base.Scored, start: int, stop: int) -> base.Scored:
    cut = lambda leaf: tf.convert_to_tensor(leaf[start:stop])
    return tf.nest.map_structure(cut, pool).checked()


def _add(info: dict[str, tf.Tensor], sums: dict[str, float]) -> None:
    for name, value in info.items():
        sums[name] = sums.get(name, 0.0) + float(np.sum(value.numpy(), dtype="f8"))
