"""How many passes some minutes are good for, on this machine and these nets."""

import time

import numpy as np

from tf_collab.front import moves
from tf_collab.front.case import Case

__all__ = ["calls_in"]


def calls_in(minutes: float, case: Case) -> int:
    """Passes in so many minutes here, less the time that compiling takes."""
    layers = len(case.layers)
    move = moves.Move(layers // 2, 1e-6, 5)
    walk = moves.every(move.refine(case.gan))
    times = [time.monotonic()]
    for _ in range(2):
        drawn = case.samples(case.gan, walk, moves.BATCH, "speed")
        times.append(time.monotonic())
    first, again = np.diff(times)
    # Each layer is compiled once, and some five programs more.
    seconds = 60 * minutes - (layers + 5) * max(first - again, 0)
    return max(int(seconds / again * moves.passes(drawn)), 1)
