"""Speed of a Coulomb GAN's step on 64 x 64 images: G `my`, D `my-big`, batch 64.

    python benchmarks/bench_coulomb.py

Ratios are to the float32 convolution peak of the same process. The nets' own
convolutions and dense layers are counted, nothing else.
"""

import os
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import peak
import tensorflow as tf

import tf_collab as tc

BATCH, SHAPE, LATENT = 64, (64, 64, 3), 32
PRECISIONS = ("float32", "mixed_bfloat16")
CHANNELS = (3, 128, 256, 512, 1024)  # of D; from the last to the first G has the same
seed = tc.seeds.as_seed(0)
real = 2 * tc.seeds.uniform([BATCH, *SHAPE], seed) - 1


# Of one image: G forth, and back with its kernels' gradients (3); D forth on a real and
# a fake, the gradients of kernels and of inputs for both (6), and of the fake's inputs
# once more, from G's loss (1).
GFLOP = (3 + 7) * peak.pyramid_gflop(SHAPE[0], CHANNELS)


def training(precision: str) -> Callable[[], object]:
    """A function that trains by one batch, and returns when it is done."""
    keras.config.set_dtype_policy(precision)
    g = tc.models.GENERATORS["my"](SHAPE, latent=LATENT, seed=0)
    d = tc.models.DISCRIMINATORS["my-big"](SHAPE, seed=500)
    keras.config.set_dtype_policy("float32")
    gan = tc.GAN(
        g, d, tc.priors.uniform(LATENT), tc.objectives.coulomb(self_term="keep")
    )
    adam = [keras.optimizers.Adam(1e-4, epsilon=1e-8) for _ in range(2)]
    step = tf.function(tc.training.train_step(gan, *adam, simultaneous=True))
    return lambda: step(1, seed, real)["g_loss"].numpy()


if __name__ == "__main__":
    top = peak.convolution_gflops(BATCH)
    peak.report("convolution peak", top, "GFLOP/s")
    peak.report("a step, for an image", GFLOP, "GFLOP")
    for precision in PRECISIONS:
        images = BATCH / peak.best_time(training(precision), 5)
        note = f"{GFLOP * images / top:6.2f} of peak"
        peak.report(f"training, {precision}", images, "images/s", note)
