"""A bar of the passes that a tuning makes."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

import tqdm

__all__ = ["bar"]


@contextlib.contextmanager
def bar(calls: int, *, shown: bool, told: str = "") -> Iterator[Callable[[float], Any]]:
    """Yields what is to be told of passes that were made, of `calls` or so, on stderr.

    `told` stands above the bar.
    A budget is seldom spent to the last pass, and a tuning that goes on makes but the
    rest. So the bar ends full, of the passes that were made, if its body ends well.
    """
    options = {"unit": " passes", "unit_scale": True, "disable": not shown}
    if shown and told:
        print(told, file=sys.stderr, flush=True)
    with tqdm.tqdm(total=calls, **options) as drawn:
        yield drawn.update
        drawn.total = drawn.n
        drawn.refresh()
