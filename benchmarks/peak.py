"""The machine's matrix-product peak, in the process that measures the rest."""

import time
from collections.abc import Callable

import tensorflow as tf

__all__ = ["best_time", "peak_gflops"]


def best_time(run: Callable[[], object], times: int = 5) -> float:
    """Seconds of the fastest of `times` calls, after one that compiles."""
    run()
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - start)
    return best


def peak_gflops(n: int = 2048) -> float:
    """The best of 20 float32 products of n x n matrices, outside XLA."""
    a = tf.random.stateless_normal([n, n], [0, 1])
    return 2e-9 * n**3 / best_time(lambda: tf.matmul(a, a), 20)
