"""What was given in place of rows like samples, in one short sentence each."""

from typing import Any

import numpy as np
import tensorflow as tf

from tf_collab.front import sources

__all__ = ["check_parts", "check_range", "check_varied", "of_leaf"]

WORD = 40  # letters of the name of a type, which may be that of a hundred fields
BEYOND = 2.0  # a picture's value that no rounding or sharpening makes


def check_parts(given: Any, like: Any, name: str) -> None:
    """ValueError unless it is in parts as the samples are, whatever the parts are."""
    if isinstance(given, (list, tuple)) and not tf.nest.is_nested(like):
        kind = "list" if isinstance(given, list) else "tuple"
        types = sorted({type(part).__name__ for part in given})
        of = f" ({len(given)} of type {', '.join(types)[:WORD]})" if given else ""
        raise ValueError(
            f"{name} is a {kind}{of}: give a NumPy array [rows, *data], as np.asarray "
            "makes of a list of rows, or a pair (array, labels)"
        )
    try:
        tf.nest.assert_same_structure(like, given)
    except (ValueError, TypeError):
        raise ValueError(
            f"{name} is {sources.told(given)}, and the generator gives "
            f"{sources.told(like)}: they need the same structure"
        ) from None


def of_leaf(leaf: np.ndarray, sample: np.ndarray, name: str) -> str:
    """The sentence for an array of another shape or type than samples."""
    shape = sample.shape[1:]
    hint = "".join(text for is_so, text in HINTS if is_so(leaf, shape))
    return (
        f"{name} is {str(leaf.dtype)[:WORD]} {list(leaf.shape)}, and the generator's "
        f"samples are {sample.dtype} [n, {', '.join(map(str, shape))}]{hint}"
    )


def check_range(leaf: np.ndarray, sample: np.ndarray, name: str) -> None:
    """ValueError for pictures far beyond [-1, 1], in which the samples are."""
    low, high = leaf.min(), leaf.max()
    if leaf.ndim != 4 or leaf.dtype.kind != "f" or max(-low, high) <= BEYOND:
        return
    least, most = sample.min(), sample.max()
    if max(-least, most) > 1.001:
        return  # what both are is to be scaled
    to, way = ("[0, 1]", "x / 255") if least >= 0 else ("[-1, 1]", "x / 127.5 - 1")
    way = f", as {way} does" if low >= 0 and 128 <= high <= 255 else ""
    raise ValueError(
        f"{name} is of pictures from {low:.3g} to {high:.3g}, and the generator's are "
        f"from {least:.3g} to {most:.3g}: scale {name} to {to}{way}"
    )


def check_varied(leaves: list[np.ndarray], name: str) -> None:
    """ValueError where all rows are the same."""
    if len(leaves[0]) < 2 or any((leaf != leaf[:1]).any() for leaf in leaves):
        return
    first = leaves[0].flat[0]
    alike = len(leaves) == 1 and (leaves[0] == first).all()
    where = f", {float(first):.3g} everywhere" if alike else ""
    raise ValueError(
        f"all {len(leaves[0])} rows of {name} are the same{where}: nothing can be "
        "learned from them; look at how they were read"
    )


def _channels_first(leaf: np.ndarray, shape: tuple[int, ...]) -> bool:
    return leaf.ndim == 4 and leaf.shape[1:] == (*shape[-1:], *shape[:-1])


def _labels(leaf: np.ndarray, shape: tuple[int, ...]) -> bool:
    """Whether there is one whole number a row, where samples have several."""
    one = leaf.ndim > 0 and 0 < leaf.size == len(leaf) and np.prod(shape) > 1
    return bool(
        one and leaf.dtype.kind in "biuf" and np.isfinite(leaf).all()
    ) and not np.any(np.mod(leaf, 1))


HINTS = (
    (_channels_first, ": channels are last here, as np.moveaxis(x, 1, -1) puts them"),
    (_labels, ": these look like labels; give the data, or a pair (data, labels)"),
)
