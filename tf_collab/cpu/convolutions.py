"""Keras' convolutions of images, faster on CPUs for large kernels or few channels.

A convolution of large images x to small ones y with a kernel k is the derivative by y
of F(x, k, y) = sum of y * conv(x, k), which is linear in each. The derivative of F by x
is the transposed convolution, the one by k the correlation of x and y. Each of these
three maps has the other two as its gradients, to any order.

The correlation, which is a kernel's gradient, is slow where images are small and
kernels large: from 8 x 8 x 512 to 4 x 4 x 1024 it runs at a third of the convolution's
speed in float32, at a fifth in bfloat16. Here it is a convolution too, in which batch
and channels change places: x is the image, and y the kernel, dilated by the stride.

The transposed convolution is slow where x has a colour's few channels, at the end of a
generator and the beginning of a discriminator that is refined with: here it is a
convolution of y that gives every pixel of an s x s block of x as a channel.

These ways are for images [batch, height, width, channels] of known size, padding
"same", one group, and an undilated kernel at least as wide as the stride. Anything else
is left to Keras, and so is everything on a GPU. The batch must not be empty.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

__all__ = ["Conv2D", "Conv2DTranspose", "transposed"]

# The correlation pays from so many numbers of the kernel per pixel of y on, by the
# bytes of a number; measured with oneDNN on two cores with AVX-512, batches of 16 to
# 256.
WORTH = {2: 800, 4: 10_000}
FEW = 4  # the transpose in blocks pays up to so many channels of x, measured likewise


@keras.saving.register_keras_serializable("tf_collab")
class Conv2D(keras.layers.Conv2D):
    """Keras' layer, up to rounding, by the maps above where these are faster."""

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        """inputs [batch, height, width, channels] -> the convolution without bias."""
        maps = None if self.groups != 1 else _maps(self, inputs, inputs.shape[1:3])
        if maps is None:
            return super().convolution_op(inputs, kernel)
        convolve, _ = maps
        return convolve(inputs, tf.convert_to_tensor(kernel))


@keras.saving.register_keras_serializable("tf_collab")
class Conv2DTranspose(keras.layers.Conv2DTranspose):
    """Keras' layer, up to rounding, by the maps above where these are faster."""

    def call(self, inputs: Any) -> Any:
        """inputs [batch, height, width, channels] -> the transposed convolution."""
        transpose = _transpose(self, inputs)
        if transpose is None:
            return super().call(inputs)
        x = transpose(inputs, tf.convert_to_tensor(self.kernel))
        if self.use_bias:
            x += tf.convert_to_tensor(self.bias)
        return self.activation(x)


def transposed(layer: keras.layers.Conv2DTranspose, inputs: Any, kernel: Any) -> Any:
    """inputs [batch, height, width, channels] -> the layer's map without its bias."""
    transpose = _transpose(layer, inputs)
    if transpose is not None:
        return transpose(inputs, kernel)
    return keras.ops.conv_transpose(
        inputs,
        kernel,
        strides=list(layer.strides),
        padding=layer.padding,
        output_padding=layer.output_padding,
        dilation_rate=layer.dilation_rate,
        data_format=layer.data_format,
    )


def _transpose(layer: keras.layers.Conv2DTranspose, inputs: Any) -> Callable | None:
    size = [n and n * s for n, s in zip(inputs.shape[1:3], layer.strides)]
    maps = None if layer.output_padding is not None else _maps(layer, inputs, size)
    return maps and maps[1]


def _maps(
    layer: keras.layers.Layer, inputs: Any, size: Sequence[Any]
) -> tuple[Callable, Callable] | None:
    """The layer's convolution and transpose, or None where Keras' are as good.

    `size` is the height and width of x, None where unknown.
    """
    if inputs.shape.rank != 4 or None in size:
        return None
    if tf.config.list_physical_devices("GPU"):
        return None
    how = layer.padding, layer.data_format, set(layer.dilation_rate)
    sides = list(zip(size, layer.kernel_size, layer.strides))
    # A stride wider than the kernel skips pixels of x, which would have to be cut off.
    if how != ("same", "channels_last", {1}) or any(k < s for _, k, s in sides):
        return None
    pixels = math.prod(-(-n // s) for n, _, s in sides)
    worth = WORTH.get(inputs.dtype.size, math.inf)
    large = math.prod(layer.kernel.shape) >= worth * pixels
    square = len(set(layer.strides)) == 1 and not any(n % s for n, _, s in sides)
    few = square and max(layer.strides) > 1 and layer.kernel.shape[2] <= FEW
    few &= inputs.dtype.size in WORTH
    if not (large or few):
        return None
    return _linear_maps(size, layer.kernel_size, layer.strides, large=large, few=few)


def _linear_maps(
    size: Sequence[int],
    window: Sequence[int],
    strides: Sequence[int],
    *,
    large: bool,
    few: bool,
) -> tuple[Callable, Callable]:
    """Convolution of x [batch, *size, a] with kernel [*window, a, b]; its transpose."""

    @tf.custom_gradient
    def convolve(x: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, Callable]:
        y = tf.nn.conv2d(x, kernel, strides, "SAME")
        return y, lambda dy: (transpose(dy, kernel), correlate(x, dy))

    @tf.custom_gradient
    def transpose(y: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, Callable]:
        if few:
            x = _in_blocks(y, kernel, strides[0])
        else:
            shape = [tf.shape(y)[0], *size, kernel.shape[2]]
            x = tf.nn.conv2d_transpose(y, kernel, shape, strides, "SAME")
        return x, lambda dx: (convolve(dx, kernel), correlate(dx, y))

    @tf.custom_gradient
    def correlate(x: tf.Tensor, y: tf.Tensor) -> tuple[tf.Tensor, Callable]:
        if large:
            kernel = _by_convolution(x, y, size, window, strides)
        else:
            kernel = tf.raw_ops.Conv2DBackpropFilter(
                input=x,
                filter_sizes=[*window, x.shape[3], y.shape[3]],
                out_backprop=y,
                strides=[1, *strides, 1],
                padding="SAME",
            )
        return kernel, lambda dk: (transpose(y, dk), convolve(x, dk))

    return convolve, transpose


def _in_blocks(y: tf.Tensor, kernel: tf.Tensor, s: int) -> tf.Tensor:
    """The transpose as a convolution: a pixel of y gives a block of s x s pixels of x.

    Pixel s q + r of x, with r below s, sums y[q - t] * kernel[r + pad + s t] over t.
    """
    *window, a, b = kernel.shape
    borders, ends = [[0, 0]], []
    for k in window:
        pad = (k - s) // 2  # of x before it is convolved
        before = -(-pad // s)  # t below 0
        count = -(-(k - pad) // s) + before
        first = s * before - pad
        ends.append([first, s * count - k - first])
        borders.append([count - 1 - before, before])
    # Places in the kernel, of which each is a constant; the last has the zero of a pad.
    places = np.arange(math.prod(kernel.shape)).reshape(kernel.shape)
    padded = np.pad(places, [*ends, [0, 0], [0, 0]], constant_values=places.size)
    m, n = (side // s for side in padded.shape[:2])
    blocks = padded.reshape(m, s, n, s, a, b)[::-1, :, ::-1].transpose(0, 2, 5, 1, 3, 4)
    # One gather: oneDNN takes most of a millisecond for a transpose of six axes.
    numbers = tf.concat([tf.reshape(kernel, [-1]), tf.zeros([1], kernel.dtype)], 0)
    filters = tf.gather(numbers, blocks.reshape(m, n, b, s * s * a))
    channels = tf.nn.conv2d(y, filters, 1, [*borders, [0, 0]])
    return tf.nn.depth_to_space(channels, s)


def _by_convolution(
    x: tf.Tensor,
    y: tf.Tensor,
    size: Sequence[int],
    window: Sequence[int],
    strides: Sequence[int],
) -> tf.Tensor:
    """The kernel's gradient, with batch and channels exchanged."""
    borders = []
    for n, k, s in zip(size, window, strides):
        missing = -n % s + k - s
        borders.append([missing // 2, missing - missing // 2])
    image = tf.pad(tf.transpose(x, [3, 1, 2, 0]), [[0, 0], *borders, [0, 0]])
    points = tf.transpose(y, [1, 2, 0, 3])
    kernel = tf.nn.conv2d(image, points, 1, "VALID", dilations=strides)
    return tf.transpose(kernel, [1, 2, 0, 3])
