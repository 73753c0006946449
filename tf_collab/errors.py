"""What a net cannot take, in one sentence instead of Keras' many lines.

Python runs only while a graph is traced, so a compiled step pays nothing for it.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import keras
import tensorflow as tf

from tf_collab import files

__all__ = ["Misfit", "explained"]


class Misfit(files.Told, ValueError):
    """A net was given what it cannot take, or gives what nobody can use."""

    # So marked, Keras lets it through as it is.
    _keras_call_info_injected = True


@contextlib.contextmanager
def explained(net: Any, x: Any, *, name: str, layer: int = 0) -> Iterator[None]:
    """Raises Misfit where `net`, called on x inside, fails.

    `name` is what the sentence calls the model whose part from `layer` on `net` is.
    """
    try:
        yield
    except Misfit:
        raise  # one of its parts has said it
    except (ValueError, TypeError, tf.errors.InvalidArgumentError) as error:
        at = f" at layer {layer}" if layer else ""
        given = str(keras.tree.map_structure(_described, x)).replace("'", "")
        wanted = _input_shapes(net)
        if wanted is None or _fit(wanted, x):
            why = f"cannot take {given}{at}: {files.first_sentence(error)}"
        else:
            told = " and ".join(map(_spelled, wanted))
            why = f"was built for {told}{at}, and cannot take {given}"
        raise Misfit(f"{name!r} {why}") from error


def _input_shapes(net):
    """Of each input, where the net was built for some; axis 0 is the batch."""
    # A graph knows its own, a layer what it was first called on.
    built = getattr(net, "get_build_config", lambda: None)() or {}
    shape = getattr(net, "input_shape", None) or built.get("input_shape")
    if not shape:
        return None
    return [shape] if not isinstance(shape[0], (tuple, list)) else shape


def _fit(wanted, x):
    given = [getattr(leaf, "shape", None) for leaf in keras.tree.flatten(x)]
    return len(wanted) == len(given) and all(
        b is not None
        and len(a) == len(b)
        and all(None in pair or len({*pair}) == 1 for pair in zip(a[1:], b[1:]))
        for a, b in zip(wanted, given)
    )


def _described(leaf):
    if not hasattr(leaf, "shape"):
        return type(leaf).__name__
    return f"{keras.backend.standardize_dtype(leaf.dtype)} {_shape(leaf.shape)}"


def _spelled(shape):
    return _shape(["batch", *("any" if size is None else size for size in shape[1:])])


def _shape(sizes):
    return f"[{', '.join(map(str, sizes))}]"
