"""The shape of samples that a net is for, and the width of a net."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

__all__ = ["hidden", "image_shape", "log2", "sample_shape"]


def hidden(channels: int, width: float) -> int:
    """`width` times the channels, rounded, and at least 1.

    Raises ValueError unless `width` is above 0.
    """
    if not width > 0:
        raise ValueError(f"width scales the channels, so it is above 0, not {width}")
    return max(1, round(channels * width))


def sample_shape(shape: Any, form: str, fits: Callable[[tuple], bool]) -> tuple:
    """The shape of a sample as a tuple of positive numbers.

    Raises ValueError if it is not, or if it does not fit; `form` says which shapes do.
    """
    sizes = tuple(shape) if isinstance(shape, Iterable) else (shape,)
    whole = all(isinstance(n, (int, np.integer)) and n > 0 for n in sizes)
    if not (whole and fits(sizes)):
        raise ValueError(f"this net is for samples of shape {form}, not {shape}")
    return tuple(map(int, sizes))


def image_shape(shape: Any) -> tuple[int, int]:
    """Side and channels of square images with a side of 8, 16, 32, ...

    Raises ValueError for other shapes.
    """
    side, _, channels = sample_shape(
        shape,
        "(side, side, channels) with a side of 8, 16, 32, 64, ...",
        lambda s: len(s) == 3 and s[0] == s[1] and s[0] >= 8 and s[0] & (s[0] - 1) == 0,
    )
    return side, channels


def log2(n: int) -> int:
    """The binary logarithm of n, rounded down."""
    return n.bit_length() - 1
