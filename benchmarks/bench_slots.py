"""Speed of refinement that stops, beside the walk of all steps, for 2-D and images.

    python benchmarks/bench_slots.py

A walk of all K steps costs K + 1 visits a sample, one that stops m + 1, where m is the
mean number of steps. As fast as (K + 1) / (m + 1) means that no slot was empty and that
nothing else took time. `stop` is set so that m is an eighth and a quarter of K.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import peak
import tensorflow as tf

import tf_collab as tc

seed = tc.seeds.as_seed(0)


def trained(gan, batch_at, steps, rate):
    adams = [keras.optimizers.Adam(rate, beta_1=0.5) for _ in range(2)]
    step = tc.training.train_step(gan, *adams)
    tc.training.run(step, batch_at, steps, seed=0, every=steps)
    return gan


def points():
    g, d = tc.models.MLPGenerator(), tc.models.MLPDiscriminator()
    gan = tc.GAN(g, d, tc.priors.normal(2), tc.objectives.nsgan())
    target = tc.data.imbalanced_ring(scale=1.0)
    at = lambda step: target.batch(256, tc.seeds.fold_in(seed, step))
    return trained(gan, at, 1000, 1e-3), gan.prior(10_000, seed), g.depth, 0.02


def images():
    """On blots of light: what is learned is all one for the speed."""
    g, d = tc.models.NSGAN28Generator(), tc.models.NSGAN28Discriminator()
    gan = tc.GAN(g, d, tc.priors.uniform(62), tc.objectives.nsgan())
    axis = np.linspace(-1, 1, 28)
    at = np.random.default_rng(0).uniform(-0.5, 0.5, [2, 1000, 1, 1])
    far = (axis[:, None] - at[0]) ** 2 + (axis - at[1]) ** 2
    lights = np.float32(2 * np.exp(-8 * far) - 1)[..., None]
    return (
        trained(gan, tc.data.batches(lights, 64, 0), 100, 2e-4),
        gan.prior(500, seed),
        2,
        0.02,
    )


def walk(gan, z, layer, rate, depth, stop=None):
    """Seconds, and the numbers of steps, of all of z."""
    policy = tc.policies.adam(rate)
    how = {"layer": layer, "steps": depth, "pick": "last", "stop": stop}
    refine = tc.sampling.refine(gan, policy, **how)

    @tf.function
    def walked(z):
        found, _, info = refine.step(seed, z, refine.init(seed, z, None))
        return found.score, info["steps"]

    _, steps = walked(z)
    return peak.best_time(lambda: walked(z)[0].numpy(), 3), steps.numpy()


def stops(gan, z, layer, rate, depth):
    """Probabilities at which an eighth and a quarter of all steps are taken."""
    policy = tc.policies.adam(rate)
    path = tc.sampling.trajectory(gan, policy, layer=layer, steps=depth)
    seen = tf.function(lambda z: path(z, tc.Scored(None, tf.zeros([1]))).score)(z)
    highest = np.maximum.accumulate(seen[:-1], axis=0)
    # A sample walks on while all that it has seen is below the threshold.
    each = np.quantile(highest, np.linspace(0, 1, 1001))
    means = np.array([(highest < t).sum(axis=0).mean() for t in each])
    for share in (1 / 8, 1 / 4):
        logit = each[np.abs(means - share * depth).argmin()]
        yield float(tf.sigmoid(tf.constant(logit, tf.float64)))


for name, made, depth in (("10 000 points", points, 50), ("500 images", images, 20)):
    gan, z, layer, rate = made()
    every, _ = walk(gan, z, layer, rate, depth)
    peak.report(f"{name}, all {depth} steps", every, "s")
    for stop in stops(gan, z[:500], layer, rate, depth):
        seconds, steps = walk(gan, z, layer, rate, depth, stop)
        faster, ideal = every / seconds, (depth + 1) / (steps.mean() + 1)
        told = f"{faster:.2f} times as fast, {faster / ideal:.2f} of {ideal:.2f}"
        peak.report(f"  stopped after {steps.mean():.1f}", seconds, "s", told)
