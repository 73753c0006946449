"""All forecasts for a GAN, made from one pool of plain samples and held-out reals."""

from collections.abc import Callable
from typing import Any

import numpy as np

import tf_collab as tc
from tf_collab import groups, odd_priors
from tf_collab.front import checking, expecting, forecasting, gradients, moves, scaling
from tf_collab.front.advice import Advice, is_forecast, options_of
from tf_collab.front.case import Case, layers_of
from tf_collab.front.forecasting import Kept
from tf_collab.front.judging import Judge
from tf_collab.front.quiet import of, quiet
from tf_collab.front.rows import Rows
from tf_collab.front.verdict import PLAIN, REFINED
from tf_collab.tables import SAMPLERS

__all__ = ["MOST", "SAMPLES", "advised", "for_case"]

FEWEST, MOST = 100, 2000  # reals
SAMPLES = 1000  # plain ones; half of them walk
PROPOSALS = (1, 2, 5, 10, 20)  # of which one is kept


def advised(
    gan: tc.GAN,
    held: Rows,
    judge: Judge,
    calls: float,
    *,
    good: Callable[[Any], Any] | None = None,
    n: int = SAMPLES,
    seed: int = 0,
) -> Advice:
    """The same by a judge that is there, on held-out rows in an order of chance."""
    if len(held) < FEWEST:
        raise ValueError(
            f"there are {len(held)} held-out rows, and {FEWEST} are the fewest that "
            "tell anything of a ratio"
        )
    if not calls >= 2:
        raise ValueError(f"a sample takes 2 calls, one of each net, not {calls}")
    if n < moves.BATCH:
        raise ValueError(f"advice takes {moves.BATCH} samples or more, not {n}")
    doubts: list[str] = []
    pool_seed, walk_seed, keep_seed = tc.seeds.split(tc.seeds.as_seed(seed), 3)
    with quiet(doubts.append):
        real = moves.scored(gan, held.x)
        direct = moves.every(tc.sampling.direct(gan))
        pool = moves.samples(direct, gan, n, real=real, seed=pool_seed)
        plain = tc.Scored(pool.x, pool.score)
        now = None if good is None else expecting.numbers(good, plain.x)
        found = checking.checked(gan, real, plain)
        flags = _bought(calls, n)
        keeps, costs = {}, {}
        for i, method in enumerate(flags):
            row = SAMPLERS[method]
            if row.refines:
                continue
            kept = Kept(1.0, np.ones(n))
            if row.needs_ratio:
                acceptor = row.acceptor(found.gan, options_of(flags[method], n))
                seed_of = tc.seeds.fold_in(keep_seed, i)
                kept = forecasting.kept(acceptor, plain, real=real, seed=seed_of)
            keeps[method] = kept
            costs[method] = 2 / max(kept.share, 1e-9)
        # What is chosen is chosen on one half of the reals, and judged on the other.
        choice, other = _halves(held)
        looks, reals = judge.features(plain.x), judge.features(other.x)
        steps = flags.get(REFINED, {}).get("rollout_steps", 1)
        with of(f"{REFINED}, by the given D"):
            walked = gradients.walked(
                gan,
                judge,
                layers_of(gan, held.x),
                min(steps, gradients.MOST),
                choice=moves.scored(gan, choice.x),
                real=reals,
                plain=looks,
                seeds=(walk_seed, pool_seed),
            )
        refined = walked if REFINED in flags else None
        lines = expecting.expected(
            judge, reals, looks, keeps, costs, refined, seed=seed, groups=other.groups
        )
    d = found.gan.log_ratio_of(plain).numpy()
    return Advice(
        calls=calls,
        gan=found.gan,
        kind=found.kind,
        given=found.given,
        used=found.used,
        left={k: forecasting.left(d, k) for k in PROPOSALS},
        lines=lines,
        gains={}
        if good is None or now is None
        else expecting.gains(now, good, keeps, refined),
        flags=flags,
        walk=walked.walk,
        refused=walked.refused,
        about=judge.about,
        weak=judge.weak,
        reals=len(held),
        samples=n,
        passes=moves.passes(pool) + len(held) + walked.passes,
        doubts=tuple(dict.fromkeys(doubts)),
        flaws=(*scaling.flaws(held.x, plain.x), *odd_priors.remembered(gan, seed)),
    )


def for_case(case: Case, calls: float, **options: Any) -> Advice:
    """The same for a tuning's case, by its held-out reals but those that judge it."""
    held, options = case.splits.chosen_on(), {"seed": case.seed, **options}
    held = held.take(np.random.default_rng(0).permutation(len(held))[:MOST])
    advice = advised(case.gan, held, case.judge, calls, **options)
    return advice._replace(flaws=case.flaws or advice.flaws)


def _halves(held: Rows) -> tuple[Rows, Rows]:
    """The first and the second half of rows, a group in one of them."""
    half = len(held) // 2
    if held.groups is None:
        return held.take(slice(half)), held.take(slice(half, None))
    order, ends = groups.in_order(len(held), held.groups, seed=0)
    half = groups.whole(ends, half)
    return held.take(order[:half]), held.take(order[half:])


def _bought(calls: float, n: int) -> dict[str, dict[str, Any]]:
    """method -> the flags that so many passes a sample buy, for each that they do."""
    found = {}
    for method, row in SAMPLERS.items():
        if not is_forecast(row) or row.dial is None:
            continue
        flags = row.dial.flags(options_of({}, n), calls)
        if flags is not None:
            found[method] = flags
    return {PLAIN: {}, **found}
