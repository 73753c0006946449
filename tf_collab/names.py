"""What is chosen by name; where there is no such name, a sentence has those there are.

Reading it starts neither TensorFlow nor Keras.
"""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["known", "layer_of", "nearest"]


def known(
    name: Any, names: Iterable[Any], elsewhere: Mapping[str, str] | None = None
) -> str:
    """The end of a sentence about an unknown name: the names there are, the nearest.

    `elsewhere` are usual names -> those that stand for the same here.

    Examples:
        >>> tc.names.known("rleu", ["tanh", "relu"])
        "'tanh', 'relu'; did you mean 'relu'?"
        >>> tc.names.known("bce", ["nsgan", "hinge"], {"bce": "nsgan"})
        "'nsgan', 'hinge'; did you mean 'nsgan'?"
    """
    names = list(names)
    near = nearest(name, names, elsewhere)
    ask = "" if near is None else f"; did you mean {near!r}?"
    return ", ".join(map(repr, names)) + ask


def nearest(
    name: Any,
    names: Iterable[Any],
    elsewhere: Mapping[str, str] | None = None,
    *,
    cutoff: float = 0.0,
) -> str | None:
    """The name that is spelled most alike, or that is called so elsewhere.

    Case and hyphens do not count. None where no name is as alike as `cutoff` (0 to 1).
    """
    meant = dict(elsewhere or {}) | {
        each: each for each in names if isinstance(each, str)
    }
    plain = {_plain(each): ours for each, ours in meant.items()}
    near = difflib.get_close_matches(_plain(str(name)), plain, n=1, cutoff=cutoff)
    return plain[near[0]] if near else None


def _plain(name: str) -> str:
    return name.lower().replace("-", "_")


def layer_of(generator: Any, layer: Any) -> int:
    """The index of a generator's layer, given as such or by its name.

    "z" is layer 0 and "x" the last one, unless a layer between has that name.
    ValueError where there is none.
    """
    depth = generator.depth
    names = getattr(generator, "layer_names", ("z", *[None] * (depth - 1), "x"))
    if isinstance(layer, str):
        for index in (*range(1, depth), 0, depth):
            if names[index] == layer:
                return index
        told = known(layer, [name for name in names if name is not None])
        told = f", which are called {told}"
    else:
        if layer in range(depth + 1):
            return int(layer)
        told = ""
    raise ValueError(
        f"layer {layer!r} is not one of 0 to {depth}, this model's layers{told}"
    )
