"""Keras' convolutions of images, whose large kernels learn sooner on a CPU.

A convolution of large images x to small ones y with a kernel k is the derivative by y
of F(x, k, y) = sum of y * conv(x, k), which is linear in each. F's derivative by x is
the transposed convolution, that by k the correlation of x and y: each of these three
maps has the other two for its gradients, to any order.

The correlation, which is a kernel's gradient, is slow where images are small and
kernels large: from 8 x 8 x 512 to 4 x 4 x 1024 it runs at a third of the convolution's
speed in float32, at a fifth in bfloat16. Here it is a convolution too, in which batch
and channels change places: x is the image, and y the kernel, its pixels a stride apart.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

__all__ = ["Conv2D", "Conv2DTranspose"]

# From so many numbers of the kernel for each pixel of y on, by the bytes of a number;
# measured on two cores with AVX-512, batches of 16 to 256.
WORTH = {2: 800, 4: 10_000}


@keras.saving.register_keras_serializable("tf_collab")
class Conv2D(keras.layers.Conv2D):
    """The same numbers as Keras' layer, to rounding."""

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        large = inputs.shape[1:3]
        if not _sooner(self, inputs, large) or self.groups != 1:
            return super().convolution_op(inputs, kernel)
        convolve, _ = _maps(large, self.kernel_size, self.strides)
        return convolve(inputs, tf.convert_to_tensor(kernel))


@keras.saving.register_keras_serializable("tf_collab")
class Conv2DTranspose(keras.layers.Conv2DTranspose):
    """The same numbers as Keras' layer, to rounding."""

    def call(self, inputs: Any) -> Any:
        large = [n and n * s for n, s in zip(inputs.shape[1:3], self.strides)]
        if not _sooner(self, inputs, large) or self.output_padding is not None:
            return super().call(inputs)
        _, transpose = _maps(large, self.kernel_size, self.strides)
        x = transpose(inputs, tf.convert_to_tensor(self.kernel))
        if self.use_bias:
            x += tf.convert_to_tensor(self.bias)
        return self.activation(x)


def _sooner(layer, inputs, large):
    """Whether the layer is one that the maps below are for, and faster by them."""
    if None in large or tf.config.list_physical_devices("GPU"):
        return False
    sizes = list(zip(large, layer.kernel_size, layer.strides))
    usual = (layer.padding, layer.data_format, set(layer.dilation_rate))
    if usual != ("same", "channels_last", {1}) or any(k < s for _, k, s in sizes):
        return False
    pixels = math.prod(-(-n // s) for n, _, s in sizes)
    worth = WORTH.get(inputs.dtype.size, math.inf)
    return math.prod(layer.kernel.shape) >= worth * pixels


def _maps(
    size: Sequence[int], window: Sequence[int], strides: Sequence[int]
) -> tuple[Callable, Callable]:
    """The convolution of images [batch, *size, a], kernel [*window, a, b], and back."""

    @tf.custom_gradient
    def convolve(x, kernel):
        y = tf.nn.conv2d(x, kernel, strides, "SAME")
        return y, lambda dy: (transpose(dy, kernel), correlate(x, dy))

    @tf.custom_gradient
    def transpose(y, kernel):
        shape = [y.shape[0] or tf.shape(y)[0], *size, kernel.shape[2]]
        x = tf.nn.conv2d_transpose(y, kernel, shape, strides, "SAME")
        return x, lambda dx: (convolve(dx, kernel), correlate(dx, y))

    @tf.custom_gradient
    def correlate(x, y):
        borders = []
        for n, m, k, s in zip(size, y.shape[1:3], window, strides):
            missing = (m - 1) * s + k - n
            borders.append([missing // 2, missing - missing // 2])
        image = tf.pad(tf.transpose(x, [3, 1, 2, 0]), [[0, 0], *borders, [0, 0]])
        points = tf.transpose(y, [1, 2, 0, 3])
        kernel = tf.nn.conv2d(image, points, 1, "VALID", dilations=strides)
        kernel = tf.transpose(kernel, [1, 2, 0, 3])
        return kernel, lambda dk: (transpose(y, dk), convolve(x, dk))

    return convolve, transpose
