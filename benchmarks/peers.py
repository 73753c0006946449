"""How a benchmark tells of ours and a peer of it, by turns in one process."""

import statistics
import time
from collections.abc import Callable

import torch

__all__ = ["autocast", "tell"]

TURNS = 3


def autocast(precision: str) -> torch.autocast:
    """In which PyTorch's convolutions and products are of our `precision`."""
    return torch.autocast("cpu", torch.bfloat16, enabled=precision != "float32")


def tell(
    what: str, images: int, ours: Callable[[], object], theirs: Callable[[], object]
) -> None:
    """One line: images a second of each side and their ratio, the medians of turns."""
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(1 + TURNS):  # the first compiles
        for run, times in zip((ours, theirs), taken):
            start = time.perf_counter()
            run()
            times.append(time.perf_counter() - start)
    mine, other = (images / statistics.median(times[1:]) for times in taken)
    ratios = sorted(b / a for a, b in list(zip(*taken))[1:])
    print(
        f"{what}: ours {mine:.1f} images/s, PyTorch {torch.__version__} {other:.1f}; "
        f"ours / theirs {mine / other:.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})",
        flush=True,
    )
