"""Every sampler judged on reals that nothing has seen, beside plain samples."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import tf_collab as tc
from tf_collab.front import moves, quiet, samplers
from tf_collab.front.case import Case
from tf_collab.front.dials import Dials
from tf_collab.front.plan import Plan
from tf_collab.front.rows import Rows
from tf_collab.tables import USUAL

__all__ = [
    "PLAIN",
    "REFINED",
    "Line",
    "judged",
    "lines",
    "nearer",
    "recommended",
    "worse",
]

PLAIN = "standard"  # the sampler that all are compared with
REFINED = "refinement"  # the one that keeps every refined sample
HEAD = "plain samples of the latents that are refined"
NEAR = 0.02  # of a distance: no nearer than that is worth a cost
FEWEST = 50  # samples' worth that a distance is told of


class Line(NamedTuple):
    """One sampler in the verdict; distances are MMD**2, of which less is better."""

    method: str
    n: int  # samples, all of equal weight, that those judged are worth
    distance: float | None  # None where too few were kept
    low: float | None  # its 95 % interval
    high: float | None
    difference: float | None  # from plain samples; None for these themselves
    better: float | None  # ends of its interval, which hold for all samplers together
    worse: float | None
    kept: float  # share of proposals
    cost: float  # passes a kept sample
    errors: Mapping[str, float] | None = None  # of its differences from others


def judged(
    case: Case, budget: Plan, dials: Dials, reals: Rows, name: str
) -> list[Line]:
    """Weighs what every sampler keeps, by seeds of that `name`, against `reals`.

    Plain and refined samples are of the same latents, the refined ones of the first.
    Acceptors judge these pools in many orders, so that the refined ones are made once,
    and each row counts by how often it is kept.
    """
    sizes = {False: max(budget.plain, budget.refined), True: budget.refined}
    pools, looks = {}, {}
    for refines, n in sizes.items():
        sampler = moves.every(samplers.proposer(dials, refines))
        with quiet.of(samplers.asking(REFINED if refines else PLAIN)):
            pools[refines] = case.samples(dials.gan(refines), sampler, n, name)
        looks[refines] = case.judge.features(pools[refines].x)
    kept = {}
    for method, row in USUAL.items():
        with quiet.of(samplers.asking(method)):
            pool = pools[row.refines]
            kept[method] = samplers.kept(case, dials, row, pool, f"{name} {method}")
    size = {method: tc.metrics.effective_size(w) for method, w in kept.items()}
    enough = [method for method, n in size.items() if n >= FEWEST]
    refined = [method for method in enough if USUAL[method].refines]
    head = looks[False][: sizes[True]]
    found = tc.metrics.resampled_mmd(
        case.judge.features(reals.x),
        {HEAD: head, **{m: looks[USUAL[m].refines] for m in enough}},
        kernel=case.judge.kernel,
        seed=case.seed,
        aligned=[HEAD, *enough],
        weights={m: kept[m] for m in enough},
        groups=reals.groups,
    ).controlled(refined, part=HEAD, whole=PLAIN)
    share = {method: float(w.mean()) for method, w in kept.items()}
    made = {method: moves.passes(pools[USUAL[method].refines]) for method in kept}
    cost = {m: made[m] / max(w.sum(), 1 / samplers.ORDERS) for m, w in kept.items()}
    return lines(found, size, share, cost)


def lines(
    found: tc.metrics.Resampled,
    size: Mapping[str, float],
    kept: Mapping[str, float],
    cost: Mapping[str, float],
) -> list[Line]:
    """A line for each method that has a size; distances for those that were found."""
    against = found.against(PLAIN)
    told = []
    for method in size:
        low, high = found.interval(method) if method in found.value else (None, None)
        difference, better, worse = against.get(method, (None, None, None))
        others = found.value if method in found.value else ()
        line = Line(
            method,
            int(size[method]),
            found.value.get(method),
            low,
            high,
            difference,
            better,
            worse,
            kept=kept[method],
            cost=cost[method],
            errors={other: found.error(method, other) for other in others},
        )
        told.append(line)
    return told


def recommended(lines: list[Line]) -> str:
    """The cheapest of what is as near as the nearest; plain samples where nothing is.

    Only what is surely nearer than plain samples is asked, and by 2 % of their distance
    or more. As near is within a standard error of the paired difference from the
    nearest (the one-standard-error rule of Breiman et al., 1984), or within 2 %.
    """
    plain = {line.method: line.distance or 0.0 for line in lines}.get(PLAIN, 0.0)
    worthwhile = NEAR * abs(plain)
    better = [line for line in nearer(lines) if -(line.difference or 0.0) >= worthwhile]
    if not better:
        return PLAIN
    nearest = min(better, key=lambda line: line.distance or 0.0)
    least = nearest.distance or 0.0

    def as_near(line: Line) -> bool:
        error = (line.errors or {}).get(nearest.method, 0.0)
        return (line.distance or 0.0) <= least + max(NEAR * abs(least), error)

    order = lambda line: (line.cost, line.distance or 0.0)
    return min(filter(as_near, better), key=order).method


def nearer(lines: Sequence[Line]) -> list[Line]:
    """What is surely nearer to the reals than plain samples, however little."""
    return [line for line in lines if (line.worse or 0.0) < 0]


def worse(lines: Sequence[Line]) -> list[str]:
    """What is surely farther from the reals than plain samples."""
    return [line.method for line in lines if (line.better or 0.0) > 0]
