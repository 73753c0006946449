"""Which layer is refined, and at which rate: by a held-out distance."""

import functools

import tf_collab as tc
from tf_collab.front.case import Case
from tf_collab.front.moves import Move, walker
from tf_collab.front.plan import Plan

__all__ = ["distance", "screened"]

FAR = 1e9  # a distance beyond any, of samples that are not finite

# Shares of the spread of a layer that a walk of all its steps crosses, one a rate.
PATHS = {1: [0.3], 2: [0.15, 0.6], 3: [0.1, 0.3, 1.0]}


def screened(case: Case, budget: Plan) -> Move:
    """The layer and the rate of least distance, refined by D as it was given."""
    found: dict[Move, float] = {}
    refused = ""
    for layer in budget.layers:
        made = case.ledger.once(
            f"screen layer {layer}", functools.partial(_tried, case, budget, layer)
        )
        refused = made["refused"] or refused
        for rate, reached in made["tried"]:
            found[Move(layer, rate, budget.steps)] = reached
    if not found:
        raise ValueError(f"refinement can start at no layer: {refused}")
    return min(found, key=found.__getitem__)


def _tried(case: Case, budget: Plan, layer: int) -> dict:
    """The rates at a layer and the distances they lead to."""
    gan = case.gan
    real, seed = case.real(gan), case.seed_of("rate")
    try:
        at = walker(gan, layer, budget.steps, real=real, seed=seed)
    except ValueError as error:  # D has no gradient there, or nothing moves
        return {"refused": str(error), "tried": []}
    tried = []
    for share in PATHS[budget.rates]:
        move, walk = at(share)
        reached = distance(case, gan, walk, budget.screen, "screen")
        if reached < FAR:
            tried.append([move.rate, reached])
    return {"refused": None, "tried": tried}


def distance(
    case: Case, gan: tc.GAN, walk: tc.base.Sampler, n: int, name: str
) -> float:
    """From the held-out reals for dials to n samples, as the judge sees them."""
    try:
        drawn = case.samples(gan, walk, n, name)
    except FloatingPointError:  # the rate is too large, or D has diverged
        return FAR
    reals = case.judge.features(case.splits["dials"].x)
    return case.judge.distance(reals, case.judge.features(drawn.x))
