"""Speed of the image nets: DCGAN-64 at batch 64, and what feeds it.

    python benchmarks/bench_images.py

Ratios are to the float32 convolution peak of the same process. The nets' own
convolutions and dense layers are counted, nothing else.
"""

import os
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import peak
import tensorflow as tf

import tf_collab as tc

BATCH, DEPTH, SIZE = 64, 10, 64
PRECISIONS = ("float32", "mixed_bfloat16")
seed = tc.seeds.as_seed(0)
pixels = np.random.default_rng(0).integers(0, 256, [5000, SIZE, SIZE, 3], np.uint8)
batch_at = tc.data.batches(tc.data.Images(pixels), BATCH, 0)
real = batch_at(0)


# Training takes D's two batches forth and back (6), G's two forth (2), back through
# both and D again forth (4). A move of refinement goes forth and back through what is
# beyond layer 1 and D, and the last point forth once more.
ONE = peak.pyramid_gflop(SIZE, (3, 64, 128, 256, 512))
GFLOP = {"training": 12 * ONE, "refining": (4 * DEPTH + 4) * ONE}


def steps(precision: str) -> dict[str, Callable[[], object]]:
    """Functions that train by a batch, and that refine one, and return when done."""
    keras.config.set_dtype_policy(precision)
    g, d = tc.models.DCGANGenerator(SIZE), tc.models.DCGANDiscriminator(SIZE)
    keras.config.set_dtype_policy("float32")
    gan = tc.GAN(g, d, tc.priors.uniform(100), tc.objectives.nsgan())
    adam = [keras.optimizers.Adam(2e-4, beta_1=0.5, epsilon=1e-8) for _ in range(2)]
    step = tf.function(tc.training.train_step(gan, *adam, shared_z=True))
    refine = tc.sampling.refine(gan, tc.policies.momentum(0.1), layer=1, steps=DEPTH)
    z = gan.prior(BATCH, seed)
    state = refine.init(seed, z, gan.scored(real))
    refined = tf.function(lambda z: refine.step(seed, z, state)[0].x)
    return {
        "training": lambda: step(1, seed, real)["g_loss"].numpy(),
        "refining": lambda: refined(z).numpy(),
    }


if __name__ == "__main__":
    top = peak.convolution_gflops(BATCH)
    peak.report("convolution peak", top, "GFLOP/s")
    fed = tf.function(batch_at)
    feeding = BATCH / peak.best_time(lambda: fed(tf.constant(7)).numpy(), 20)
    peak.report("batches from memory", feeding, "images/s")
    for precision in PRECISIONS:
        for what, run in steps(precision).items():
            images = BATCH / peak.best_time(run, 5)
            note = f"{GFLOP[what] * images / top:6.2f} of peak"
            peak.report(f"{what}, {precision}", images, "images/s", note)
            if what == "training":
                peak.report("batches / training", feeding / images, "")
