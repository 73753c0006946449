"""What is chosen by name; where there is no such name, a sentence has those there are.

Reading it starts neither TensorFlow nor Keras.
"""

import difflib
from collections.abc import Iterable
from typing import Any

__all__ = ["known", "layer_of"]


def known(name: Any, names: Iterable[Any]) -> str:
    """The end of a sentence about an unknown name: the names there are, the nearest.

    Examples:
        >>> tc.names.known("rleu", ["tanh", "relu"])
        "'tanh', 'relu'; did you mean 'relu'?"
    """
    names = list(names)
    spelled = [each for each in names if isinstance(each, str)]
    near = difflib.get_close_matches(str(name), spelled, n=1, cutoff=0.0)
    ask = f"; did you mean {near[0]!r}?" if near else ""
    return ", ".join(map(repr, names)) + ask


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
