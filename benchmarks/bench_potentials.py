"""Speed of the Coulomb GAN's potentials: beside tiled differences, and by batch.

    python benchmarks/bench_potentials.py

The peer sums squared differences in tiles of 2**28 bytes. Ratios to the peak are to the
matrix-product peak of the same process (best of 20 products of 2048 x 2048 float32);
the products of the four sets of pairs are counted, nothing else.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import peak
import tensorflow as tf

import tf_collab as tc
from tf_collab.objectives import pairs

BATCH, LARGEST, IMAGE = 128, 8192, 64 * 64 * 3
TILE = 2**28  # bytes of differences at once


@tf.function
def by_differences(a, b):
    """[n, m] squared distances, a tile of rows after another."""
    rows = max(1, TILE // (4 * b.shape[0] * b.shape[1]))
    starts = range(0, a.shape[0], rows)
    blocks = [
        tf.reduce_sum(tf.square(a[start : start + rows, None] - b), axis=2)
        for start in starts
    ]
    return tf.concat(blocks, axis=0)


by_product = tf.function(pairs.squared_distances)
potentials = tf.function(tc.objectives.potentials, autograph=False)


def samples(n, size):
    """Reals and fakes, uniform on [-1, 1] as pixels are."""
    uses = tc.seeds.split(tc.seeds.as_seed(n))
    return [2 * tc.seeds.uniform([n, size], seed) - 1 for seed in uses]


def report(name, value, unit, note=""):
    print(f"{name:44s} {value:9.3g} {unit:8s} {note}", flush=True)


top = peak.peak_gflops()
report("matrix-product peak", top, "GFLOP/s")

real, fake = samples(BATCH, IMAGE)
pair = f"{BATCH} x {BATCH} x {IMAGE}"
theirs = peak.best_time(lambda: by_differences(real, fake).numpy())
report(f"tiled differences, {pair}", theirs, "s")
ours = peak.best_time(lambda: by_product(real, fake).numpy(), 20)
report(f"one product, {pair}", ours, "s", f"{theirs / ours:6.1f} times as fast")


def seconds_of(n, size):
    real, fake = samples(n, size)
    times = 20 if n <= 1024 else 2
    return peak.best_time(lambda: potentials(real, fake)[0].numpy(), times)


for size in (2, IMAGE):
    n, before = BATCH, None
    while n <= LARGEST:
        seconds = seconds_of(n, size)
        note = f"{4 * 2e-9 * n**2 * size / seconds / top:6.2f} of peak"
        if before:  # 4 where time goes as n**2
            note += f"  {seconds / before:5.2f} times half the batch's"
        report(f"potentials, {n} reals and fakes of {size}", seconds, "s", note)
        n, before = 2 * n, seconds
