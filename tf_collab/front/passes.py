"""A bar of the passes that a tuning makes."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import tqdm

__all__ = ["Bar", "bar"]

STAGES = {  # by the first word of what a ledger makes
    "calibrate": "calibrating D",
    "calibrated": "fitting a calibrator",
    "screen": "layer and rate",
    "shape": "shaping D",
    "rate": "rate again",
    "shaped": "fitting a calibrator",
    "verdict": "verdict",
}


class Bar(NamedTuple):
    """What a bar is told."""

    spent: Callable[[float], Any]  # passes that were made
    making: Callable[[str], Any]  # the name of what is made next


@contextlib.contextmanager
def bar(calls: int, *, shown: bool, told: str = "") -> Iterator[Bar]:
    """A bar on stderr, of `calls` passes or so and the stage that a tuning is in.

    `told` stands above the bar.
    A budget is seldom spent to the last pass, and a tuning that goes on makes but the
    rest. So the bar ends full, of the passes that were made, if its body ends well.
    """
    options = {"unit": " passes", "unit_scale": True, "disable": not shown}
    if shown and told:
        print(told, file=sys.stderr, flush=True)
    with tqdm.tqdm(total=calls, **options) as drawn:
        tell = lambda name: drawn.set_description(STAGES[name.split()[0]])

        def spent(passes: float) -> None:
            drawn.total = max(drawn.total, drawn.n + passes)
            drawn.update(passes)

        yield Bar(spent, tell)
        drawn.total = drawn.n
        drawn.refresh()
