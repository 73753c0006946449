"""Batch-norm in inference mode as a part of the linear layer before it.

There batch-norm is y = s x + t with a number of each channel, so that a convolution or
a dense layer with the kernel W and the bias b, and batch-norm after it, are one layer
with the kernel s W and the bias s b + t. This saves passes over the activations, forth
and back. So does a leaky ReLU whose gradient needs no inputs, since TensorFlow can then
make it with the layer before it.
"""

import collections
import contextlib
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import keras
import tensorflow as tf

from tf_collab.cpu import compilation, convolutions, normalization

__all__ = ["beyond", "folded", "pairs"]


def _dense(layer: Any, x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    return tf.tensordot(x, kernel, 1)


def _convolution(layer: Any, x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    return layer.convolution_op(x, kernel)


def _transposed(layer: Any, x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    return convolutions.transposed(layer, x, kernel)


# What a layer does to x by a kernel, and the axis of its kernel that has the outputs.
LINEAR: dict[type, tuple[Callable, int]] = {
    keras.layers.Dense: (_dense, -1),
    keras.layers.Conv2D: (_convolution, -1),
    convolutions.Conv2D: (_convolution, -1),
    keras.layers.Conv2DTranspose: (_transposed, -2),
    convolutions.Conv2DTranspose: (_transposed, -2),
}
NORMS = keras.layers.BatchNormalization, normalization.BatchNormalization


def folded(chain: Iterable[Any]) -> Callable[[], contextlib.AbstractContextManager]:
    """Folds kernels now; `with folded(...)():` runs a chain by them, in inference mode.

    It is for functions that are traced once and read all weights at their beginning,
    such as a loop. A chain is made of layers, nets and functions that run one after
    another, such as the stages of a generator behind its cut, and nothing else runs
    inside of the block. A pair is folded where it can be seen that batch-norm comes
    next and that nothing else uses the two: nothing is where functions run, or layers
    of others than Keras and this library, which may use any layer.
    """
    chain = [*chain]
    calls: list[tuple[Any, Callable]] = []
    for linear, norm in pairs(chain):
        kernel, shift = _product(linear, norm)
        calls += [(linear, _by_kernel(linear, kernel)), (norm, _shifted(shift))]
    for part in dict.fromkeys(itertools.chain(*map(compilation.chain, chain))):
        if _leaks(part):
            calls.append((part, _by_output(float(part.negative_slope))))

    @contextlib.contextmanager
    def inside() -> Iterator[None]:
        for layer, call in calls:
            # Not by setattr, which Keras tracks.
            layer.__dict__["call"] = call
        try:
            yield
        finally:
            for layer, _ in calls:
                layer.__dict__.pop("call", None)

    return inside


def beyond(generator: Any, layer: int) -> tuple[Any, ...]:
    """The chain of a generator behind its cut; empty where it cannot be seen."""
    decode = getattr(getattr(type(generator), "decode", None), "__qualname__", "")
    return generator.stages[layer:] if decode == "LayeredModel.decode" else ()


def _by_kernel(linear: Any, kernel: tf.Tensor) -> Callable:
    apply, _ = LINEAR[type(linear)]
    return lambda x, training=False: apply(linear, x, tf.cast(kernel, x.dtype))


def _shifted(shift: tf.Tensor) -> Callable:
    return lambda x, training=False, mask=None: tf.nn.bias_add(
        x, tf.cast(shift, x.dtype)
    )


def _leaks(part: Any) -> bool:
    leaky = type(part) is keras.layers.LeakyReLU and "call" not in vars(part)
    return leaky and part.negative_slope > 0


def _by_output(slope: float) -> Callable:
    """Leaky ReLU, whose gradient is by its outputs: they have the signs of inputs."""

    @tf.custom_gradient
    def leaky(x: tf.Tensor) -> tuple[tf.Tensor, Callable]:
        y = tf.nn.leaky_relu(x, slope)
        return y, lambda dy: tf.raw_ops.LeakyReluGrad(
            gradients=dy, features=y, alpha=slope
        )

    return lambda x, training=False: leaky(x)


def _product(linear: Any, norm: Any) -> tuple[tf.Tensor, tf.Tensor]:
    """The kernel, and what is added to the outputs, of both layers in one."""
    _, outputs = LINEAR[type(linear)]
    scale = tf.math.rsqrt(norm.moving_variance.value + norm.epsilon)
    if norm.scale:
        scale *= norm.gamma.value
    shift = -norm.moving_mean.value * scale
    if norm.center:
        shift += norm.beta.value
    if linear.use_bias:
        shift += linear.bias.value * scale
    kernel = linear.kernel.value * (scale if outputs == -1 else scale[:, None])
    return tf.cast(kernel, linear.compute_dtype), shift  # once, before a loop


def pairs(chain: Iterable[Any]) -> list[tuple[Any, Any]]:
    """Linear layers with the batch-norm that comes next."""
    parts = list(itertools.chain(*map(compilation.chain, chain)))
    if not all(isinstance(part, keras.layers.Layer) for part in parts):
        return []
    inner = [layer for part in parts for layer in part._flatten_layers()]
    if not all(map(_is_known, inner)):
        return []
    uses = collections.Counter(map(id, inner))
    return [
        (linear, norm)
        for linear, norm in itertools.pairwise(parts)
        if _are_one(linear, norm) and uses[id(linear)] == uses[id(norm)] == 1
    ]


def _is_known(layer: Any) -> bool:
    """Whether a layer uses no others than those that it says it has."""
    home = type(layer).__module__.partition(".")[0]
    return home in ("keras", "tf_collab") and not isinstance(layer, keras.layers.Lambda)


def _are_one(linear: Any, norm: Any) -> bool:
    """Whether the two, one after the other, are one layer in inference mode."""
    return (
        type(linear) in LINEAR
        and type(norm) in NORMS
        and linear.built
        and norm.built
        and linear.activation is keras.activations.linear
        and norm.axis in (-1, norm.input_spec.ndim - 1)
        and getattr(linear, "data_format", None) != "channels_first"
        # What has another kernel than its own, or another call.
        and not getattr(linear, "lora_enabled", False)
        and getattr(linear, "quantization_mode", None) is None
        and not {"call"} & {*vars(linear), *vars(norm)}
    )
