"""How many reals G makes nothing like: no sampler brings what is never proposed."""

import numpy as np

import tf_collab as tc
from tf_collab.front.case import few
from tf_collab.front.judging import Judge
from tf_collab.front.rows import Rows

__all__ = ["told"]

ROWS = 320  # reals, and plain samples, that are compared
NEAREST = 5  # reals: as far as the last of them is near
MATTERS = 0.03  # of the reals, beyond what chance leaves out
MANY = 0.4  # of the reals: another cause than a missing mode is likely
SURE = 5.0  # standard errors


def told(judge: Judge, gan: tc.GAN, held: Rows, seed: int) -> list[str]:
    """A sentence where more reals than by chance have no plain sample near them.

    Near is within the distance of a real's fifth nearest real (coverage, Naeem et al.,
    2020), by the judge's features. Of equal laws and numbers of rows a real is left out
    with chance 2**-5.
    """
    reals = judge.features(held.take(slice(ROWS)).x)
    looks = [judge.features(few(gan, seed + i)) for i in range(-(-len(reals) // 64))]
    fakes = np.concatenate(looks)[: len(reals)]
    found = tc.metrics.precision_recall_density_coverage(reals, fakes, k=NEAREST)
    missed, chance = 1 - found["coverage"], 2.0**-NEAREST
    independent = len(reals)
    if held.groups is not None:
        independent = len(np.unique(held.groups[:ROWS]))
    error = np.sqrt(max(missed * (1 - missed), chance) / independent)
    if missed < chance + max(MATTERS, SURE * error):
        return []
    other = (
        " Where so many are left out, look first whether prior and scale of the data "
        "are those that G was trained with."
    )
    return [
        f"{missed:.0%} of held-out reals have no plain sample near them, where chance "
        f"leaves out {chance:.0%}: G makes few or none like these. What chooses among "
        "its samples cannot bring them, and what moves samples seldom does; training G "
        "on may." + (other if missed > MANY else "")
    ]
