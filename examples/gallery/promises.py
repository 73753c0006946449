"""What a recommendation promises, and whether it held on reals that nothing had seen.

Distances and differences are those of `Collaboration.judge`, by method.
"""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["kept", "near_best", "not_worse", "over_seeds"]

NEAR = 0.05  # of the least distance: as near as that counts as nearest
LEVEL = 0.05  # of all intervals together
SURELY = statistics.NormalDist().inv_cdf


def kept(afresh: Mapping[str, Mapping], recommended: str) -> dict[str, bool]:
    """Of one run: not worse than plain samples, and about as near as the nearest.

    Not worse means that the interval of the difference does not lie above 0, and that
    there is one: a method that keeps too few samples is not what was promised.
    """
    found = {method: line["distance"] for method, line in afresh.items()}
    better = 0 if recommended == "standard" else afresh[recommended]["better"]
    return {
        "not_worse": better is not None and better <= 0,
        "near_best": _near(found[recommended], found.values()),
    }


def not_worse(lines: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """How many runs are surely better, surely worse, or neither, all of it with 95 %.

    By Bonferroni: each run's interval, of 95 %, is widened as that of a normal number
    is for 95 % over all runs. It was made for all methods of a run together, so it is
    wider than need be.
    """
    widened = SURELY(1 - LEVEL / 2 / len(lines)) / SURELY(1 - LEVEL / 2)
    counts = {"better": 0, "neither": 0, "worse": 0}
    for line in lines:
        found = line["afresh"][line["recommended"]]
        difference = found["difference"] or 0.0
        half = widened * (difference - (found["better"] or 0.0))
        sure = abs(difference) > half
        counts["neither" if not sure else "worse" if difference > 0 else "better"] += 1
    return counts


def over_seeds(lines: Sequence[Mapping[str, Any]]) -> dict[str, list[float]]:
    """Each method's distances in runs of one GAN; only of those that all runs have."""
    methods = [*lines[0]["afresh"]]
    every = {m: [line["afresh"][m]["distance"] for line in lines] for m in methods}
    return {m: found for m, found in every.items() if None not in found}


def near_best(lines: Sequence[Mapping[str, Any]]) -> bool:
    """Whether what was recommended, seed by seed, is as near in the mean as any one
    method would have been.
    """
    told = [line["afresh"][line["recommended"]]["distance"] for line in lines]
    if None in told:
        return False
    means = [statistics.fmean(found) for found in over_seeds(lines).values()]
    return _near(statistics.fmean(told), means)


def _near(distance, others):
    least = min(other for other in others if other is not None)
    return distance is not None and distance <= least + NEAR * abs(least)
