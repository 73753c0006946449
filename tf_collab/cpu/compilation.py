"""Where XLA is used, in one place, and how a large batch uses every core.

Random numbers are drawn outside of what is compiled here: TensorFlow's float draws
give other numbers inside an XLA program, so `xla` would change every result.
"""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

__all__ = ["compiled", "in_pieces", "narrow", "worthwhile"]

CONVOLUTIONS = tuple(
    getattr(keras.layers, f"{kind}{rank}")
    for kind in ("Conv", "DepthwiseConv", "SeparableConv")
    for rank in ("1D", "2D", "3D")
    if hasattr(keras.layers, f"{kind}{rank}")
) + tuple(getattr(keras.layers, f"Conv{n}DTranspose") for n in (1, 2, 3))

# Layers that make of each row what they make of it alone.
ROWWISE = (
    keras.layers.Dense,
    keras.layers.Activation,
    keras.layers.ReLU,
    keras.layers.LeakyReLU,
    keras.layers.ELU,
    keras.layers.Reshape,
    keras.layers.Flatten,
)
WIDE = 128


def worthwhile(*models: Any) -> bool:
    """Whether XLA pays for these nets here: on accelerators, or without convolutions.

    Never with a layer that says `outside_tensorflow`, which XLA cannot compile.
    On a CPU it is some 10-25 % faster on dense nets and nine times slower on
    convolutions. A net that is no Keras model is taken for a dense one.
    """
    if _outside(models):
        return False
    if tf.config.list_physical_devices("GPU"):
        return True
    return not any(isinstance(layer, CONVOLUTIONS) for layer in _layers(models))


def narrow(model: Any) -> bool:
    """Whether, on a CPU, a net learns faster in pieces than as an XLA program.

    So it is with dense layers below some 128 units: the gradient of their kernels
    takes XLA three times as long as TensorFlow, and both leave cores idle. Only a net
    that treats each row by itself may be fed in pieces while it learns.
    """
    if tf.config.list_physical_devices("GPU"):
        return False
    chain = list(_chain(model))
    units = [part.units for part in chain if isinstance(part, keras.layers.Dense)]
    return all(type(part) in ROWWISE for part in chain) and max(units, default=0) < WIDE


def _chain(model):
    """What the model runs one after another, as far as its parts tell."""
    parts = getattr(model, "stages", None) or getattr(model, "layers", [])
    call = getattr(getattr(type(model), "call", None), "__qualname__", "")
    # A subclass with a `call` of its own does more than its parts tell.
    if call not in ("LayeredModel.call", "Sequential.call") or not parts:
        yield model
    for part in parts:
        yield from _chain(part)


def _layers(models):
    for model in models:
        if isinstance(model, keras.layers.Layer):
            for layer in model._flatten_layers():
                yield layer
                # What runs another net, on variables of its own, tells which.
                yield from _layers([getattr(layer, "original", lambda: None)()])


def _outside(models):
    return any(getattr(layer, "outside_tensorflow", False) for layer in _layers(models))


def compiled(fn: Callable, *models: Any, xla: bool | None = None) -> Callable:
    """`fn` as a graph, an XLA program where `xla` says so (None: where worthwhile)."""
    if xla is None:
        xla = worthwhile(*models)
    elif xla and _outside(models):
        raise ValueError(
            "xla=True compiles TensorFlow's operations, and a part of these nets is "
            "not made of them: leave it out"
        )
    return tf.function(fn, jit_compile=xla, autograph=False)


def in_pieces(fn: Callable, *, rows: int = 500) -> Callable:
    """`fn` over slices of the batch that the graph runs side by side, then joined.

    TensorFlow gives a product of narrow matrices to one core, so one call leaves the
    others idle. Only a batch whose size is known while tracing is cut.
    """

    def call(*args: Any) -> Any:
        n = tf.nest.flatten(args)[0].shape[0]
        if n is None or n <= rows:
            return fn(*args)
        count = -(-n // rows)
        sizes = [n // count + (i < n % count) for i in range(count)]
        cut = [tf.split(leaf, sizes) for leaf in tf.nest.flatten(args)]
        done = [fn(*tf.nest.pack_sequence_as(args, part)) for part in zip(*cut)]
        return tf.nest.map_structure(lambda *parts: tf.concat(parts, axis=0), *done)

    return call
