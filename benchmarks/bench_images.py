"""Speed of the image nets: DCGAN-64 at batch 64, and what feeds it.

    python benchmarks/bench_images.py [--precision=mixed_bfloat16]

Ratios are to the convolution peak of the same process: the best of 20 convolutions of
[64, 32, 32, 128] by [5, 5, 128, 128], float32. The nets' own convolutions and dense
layers are counted, nothing else.
"""

import itertools
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import peak
import tensorflow as tf

import tf_collab as tc

BATCH, DEPTH, SIZE = 64, 10, 64
PRECISION = sys.argv[1].partition("=")[2] if sys.argv[1:] else "float32"


def convolution_peak():
    x, kernel = (
        tf.random.normal([BATCH, 32, 32, 128]),
        tf.random.normal([5, 5, 128, 128]),
    )
    convolve = tf.function(lambda: tf.nn.conv2d(x, kernel, 1, "SAME"))
    convolve()
    flop = 2 * 5 * 5 * 128 * 128 * 32 * 32 * BATCH
    return 1e-9 * flop / peak.best_time(lambda: convolve().numpy(), 20)


def gflop_of_d(channels=(3, 64, 128, 256, 512)):
    """One image forward; G, its mirror, has as much."""
    side, total = SIZE, 0.0
    for a, b in itertools.pairwise(channels):
        side //= 2
        total += 2e-9 * 25 * a * b * side * side
    return total


def report(name, value, unit, gflop=None):
    share = f"{gflop / top:6.2f} of peak" if gflop else ""
    print(f"{name:44s} {value:9.3g} {unit:8s} {share}", flush=True)


top = convolution_peak()
report("convolution peak", top, "GFLOP/s")
keras.config.set_dtype_policy(PRECISION)
g, d = tc.models.DCGANGenerator(SIZE), tc.models.DCGANDiscriminator(SIZE)
keras.config.set_dtype_policy("float32")
gan = tc.GAN(g, d, tc.priors.uniform(100), tc.objectives.nsgan())
adam = lambda: keras.optimizers.Adam(2e-4, beta_1=0.5, epsilon=1e-8)
seed, one = tc.seeds.as_seed(0), gflop_of_d()

pixels = np.random.default_rng(0).integers(0, 256, [5000, SIZE, SIZE, 3], np.uint8)
batch_at = tc.data.batches(tc.data.Images(pixels), BATCH, 0)
real = batch_at(0)
step = tf.function(tc.training.train_step(gan, adam(), adam(), shared_z=True))
step(0, seed, real)
seconds = peak.best_time(lambda: step(1, seed, real)["g_loss"].numpy(), 5)
training = BATCH / seconds
# D's two batches forth and back (6), G's two forth (2), back through both and D again
# forth (4).
report(f"training, {PRECISION}", training, "images/s", 12 * one * training)

refine = tc.sampling.refine(gan, tc.policies.momentum(0.1), layer=1, steps=DEPTH)
z = gan.prior(BATCH, seed)
state = refine.init(seed, z, gan.scored(real))
refined = tf.function(lambda z: refine.step(seed, z, state)[0].x)
refined(z)
refining = BATCH / peak.best_time(lambda: refined(z).numpy(), 5)
# Each move forth and back through both nets, and once more forth for the last point.
flop = one * (4 * DEPTH + 4)
report(
    f"refining at layer 1, K {DEPTH}, {PRECISION}",
    refining,
    "images/s",
    flop * refining,
)

fed = tf.function(batch_at)
fed(0)
feeding = BATCH / peak.best_time(lambda: fed(tf.constant(7)).numpy(), 20)
report("batches from memory", feeding, "images/s")
print(f"{'batches / training':44s} {feeding / training:9.3g}")
