"""Turns the long shape errors of Keras into one sentence.

Python runs only while a graph is traced, so a compiled step pays nothing for this.
"""

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import keras
import tensorflow as tf

from tf_collab import files, tensors

__all__ = ["Misfit", "explained"]


class Misfit(files.Told, ValueError):
    """A net was given an input that it cannot take, or returns an unusable output."""

    # Keras adds no lines to an error with this mark.
    _keras_call_info_injected = True


@contextlib.contextmanager
def explained(net: Any, x: Any, *, name: str, layer: int = 0) -> Iterator[None]:
    """Turns an error of `net`, called on x inside the block, into a Misfit.

    `net` is the part from `layer` on of a model that the sentence calls `name`. Misfit
    is a ValueError.
    """
    try:
        yield
    except Misfit:
        raise  # a part of the net has said it already
    except (ValueError, TypeError, tf.errors.InvalidArgumentError) as error:
        at = f" at layer {layer}" if layer else ""
        given = tensors.spelled(x, _described)
        wanted = _input_shapes(net)
        if wanted is None or _fit(wanted, x):
            why = f"cannot take {given}{at}: {files.first_sentence(error)}"
        else:
            told = " and ".join(map(_spelled, wanted))
            why = f"was built for {told}{at}, and cannot take {given}"
        raise Misfit(f"{name!r} {why}") from error


def _input_shapes(net: Any) -> list[tuple] | None:
    """The shape that each input of the net was built for; None if it is not known."""
    # A Functional model knows its inputs, a layer what it was first called on.
    built = getattr(net, "get_build_config", lambda: None)() or {}
    shape = getattr(net, "input_shape", None) or built.get("input_shape")
    if not shape:
        return None
    return [shape] if not isinstance(shape[0], (tuple, list)) else shape


def _fit(wanted: Sequence[tuple], x: Any) -> bool:
    given = [getattr(leaf, "shape", None) for leaf in keras.tree.flatten(x)]
    return len(wanted) == len(given) and all(
        b is not None
        and len(a) == len(b)
        and all(None in pair or len({*pair}) == 1 for pair in zip(a[1:], b[1:]))
        for a, b in zip(wanted, given)
    )


def _described(leaf: Any) -> str:
    if not hasattr(leaf, "shape"):
        return type(leaf).__name__
    return f"{keras.backend.standardize_dtype(leaf.dtype)} {_shape(leaf.shape)}"


def _spelled(shape: tuple) -> str:
    return _shape(["batch", *("any" if size is None else size for size in shape[1:])])


def _shape(sizes: Iterable) -> str:
    return f"[{', '.join(map(str, sizes))}]"
