"""The one thread that PyTorch runs on, whichever thread of TensorFlow asks.

Each thread keeps memory that it freed, and a team of torch's threads, for itself.
"""

import concurrent.futures
import os
import threading
from collections.abc import Callable
from typing import Any

__all__ = ["alone"]

_own = threading.local()  # whose `here` is true on that thread
_pools: dict[int, concurrent.futures.ThreadPoolExecutor] = {}  # by process


def alone(fn: Callable, *args: Any) -> Any:
    """`fn(*args)` on that thread, which does one thing at a time."""
    if getattr(_own, "here", False):
        return fn(*args)
    process = os.getpid()  # a fork has no threads but its own
    pool = _pools.get(process)
    if pool is None:
        made = concurrent.futures.ThreadPoolExecutor(1, "torch", _arrive)
        pool = _pools.setdefault(process, made)
    return pool.submit(fn, *args).result()


def _arrive() -> None:
    _own.here = True
