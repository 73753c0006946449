"""Drawing samples from a sampler until enough are kept."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from tf_collab import base, checks, seeds
from tf_collab.sampling import samples

__all__ = ["TooFewKept", "begin", "draw", "draws"]


class TooFewKept(RuntimeError):
    """A sampler rejects nearly every proposal; a draw is never filled with others."""


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
    samples.check_groups(sampler.group, batch)
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
    samples.check_own(sampler.judge or sampler.guide, real)
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
) -> samples.Samples:
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
        blocks.append(samples.kept(verdict))
        kept += len(blocks[-1].score)
        burnt = sampler.burn_in if state is None else 0
        proposed = burnt + batches * batch
        samples.add(info, sums)
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
    samples.doubt(sampler.judge, real, fake, kept, sums, guide=sampler.guide)
    return samples.Samples(x, score, kept / proposed, sums)
