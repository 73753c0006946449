"""The machine's peaks, in the process that measures the rest, and how to report."""

import itertools
import time
from collections.abc import Callable, Sequence

import tensorflow as tf

__all__ = [
    "best_time",
    "convolution_gflops",
    "peak_gflops",
    "pyramid_gflop",
    "report",
]


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


def convolution_gflops(batch: int = 64) -> float:
    """The best of 20 float32 convolutions of [batch, 32, 32, 128], 5 x 5 to 128."""
    x = tf.random.stateless_normal([batch, 32, 32, 128], [0, 1])
    kernel = tf.random.stateless_normal([5, 5, 128, 128], [0, 2])
    convolve = tf.function(lambda: tf.nn.conv2d(x, kernel, 1, "SAME"))
    flop = 2 * 5 * 5 * 128 * 128 * 32 * 32 * batch
    return 1e-9 * flop / best_time(lambda: convolve().numpy(), 20)


def pyramid_gflop(side: int, channels: Sequence[int]) -> float:
    """Of one image forward through 5 x 5 convolutions, each to half the side.

    The mirror image, from the last channels to the first, has as much.
    """
    total = 0.0
    for a, b in itertools.pairwise(channels):
        side //= 2
        total += 2e-9 * 25 * a * b * side * side
    return total


def report(name: str, value: float, unit: str, note: str = "") -> None:
    """A line of a benchmark."""
    print(f"{name:44s} {value:9.3g} {unit:8s} {note}", flush=True)
