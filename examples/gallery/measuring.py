"""One GAN of one seed, from its training to a line of numbers."""

import time
from typing import Any

import keras

from examples.gallery import promises, rows
from examples.gallery.shared import SIZES, Data, Sizes
from tf_collab.front.verdict import Line

__all__ = ["measured"]

SURER = 4  # times the budget, as if of it: 4000 samples of each kind, the most


def measured(gan: str, seed: int, data: Data, size: Sizes = SIZES) -> dict[str, Any]:
    """Trains, tunes, and judges afresh on reals that nothing has seen."""
    begun = time.process_time()
    keras.utils.set_random_seed(seed)
    c = rows.GANS[gan](data, size)
    trained = time.process_time()
    c.tune(calls=size.calls, progress=False)
    afresh = _by_method(c.judge(data.fresh, calls=SURER * size.calls))
    return {
        "gan": gan,
        "seed": seed,
        **size._asdict(),
        "recommended": c.best,
        "verdict": _by_method(c.outcome.lines),
        "afresh": afresh,
        **promises.kept(afresh, c.best),
        "told": [*c.outcome.notes],
        "training_seconds": round(trained - begun),  # of processors
        "seconds": round(time.process_time() - begun),
    }


def _by_method(lines: list[Line]) -> dict[str, dict]:
    found = {line.method: line._asdict() for line in lines}
    for numbers in found.values():
        del numbers["method"]
    return found
