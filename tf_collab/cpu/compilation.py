"""Decides where XLA is used, and cuts large batches so that they use every core.

Callers draw random numbers outside of the functions compiled here: TensorFlow's float
draws give other numbers inside an XLA program, so `xla` would change every result.
"""

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import keras
import tensorflow as tf

__all__ = [
    "chain",
    "compiled",
    "graph",
    "in_pieces",
    "narrow",
    "rows_outside",
    "worthwhile",
]

CONVOLUTIONS = tuple(
    getattr(keras.layers, f"{kind}{rank}")
    for kind in ("Conv", "DepthwiseConv", "SeparableConv")
    for rank in ("1D", "2D", "3D")
    if hasattr(keras.layers, f"{kind}{rank}")
) + tuple(getattr(keras.layers, f"Conv{n}DTranspose") for n in (1, 2, 3))

# Layers whose output row depends on one input row only.
ROWWISE = (
    keras.layers.Dense,
    keras.layers.Activation,
    keras.layers.ReLU,
    keras.layers.LeakyReLU,
    keras.layers.ELU,
    keras.layers.Reshape,
    keras.layers.Flatten,
)
WIDE = 128  # units
FEW = 8  # slices of a batch, that are no loop
TURNS = 10  # of a loop that may run at a time


def worthwhile(*models: Any) -> bool:
    """Whether XLA pays for these nets on this machine.

    It does on accelerators, and for nets without convolutions. On a CPU it makes dense
    nets some 10-25 % faster and convolutions nine times slower. A net that is not a
    Keras model counts as dense. A layer that says `outside_tensorflow` cannot be
    compiled by XLA, so it never pays there.
    """
    if _outside(models):
        return False
    if tf.config.list_physical_devices("GPU"):
        return True
    return not any(isinstance(layer, CONVOLUTIONS) for layer in _layers(models))


def narrow(model: Any) -> bool:
    """Whether a net learns faster in pieces than as an XLA program, on a CPU.

    Nets of dense layers below 128 units do: the gradient of their kernels takes XLA
    three times as long as TensorFlow, and both leave cores idle. A net whose rows
    depend on each other may not be cut into pieces while it learns.
    """
    if tf.config.list_physical_devices("GPU"):
        return False
    parts = list(chain(model))
    units = [part.units for part in parts if isinstance(part, keras.layers.Dense)]
    return all(type(part) in ROWWISE for part in parts) and max(units, default=0) < WIDE


def chain(model: Any) -> Iterator[Any]:
    """The layers that the model runs one after another, as far as they are visible."""
    parts = getattr(model, "stages", None) or getattr(model, "layers", [])
    call = getattr(getattr(type(model), "call", None), "__qualname__", "")
    # A subclass with a `call` of its own may do more than run its parts.
    if call not in ("LayeredModel.call", "Sequential.call") or not parts:
        yield model
    for part in parts:
        yield from chain(part)


def _layers(models: Iterable[Any]) -> Iterator[keras.layers.Layer]:
    for model in models:
        if isinstance(model, keras.layers.Layer):
            for layer in model._flatten_layers():
                yield layer
                # What runs another net, on variables of its own, tells which.
                yield from _layers([getattr(layer, "original", lambda: None)()])


def rows_outside(*models: Any) -> int | None:
    """The rows that a layer outside of TensorFlow is best called with, at most.

    Such a layer has threads of its own, and each call costs. None where no net has one.
    """
    layers = filter(_is_outside, _layers(models))
    return min((layer.rows_at_once for layer in layers), default=None)


def _outside(models: Iterable[Any]) -> bool:
    return any(map(_is_outside, _layers(models)))


def _is_outside(layer: Any) -> bool:
    return getattr(layer, "outside_tensorflow", False)


def compiled(fn: Callable, *models: Any, xla: bool | None = None) -> Callable:
    """`fn` as a graph, or as an XLA program if `xla` (None: if that is worthwhile)."""
    if xla is None:
        xla = worthwhile(*models)
    elif xla and _outside(models):
        raise ValueError(
            "xla=True compiles TensorFlow's operations, and a part of these nets is "
            "not made of them: leave it out"
        )
    return graph(fn, jit_compile=xla)


def graph(fn: Callable, **options: Any) -> Any:
    """`fn` as a graph, whose traces TensorFlow counts apart from those of others.

    All functions that one line of code makes count as one there, so that five samplers,
    each traced once, would be remarked on as one that is traced again and again.
    """
    return tf.function(functools.partial(fn), autograph=False, **options)


def in_pieces(
    fn: Callable, *, rows: int | Callable[[int], int] = 500, loop: bool = False
) -> Callable:
    """`fn` applied to slices of the batch that run side by side, with joined results.

    Arguments and results are structures of tensors [batch, ...]; a slice has at most
    `rows` rows, which may depend on the size of the batch. TensorFlow computes a
    product of narrow matrices on one core, so one call would leave the others idle. A
    batch is cut only if its size is known while the graph is traced.

    A graph grows with its slices. With `loop` all but the first of many are turns of a
    loop, `TURNS` at a time, which takes a fifth of the time to begin and none to run.
    XLA programs would run one at a time there, and a loop's gradient is slow.
    """

    def call(*args: Any) -> Any:
        leaves = tf.nest.flatten(args)
        n = leaves[0].shape[0]
        most = rows(n or 1) if callable(rows) else rows
        if n is None or n <= most:
            return fn(*args)
        count = -(-n // most)
        size, longer = divmod(n, count)
        many = loop and count > FEW
        sizes = [size + (i < longer) for i in range(count)]
        if many:
            # The first as it is, then those of its length, then the shorter ones.
            long = max(longer, 1) - 1
            sizes = [sizes[0], long * sizes[0], (count - 1 - long) * size]
        first, *rest = (
            tf.nest.pack_sequence_as(args, part)
            for part in zip(*(tf.split(leaf, sizes) for leaf in leaves))
        )
        done = [fn(*first)]
        if many:
            each = (sizes[0], size)
            done += [_turns(fn, r, k, done[0]) for r, k in zip(rest, each) if _rows(r)]
        else:
            done += [fn(*part) for part in rest]
        return tf.nest.map_structure(lambda *parts: tf.concat(parts, axis=0), *done)

    return call


def _turns(fn: Callable, args: Any, rows: int, like: Any) -> Any:
    """`fn` of so many rows at a time, whose results have the structure of `like`."""
    return tf.nest.map_structure(
        lambda leaf: tf.reshape(leaf, [-1, *leaf.shape[2:]]),
        tf.map_fn(
            lambda part: fn(*part),
            tf.nest.map_structure(
                lambda leaf: tf.reshape(leaf, [-1, rows, *leaf.shape[1:]]), args
            ),
            fn_output_signature=tf.nest.map_structure(
                lambda leaf: tf.TensorSpec([rows, *leaf.shape[1:]], leaf.dtype), like
            ),
            parallel_iterations=TURNS,
        ),
    )


def _rows(args: Any) -> int:
    return tf.nest.flatten(args)[0].shape[0]
