"""Speed of the 2-D nets: refinement, shaping, training, start-up.

    python benchmarks/bench_2d.py

Ratios are to the matrix-product peak of the same process (best of 20 products of
2048 x 2048 float32). The nets' own products are counted, nothing else.
"""

import itertools
import os
import subprocess
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import peak
import tensorflow as tf

import tf_collab as tc

BATCH, DEPTH, POINTS = 1000, 50, 10_000
# Multiply-adds of one sample through the six layers of D; G has as many to 1 in 4000.
NET = 2 * 64 + 4 * 64 * 64 + 64

target = tc.data.imbalanced_ring()
data_seed = tc.seeds.as_seed(1)


def batch_at(step):
    return target.batch(BATCH, tc.seeds.fold_in(data_seed, step))


def steps_per_second(step, count):
    """Of `training.run`, compiled before."""
    times = []

    def hook(done, scalars):
        times.append(tf.timestamp().numpy())

    tc.training.run(step, batch_at, 6 * count, seed=0, every=count, hooks=[hook])
    return count / min(b - a for a, b in itertools.pairwise(times))


def seconds_of(code, status):
    """Wall time of a fresh interpreter that exits with `status`, the best of three."""
    command = [sys.executable, "-c", code]
    assert subprocess.run(command, capture_output=True).returncode == status
    return peak.best_time(lambda: subprocess.run(command, capture_output=True), 3)


def report(name, value, unit, gflop=None):
    peak.report(name, value, unit, f"{gflop / top:6.2f} of peak" if gflop else "")


top = peak.peak_gflops()
report("matrix-product peak", top, "GFLOP/s")

g, d = tc.models.MLPGenerator(), tc.models.MLPDiscriminator()
gan = tc.GAN(g, d, tc.priors.normal(2), tc.objectives.nsgan())
sgd = keras.optimizers.SGD
training = steps_per_second(tc.training.train_step(gan, sgd(5e-3), sgd(1e-2)), 300)
# D's two batches forward and back (6), G's two forward (2), G's step back through D
# and G and forward through D (4).
gflop = 12 * 2e-9 * NET * BATCH
report("training, batch 1000", training, "steps/s", gflop * training)

move = {"layer": g.depth, "steps": DEPTH}
explore = tc.sampling.refine(gan, tc.policies.ladam(0.1), **move, pick="random")
shaping = steps_per_second(tc.training.tune_step(gan, explore, sgd(8e-3)), 50)
# Half of the roll-out forward and back, and D's step.
flop = 2 * NET * BATCH * (2 * DEPTH / 2 + 6 + 1)
report("shaping, batch 1000, K 50", shaping, "steps/s", 1e-9 * flop * shaping)

refine = tc.sampling.refine(gan, tc.policies.ladam(0.1), **move)
z = gan.prior(POINTS, data_seed)
real = gan.scored(batch_at(0))
refined = tf.function(
    lambda z: refine.step(data_seed, z, refine.init(data_seed, z, real))[0].x
)
refining = peak.best_time(lambda: refined(z).numpy(), 7)
flop = 2 * NET * POINTS * (2 * DEPTH + 1)
report("refining 10 000 points, K 50", refining, "s", 1e-9 * flop / refining)

timed = (
    "import time, tensorflow; start = time.perf_counter(); import tf_collab; "
    "print(time.perf_counter() - start)"
)
command = [sys.executable, "-c", timed]
took = subprocess.run(command, capture_output=True, text=True, check=True).stdout
report("import tf_collab, on top of TensorFlow's", float(took), "s")
wrong = (
    "import sys; sys.argv[1:] = ['--sed=1']; from experiments.cli "
    "import flags; from experiments import mog2d;"
)
wrong += "flags.main(mog2d.Config, mog2d.run)"
report("a wrong flag", seconds_of(wrong, status=2), "s")
