"""Speed of a kernel's gradient, and of images of few channels, by two operations each.

    python benchmarks/bench_kernels.py

Kernels are 5 x 5 with stride 2, images square, batch 64. The ratio is what
`cpu/convolutions.py` gains over TensorFlow's own operation. Its thresholds are in
numbers of a kernel a pixel, and in channels.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import peak
import tensorflow as tf

import tf_collab as tc
from tf_collab.cpu import convolutions

BATCH, WINDOW, STRIDE = 64, 5, 2
# Size of the larger image, channels of both.
SHAPES = [(64, 3, 128), (32, 128, 256), (16, 256, 512), (8, 512, 1024)]
SHAPES += [(32, 16, 32), (16, 32, 64), (8, 64, 128), (16, 64, 128), (8, 128, 256)]
IMAGES = [(size, channels, 64) for size in (64, 32) for channels in (1, 3, 8)]
seed = tc.seeds.as_seed(0)


def seconds(size: int, a: int, b: int, dtype: str, worth: float) -> float:
    """Of a gradient where `worth` numbers a pixel make a kernel large."""
    convolutions.WORTH = dict.fromkeys(convolutions.WORTH, worth)
    layer = convolutions.Conv2D(
        b, WINDOW, strides=STRIDE, padding="same", use_bias=False, dtype=dtype
    )
    x = tc.seeds.uniform([BATCH, size, size, a], seed)
    y = tc.seeds.uniform([BATCH, size // STRIDE, size // STRIDE, b], seed)
    x, y = tf.cast(x, dtype), tf.cast(y, dtype)
    layer.build(x.shape)

    @tf.function
    def gradient():
        kernel = layer.kernel.value
        with tf.GradientTape() as tape:
            tape.watch(kernel)
            out = layer.convolution_op(x, kernel)
        return tape.gradient(out, kernel, y)[0, 0, 0, 0]

    return peak.best_time(lambda: gradient().numpy(), 5)


def seconds_of_images(size: int, a: int, b: int, dtype: str, few: float) -> float:
    """Of a transposed convolution where `few` channels are made in blocks."""
    convolutions.FEW = few
    layer = convolutions.Conv2DTranspose(
        a, WINDOW, strides=STRIDE, padding="same", use_bias=False, dtype=dtype
    )
    y = tc.seeds.uniform([BATCH, size // STRIDE, size // STRIDE, b], seed)
    y = tf.cast(y, dtype)
    layer.build(y.shape)
    images = tf.function(lambda y: layer(y)[0, 0, 0, 0])
    return peak.best_time(lambda: images(y).numpy(), 5)


if __name__ == "__main__":
    for dtype in ("float32", "bfloat16"):
        for size, a, b in IMAGES:
            ways = (float("inf"), 0)
            ours, own = (seconds_of_images(size, a, b, dtype, w) for w in ways)
            what = f"{dtype}, {b} channels to {size} x {size} x {a}"
            peak.report(what, 1000 * ours, "ms", f"{own / ours:6.2f} times")
        for size, a, b in SHAPES:
            ours, own = (seconds(size, a, b, dtype, w) for w in (0, float("inf")))
            pixels = (size // STRIDE) ** 2
            per_pixel = WINDOW**2 * a * b / pixels
            what = f"{dtype}, {size} x {size} x {a} to {b}"
            note = f"{own / ours:6.2f} times, {per_pixel:9.0f} numbers a pixel"
            peak.report(what, 1000 * ours, "ms", note)
