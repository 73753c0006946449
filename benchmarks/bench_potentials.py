"""Speed and memory of the Coulomb GAN's potentials: beside tiled differences, by batch.

    python benchmarks/bench_potentials.py

The peer sums squared differences in tiles of 2**28 bytes. Ratios to the peak are to the
matrix-product peak of the same process (best of 20 products of 2048 x 2048 float32);
the products of the four sets of pairs are counted, nothing else. Memory is
what a call takes beyond what the process has before it (Linux alone tells).
"""

import ctypes
import functools
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import peak
import tensorflow as tf

import tf_collab as tc
from tf_collab.objectives import pairs

BATCH, MANY, IMAGE = 128, 8192, 64 * 64 * 3
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


def memory(run):
    """MiB by which a call raises the process's highest mark."""
    ctypes.CDLL(None).malloc_trim(0)  # what is freed and not given back would hide it
    pathlib.Path("/proc/self/clear_refs").write_text("5")  # the mark, to what is now
    before = resident("VmRSS")
    run()
    return (resident("VmHWM") - before) / 1024


def resident(name):
    """KiB, now or at most."""
    status = pathlib.Path("/proc/self/status").read_text()
    return int(status.split(f"{name}:")[1].split()[0])


real, fake = samples(BATCH, IMAGE)
pair = f"{BATCH} x {BATCH} x {IMAGE}"
for few in (by_product, by_differences):  # what TensorFlow takes once
    few(real[:2], fake[:2]).numpy()
ours = memory(lambda: by_product(real, fake).numpy())
theirs = memory(lambda: by_differences(real, fake).numpy())
peak.report(f"memory of one product, {pair}", ours, "MiB")
note = f"{theirs / ours:6.1f} times as much" if ours else ""
peak.report("memory of tiled differences", theirs, "MiB", note)
ours = memory(functools.partial(potentials, *samples(MANY, IMAGE)))
peak.report(f"memory of potentials, {MANY} reals and fakes", ours, "MiB")

top = peak.peak_gflops()
peak.report("matrix-product peak", top, "GFLOP/s")

theirs = peak.best_time(lambda: by_differences(real, fake).numpy())
peak.report(f"tiled differences, {pair}", theirs, "s")
ours = peak.best_time(lambda: by_product(real, fake).numpy(), 20)
peak.report(f"one product, {pair}", ours, "s", f"{theirs / ours:6.1f} times as fast")


def seconds_of(n, size):
    real, fake = samples(n, size)
    times = 20 if n <= 1024 else 2
    return peak.best_time(lambda: potentials(real, fake)[0].numpy(), times)


def grows(batches_and_sizes):
    """Seconds of each, and in those of the one before, of half the batch or size."""
    before = None
    for n, size in batches_and_sizes:
        seconds = seconds_of(n, size)
        note = f"{4 * 2e-9 * n**2 * size / seconds / top:6.2f} of peak"
        if before:
            note += f"  {seconds / before:5.2f} times as long"
        peak.report(f"potentials, {n} reals and fakes of {size}", seconds, "s", note)
        before = seconds


print("twice the batch: 4 times as long where time goes as its square")
for size in (2, IMAGE):
    grows([(2**i, size) for i in range(7, 14)])
print("twice the dimensions: 2 times as long where time goes with them")
grows([(1024, IMAGE // 2**i) for i in range(6, -1, -1)])
