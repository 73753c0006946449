"""Every sampler judged on reals that nothing has seen, beside plain samples."""

import types
from typing import Any, NamedTuple

import tensorflow as tf

import tf_collab as tc
from tf_collab.front import moves
from tf_collab.front.case import Case
from tf_collab.front.dials import Dials
from tf_collab.front.plan import MOST, Plan
from tf_collab.front.rows import Rows
from tf_collab.tables import SAMPLERS, SamplerRow

__all__ = ["PLAIN", "Line", "judged", "recommended", "sampler"]

PLAIN = "standard"  # the sampler that all are compared with
NEAR = 0.05  # of a distance: what costs less is taken within it
FEWEST = 50  # kept samples that a distance is told of
THIN = {False: 10, True: 5}  # proposals of a chain a sample, plain ones and refined


class Line(NamedTuple):
    """One sampler in the verdict; distances are MMD**2, of which less is better."""

    method: str
    n: int  # samples that were judged
    distance: float | None  # None where too few were kept
    low: float | None  # its 95 % interval
    high: float | None
    difference: float | None  # from plain samples; None for these themselves
    better: float | None  # ends of its interval, which hold for all samplers together
    worse: float | None
    kept: float  # share of proposals
    cost: float  # passes a kept sample


def judged(
    case: Case, budget: Plan, dials: Dials, reals: Rows, name: str
) -> list[Line]:
    """Draws from every sampler by seeds of that `name`, and compares with `reals`.

    Plain and refined samples are of the same latents. Acceptors judge these pools, so
    that the refined ones are made once.
    """
    sizes = {False: max(budget.plain, budget.refined), True: budget.refined}
    pools = {}
    for refines, size in sizes.items():
        sampler = moves.every(_proposer(dials, refines))
        pools[refines] = case.samples(dials.gan(refines), sampler, size, name)
    kept = {
        method: _kept(case, dials, row, pools[row.refines], f"{name} {method}")
        for method, row in SAMPLERS.items()
    }
    enough = {m: drawn for m, drawn in kept.items() if len(drawn.score) >= FEWEST}
    whole = [m for m in enough if not SAMPLERS[m].needs_ratio]
    n = min(len(enough[m].score) for m in whole)
    most = slice(2 * MOST)
    looks = {
        m: case.judge.features(tf.nest.map_structure(lambda v: v[most], drawn.x))
        for m, drawn in enough.items()
    }
    looks |= {m: looks[m][:n] for m in whole}  # of the same latents, row by row
    found = tc.metrics.resampled_mmd(
        case.judge.features(reals.x),
        looks,
        kernel=case.judge.kernel,
        seed=case.seed,
        aligned=whole,
    )
    against = found.against(PLAIN)
    lines = []
    for method, drawn in kept.items():
        low, high = found.interval(method) if method in enough else (None, None)
        difference, better, worse = against.get(method, (None, None, None))
        line = Line(
            method,
            len(looks.get(method, drawn.score)),
            found.value.get(method),
            low,
            high,
            difference,
            better,
            worse,
            kept=drawn.efficiency,
            cost=moves.passes(drawn) / max(len(drawn.score), 1),
        )
        lines.append(line)
    return lines


def recommended(lines: list[Line]) -> str:
    """The cheapest of the nearest among what is surely nearer than plain samples.

    Plain samples where nothing is.
    """
    better = [line for line in lines if line.worse is not None and line.worse < 0]
    if not better:
        return PLAIN
    distances = [line.distance or 0.0 for line in better]
    most = min(distances) + NEAR * abs(min(distances))
    good = [line for line, there in zip(better, distances) if there <= most]
    return min(good, key=lambda line: line.cost).method


def sampler(dials: Dials, method: str) -> tc.base.Sampler:
    """The sampler of that name, which asks the D of `dials.gan`."""
    row = SAMPLERS[method]
    acceptor = row.acceptor(dials.gan(row.refines), _options(row, 4 * moves.BATCH))
    return tc.sampling.compose(_proposer(dials, row.refines), acceptor)


def _proposer(dials: Dials, refines: bool) -> tc.base.Proposer:
    return moves.proposer(dials.gan(refines), dials.move if refines else None)


def _options(row: SamplerRow, n: int) -> Any:
    return types.SimpleNamespace(
        drs_percentile=80.0,
        drs_per_batch=False,
        num_samples=n,
        mh_thin=THIN[row.refines],
        mh_pool=True,
    )


def _kept(
    case: Case, dials: Dials, row: SamplerRow, pool: tc.sampling.Samples, name: str
) -> tc.sampling.Samples:
    """What a sampler's acceptor keeps of the pool."""
    if not row.needs_ratio:
        return pool
    gan = dials.gan(row.refines)
    acceptor = row.acceptor(gan, _options(row, len(pool.score) // 4))
    # A chain gives one sample, as in a draw: two of one chain would be alike.
    batch = max(1, len(pool.score) // acceptor.thin)
    if acceptor.thin == 1:
        batch = min(moves.BATCH, len(pool.score))
    drawn = tc.sampling.select(
        acceptor,
        tc.Scored(pool.x, pool.score),
        real=case.real(gan),
        batch=batch,
        seed=case.seed_of(name),
    )
    return drawn._replace(info={**pool.info, **drawn.info})
