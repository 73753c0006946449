"""Speed of the 2-D nets: refinement, shaping, training, start-up.

    python benchmarks/bench_2d.py

Ratios are to the matrix-product peak of the same process (best of 20 products of
2048 x 2048 float32). The nets' own products are counted, nothing else.
"""

import itertools
import os
import subprocess
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import peak
import tensorflow as tf

import tf_collab as tc

BATCH, DEPTH, POINTS = 1000, 50, 10_000
TURNS = 5  # of so many steps, of which the best counts
TRAINING, SHAPING = 300, 50
# Multiply-adds of one sample through the six layers of D; G has as many to 1 in 4000.
NET = 2 * 64 + 4 * 64 * 64 + 64

target = tc.data.imbalanced_ring()
data_seed = tc.seeds.as_seed(1)
g, d = tc.models.MLPGenerator(), tc.models.MLPDiscriminator()
gan = tc.GAN(g, d, tc.priors.normal(2), tc.objectives.nsgan())
sgd = keras.optimizers.SGD
move = {"layer": g.depth, "steps": DEPTH}


def batch_at(step):
    return target.batch(BATCH, tc.seeds.fold_in(data_seed, step))


def train():
    return tc.training.train_step(gan, sgd(5e-3), sgd(1e-2))


def shape():
    explore = tc.sampling.refine(gan, tc.policies.ladam(0.1), **move, pick="random")
    return tc.training.tune_step(gan, explore, sgd(8e-3))


def seconds(step, count, between=lambda: None):
    """Of each turn of `count` steps of `training.run`, compiled before.

    `between` is called between turns, in time that does not count.
    """
    marks = []

    def hook(done, scalars):
        ended = time.perf_counter()
        between()
        marks.append((ended, time.perf_counter()))

    steps = (TURNS + 1) * count
    tc.training.run(step, batch_at, steps, seed=0, every=count, hooks=[hook])
    return [end - start for (_, start), (end, _) in itertools.pairwise(marks)]


def refined():
    """A function that refines points, and returns when they are there."""
    refine = tc.sampling.refine(gan, tc.policies.ladam(0.1), **move)
    z = gan.prior(POINTS, data_seed)
    real = gan.scored(batch_at(0))
    walk = tf.function(
        lambda z: refine.step(data_seed, z, refine.init(data_seed, z, real))[0].x
    )
    return lambda: walk(z).numpy()


def seconds_of(code, status):
    """Wall time of a fresh interpreter that exits with `status`, the best of three."""
    command = [sys.executable, "-c", code]
    assert subprocess.run(command, capture_output=True).returncode == status
    return peak.best_time(lambda: subprocess.run(command, capture_output=True), 3)


def main():
    top = peak.peak_gflops()
    peak.report("matrix-product peak", top, "GFLOP/s")

    def report(name, value, unit, flop):
        peak.report(name, value, unit, f"{1e-9 * flop / top:6.2f} of peak")

    # D's two batches forward and back (6), G's two forward (2), G's step back through D
    # and G and forward through D (4).
    speed = TRAINING / min(seconds(train(), TRAINING))
    flop = 12 * 2 * NET * BATCH
    report("training, batch 1000", speed, "steps/s", flop * speed)
    # Half of the roll-out forward and back, and D's step.
    speed = SHAPING / min(seconds(shape(), SHAPING))
    flop = 2 * NET * BATCH * (2 * DEPTH / 2 + 6 + 1)
    report("shaping, batch 1000, K 50", speed, "steps/s", flop * speed)
    took = peak.best_time(refined(), 7)
    flop = 2 * NET * POINTS * (2 * DEPTH + 1)
    report("refining 10 000 points, K 50", took, "s", flop / took)

    timed = (
        "import time, tensorflow; start = time.perf_counter(); import tf_collab; "
        "print(time.perf_counter() - start)"
    )
    command = [sys.executable, "-c", timed]
    took = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    peak.report("import tf_collab, on top of TensorFlow's", float(took), "s")
    wrong = (
        "import sys; sys.argv[1:] = ['--sed=1']; from experiments.cli "
        "import flags; from experiments import mog2d;"
    )
    wrong += "flags.main(mog2d.Config, mog2d.run)"
    peak.report("a wrong flag", seconds_of(wrong, status=2), "s")


if __name__ == "__main__":
    main()
