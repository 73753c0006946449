"""A bar of the passes that a tuning makes."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import tqdm

__all__ = ["bar"]


@contextlib.contextmanager
def bar(calls: int, *, shown: bool) -> Iterator[Callable[[float], Any]]:
    """Yields what is to be told of passes that were made, of `calls` or so, on stderr.

    A budget is seldom spent to the last pass, and a tuning that goes on makes but the
    rest. So the bar ends full, of the passes that were made, if its body ends well.
    """
    options = {"unit": " passes", "unit_scale": True, "disable": not shown}
    with tqdm.tqdm(total=calls, **options) as drawn:
        yield drawn.update
        drawn.total = drawn.n
        drawn.refresh()
