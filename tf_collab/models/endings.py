"""What a model ends in, as far as it can be seen."""

from typing import Any

import keras
import tensorflow as tf

from tf_collab.models import handing

__all__ = ["is_functional", "is_plain", "is_tanh", "last"]

_PASS_ON = (keras.layers.Reshape, keras.layers.Flatten, keras.layers.Dropout)
_TANHS = (tf.tanh, keras.activations.tanh, keras.ops.tanh)


def last(layer: Any) -> Any:
    """The last operation, a layer or a function; None where it cannot be seen.

    A model of one's own is its own last operation, since nobody can see into it.
    """
    if hasattr(type(layer), "ending"):
        return layer.ending
    if isinstance(layer, handing.HandOn):
        return last(layer.net)
    if isinstance(layer, keras.Sequential):
        rest = [part for part in layer.layers if not isinstance(part, _PASS_ON)]
        return last(rest[-1]) if rest else None
    if is_functional(layer) and len(layer.outputs) == 1:
        operation, index, _ = layer.outputs[0]._keras_history
        while isinstance(operation, _PASS_ON):
            source = operation._inbound_nodes[index].input_tensors[0]
            operation, index, _ = source._keras_history
        return last(operation)
    return layer


def is_tanh(operation: Any) -> bool:
    """Whether an operation, of those that `last` gives, ends in tanh itself."""
    if operation in _TANHS or type(operation).__name__ == "Tanh":
        return True
    own = not isinstance(operation, keras.Model)
    return own and getattr(operation, "activation", None) in _TANHS


def is_functional(model: Any) -> bool:
    """Whether Keras knows the model's graph, and the model runs by it."""
    return is_plain(model, keras.src.models.functional.Functional)


def is_plain(model: Any, kind: type) -> bool:
    """Whether a model is of this kind and does no more than its parts tell."""
    # As a subclass does with a `call` or a cut of its own.
    names = "call", "encode", "decode", "_through"
    own = (getattr(type(model), name, None) for name in names)
    its = (getattr(kind, name, None) for name in names)
    return isinstance(model, kind) and all(a is b for a, b in zip(own, its))
