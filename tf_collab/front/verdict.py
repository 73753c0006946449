"""Every sampler judged on reals that nothing has seen, beside plain samples."""

from typing import NamedTuple

import tf_collab as tc
from tf_collab.front import moves, samplers
from tf_collab.front.case import Case
from tf_collab.front.dials import Dials
from tf_collab.front.plan import Plan
from tf_collab.front.rows import Rows
from tf_collab.tables import USUAL

__all__ = ["PLAIN", "Line", "judged", "recommended"]

PLAIN = "standard"  # the sampler that all are compared with
HEAD = "plain samples of the latents that are refined"
NEAR = 0.02  # of a distance: what costs less is taken within it
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
    for refines, size in sizes.items():
        sampler = moves.every(samplers.proposer(dials, refines))
        pools[refines] = case.samples(dials.gan(refines), sampler, size, name)
        looks[refines] = case.judge.features(pools[refines].x)
    kept = {
        method: samplers.kept(case, dials, row, pools[row.refines], f"{name} {method}")
        for method, row in USUAL.items()
    }
    enough = [
        method for method, w in kept.items() if tc.metrics.effective_size(w) >= FEWEST
    ]
    refined = [method for method in enough if USUAL[method].refines]
    head = looks[False][: sizes[True]]
    found = tc.metrics.resampled_mmd(
        case.judge.features(reals.x),
        {HEAD: head, **{m: looks[USUAL[m].refines] for m in enough}},
        kernel=case.judge.kernel,
        seed=case.seed,
        aligned=[HEAD, *enough],
        weights={m: kept[m] for m in enough},
    ).controlled(refined, part=HEAD, whole=PLAIN)
    against = found.against(PLAIN)
    lines = []
    for method, weight in kept.items():
        pool = pools[USUAL[method].refines]
        low, high = found.interval(method) if method in enough else (None, None)
        difference, better, worse = against.get(method, (None, None, None))
        share = float(weight.mean())
        line = Line(
            method,
            int(tc.metrics.effective_size(weight)),
            found.value.get(method),
            low,
            high,
            difference,
            better,
            worse,
            kept=share,
            cost=moves.passes(pool) / max(weight.sum(), 1 / samplers.ORDERS),
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
