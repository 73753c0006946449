"""Numbers from a caller, checked and converted to float64."""

from typing import Any

import numpy as np

__all__ = ["LARGEST", "NotFinite", "as_float64", "check_finite"]

# Above any float32; sums of sixth powers of smaller numbers are still finite.
LARGEST = 1e40


class NotFinite(ValueError, FloatingPointError):
    """Numbers that were given are not finite: a wrong value, or a net that diverged."""


def check_finite(x: np.ndarray, name: str) -> None:
    """Raises NotFinite, in a sentence with `name`, unless all of x is finite."""
    if not np.isfinite(x).all():
        raise NotFinite(f"Some {name} are not finite.")


def as_float64(x: Any, name: str) -> np.ndarray:
    """x as a float64 array of the same shape.

    Whole numbers and booleans count as numbers; NaN and infinities pass. Raises
    ValueError, in a sentence that begins with `name`, if x is ragged, is not real
    numbers, or has numbers beyond 1e40.
    """
    try:
        given = np.asarray(x)
    except ValueError as error:
        raise ValueError(f"{name} must be rows of one length.") from error
    # bfloat16, which NumPy does not know, is of kind V, as records are.
    if given.dtype.kind not in "biufV" or given.dtype.type is np.void:
        kind = type(x).__name__ if given.dtype == object else given.dtype
        raise ValueError(f"{name} must be real numbers, but got {kind}.")
    array = given.astype(np.float64)
    size = np.max(np.abs(array), initial=0, where=np.isfinite(array))
    if size > LARGEST:
        raise ValueError(
            f"{name} has numbers up to {size:.3g}, whose powers overflow: scale all of "
            f"them to below {LARGEST:g}."
        )
    return array
