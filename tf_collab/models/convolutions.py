"""Keras' convolutions of images, whose large kernels learn sooner on a CPU.

A convolution of large images x to small ones y with a kernel k is the derivative by y
of F(x, k, y) = sum of y * conv(x, k), which is linear in each. F's derivative by x is
the transposed convolution, that by k the correlation of x and y: each of these three
maps has the other two for its gradients, to any order.

The correlation, which is a kernel's gradient, is slow where images are small and
kernels large: from 8 x 8 x 512 to 4 x 4 x 1024 it runs at a third of the convolution's
speed in float32, at a fifth in bfloat16. Here it is a convolution too, in which batch
and channels change places: x is the image, and y the kernel, dilated by the stride.

Only images [batch, height, width, channels] of known size, padding "same", an undilated
kernel at least as wide as the stride and one group go this way; anything else, and
everything on a GPU, goes Keras' way. The batch must not be empty.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

__all__ = ["Conv2D", "Conv2DTranspose"]

# Numbers of the kernel per pixel of y from which it pays, by the bytes of a number;
# measured with oneDNN on two cores with AVX-512, batches of 16 to 256.
WORTH = {2: 800, 4: 10_000}


@keras.saving.register_keras_serializable("tf_collab")
class Conv2D(keras.layers.Conv2D):
    """Keras' layer, to rounding; its kernel, if large, learns by a convolution."""

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        size = inputs.shape[1:3]
        if not _pays(self, inputs, size) or self.groups != 1:
            return super().convolution_op(inputs, kernel)
        convolve, _ = _linear_maps(size, self.kernel_size, self.strides)
        return convolve(inputs, tf.convert_to_tensor(kernel))


@keras.saving.register_keras_serializable("tf_collab")
class Conv2DTranspose(keras.layers.Conv2DTranspose):
    """Keras' layer, to rounding; its kernel, if large, learns by a convolution."""

    def call(self, inputs: Any) -> Any:
        size = [n and n * s for n, s in zip(inputs.shape[1:3], self.strides)]
        if not _pays(self, inputs, size) or self.output_padding is not None:
            return super().call(inputs)
        _, transpose = _linear_maps(size, self.kernel_size, self.strides)
        x = transpose(inputs, tf.convert_to_tensor(self.kernel))
        if self.use_bias:
            x += tf.convert_to_tensor(self.bias)
        return self.activation(x)


def _pays(layer, inputs, size):
    """Whether the maps below can do what the layer does, and sooner; size is of x."""
    if inputs.shape.rank != 4 or None in size:
        return False
    if tf.config.list_physical_devices("GPU"):
        return False
    how = layer.padding, layer.data_format, set(layer.dilation_rate)
    sides = list(zip(size, layer.kernel_size, layer.strides))
    # A stride wider than the kernel skips pixels of x, which would have to be cut off.
    if how != ("same", "channels_last", {1}) or any(k < s for _, k, s in sides):
        return False
    pixels = math.prod(-(-n // s) for n, _, s in sides)
    worth = WORTH.get(inputs.dtype.size, math.inf)
    return math.prod(layer.kernel.shape) >= worth * pixels


def _linear_maps(
    size: Sequence[int], window: Sequence[int], strides: Sequence[int]
) -> tuple[Callable, Callable]:
    """Convolution of x [batch, *size, a] with kernel [*window, a, b]; its transpose."""

    @tf.custom_gradient
    def convolve(x, kernel):
        y = tf.nn.conv2d(x, kernel, strides, "SAME")
        return y, lambda dy: (transpose(dy, kernel), correlate(x, dy))

    @tf.custom_gradient
    def transpose(y, kernel):
        shape = [tf.shape(y)[0], *size, kernel.shape[2]]
        x = tf.nn.conv2d_transpose(y, kernel, shape, strides, "SAME")
        return x, lambda dx: (convolve(dx, kernel), correlate(dx, y))

    @tf.custom_gradient
    def correlate(x, y):
        borders = []
        for n, k, s in zip(size, window, strides):
            missing = -n % s + k - s
            borders.append([missing // 2, missing - missing // 2])
        image = tf.pad(tf.transpose(x, [3, 1, 2, 0]), [[0, 0], *borders, [0, 0]])
        points = tf.transpose(y, [1, 2, 0, 3])
        kernel = tf.nn.conv2d(image, points, 1, "VALID", dilations=strides)
        kernel = tf.transpose(kernel, [1, 2, 0, 3])
        return kernel, lambda dk: (transpose(y, dk), convolve(x, dk))

    return convolve, transpose
