"""What shape of sample a net is for, and how wide the net is."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

__all__ = ["hidden", "image_shape", "log2", "sample_shape"]


def hidden(channels: int, width: float) -> int:
    """`width` times the channels, rounded, and one at least."""
    if not width > 0:
        raise ValueError(f"width scales the channels, so it is above 0, not {width}")
    return max(1, round(channels * width))


def sample_shape(shape: Any, form: str, fits: Callable[[tuple], bool]) -> tuple:
    """The shape as a tuple, if it is sizes that fit; `form` says in words which do."""
    sizes = tuple(shape) if isinstance(shape, Iterable) else (shape,)
    whole = all(isinstance(n, (int, np.integer)) and n > 0 for n in sizes)
    if not (whole and fits(sizes)):
        raise ValueError(f"this net is for samples of shape {form}, not {shape}")
    return tuple(map(int, sizes))


def image_shape(shape: Any) -> tuple[int, int]:
    """Side and channels of square images whose side is 4 doubled at least once."""
    side, _, channels = sample_shape(
        shape,
        "(side, side, channels) with a side of 8, 16, 32, 64, ...",
        lambda s: len(s) == 3 and s[0] == s[1] and s[0] >= 8 and s[0] & (s[0] - 1) == 0,
    )
    return side, channels


def log2(n: int) -> int:
    """How often 1 is doubled to reach `n`."""
    return n.bit_length() - 1
