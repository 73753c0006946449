"""What can be seen of a model: layers inside nested models, chains inside one's own."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tf_collab.models import endings

__all__ = ["alike", "bends", "graph_of", "traced", "unfolded"]

_CURVES = {"Celu", "Elu", "Gelu", "HardSigmoid", "HardSilu", "HardTanh", "LeakyRelu"}
_CURVES |= {"LogSigmoid", "Mish", "Relu", "Relu6", "Selu", "Sigmoid", "Silu", "Tanh"}
_CURVES |= {"Softplus", "Softsign", "Sin"}


def bends(operation: Any) -> bool:
    """Whether what an operation gives is an activation, as cuts are made behind.

    That is a non-linear function, a layer that ends in one, or a block of layers.
    """
    if isinstance(operation, keras.Model):
        return True
    kind = type(operation)
    if kind.__module__.startswith("keras.src.ops."):
        return kind.__name__ in _CURVES
    curve = getattr(operation, "activation", None)
    if curve is not None:
        return curve not in (keras.activations.linear, keras.activations.softmax)
    if kind.__module__.startswith("keras.src.layers.activations."):
        return not isinstance(operation, keras.layers.Softmax)
    return not kind.__module__.startswith("keras.") and bool(
        getattr(operation, "_layers", ())
    )


def graph_of(model: Any) -> keras.Model | None:
    """The graph of a built Sequential or Functional model; None where it has none."""
    plain = type(model).call is keras.Sequential.call
    if isinstance(model, keras.Sequential) and plain and model._functional is not None:
        return model._functional
    return model if endings.is_functional(model) else None


def unfolded(graph: keras.Model) -> keras.Model:
    """The same graph with the layers of nested models in their place.

    The graph itself where that has no nested models, or none that can be opened: two
    layers of one name cannot be in one graph.
    """
    if not any(graph_of(part) is not None for part in graph.layers):
        return graph
    inputs = keras.tree.map_structure(
        lambda t: keras.Input(batch_shape=t.shape, dtype=t.dtype, name=t.name),
        graph.input,
    )
    try:
        flat = keras.tree.flatten(inputs)
        return keras.Model(inputs, graph._run_through_graph(flat, _opened))
    except (AttributeError, TypeError, ValueError):  # Keras' own matters, which change
        return graph


def _opened(operation):
    """What runs the parts of a nested model, or the operation itself."""
    inner = graph_of(operation)
    if inner is None:
        return operation

    def run(*args, **kwargs):
        # A model that is told how to run, as a base of frozen layers is, stays whole.
        if len(args) != 1 or any(value is not None for value in kwargs.values()):
            return operation(*args, **kwargs)
        out = inner._run_through_graph(args[0], _opened)
        return out[0] if isinstance(out, list) and len(out) == 1 else out

    return run


def traced(model: keras.Model, z: Any) -> keras.Model | None:
    """A graph of one's own model where that is a chain of its layers, else None.

    The model is run once on z [batch, ...], in inference mode, and its layers are
    watched. The graph has the same weights; whether it gives the same is for the
    caller to look at, since what happens between layers is not seen.
    """
    if not tf.is_tensor(z):
        return None
    chain: list[keras.layers.Layer] = []
    lone = True

    def watching(layer, call):
        def watched(*args, **kwargs):
            nonlocal lone
            given = {k: v for k, v in kwargs.items() if k not in ("training", "mask")}
            lone &= len(args) == 1 and not given and not isinstance(args[0], list)
            chain.append(layer)
            return call(*args, **kwargs)

        return watched

    layers = list(model.layers)
    for layer in layers:
        layer.__dict__["call"] = watching(layer, layer.call)
    try:
        model(z, training=False)
    finally:
        for layer in layers:
            del layer.__dict__["call"]
    if not chain or not lone or len({*map(id, chain)}) != len(chain):
        return None
    h = inputs = keras.Input(z.shape[1:], dtype=z.dtype)
    try:
        for layer in chain:
            h = layer(h)
        return keras.Model(inputs, h, name=model.name)
    except Exception:  # whatever somebody's layers may raise of a tensor without values
        return None


def alike(a: Any, b: Any) -> bool:
    """Whether two models' outputs are the same but for rounding."""
    pairs = list(zip(tf.nest.flatten(a), tf.nest.flatten(b)))
    return len(tf.nest.flatten(a)) == len(tf.nest.flatten(b)) and all(
        v.shape == w.shape
        and np.allclose(np.asarray(v, "f8"), np.asarray(w, "f8"), 1e-4, 1e-5)
        for v, w in pairs
    )
